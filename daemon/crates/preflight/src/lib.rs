//! What Azure would make of a node pool that is to be added, updated or scaled, told before
//! anything is sent.
//!
//! A table has one row for each check. A check sees the document that would be sent, the pool as it
//! is, and what Azure says of sizes and quotas, and gives a verdict with a reason.
//!
//! Invariants: what is not known is unknown and never a failure. A verdict follows from the input
//! alone. A check that has nothing to say passes, and says why.
//!
//! Deliberately absent: files, the network, rendering, and whatever only Azure can tell, such as
//! whether it has machines left.

mod advice;
mod checks;
mod finding;
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
