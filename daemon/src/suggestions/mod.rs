//! Names of things in Azure, for completion on TAB.
//!
//! | file | what it does |
//! | --- | --- |
//! | `lists` | which list of Resource Manager has the names of a kind |
//! | `names` | what Azure has named, remembered for a while |
//!
//! Invariants: a suggestion comes within `names::BUDGET` or not at all; nothing is written, no
//! access token is fetched, and so no az is run; names that were read for one account are not shown
//! to another.
//!
//! A remembered name only ever completes a word. Commands ask Azure, always.

mod lists;
mod names;

pub(crate) use lists::List;
pub(crate) use names::{ASKING, KEPT, LISTS, MOST_BYTES, MOST_NAMES, Names};
