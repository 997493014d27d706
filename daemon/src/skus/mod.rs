//! Resource SKUs.

mod catalogue;
mod filter;
mod hash;
mod index;
mod memory;
mod parse;
mod pool;
mod scan;
mod schema;
mod snapshot;
mod table;

pub use catalogue::Catalogue;
pub use filter::Filter;
pub use table::table;
