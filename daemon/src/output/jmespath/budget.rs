//! What one query may cost, so that a hostile one cannot hold the daemon's threads or memory.
//!
//! Sharing makes values that are small in memory and endless when walked (`[@,@] | [@,@] | …`), so every walk
//! and every product is paid for: one unit is one step of evaluation or one byte produced.

use std::cell::Cell;

/// Half a gigabyte of products, or some seconds of work. Several times what it takes to list every capability of
/// every resource SKU of Azure.
pub(crate) const LIMIT: u64 = 1 << 29;

/// What an element of an array costs: its size.
pub(super) const ELEMENT: usize = 24;

/// What writing or comparing a part costs beyond its bytes. A walk over endless sharing meets parts of a byte or none, and
/// takes the time of several bytes for each.
pub(super) const PART: usize = 8;

/// What is left for one evaluation.
pub(super) struct Budget(Cell<u64>);

/// Nothing is left.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Default for Budget {
    fn default() -> Self {
        Self::new(LIMIT)
    }
}

impl Budget {
    /// One of so many units.
    pub(super) fn new(units: u64) -> Self {
        Self(Cell::new(units))
    }

    /// Takes `units` off, or says that they are not there.
    pub(super) fn spend(&self, units: usize) -> Result<(), Exhausted> {
        let left = u64::try_from(units)
            .ok()
            .and_then(|units| self.0.get().checked_sub(units));
        self.0.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Exhausted)
    }

    /// Takes off `count` array elements.
    pub(super) fn spend_elements(&self, count: usize) -> Result<(), Exhausted> {
        self.spend(count.saturating_mul(ELEMENT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone() {
        let budget = Budget::new(100);
        budget.spend(76).unwrap();
        budget.spend_elements(1).unwrap();
        budget.spend(0).unwrap();
        budget.spend(1).unwrap_err();
        budget.spend_elements(usize::MAX).unwrap_err();
    }
}
