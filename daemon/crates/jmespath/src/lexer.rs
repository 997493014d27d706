//! Splits a query into tokens (jmespath, `lexer.py`), with Python's leniency and error messages.

use azq_document::Value;
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
    let mut lexer = Lexer {
        characters: &characters,
        position: 0,
    };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next_token()? {
        tokens.push(token);
    }
    tokens.push(Token {
        kind: TokenKind::Eof,
        value: "".into(),
        start: characters.len(),
    });
    Ok(tokens)
}

struct Lexer<'a> {
    characters: &'a [char],
    position: usize,
}

impl<'a> Lexer<'a> {
    fn next_token(&mut self) -> Result<Option<Token>, Fault> {
        self.take_while(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
        let start = self.position;
        let Some(character) = self.peek() else {
            return Ok(None);
        };
        let (kind, value) = match character {
            'a'..='z' | 'A'..='Z' | '_' => {
                let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
                (TokenKind::UnquotedIdentifier, text(name).into())
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
        let pair = text(self.characters.iter().skip(self.position).take(2));
        let symbols = [
            pair.as_str(),
            pair.get(..first.len_utf8()).unwrap_or_default(),
        ];
        let mut found = symbols
            .into_iter()
            .filter_map(|text| Some((TokenKind::of(text)?, text)));
        let Some((kind, symbol)) = found.next() else {
            let quote = if first == '=' { "'" } else { "" };
            return Err(self.fault(format!("Unknown token {quote}{first}{quote}")));
        };
        self.position += symbol.len();
        Ok((kind, symbol.into()))
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.position;
        self.position += usize::from(self.peek() == Some('-'));
        let digits = self
            .take_while(|character| character.is_ascii_digit())
            .len();
        if digits == 0 {
            self.position = start;
            return Err(self.fault("Unknown token '-'".to_owned()));
        }
        if digits > number::MOST_DIGITS {
            return Err(Fault::Digits(digits));
        }
        Ok(integer(&text(self.since(start))))
    }

    fn quoted_identifier(&mut self) -> Result<Value, Fault> {
        let start = self.position;
        self.until('"')?;
        let name = json::parse(self.since(start), super::MAXIMUM_DEPTH);
        name.map_err(|error| Fault::Token {
            message: error.message().to_owned(),
            position: start,
        })
    }

    /// Reads JSON between backticks. Text that is not JSON is a string, as it was before the
    /// language was specified.
    fn literal(&mut self) -> Result<Value, Fault> {
        let start = self.position;
        let lexeme = text(self.until('`')?).replace("\\`", "`");
        let bare = || format!("\"{}\"", lexeme.trim_start_matches(is_space));
        let read = |text: &str| {
            let characters: Vec<char> = text.chars().collect();
            json::parse(&characters, super::MAXIMUM_DEPTH)
        };
        let value = read(&lexeme).or_else(|error| {
            if error.is_depth() {
                Err(error)
            } else {
                read(&bare())
            }
        });
        value.map_err(|error| {
            if error.is_depth() {
                return Fault::Deep;
            }
            Fault::Token {
                message: format!("Bad token {lexeme}"),
                position: start,
            }
        })
    }

    /// Reads up to the next delimiter that is not preceded by a backslash.
    fn until(&mut self, delimiter: char) -> Result<&'a [char], Fault> {
        let start = self.position;
        self.position += 1;
        let inner = self.position;
        while let Some(character) = self.peek() {
            self.position += if character == '\\' { 2 } else { 1 };
            if character == delimiter {
                let text = self.characters.get(inner..self.position - 1);
                return Ok(text.unwrap_or_default());
            }
        }
        self.position = start;
        Err(self.fault(format!("Unclosed {delimiter} delimiter")))
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a [char] {
        let start = self.position;
        while self.peek().is_some_and(&wanted) {
            self.position += 1;
        }
        self.since(start)
    }

    fn since(&self, start: usize) -> &'a [char] {
        self.characters
            .get(start..self.position)
            .unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.position).copied()
    }

    fn fault(&self, message: String) -> Fault {
        Fault::Token {
            message,
            position: self.position,
        }
    }
}

/// Returns the integer of these digits, which may have leading zeros.
fn integer(digits: &str) -> Value {
    number::parse_int(digits).map_or(Value::Null, |digits| Value::integer(&digits))
}

fn text<'a>(characters: impl IntoIterator<Item = &'a char>) -> String {
    characters.into_iter().collect()
}
