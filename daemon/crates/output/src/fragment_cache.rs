//! A cache of rendered text: a part that entries of an answer share is written twice, then copied.
//!
//! A part is copied from its third occurrence on, because most answers are of one region, where few
//! parts occur twice. The look-up is most of the work, so each part has exactly one slot. A part
//! that needs an occupied slot evicts the other part, which is then written out again.

use std::ops::Range;
use std::sync::Arc;

/// The key of a part: its address, which is valid while the document is borrowed, its length and
/// its depth.
pub(super) type Key = (usize, u32, u32);

/// The rendered text of lists, objects and runs that entries share.
pub(super) struct FragmentCache {
    /// The slots; their number is a power of two.
    slots: Box<[Slot]>,
    /// Blocks of at most [`BLOCK`] bytes, so that no growth ever moves a long text.
    blocks: Vec<Vec<u8>>,
}

/// A part that was seen. It is small, because reading slots takes most of an answer's time.
#[derive(Clone, Default)]
struct Slot {
    key: Key,
    /// The range in the concatenated blocks; empty for a part that was seen once.
    copy: Range<u32>,
}

/// The outcome of a look-up.
pub(super) enum Lookup<'c> {
    First,
    Again,
    Copy(&'c [u8]),
}

/// The maximum length of a copy, in bytes.
const BLOCK: usize = 64 * 1024;

impl FragmentCache {
    /// The maximum number of bytes that the cache holds.
    const LIMIT: usize = 8 * 1024 * 1024;
    /// The number of slots for each entry of an answer, because an entry has a handful of parts.
    const SLOTS: usize = 4;
    const FEWEST_SLOTS: usize = 1 << 8;
    const MOST_SLOTS: usize = 1 << 15;

    /// Creates a cache for an answer of so many entries.
    pub(super) fn among(entries: usize) -> Self {
        let slots = entries.saturating_mul(Self::SLOTS);
        let slots = slots.clamp(Self::FEWEST_SLOTS, Self::MOST_SLOTS);
        Self {
            slots: vec![Slot::default(); slots.next_power_of_two()].into(),
            blocks: Vec::new(),
        }
    }

    /// Whether a list or an object may occur again, because it has another holder.
    pub(super) fn worthwhile<T: ?Sized, P>(held: &Arc<T>, parts: &[P]) -> bool {
        Arc::strong_count(held) > 1 && (2..=256).contains(&parts.len())
    }

    /// Returns the key of a part; `None` if its length or depth does not fit.
    pub(super) fn key<T>(items: &[T], depth: usize) -> Option<Key> {
        let (length, depth) = (items.len().try_into().ok()?, depth.try_into().ok()?);
        Some((items.as_ptr().addr(), length, depth))
    }

    pub(super) fn look(&mut self, key: Key) -> Lookup<'_> {
        let place = self.place(key);
        let Some(slot) = self.slots.get_mut(place) else {
            return Lookup::First;
        };
        if slot.key != key {
            (slot.key, slot.copy) = (key, 0..0);
            return Lookup::First;
        }
        if slot.copy.is_empty() {
            return Lookup::Again;
        }
        let Range { start, end } = slot.copy;
        let block = self.blocks.get(start as usize / BLOCK);
        let range = start as usize % BLOCK..(end - 1) as usize % BLOCK + 1;
        block
            .and_then(|block| block.get(range))
            .map_or(Lookup::Again, Lookup::Copy)
    }

    /// Stores the text of a part, if there is room for it.
    pub(super) fn remember(&mut self, key: Key, written: &[u8]) {
        let has_room = |block: &Vec<u8>| block.len() + written.len() <= BLOCK;
        if !self.blocks.last().is_some_and(has_room) {
            if written.len() > BLOCK || self.blocks.len() >= Self::LIMIT / BLOCK {
                return;
            }
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        let before = self.blocks.len().saturating_sub(1) * BLOCK;
        let place = self.place(key);
        if let (Some(block), Some(slot)) = (self.blocks.last_mut(), self.slots.get_mut(place))
            && let Ok(start) = u32::try_from(before + block.len())
            && let Ok(end) = u32::try_from(before + block.len() + written.len())
        {
            block.extend_from_slice(written);
            let copy = start..end;
            *slot = Slot { key, copy };
        }
    }

    /// Returns the slot of a key. It uses the upper bits of a product, because addresses may differ
    /// in any of their bits.
    fn place(&self, (address, length, depth): Key) -> usize {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let parts = (address as u64) ^ (u64::from(length) << 48) ^ (u64::from(depth) << 56);
        let spread = parts.wrapping_mul(SPREAD) >> 32;
        usize::try_from(spread).unwrap_or_default() & (self.slots.len() - 1)
    }
}
