//! The store that machines share, where one of them asks Azure for all.

pub(crate) mod catalogue;
pub(crate) mod locations;
pub(crate) mod sharing;
