//! Catalogues on disk: snapshots in the cache directory, each versioned, checksummed and
//! compressed, and an account's catalogues as one file.

pub(crate) mod archive;
pub(crate) mod content;
pub(crate) mod snapshot;
pub(crate) mod store;
