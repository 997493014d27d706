//! Counts of the levels where catalogues were found, for metrics and traces.

use std::sync::atomic::{AtomicU64, Ordering};

/// A level where a catalogue is looked up, from near to far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Memory,
    Disk,
    Share,
    Azure,
}

impl Level {
    fn name(self) -> &'static str {
        NAMES[self as usize]
    }
}

/// In the order of the levels.
const NAMES: [&str; 4] = ["memory", "disk", "share", "azure"];

/// The number of look-ups that each level has answered.
#[derive(Debug, Default)]
pub(crate) struct Levels([AtomicU64; NAMES.len()]);

impl Levels {
    pub(crate) fn count(&self, level: Level) {
        self.0[level as usize].fetch_add(1, Ordering::Relaxed);
        if tracing::enabled!(target: "azq_trace", tracing::Level::TRACE) {
            tracing::Span::current().record("level", level.name());
        }
    }

    /// Returns the counts with their names.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        NAMES.into_iter().zip(counts)
    }
}
