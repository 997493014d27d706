//! The store that machines share, where one machine asks Azure for all of them.

pub(crate) mod catalogue;
pub(crate) mod locations;
pub(crate) mod sharing;
