//! The characters that Python's `repr` shows unescaped: `str.isprintable` of Python 3.11 (Unicode
//! 14.0).
//!
//! Rust's `escape_debug` escapes the same categories of characters, but those of the Unicode of its
//! standard library. The characters that Unicode has assigned since are therefore listed here.

/// Whether `repr` shows the character instead of an escape.
pub fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    let code = u32::from(character);
    let after = NEWER.partition_point(|&(first, _)| first <= code);
    let before = after.checked_sub(1).and_then(|index| NEWER.get(index));
    before.is_none_or(|&(_, last)| code > last) && is_printable_in_rust(character)
}

/// Whether Rust's debug output shows the character. It escapes a combining character only at the
/// start of a text, so another character is put before it.
fn is_printable_in_rust(character: char) -> bool {
    let mut text = [b'a'; 5];
    let length = 1 + character.encode_utf8(&mut text[1..]).len();
    let text = text
        .get(..length)
        .and_then(|text| str::from_utf8(text).ok());
    text.is_some_and(|text| text.escape_debug().nth(2).is_none())
}

/// Ranges in which Unicode 15.0 to 17.0 added characters, both ends included, in order. None of
/// them has a character of Unicode 14.0.
#[rustfmt::skip]
const NEWER: [(u32, u32); 65] = [
    (0x88f, 0x897), (0xc5c, 0xc5c), (0xcdc, 0xcdc), (0xcf3, 0xcf3), (0xece, 0xece),
    (0x1acf, 0x1aeb), (0x1b4e, 0x1b4f), (0x1b7f, 0x1b7f), (0x1c89, 0x1c8a), (0x20c1, 0x20c1),
    (0x2427, 0x2429), (0x2b96, 0x2b96), (0x2ffc, 0x2fff), (0x31e4, 0x31ef), (0xa7cb, 0xa7cf),
    (0xa7d2, 0xa7d2), (0xa7d4, 0xa7d4), (0xa7da, 0xa7f1), (0xfbc3, 0xfbd2), (0xfd90, 0xfd91),
    (0xfdc8, 0xfdce), (0x105c0, 0x105f3), (0x10940, 0x10959), (0x10d40, 0x10d8f),
    (0x10ec2, 0x10eff), (0x1123f, 0x11241), (0x11380, 0x113e2), (0x116d0, 0x116e3),
    (0x11b00, 0x11bf9), (0x11db0, 0x11de9), (0x11f00, 0x11f5a), (0x1342f, 0x143fa),
    (0x16100, 0x16139), (0x16d40, 0x16d79), (0x16ea0, 0x16ed3), (0x16ff2, 0x16ff6),
    (0x187f8, 0x187ff), (0x18cff, 0x18cff), (0x18d09, 0x18df2), (0x1b132, 0x1b132),
    (0x1b155, 0x1b155), (0x1cc00, 0x1cef0), (0x1d2c0, 0x1d2d3), (0x1df25, 0x1df2a),
    (0x1e030, 0x1e08f), (0x1e4d0, 0x1e6ff), (0x1f6d8, 0x1f6dc), (0x1f774, 0x1f77f),
    (0x1f7d9, 0x1f7d9), (0x1f8b2, 0x1f8d8), (0x1fa54, 0x1fa57), (0x1fa75, 0x1fa77),
    (0x1fa87, 0x1fa8f), (0x1faad, 0x1faaf), (0x1fabb, 0x1fabf), (0x1fac6, 0x1facf),
    (0x1fada, 0x1fadf), (0x1fae8, 0x1faef), (0x1faf7, 0x1faf8), (0x1fbcb, 0x1fbef),
    (0x1fbfa, 0x1fbfa), (0x2b739, 0x2b73f), (0x2cea2, 0x2cead), (0x2ebf0, 0x2ee5d),
    (0x31350, 0x33479),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The number and the sum of the characters are those of Python's `isprintable`.
    #[test]
    fn the_printable_characters_are_those_of_python() {
        let all = (char::MIN..=char::MAX).filter(|&character| is_printable(character));
        let (count, sum) = all.fold((0, 0), |(count, sum), character| {
            (count + 1, sum + u64::from(u32::from(character)))
        });
        assert_eq!((count, sum), (144_516, 14_867_683_184));
    }
}
