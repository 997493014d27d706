//! The tokens of a query, with Python's names and binding powers for them.

use azq_document::Value;

use super::budget::Budget;
use super::python;

/// Declares the kinds of token: `Kind = name, binding power, symbol;`, the last of them empty if it
/// is not a symbol.
macro_rules! token_kinds {
    ($($kind:ident = $name:literal, $power:literal, $symbol:literal;)*) => {
        /// A token's kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum TokenKind {
            $($kind),*
        }

        impl TokenKind {
            /// Returns the kind of a symbol, which is not empty.
            #[expect(unreachable_patterns, reason = "several kinds have no symbol")]
            pub(super) fn of(symbol: &str) -> Option<Self> {
                match symbol {
                    $($symbol => Some(Self::$kind),)*
                    _ => None,
                }
            }

            /// Returns Python's name (jmespath, `lexer.py`), how strongly the kind binds to its
            /// left (`parser.Parser.BINDING_POWER`), and its symbol.
            const fn row(self) -> (&'static str, u8, &'static str) {
                match self {
                    $(Self::$kind => ($name, $power, $symbol)),*
                }
            }
        }
    };
}

token_kinds! {
    Eof = "eof", 0, "";
    UnquotedIdentifier = "unquoted_identifier", 0, "";
    QuotedIdentifier = "quoted_identifier", 0, "";
    Literal = "literal", 0, "";
    Rbracket = "rbracket", 0, "]";
    Rparen = "rparen", 0, ")";
    Comma = "comma", 0, ",";
    Rbrace = "rbrace", 0, "}";
    Number = "number", 0, "";
    Current = "current", 0, "@";
    Expref = "expref", 0, "&";
    Colon = "colon", 0, ":";
    Pipe = "pipe", 1, "|";
    Or = "or", 2, "||";
    And = "and", 3, "&&";
    Eq = "eq", 5, "==";
    Gt = "gt", 5, ">";
    Lt = "lt", 5, "<";
    Gte = "gte", 5, ">=";
    Lte = "lte", 5, "<=";
    Ne = "ne", 5, "!=";
    Flatten = "flatten", 9, "[]";
    Star = "star", 20, "*";
    Filter = "filter", 21, "[?";
    Dot = "dot", 40, ".";
    Not = "not", 45, "!";
    Lbrace = "lbrace", 50, "{";
    Lbracket = "lbracket", 55, "[";
    Lparen = "lparen", 60, "(";
}

/// A token of a query.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// The value of a literal or a number (a string if it has more digits than an integer holds),
    /// else the text.
    pub(super) value: Value,
    /// The position of its first character, in characters.
    pub(super) start: usize,
}

impl Token {
    /// Returns the end of a query.
    pub(super) fn end(start: usize) -> Self {
        Self {
            kind: TokenKind::Eof,
            value: "".into(),
            start,
        }
    }

    /// Returns Python's `str` of its value.
    pub(super) fn text(&self) -> String {
        // A token is at most as large as the query, which is within any budget.
        python::display(&self.value, &Budget::default()).unwrap_or_default()
    }

    /// Returns its number, saturated to the range of an `i64`.
    pub(super) fn integer(&self) -> i64 {
        match &self.value {
            Value::Int(value) if *value < 0 => i64::try_from(*value).unwrap_or(i64::MIN),
            Value::Int(value) => i64::try_from(*value).unwrap_or(i64::MAX),
            Value::BigInt(digits) if digits.starts_with('-') => i64::MIN,
            _ => i64::MAX,
        }
    }
}

impl TokenKind {
    /// Returns Python's name for the kind.
    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// Returns how strongly it binds to its left.
    pub(super) fn binding_power(self) -> u8 {
        self.row().1
    }

    /// Returns its text, if that is always the same.
    pub(super) fn symbol(self) -> &'static str {
        self.row().2
    }
}
