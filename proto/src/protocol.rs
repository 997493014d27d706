//! The protocol number, which determines whether a client and a daemon are compatible.
//!
//! Raise [`NEWEST`] when a message changes so that the other side could misread it; raise
//! [`OLDEST`] when requests of an older peer can no longer be served. Adding an optional field
//! changes neither.

/// The oldest protocol that this build supports.
pub const OLDEST: u32 = 1;
/// The newest protocol that this build supports.
pub const NEWEST: u32 = 1;

/// The metadata key with which every call sends its client's range of protocol numbers, as
/// `oldest-newest`.
pub const METADATA_KEY: &str = "azq-protocol";

/// Whether two ranges of protocol numbers, each given as (oldest, newest), have one in common.
pub fn compatible(ours: (u32, u32), theirs: (u32, u32)) -> bool {
    ours.0 <= theirs.1 && theirs.0 <= ours.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_are_compatible() {
        assert!(compatible((1, 3), (3, 5)));
        assert!(compatible((2, 2), (1, 3)));
        assert!(!compatible((1, 2), (3, 4)));
        assert!(!compatible((5, 6), (1, 4)));
    }
}
