//! Splits a query into tokens (jmespath, `lexer.py`), with Python's leniency and error messages.

use azq_document::Value;
use azq_python::cursor::Cursor;
use azq_python::lines::is_space;
use azq_python::{json, number};

use super::error::Fault;
use super::token::{Token, TokenKind};

/// Returns the tokens of a query, the last of which is the end.
pub(super) fn tokenize(query: &str) -> Result<Vec<Token>, Fault> {
    if query.is_empty() {
        return Err(Fault::Empty);
    }
    let characters: Vec<char> = query.chars().collect();
    let mut lexer = Lexer(Cursor::new(&characters));
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next_token()? {
        tokens.push(token);
    }
    tokens.push(Token::end(characters.len()));
    Ok(tokens)
}

struct Lexer<'a>(Cursor<'a>);

impl<'a> Lexer<'a> {
    fn next_token(&mut self) -> Result<Option<Token>, Fault> {
        self.0.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
        let start = self.0.at;
        let Some(character) = self.0.peek() else {
            return Ok(None);
        };
        let (kind, value) = match character {
            'a'..='z' | 'A'..='Z' | '_' => {
                let name = self.0.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
                (TokenKind::UnquotedIdentifier, name.into())
            }
            '0'..='9' | '-' => (TokenKind::Number, self.number()?),
            '"' => (TokenKind::QuotedIdentifier, self.quoted_identifier()?),
            '\'' => (
                TokenKind::Literal,
                text(self.until('\'')?).replace("\\'", "'").into(),
            ),
            '`' => (TokenKind::Literal, self.literal()?),
            _ => self.symbol(character)?,
        };
        Ok(Some(Token { kind, value, start }))
    }

    fn symbol(&mut self, first: char) -> Result<(TokenKind, Value), Fault> {
        let pair = text(self.0.chars.iter().skip(self.0.at).take(2));
        let one = pair.get(..first.len_utf8()).unwrap_or_default();
        let symbol = TokenKind::of(&pair).map_or(one, |_| &pair);
        let Some(kind) = TokenKind::of(symbol) else {
            let quote = if first == '=' { "'" } else { "" };
            return Err(self.fault(format!("Unknown token {quote}{first}{quote}")));
        };
        self.0.at += symbol.len();
        Ok((kind, symbol.into()))
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.0.at;
        self.0.eat('-');
        let digits = self.0.take_while(|c| c.is_ascii_digit()).len();
        if digits == 0 {
            self.0.at = start;
            return Err(self.fault("Unknown token '-'".to_owned()));
        }
        if digits > number::MOST_DIGITS {
            return Err(Fault::Digits(digits));
        }
        // The digits may have leading zeros.
        let digits = number::parse_int(&self.0.since(start));
        Ok(digits.map_or(Value::Null, |digits| Value::integer(&digits)))
    }

    fn quoted_identifier(&mut self) -> Result<Value, Fault> {
        let start = self.0.at;
        self.until('"')?;
        let quoted = self.0.chars.get(start..self.0.at).unwrap_or_default();
        let name = json::parse(quoted, super::MAXIMUM_DEPTH);
        name.map_err(|error| Fault::Token {
            message: error.message().to_owned(),
            position: start,
        })
    }

    /// Reads JSON between backticks. Text that is not JSON is a string, as it was before the
    /// language was specified.
    fn literal(&mut self) -> Result<Value, Fault> {
        let start = self.0.at;
        let lexeme = text(self.until('`')?).replace("\\`", "`");
        let read = |text: &str| {
            let characters: Vec<char> = text.chars().collect();
            json::parse(&characters, super::MAXIMUM_DEPTH)
        };
        let value = match read(&lexeme) {
            Err(error) if !error.is_depth() => {
                read(&format!("\"{}\"", lexeme.trim_start_matches(is_space)))
            }
            value => value,
        };
        match value {
            Err(error) if error.is_depth() => Err(Fault::Deep),
            Err(_) => Err(Fault::Token {
                message: format!("Bad token {lexeme}"),
                position: start,
            }),
            Ok(value) => Ok(value),
        }
    }

    /// Reads up to the next delimiter that is not preceded by a backslash.
    fn until(&mut self, delimiter: char) -> Result<&'a [char], Fault> {
        let start = self.0.at;
        self.0.at += 1;
        let inner = self.0.at;
        while let Some(character) = self.0.peek() {
            self.0.at += if character == '\\' { 2 } else { 1 };
            if character == delimiter {
                let text = self.0.chars.get(inner..self.0.at - 1);
                return Ok(text.unwrap_or_default());
            }
        }
        self.0.at = start;
        Err(self.fault(format!("Unclosed {delimiter} delimiter")))
    }

    fn fault(&self, message: String) -> Fault {
        Fault::Token {
            message,
            position: self.0.at,
        }
    }
}

fn text<'a>(characters: impl IntoIterator<Item = &'a char>) -> String {
    characters.into_iter().collect()
}
