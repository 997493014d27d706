//! Lone surrogates, which are possible in Python's strings and not in Rust's.
//!
//! JSON such as `"\ud800"` gives Python a string with half of a character. A private character of
//! Unicode's last plane represents it here: U+D800 to U+DFFF are stored as U+10D800 to U+10DFFF,
//! which do not occur in Azure's texts.

/// The difference between a surrogate and its stand-in.
const OFFSET: u32 = 0x0010_0000;

/// Returns the character that represents a surrogate; any other code unit is returned as its
/// character.
pub fn stand_in(unit: u32) -> char {
    let code = match unit {
        0xD800..=0xDFFF => unit + OFFSET,
        other => other,
    };
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Returns the surrogate that a character represents.
pub fn of(character: char) -> Option<u32> {
    let unit = u32::from(character).checked_sub(OFFSET)?;
    (0xD800..=0xDFFF).contains(&unit).then_some(unit)
}

/// Whether UTF-8 text contains a stand-in.
pub fn is_in(utf8: &[u8]) -> bool {
    // U+10D800 to U+10DFFF are F4 8D A0 80 to F4 8D BF BF. The crate memchr would first query the
    // processor's instruction sets. In a virtual machine each such query exits to the hypervisor,
    // which took a twentieth of a short command.
    utf8.contains(&0xF4)
        && utf8
            .windows(3)
            .any(|bytes| matches!(bytes, [0xF4, 0x8D, 0xA0..=0xBF]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_surrogate_has_a_stand_in_of_its_own() {
        for unit in 0xD800..=0xDFFF {
            let character = stand_in(unit);
            assert_eq!(of(character), Some(unit));
            assert!(is_in(character.to_string().as_bytes()));
        }
        for other in ['a', '\u{d7ff}', '\u{e000}', '\u{10d7ff}', '\u{10e000}'] {
            assert_eq!(of(other), None);
            assert!(!is_in(other.to_string().as_bytes()));
        }
    }
}
