//! JSON in colour (Pygments, `lexers/data.py`, `JsonLexer`).

use super::{Token, paint};

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
    let run = |belongs: fn(char) -> bool| {
        line.find(|character| !belongs(character))
            .unwrap_or(line.len())
    };
    Some(match first {
        ' ' | '\n' => (
            Token::Whitespace,
            run(|character| matches!(character, ' ' | '\n')),
        ),
        '"' => {
            let length = string_length(line);
            let key = line.as_bytes().get(length) == Some(&b':');
            (if key { Token::Tag } else { Token::String }, length)
        }
        // Any run of the letters of true, false and null.
        't' | 'f' | 'n' => (
            Token::Keyword,
            run(|character| "truefalsn".contains(character)),
        ),
        '-' | '0'..='9' => (
            Token::Number,
            run(|character| "-0123456789.eE+".contains(character)),
        ),
        '{' | '}' | '[' | ']' | ',' | ':' => (Token::Plain, 1),
        // Letters of NaN and Infinity.
        _ => (Token::Error, first.len_utf8()),
    })
}

fn string_length(line: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in line.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    line.len()
}
