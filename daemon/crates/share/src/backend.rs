//! What a share needs of a store: reads, and writes that depend on what is there.

use std::fmt;

use bytes::Bytes;

/// A version of an object, as its store names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What conditions compare.
    pub e_tag: Option<String>,
    /// The same on stores that compare generations.
    pub version: Option<String>,
}

/// What a read has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// There is no such object.
    Absent,
    /// The object is still of the version that is known.
    Unchanged,
    /// The object.
    Object {
        /// Its content.
        bytes: Bytes,
        /// Its version.
        tag: Tag,
    },
}

/// What must hold for a write to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnlyIf {
    /// There is no such object.
    Absent,
    /// The object is of this version.
    Unchanged(Tag),
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was done; the object has this version now.
    Written(Tag),
    /// What it depended on does not hold.
    Conflict,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No answer came in time.
    #[error("it has not answered in time")]
    Slow,
    /// It may not be used like this: credentials, rights, quotas.
    #[error("{0}")]
    Refused(String),
    /// Anything else: no connection, a fault of the store, too many requests.
    #[error("{0}")]
    Failed(String),
}

/// A store.
#[async_trait::async_trait]
pub trait Backend: fmt::Debug + Send + Sync {
    /// Reads an object of at most this many bytes, unless it is of a known version.
    async fn get(&self, name: &str, known: Option<&Tag>, most: u64) -> Result<Found, StoreError>;

    /// Writes an object whole, if a condition holds, which is checked as one step with the write.
    async fn put(&self, name: &str, bytes: Bytes, only_if: OnlyIf) -> Result<Put, StoreError>;
}
