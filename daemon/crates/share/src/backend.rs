//! The operations that a share needs from a store: reads, and conditional writes.

use std::fmt;

use bytes::Bytes;

/// A version of an object, as its store names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The entity tag, which conditions compare.
    pub e_tag: Option<String>,
    /// The generation, on stores that compare generations.
    pub version: Option<String>,
}

impl Tag {
    /// Creates a version with this entity tag alone.
    #[cfg(test)]
    pub(crate) fn of(e_tag: &str) -> Self {
        Self {
            e_tag: Some(e_tag.to_owned()),
            version: None,
        }
    }
}

/// The outcome of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The object does not exist.
    Absent,
    /// The object still has the known version.
    Unchanged,
    /// The object.
    Object {
        /// Its content.
        bytes: Bytes,
        /// Its version.
        tag: Tag,
    },
}

/// The condition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnlyIf {
    /// The object does not exist.
    Absent,
    /// The object has this version.
    Unchanged(Tag),
}

/// The outcome of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// The object was written and now has this version.
    Written(Tag),
    /// The condition does not hold.
    Conflict,
}

/// The reason why a store did not carry out a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No response came in time.
    #[error("it has not answered in time")]
    Slow,
    /// The store refuses the request: credentials, rights, quotas.
    #[error("{0}")]
    Refused(String),
    /// The request failed otherwise: no connection, a fault of the store, too many requests.
    #[error("{0}")]
    Failed(String),
}

/// A store with conditional writes.
#[async_trait::async_trait]
pub trait Backend: fmt::Debug + Send + Sync {
    /// Reads an object of at most this many bytes, unless it has a known version.
    async fn get(&self, name: &str, known: Option<&Tag>, most: u64) -> Result<Found, StoreError>;

    /// Writes a whole object if a condition holds. The store checks and writes in one step.
    async fn put(&self, name: &str, bytes: Bytes, only_if: OnlyIf) -> Result<Put, StoreError>;
}
