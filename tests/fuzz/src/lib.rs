//! Fuzzing of azq with hostile or broken input: a target for each kind of input that comes from
//! outside.
//!
//! A target is a function of bytes that panics if a property that must hold of all inputs does not;
//! its module lists these properties. Its seeds are real data: the goldens, the cases, and recorded
//! responses of Azure. Two drivers run the targets: `tests/smoke.rs`, a part of `cargo test`, over
//! the seeds and a few thousand [mutations](mutation), and libFuzzer, guided by coverage, for as
//! long as it is told (`tests/README.md`).
//!
//! Invariants: a target uses no network beyond loopback, no clock that other load could slow down,
//! and no state of an earlier input. Nothing changes azq while it is fuzzed: the fuzzed code is the
//! shipped code.

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
    /// Panics if a property does not hold of these bytes.
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

/// Splits an input into its parts, at a byte that no UTF-8 text has.
fn parts(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    input.split(|byte| *byte == BETWEEN)
}

const BETWEEN: u8 = 0xff;

/// Returns an input that begins with the lowest byte of a number.
fn numbered(number: usize, rest: impl AsRef<[u8]>) -> Vec<u8> {
    let [lowest, ..] = number.to_le_bytes();
    [&[lowest], rest.as_ref()].concat()
}

/// Joins these parts to an input.
fn joined<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> Vec<u8> {
    let parts: Vec<P> = parts.into_iter().collect();
    let parts: Vec<&[u8]> = parts.iter().map(AsRef::as_ref).collect();
    parts.join(&BETWEEN)
}
