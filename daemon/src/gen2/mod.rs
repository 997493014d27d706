//! `azq gen2 …`: which node pools are on Generation 2, and how the others come there.
//!
//! What is decided, and by which rules, is the crate `azq-migration`'s; here Azure is asked.
//!
//! Invariants: a report and a plan send nothing that changes anything; requests to Azure are bounded
//! in number at once, and share one throttle.

pub mod report;
mod sizes;
