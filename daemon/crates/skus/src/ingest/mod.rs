//! From Azure's pages to resource SKUs, while the pages arrive: one pass over the bytes that keeps
//! equal parts once.

pub(crate) mod guess;
pub(crate) mod meter;
pub(crate) mod parse;
pub(crate) mod parse_cache;
pub(crate) mod scan;
pub(crate) mod schema;
