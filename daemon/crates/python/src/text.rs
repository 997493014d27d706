//! The decoding of bytes as in Python.

use std::borrow::Cow;

/// Evaluates `bytes.decode('utf-8-sig', errors='replace')`: removes the mark, and replaces invalid
/// UTF-8 with U+FFFD.
pub fn utf8_with_mark(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(without_mark(bytes))
}

/// Returns the bytes after UTF-8's mark, if there is one.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_utf8_is_replaced_as_python_replaces_it() {
        for (bytes, text) in [
            (&b"\xef\xbb\xbfa"[..], "a"),
            (b"gr\xf6\xdfe", "gr\u{fffd}\u{fffd}e"),
            (b"\xf0\x9f\x98", "\u{fffd}"),
            (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(utf8_with_mark(bytes), text, "{bytes:?}");
        }
    }
}
