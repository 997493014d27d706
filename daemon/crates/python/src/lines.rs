//! White space and line ends as defined by Python's `str`.

/// Whether `str.isspace` holds for one character: Unicode's white space and the four ASCII
/// separators.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

/// Whether `str.splitlines` ends a line at this character.
pub fn ends_line(character: char) -> bool {
    matches!(character, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns `str.splitlines(keepends=True)`.
pub fn lines_with_ends(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut after_end = rest
            .char_indices()
            .skip_while(|&(_, character)| !ends_line(character));
        let end = match (after_end.next(), after_end.next()) {
            (Some((_, '\r')), Some((at, '\n'))) => at + 1,
            (Some(_), Some((at, _))) => at,
            _ => rest.len(),
        };
        let (line, tail) = rest.split_at(end);
        rest = tail;
        Some(line)
    })
}

/// Returns `str.splitlines()`.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    lines_with_ends(text).map(|line| match line.strip_suffix("\r\n") {
        Some(line) => line,
        None => line.strip_suffix(ends_line).unwrap_or(line),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_python_ends_them() {
        let text = "a\r\nb\rc\n\nd\u{85}e\u{2028}f\u{1c}g";
        assert!(lines(text).eq(["a", "b", "c", "", "d", "e", "f", "g"]));
        assert!(lines_with_ends("a\r\n\nb").eq(["a\r\n", "\n", "b"]));
        assert_eq!(lines("").count(), 0);
    }
}
