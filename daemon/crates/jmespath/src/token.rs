//! The tokens of a query, with Python's names and binding powers for them.

use azq_document::Value;

use super::budget::Budget;
use super::python;

/// A token's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    And,
    Colon,
    Comma,
    Current,
    Dot,
    Eof,
    Eq,
    Expref,
    Filter,
    Flatten,
    Gt,
    Gte,
    Lbrace,
    Lbracket,
    Literal,
    Lparen,
    Lt,
    Lte,
    Ne,
    Not,
    Number,
    Or,
    Pipe,
    QuotedIdentifier,
    Rbrace,
    Rbracket,
    Rparen,
    Star,
    UnquotedIdentifier,
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
    /// Returns Python's name for the kind (jmespath, `lexer.py`).
    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// Returns how strongly it binds to its left (jmespath, `parser.Parser.BINDING_POWER`).
    pub(super) fn binding_power(self) -> u8 {
        self.row().1
    }

    fn row(self) -> (&'static str, u8) {
        match self {
            TokenKind::Eof => ("eof", 0),
            TokenKind::UnquotedIdentifier => ("unquoted_identifier", 0),
            TokenKind::QuotedIdentifier => ("quoted_identifier", 0),
            TokenKind::Literal => ("literal", 0),
            TokenKind::Rbracket => ("rbracket", 0),
            TokenKind::Rparen => ("rparen", 0),
            TokenKind::Comma => ("comma", 0),
            TokenKind::Rbrace => ("rbrace", 0),
            TokenKind::Number => ("number", 0),
            TokenKind::Current => ("current", 0),
            TokenKind::Expref => ("expref", 0),
            TokenKind::Colon => ("colon", 0),
            TokenKind::Pipe => ("pipe", 1),
            TokenKind::Or => ("or", 2),
            TokenKind::And => ("and", 3),
            TokenKind::Eq => ("eq", 5),
            TokenKind::Gt => ("gt", 5),
            TokenKind::Lt => ("lt", 5),
            TokenKind::Gte => ("gte", 5),
            TokenKind::Lte => ("lte", 5),
            TokenKind::Ne => ("ne", 5),
            TokenKind::Flatten => ("flatten", 9),
            TokenKind::Star => ("star", 20),
            TokenKind::Filter => ("filter", 21),
            TokenKind::Dot => ("dot", 40),
            TokenKind::Not => ("not", 45),
            TokenKind::Lbrace => ("lbrace", 50),
            TokenKind::Lbracket => ("lbracket", 55),
            TokenKind::Lparen => ("lparen", 60),
        }
    }
}
