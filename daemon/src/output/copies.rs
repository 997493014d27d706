//! What lists, objects and runs of entries look like that several entries of an answer share: written twice, then copied.
//!
//! What comes once is not copied, for most answers are of one region, where little comes twice.

use std::ops::Range;
use std::sync::Arc;

use foldhash::HashMap;

/// Where something is in memory, which is valid while the document is borrowed, how long it is, and its depth.
pub(super) type Key = (usize, u32, u32);

/// What lists, objects and runs look like that several entries share.
#[derive(Default)]
pub(super) struct Copies {
    bytes: Vec<u8>,
    /// Where in `bytes`; nowhere for what has come once. Small, for most of an answer's time goes into reading this.
    ranges: HashMap<Key, Range<u32>>,
}

/// What is known of one of them.
pub(super) enum Look<'c> {
    First,
    Again,
    Copy(&'c [u8]),
}

impl Copies {
    /// How many bytes are remembered at most.
    const LIMIT: usize = 8 * 1024 * 1024;

    /// Whether a list or an object may come again: somebody beside its document holds it.
    pub(super) fn worthwhile<T: ?Sized, P>(held: &Arc<T>, parts: &[P]) -> bool {
        Arc::strong_count(held) > 1 && (2..=256).contains(&parts.len())
    }

    /// None of what is too long or too deep to be told apart.
    pub(super) fn key<T>(items: &[T], depth: usize) -> Option<Key> {
        let (length, depth) = (items.len().try_into().ok()?, depth.try_into().ok()?);
        Some((items.as_ptr().addr(), length, depth))
    }

    pub(super) fn look(&mut self, key: Key) -> Look<'_> {
        match self.ranges.get(&key) {
            None => {
                self.ranges.insert(key, 0..0);
                Look::First
            }
            Some(range) if range.is_empty() => Look::Again,
            Some(range) => {
                let range = range.start as usize..range.end as usize;
                Look::Copy(self.bytes.get(range).unwrap_or_default())
            }
        }
    }

    pub(super) fn remember(&mut self, key: Key, written: Option<&[u8]>) {
        let Some(written) = written else { return };
        let (start, end) = (self.bytes.len(), self.bytes.len() + written.len());
        if end <= Self::LIMIT
            && let (Ok(start), Ok(end)) = (start.try_into(), end.try_into())
        {
            self.bytes.extend_from_slice(written);
            self.ranges.insert(key, start..end);
        }
    }
}
