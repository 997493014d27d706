//! The budget of one evaluation, so that a hostile query cannot hold a thread or fill the memory.
//!
//! Sharing makes values that are small in memory and endless when walked (`[@,@] | [@,@] | …`).
//! Therefore each walk and each product is paid for: one unit is one step of evaluation or one byte
//! produced.

use std::cell::Cell;

use azq_document::Value;

use super::checkpoint::{Checkpoint, StopReason, Unlimited};

/// The number of units of one evaluation: half a gigabyte of products, or some seconds of work.
///
/// Listing every capability of every resource SKU of Azure takes a fraction of that.
pub const LIMIT: u64 = 1 << 29;

/// The cost of an element of an array: its size.
pub(super) const ELEMENT: usize = 24;

/// The cost of writing or comparing one part, in addition to its bytes.
///
/// It is several bytes because a walk over endless sharing meets parts of one byte or none, and
/// each takes the time of several bytes.
pub(super) const PART: usize = 8;

/// The number of units that are spent between two checks of the checkpoint.
const BETWEEN_CHECKS: u64 = 1 << 16;
/// The size in bytes from which an allocation is checked first.
const SMALL: usize = 1 << 20;

/// The units that are left for one evaluation.
pub(super) struct Budget<'c> {
    left: Cell<u64>,
    /// The number of units left at which the next check is due.
    next_check: Cell<u64>,
    checkpoint: &'c dyn Checkpoint,
}

/// The reason why an evaluation gets no more units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exhausted {
    /// No units are left.
    Spent,
    /// The checkpoint stopped the evaluation.
    Stopped(StopReason),
}

impl Default for Budget<'static> {
    fn default() -> Self {
        Self::new(LIMIT, &Unlimited)
    }
}

impl<'c> Budget<'c> {
    /// Creates a budget of so many units for an evaluation that this checkpoint may stop.
    pub(super) fn new(units: u64, checkpoint: &'c dyn Checkpoint) -> Self {
        Self {
            left: Cell::new(units),
            next_check: Cell::new(units.saturating_sub(BETWEEN_CHECKS)),
            checkpoint,
        }
    }

    /// Spends `units`, or fails if fewer are left.
    pub(super) fn spend(&self, units: usize) -> Result<(), Exhausted> {
        let left = u64::try_from(units)
            .ok()
            .and_then(|units| self.left.get().checked_sub(units));
        let Some(left) = left else {
            self.left.set(0);
            return Err(Exhausted::Spent);
        };
        self.left.set(left);
        if left < self.next_check.get() {
            self.next_check.set(left.saturating_sub(BETWEEN_CHECKS));
            self.ask(0)?;
        }
        Ok(())
    }

    /// Spends the units of `count` array elements.
    pub(super) fn spend_elements(&self, count: usize) -> Result<(), Exhausted> {
        self.spend(count.saturating_mul(ELEMENT))
    }

    /// Spends the units of the elements of an array, or of the entries of an object.
    pub(super) fn spend_parts(&self, value: &Value) -> Result<(), Exhausted> {
        self.spend_elements(match value {
            Value::Array(items) => items.len(),
            Value::Object(object) => object.entries.len(),
            _ => 0,
        })
    }

    /// Checks whether so many bytes may be allocated at once.
    pub(super) fn allocate_at_once(&self, bytes: usize) -> Result<(), Exhausted> {
        if bytes < SMALL {
            return Ok(());
        }
        self.ask(bytes)
    }

    /// Asks the checkpoint whether the evaluation may go on and allocate so many bytes.
    fn ask(&self, bytes: usize) -> Result<(), Exhausted> {
        self.checkpoint.check(bytes).map_err(Exhausted::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkpoint that stops the evaluation once the switch is set.
    #[derive(Default)]
    struct Switch(Cell<bool>);

    impl Checkpoint for Switch {
        fn check(&self, _: usize) -> Result<(), StopReason> {
            if self.0.get() {
                Err(StopReason::Cancelled)
            } else {
                Ok(())
            }
        }
    }

    #[test]
    fn what_is_spent_is_gone() {
        let budget = Budget::new(100, &Unlimited);
        budget.spend(76).unwrap();
        budget.spend_elements(1).unwrap();
        budget.spend(0).unwrap();
        budget.spend(1).unwrap_err();
        budget.spend_elements(usize::MAX).unwrap_err();
    }

    #[test]
    fn a_cancelled_evaluation_ends_at_its_next_check() {
        let switch = Switch::default();
        let budget = Budget::new(LIMIT, &switch);
        budget.spend(1 << 20).unwrap();
        switch.0.set(true);
        let steps = (0..).take_while(|_| budget.spend(1).is_ok());
        assert!(steps.count() as u64 <= BETWEEN_CHECKS);
        let stopped = Err(Exhausted::Stopped(StopReason::Cancelled));
        assert_eq!(budget.allocate_at_once(SMALL), stopped);
        assert_eq!(budget.allocate_at_once(SMALL - 1), Ok(()));
    }
}
