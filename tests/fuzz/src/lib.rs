//! What hostile or broken input does to azq: a target for each kind of input that comes from
//! outside.
//!
//! A target is a function of bytes that panics if what must hold of any bytes does not; its module
//! says what that is. Its seeds are real data: the goldens, the cases, and what Azure was recorded
//! to answer. Two drivers run the targets: `tests/smoke.rs`, a part of `cargo test`, over the seeds
//! and a few thousand [mutations](mutation), and libFuzzer, guided by coverage, for as long as it
//! is told (`tests/README.md`).
//!
//! Invariants: a target uses no network beyond loopback, no clock that others could slow down, and
//! nothing that an earlier input left behind. Deliberately absent: anything that changes azq while
//! it is fuzzed; what is fuzzed is what is shipped.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a target fails by panicking"
)]

pub mod azure;
pub mod mutation;
pub mod place;
pub mod recordings;
pub mod runtime;
pub mod targets;

/// A kind of input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its module, its libFuzzer binary and its corpus.
    pub name: &'static str,
    /// Panics if something does not hold of these bytes.
    pub run: fn(&[u8]),
    /// Inputs from real data.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($name:ident)*) => {
        /// All kinds of input.
        pub const TARGETS: &[Target] = &[
            $(Target {
                name: stringify!($name),
                run: targets::$name::target,
                seeds: targets::$name::seeds,
            },)*
        ];
    };
}

targets! {
    clouds command_line config errors jmespath operations pools profile requests skus snapshot
}

/// The parts of an input: a byte that no UTF-8 text has is between them.
fn parts(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    input.split(|byte| *byte == BETWEEN)
}

const BETWEEN: u8 = 0xff;

/// An input of these parts.
fn joined<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> Vec<u8> {
    let parts: Vec<P> = parts.into_iter().collect();
    let parts: Vec<&[u8]> = parts.iter().map(AsRef::as_ref).collect();
    parts.join(&BETWEEN)
}
