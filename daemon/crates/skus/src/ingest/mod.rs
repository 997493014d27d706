//! Parsing of Azure's pages into resource SKUs while the pages arrive, in one pass over the bytes
//! that keeps equal parts once.

pub(crate) mod guess;
pub(crate) mod meter;
pub(crate) mod parse;
pub(crate) mod parse_cache;
pub(crate) mod scan;
pub(crate) mod schema;
