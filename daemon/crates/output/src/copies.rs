//! What lists, objects and runs of entries look like that several entries of an answer share: written twice, then copied.
//!
//! What comes once is not copied, for most answers are of one region, where little comes twice. Looking is most of the work, so
//! each thing has one slot where it may be, and whatever wants the same slot takes its place: a copy that is lost is
//! written out again.

use std::ops::Range;
use std::sync::Arc;

/// Where something is in memory, which is valid while the document is borrowed, how long it is, and its depth.
pub(super) type Key = (usize, u32, u32);

/// What lists, objects and runs look like that several entries share.
pub(super) struct Copies {
    /// A power of two.
    slots: Box<[Slot]>,
    /// Of [`BLOCK`] bytes each, never more: what is long is not moved for something that comes after it.
    blocks: Vec<Vec<u8>>,
}

/// Something that was seen. Small, for most of an answer's time goes into reading this.
#[derive(Clone, Default)]
struct Slot {
    key: Key,
    /// Where in the blocks, laid end to end; nowhere for what has come once.
    copy: Range<u32>,
}

/// What is known of one of them.
pub(super) enum Look<'c> {
    First,
    Again,
    Copy(&'c [u8]),
}

/// No copy is longer, in bytes.
const BLOCK: usize = 64 * 1024;

impl Copies {
    /// How many bytes are remembered at most.
    const LIMIT: usize = 8 * 1024 * 1024;
    /// For each entry of an answer, which has a handful of parts.
    const SLOTS: usize = 4;
    const FEWEST_SLOTS: usize = 1 << 8;
    const MOST_SLOTS: usize = 1 << 15;

    /// For an answer of so many entries.
    pub(super) fn among(entries: usize) -> Self {
        let slots = entries.saturating_mul(Self::SLOTS);
        let slots = slots.clamp(Self::FEWEST_SLOTS, Self::MOST_SLOTS);
        Self {
            slots: vec![Slot::default(); slots.next_power_of_two()].into(),
            blocks: Vec::new(),
        }
    }

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
        let place = self.place(key);
        let Some(slot) = self.slots.get_mut(place) else {
            return Look::First;
        };
        if slot.key != key {
            let copy = 0..0;
            *slot = Slot { key, copy };
            return Look::First;
        }
        if slot.copy.is_empty() {
            return Look::Again;
        }
        let Range { start, end } = slot.copy;
        let block = self.blocks.get(start as usize / BLOCK);
        let range = start as usize % BLOCK..(end - 1) as usize % BLOCK + 1;
        block
            .and_then(|block| block.get(range))
            .map_or(Look::Again, Look::Copy)
    }

    /// Keeps what came again, if there is room for it.
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

    /// The slot of a key: what is shared lies anywhere in memory, so the upper bits of a product tell it apart.
    fn place(&self, (address, length, depth): Key) -> usize {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let parts = (address as u64) ^ (u64::from(length) << 48) ^ (u64::from(depth) << 56);
        let spread = parts.wrapping_mul(SPREAD) >> 32;
        usize::try_from(spread).unwrap_or_default() & (self.slots.len() - 1)
    }
}
