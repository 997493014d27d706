//! Colours of `jsonc` and `yamlc` on a terminal: Pygments 2.21's lexers and its
//! `TerminalFormatter`, byte for byte.
//!
//! The lexers recognise only az's own output, not any JSON or YAML.

pub(super) mod json;
pub(super) mod yaml;

use azq_python::lines::lines_with_ends;

/// The tokens of JSON and YAML, by the names of Pygments' lexers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// Punctuation.
    Plain,
    Whitespace,
    Comment,
    /// A key.
    Tag,
    String,
    Number,
    /// `true`, `false` and `null` in JSON.
    Keyword,
    /// A plain scalar in YAML.
    Scalar,
    /// A line of a block scalar.
    Constant,
    /// YAML's tags.
    Type,
    /// An anchor.
    Label,
    /// An alias.
    Variable,
    /// A mark at the beginning or end of a document.
    Namespace,
    /// A character that the lexer does not recognise.
    Error,
}

impl Token {
    /// Returns the escape sequences that switch the colour on (Pygments, `formatters/terminal.py`,
    /// light background).
    fn color(self) -> &'static str {
        match self {
            Token::Plain | Token::Scalar | Token::Label => "",
            Token::Whitespace | Token::Comment => "\x1b[37m",
            Token::Tag => "\x1b[94m",
            Token::String => "\x1b[33m",
            Token::Number | Token::Keyword => "\x1b[34m",
            Token::Type => "\x1b[36m",
            Token::Constant | Token::Variable => "\x1b[31m",
            Token::Namespace => "\x1b[04m\x1b[36m",
            Token::Error => "\x1b[04m\x1b[91m",
        }
    }
}

/// Writes a token, and switches its colour off before each line's end.
fn paint(token: Token, text: &str, buffer: &mut Vec<u8>) {
    const RESET: &str = "\x1b[39;49;00m";
    for line in lines_with_ends(text) {
        let (line, end) = line
            .strip_suffix('\n')
            .map_or((line, ""), |line| (line, "\n"));
        match token.color() {
            "" => buffer.extend_from_slice(line.as_bytes()),
            color => [color, line, RESET]
                .iter()
                .for_each(|part| buffer.extend(part.bytes())),
        }
        buffer.extend_from_slice(end.as_bytes());
    }
}
