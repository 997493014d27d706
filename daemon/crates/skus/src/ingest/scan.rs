//! A scanner that finds the parts of a JSON text which has only partly arrived.
//!
//! It splits the text and does not validate it: a nested value is skipped by its brackets and
//! strings alone, because `serde_json` parses it where its content matters. That is several times
//! faster than parsing everything, because a catalogue repeats the same parts thousands of times.

/// The reason why a part cannot be returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanError {
    /// The text ends before the part does. The caller tries again with more text.
    Incomplete,
    /// The text is not JSON, at this distance from its start.
    Malformed(usize),
}

/// The depth of nesting that is refused, as in `serde_json`.
const MAX_DEPTH: usize = 128;

/// A position in a JSON text.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Creates a cursor at the start of a text.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the number of bytes before the cursor.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Skips white space and returns the next byte, which is not skipped.
    pub(crate) fn peek(&mut self) -> Result<u8, ScanError> {
        for byte in self.rest() {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(*byte);
            }
            self.at += 1;
        }
        Err(ScanError::Incomplete)
    }

    /// Skips white space and this byte, or fails if another byte comes next.
    pub(crate) fn expect(&mut self, wanted: u8) -> Result<(), ScanError> {
        if self.peek()? != wanted {
            return Err(self.malformed());
        }
        self.at += 1;
        Ok(())
    }

    /// Skips white space, then this byte if it comes next.
    pub(crate) fn pass(&mut self, wanted: u8) -> Result<bool, ScanError> {
        let is_next = self.peek()? == wanted;
        self.at += usize::from(is_next);
        Ok(is_next)
    }

    /// Skips UTF-8's byte order mark if it comes next.
    pub(crate) fn pass_mark(&mut self) -> Result<(), ScanError> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        let rest = self.rest();
        if rest.len() < MARK.len() && MARK.starts_with(rest) {
            return Err(ScanError::Incomplete);
        }
        self.pass_text(MARK);
        Ok(())
    }

    /// Skips this text if it comes next exactly.
    pub(crate) fn pass_text(&mut self, wanted: &[u8]) -> bool {
        let is_next = self.rest().starts_with(wanted);
        self.at += if is_next { wanted.len() } else { 0 };
        is_next
    }

    /// Skips a string and returns it with its quotes.
    pub(crate) fn string(&mut self) -> Result<&'a [u8], ScanError> {
        if self.peek()? != b'"' {
            return Err(self.malformed());
        }
        let start = self.at;
        self.at = self.after_string(start + 1)?;
        Ok(self.since(start))
    }

    /// Skips a value of any kind and returns its text.
    pub(crate) fn value(&mut self) -> Result<&'a [u8], ScanError> {
        let first = self.peek()?;
        let start = self.at;
        self.at = match first {
            b'"' => self.after_string(start + 1)?,
            b'{' | b'[' => self.after_nested(start)?,
            _ => self.after_literal(start)?,
        };
        Ok(self.since(start))
    }

    /// Returns the error that the text stops being JSON at the cursor.
    pub(crate) fn malformed(&self) -> ScanError {
        ScanError::Malformed(self.at)
    }

    /// Returns the error that the text stops being JSON within the next value. An incomplete part
    /// of a value that was complete as a whole counts as malformed.
    pub(crate) fn malformed_within(&self, stop: ScanError) -> ScanError {
        match stop {
            ScanError::Malformed(at) => ScanError::Malformed(self.at + at),
            ScanError::Incomplete => self.malformed(),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Returns the position after the closing quote of the string whose content begins here.
    fn after_string(&self, mut at: usize) -> Result<usize, ScanError> {
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let found = memchr::memchr2(b'"', b'\\', rest).ok_or(ScanError::Incomplete)?;
            at += found + 1;
            if rest.get(found) == Some(&b'"') {
                return Ok(at);
            }
            at += 1;
        }
    }

    /// Returns the position after the object or list that begins here.
    fn after_nested(&self, mut at: usize) -> Result<usize, ScanError> {
        let mut depth = 0;
        while let Some(byte) = self.text.get(at) {
            at += 1;
            match byte {
                b'"' => at = self.after_string(at)?,
                b'{' | b'[' => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(ScanError::Malformed(at));
                    }
                }
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(at);
                    }
                }
                _ => {}
            }
        }
        Err(ScanError::Incomplete)
    }

    /// Returns the position after the number, `true`, `false` or `null` that begins here.
    fn after_literal(&self, start: usize) -> Result<usize, ScanError> {
        let rest = self.text.get(start..).unwrap_or_default();
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        match rest.iter().position(|byte| !is_part(byte)) {
            Some(0) => Err(ScanError::Malformed(start)),
            Some(length) => Ok(start + length),
            None => Err(ScanError::Incomplete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_json_ends_them() {
        for value in [
            r#""a""#,
            r#""a\"b\\""#,
            r#""}]\u0022""#,
            "[]",
            r#"{"a":["]",{"b":"}"}]}"#,
            "-1.5e+3",
            "null",
        ] {
            let text = format!(" \n{value} ,");
            let mut cursor = Cursor::new(text.as_bytes());
            assert_eq!(cursor.value(), Ok(value.as_bytes()));
            assert_eq!(cursor.expect(b','), Ok(()));
            for length in 0..=value.len() {
                let mut cursor = Cursor::new(&text.as_bytes()[..length]);
                assert_eq!(
                    cursor.value(),
                    Err(ScanError::Incomplete),
                    "{}",
                    &text[..length]
                );
            }
        }
    }

    #[test]
    fn what_is_no_json_is_told_from_what_is_incomplete() {
        for text in ["<html>", "}", ":"] {
            let mut cursor = Cursor::new(text.as_bytes());
            assert_eq!(cursor.value(), Err(ScanError::Malformed(0)), "{text}");
        }
        let deep = "[".repeat(1_000_000);
        assert_eq!(
            Cursor::new(deep.as_bytes()).value(),
            Err(ScanError::Malformed(MAX_DEPTH + 1))
        );
        assert_eq!(
            Cursor::new(b"  x").expect(b'{'),
            Err(ScanError::Malformed(2))
        );
        assert_eq!(Cursor::new(b"x").string(), Err(ScanError::Malformed(0)));
    }
}
