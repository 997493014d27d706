//! JSON in colour (Pygments, `lexers/data.py`, `JsonLexer`).

use super::{Token, paint, token};

/// Paints a line of az's JSON. Each line is painted on its own, because only white space spans
/// lines there.
pub(crate) fn write_line(line: &str, buffer: &mut Vec<u8>) {
    let mut rest = line;
    while let Some((token, length)) = next(rest) {
        let (text, tail) = rest.split_at(length);
        paint(token, text, buffer);
        rest = tail;
    }
}

/// Returns the first token of a line and its length in bytes.
fn next(line: &str) -> Option<(Token, usize)> {
    let first = line.chars().next()?;
    let run = |characters: &str| {
        let end = line.find(|character| !characters.contains(character));
        end.unwrap_or(line.len())
    };
    Some(match first {
        ' ' | '\n' => (token::WHITESPACE, run(" \n")),
        '"' => {
            let length = string_length(line);
            let key = line.as_bytes().get(length) == Some(&b':');
            (if key { token::TAG } else { token::STRING }, length)
        }
        // Any run of the letters of true, false and null.
        't' | 'f' | 'n' => (token::KEYWORD, run("truefalsn")),
        '-' | '0'..='9' => (token::NUMBER, run("-0123456789.eE+")),
        '{' | '}' | '[' | ']' | ',' | ':' => (token::PLAIN, 1),
        // Letters of NaN and Infinity.
        _ => (token::ERROR, first.len_utf8()),
    })
}

fn string_length(line: &str) -> usize {
    let mut bytes = line.bytes().enumerate().skip(1);
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return index + 1,
            _ => {}
        }
    }
    line.len()
}
