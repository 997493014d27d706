//! Counts of the levels where catalogues were found, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// A level where a catalogue is looked up, from near to far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Memory,
    Disk,
    Share,
    Azure,
}

const NAMES: [&str; 4] = ["memory", "disk", "share", "azure"];

/// The number of look-ups that each level has answered.
#[derive(Debug, Default)]
pub(crate) struct Levels([AtomicU64; NAMES.len()]);

impl Levels {
    pub(crate) fn count(&self, level: Level) {
        let [memory, disk, share, azure] = &self.0;
        let counter = match level {
            Level::Memory => memory,
            Level::Disk => disk,
            Level::Share => share,
            Level::Azure => azure,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the counts with their names.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        NAMES.into_iter().zip(counts)
    }
}
