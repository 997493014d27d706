//! Predicts how Azure would treat a node pool that is added, updated or scaled, before the request
//! is sent.
//!
//! A table has one row for each check. A check reads the document that would be sent, the current
//! pool, and Azure's data about sizes and quotas. It returns a verdict with a reason.
//!
//! Invariants:
//! - A missing fact makes a verdict unknown, never a failure.
//! - A verdict depends on the input alone.
//! - A check that does not apply passes, with the reason.
//!
//! Deliberately absent: files, the network, rendering, and facts that only Azure knows, such as
//! whether it has machines left.

#[macro_use]
mod finding;

mod advice;
mod checks;
mod hints;
mod input;
mod nodes;
mod pool;
mod quota;

pub use self::{
    checks::{CHECKS, Check, MOST_SIZES, run},
    finding::{Finding, Outcome, Verdict},
    hints::hint,
    input::{Action, Input, Lookup, Sizes, Target},
    nodes::sizes_of,
};
