//! Keys, from the bytes that a terminal sends for them.

/// A key that means something to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    PageUp,
    PageDown,
    Enter,
    Erase,
    /// Ctrl-U: everything that was typed.
    EraseAll,
    /// Esc, Ctrl-C or Ctrl-D.
    Leave,
    Letter(char),
}

/// The bytes that a terminal sends, and the key that they mean.
const SEQUENCES: [(&[u8], Key); 15] = [
    (b"\x1b[A", Key::Up),
    (b"\x1bOA", Key::Up),
    (b"\x1b[B", Key::Down),
    (b"\x1bOB", Key::Down),
    (b"\x1b[5~", Key::PageUp),
    (b"\x1b[6~", Key::PageDown),
    (b"\x10", Key::Up),
    (b"\x0e", Key::Down),
    (b"\r", Key::Enter),
    (b"\n", Key::Enter),
    (b"\x7f", Key::Erase),
    (b"\x08", Key::Erase),
    (b"\x15", Key::EraseAll),
    (b"\x03", Key::Leave),
    (b"\x04", Key::Leave),
];

/// Reads keys. An escape sequence may come in parts.
#[derive(Default)]
pub(super) struct Keys {
    begun: Vec<u8>,
}

impl Keys {
    /// Takes bytes; returns the keys that are whole.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut rest = std::mem::take(&mut self.begun);
        rest.extend_from_slice(bytes);
        let mut rest = rest.as_slice();
        let mut keys = Vec::new();
        while let Some(first) = rest.first() {
            let found = SEQUENCES
                .iter()
                .find(|(sequence, _)| rest.starts_with(sequence));
            if let Some((sequence, key)) = found {
                keys.push(*key);
                rest = rest.get(sequence.len()..).unwrap_or_default();
                continue;
            }
            let (key, length) = match first {
                0x1b if rest.len() == 1 => (Some(Key::Leave), 1),
                0x1b if is_begun(rest) => {
                    self.begun = rest.to_vec();
                    return keys;
                }
                0x1b => (None, unknown(rest)),
                b' '..=b'~' => (Some(Key::Letter(char::from(*first))), 1),
                // A name has no other characters.
                _ => (None, 1),
            };
            keys.extend(key);
            rest = rest.get(length..).unwrap_or_default();
        }
        keys
    }
}

/// Whether a sequence is incomplete.
fn is_begun(bytes: &[u8]) -> bool {
    let is_known = |(sequence, _): &(&[u8], Key)| sequence.starts_with(bytes);
    SEQUENCES.iter().any(is_known) || bytes == b"\x1b[" || bytes == b"\x1bO"
}

/// The length of a sequence that means nothing here.
fn unknown(bytes: &[u8]) -> usize {
    let end = bytes
        .iter()
        .skip(2)
        .position(|byte| (0x40..=0x7e).contains(byte));
    end.map_or(bytes.len(), |end| end + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_whole_and_in_parts() {
        let mut keys = Keys::default();
        assert_eq!(keys.read(b"a5"), [Key::Letter('a'), Key::Letter('5')]);
        assert_eq!(
            keys.read(b"\x1b[B\x1b[A\r"),
            [Key::Down, Key::Up, Key::Enter]
        );
        assert_eq!(keys.read(b"\x1b["), []);
        assert_eq!(keys.read(b"6"), []);
        assert_eq!(keys.read(b"~"), [Key::PageDown]);
        assert_eq!(keys.read(b"\x1b[1;5Cx"), [Key::Letter('x')]);
        assert_eq!(keys.read(b"\x7f\x15"), [Key::Erase, Key::EraseAll]);
        for leave in [&b"\x1b"[..], b"\x03", b"\x04"] {
            assert_eq!(keys.read(leave), [Key::Leave]);
        }
        assert_eq!(keys.read(b"\xc3\xb6\x01"), []);
    }
}
