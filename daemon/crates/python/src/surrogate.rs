//! Lone surrogates, which Python's strings can hold and Rust's cannot.
//!
//! JSON such as `"\ud800"` gives Python a string with half of a character. Here a private character
//! of Unicode's last plane stands for it: U+D800 to U+DFFF are held as U+10D800 to U+10DFFF, which
//! no text of Azure's has.

/// What must be added to a surrogate for its stand-in.
const OFFSET: u32 = 0x0010_0000;

/// The character that stands for a surrogate; any other code unit gives itself.
pub fn stand_in(unit: u32) -> char {
    let code = match unit {
        0xD800..=0xDFFF => unit + OFFSET,
        other => other,
    };
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The surrogate that a character stands for.
pub fn of(character: char) -> Option<u32> {
    let unit = u32::from(character).checked_sub(OFFSET)?;
    (0xD800..=0xDFFF).contains(&unit).then_some(unit)
}

/// Whether UTF-8 text has a stand-in.
pub fn is_in(utf8: &[u8]) -> bool {
    // U+10D800 to U+10DFFF are F4 8D A0 80 to F4 8D BF BF. The crate memchr would first ask which
    // instructions the processor has, and each such question leaves a virtual machine: that took a
    // twentieth of a short command.
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
