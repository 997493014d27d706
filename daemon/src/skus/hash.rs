//! Hashers for look-ups that happen for every part of a catalogue.
//!
//! They are several times faster than the standard one on texts of 2 KB and on addresses. Equality always decides,
//! so that keys made to collide, which Azure does not send, would cost time only.

use std::hash::{BuildHasherDefault, Hasher};

/// For maps keyed by texts.
pub(super) type ByText = BuildHasherDefault<Text>;

/// For maps keyed by addresses and numbers.
pub(super) type ByNumber = BuildHasherDefault<Numbers>;

/// An odd number with well-mixed bits (the golden ratio), to spread a hash over the upper bits that maps use too.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// A checksum of the bytes.
#[derive(Default)]
pub(super) struct Text(crc32fast::Hasher);

impl Hasher for Text {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        u64::from(self.0.clone().finalize()).wrapping_mul(SPREAD)
    }
}

/// One multiplication for each number.
#[derive(Default)]
pub(super) struct Numbers(u64);

impl Hasher for Numbers {
    fn write(&mut self, bytes: &[u8]) {
        for word in bytes.chunks(8) {
            self.write_u64(
                word.iter()
                    .fold(0, |number, byte| number << 8 | u64::from(*byte)),
            );
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(SPREAD);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
