//! Colours of `jsonc` and `yamlc` on a terminal: Pygments 2.21's lexers and its `TerminalFormatter`, byte for byte.
//!
//! Only what az's own JSON and YAML can contain is recognised, not any JSON or YAML.

pub(super) mod json;
pub(super) mod yaml;

use super::python;

/// What Pygments' lexers call parts of JSON and YAML, as far as they differ in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Whitespace,
    /// The key of an object.
    Tag,
    String,
    Number,
    /// `true`, `false` and `null` in JSON.
    Constant,
    /// Plain scalars and indicators, which have no colour.
    Plain,
    /// An alias.
    Variable,
    /// The marks that begin and end documents.
    Namespace,
    /// What the lexer does not know.
    Error,
}

impl Token {
    /// The escape sequences that switch the colour on (Pygments, `formatters/terminal.py`, light background).
    fn color(self) -> &'static str {
        match self {
            Token::Whitespace => "\x1b[37m",
            Token::Tag => "\x1b[94m",
            Token::String => "\x1b[33m",
            Token::Number | Token::Constant => "\x1b[34m",
            Token::Plain => "",
            Token::Variable => "\x1b[31m",
            Token::Namespace => "\x1b[04m\x1b[36m",
            Token::Error => "\x1b[04m\x1b[91m",
        }
    }
}

/// Writes a token, switching its colour off before each line's end.
fn paint(token: Token, text: &str, buffer: &mut Vec<u8>) {
    const RESET: &str = "\x1b[39;49;00m";
    for line in python::lines_with_ends(text) {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        match token.color() {
            "" => buffer.extend_from_slice(line.as_bytes()),
            color => [color, line, RESET].iter().for_each(|part| buffer.extend(part.bytes())),
        }
        buffer.extend_from_slice(end.as_bytes());
    }
}
