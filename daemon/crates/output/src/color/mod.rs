//! Colours of `jsonc` and `yamlc` on a terminal: Pygments 2.21's lexers and its
//! `TerminalFormatter`, byte for byte.
//!
//! The lexers recognise only az's own output, not any JSON or YAML.

pub(super) mod json;
pub(super) mod yaml;

use azq_python::lines::lines_with_ends;

/// A kind of token: the escape sequences that switch its colour on.
type Token = &'static str;

/// The tokens of JSON and YAML by the names of Pygments' lexers, in the colours of its terminal
/// formatter (Pygments, `formatters/terminal.py`, light background).
mod token {
    use super::Token;

    /// Punctuation.
    pub(super) const PLAIN: Token = "";
    pub(super) const WHITESPACE: Token = "\x1b[37m";
    pub(super) const COMMENT: Token = "\x1b[37m";
    /// A key.
    pub(super) const TAG: Token = "\x1b[94m";
    pub(super) const STRING: Token = "\x1b[33m";
    pub(super) const NUMBER: Token = "\x1b[34m";
    /// `true`, `false` and `null` in JSON.
    pub(super) const KEYWORD: Token = "\x1b[34m";
    /// A plain scalar in YAML.
    pub(super) const SCALAR: Token = "";
    /// A line of a block scalar.
    pub(super) const CONSTANT: Token = "\x1b[31m";
    /// YAML's tags.
    pub(super) const TYPE: Token = "\x1b[36m";
    /// An anchor.
    pub(super) const LABEL: Token = "";
    /// An alias.
    pub(super) const VARIABLE: Token = "\x1b[31m";
    /// A mark at the beginning or end of a document.
    pub(super) const NAMESPACE: Token = "\x1b[04m\x1b[36m";
    /// A character that the lexer does not recognise.
    pub(super) const ERROR: Token = "\x1b[04m\x1b[91m";
}

/// Writes a token, and switches its colour off before each line's end.
fn paint(token: Token, text: &str, buffer: &mut Vec<u8>) {
    const RESET: &str = "\x1b[39;49;00m";
    for line in lines_with_ends(text) {
        let (line, end) = line
            .strip_suffix('\n')
            .map_or((line, ""), |line| (line, "\n"));
        let reset = if token.is_empty() { "" } else { RESET };
        for part in [token, line, reset, end] {
            buffer.extend_from_slice(part.as_bytes());
        }
    }
}
