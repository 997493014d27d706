//! Names of things in Azure, for completion on TAB.
//!
//! | module | purpose |
//! | --- | --- |
//! | `lists` | the list of Resource Manager that has the names of a kind |
//! | `names` | names from Azure's lists, cached for a while |
//!
//! Invariants: a suggestion comes within `names::BUDGET` or not at all; nothing is written, no
//! access token is fetched, and so no az is run; names that were read for one account are not shown
//! to another.
//!
//! A cached name is only used to complete a word. Commands always ask Azure.

mod lists;
mod names;

pub(crate) use lists::List;
pub(crate) use names::{ASKING, KEPT, LISTS, MOST_BYTES, MOST_NAMES, Names};
