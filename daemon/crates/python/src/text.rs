//! The decoding of bytes as Python decodes them.

use std::borrow::Cow;

/// `bytes.decode('utf-8-sig', errors='replace')`: without the mark, and U+FFFD for what is no
/// UTF-8.
pub fn utf8_with_mark(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(without_mark(bytes))
}

/// The bytes behind UTF-8's mark, if it is there.
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
