//! Any store of the crate `object_store`.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetResult, ObjectStore, PutMode, PutOptions, UpdateVersion};

use crate::backend::{Backend, Found, OnlyIf, Put, StoreError, Tag};

/// The maximum length of an error's text, in characters.
const LONGEST_REASON: usize = 300;

/// A store, below a prefix.
#[derive(Clone, Debug)]
pub struct ObjectBackend {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl ObjectBackend {
    /// Creates a store of the objects whose names begin with a prefix.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        let prefix = Path::from(prefix);
        Self { store, prefix }
    }

    fn path(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    /// Returns the version of an object, if it exists.
    pub(crate) async fn version(&self, name: &str) -> Result<Option<Tag>, StoreError> {
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        match self.store.get_opts(&self.path(name), options).await {
            Ok(found) => Ok(Some(tag(found.meta.e_tag, found.meta.version))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure(&error)),
        }
    }
}

fn tag(e_tag: Option<String>, version: Option<String>) -> Tag {
    Tag { e_tag, version }
}

#[async_trait::async_trait]
impl Backend for ObjectBackend {
    async fn get(&self, name: &str, known: Option<&Tag>, most: u64) -> Result<Found, StoreError> {
        let options = GetOptions {
            if_none_match: known.and_then(|tag| tag.e_tag.clone()),
            ..GetOptions::default()
        };
        match self.store.get_opts(&self.path(name), options).await {
            Ok(found) => read(found, most).await,
            Err(Error::NotFound { .. }) => Ok(Found::Absent),
            Err(Error::NotModified { .. }) => Ok(Found::Unchanged),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn put(&self, name: &str, bytes: Bytes, only_if: OnlyIf) -> Result<Put, StoreError> {
        let mode = match only_if {
            OnlyIf::Absent => PutMode::Create,
            OnlyIf::Unchanged(tag) => PutMode::Update(UpdateVersion {
                e_tag: tag.e_tag,
                version: tag.version,
            }),
        };
        let is_update = matches!(mode, PutMode::Update(_));
        let options = PutOptions::from(mode);
        let path = self.path(name);
        match self.store.put_opts(&path, bytes.into(), options).await {
            Ok(done) => Ok(Put::Written(tag(done.e_tag, done.version))),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(Put::Conflict),
            // The object to replace is gone. For a new object, the error means that the container
            // does not exist.
            Err(Error::NotFound { .. }) if is_update => Ok(Put::Conflict),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// Reads an object to its end. An object that is too large is returned without content, so that it
/// does not decode.
async fn read(found: GetResult, most: u64) -> Result<Found, StoreError> {
    let tag = tag(found.meta.e_tag.clone(), found.meta.version.clone());
    let mut bytes = BytesMut::new();
    let mut is_too_large = found.meta.size > most;
    let mut parts = found.into_stream();
    while !is_too_large && let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part.map_err(|error| failure(&error))?);
        is_too_large = bytes.len() as u64 > most;
    }
    if is_too_large {
        bytes.clear();
    }
    let bytes = bytes.freeze();
    Ok(Found::Object { bytes, tag })
}

/// Converts an error, with a bounded text. `object_store` leaves signatures out of it.
fn failure(error: &Error) -> StoreError {
    let mut text = error.to_string();
    if let Some((at, _)) = text.char_indices().nth(LONGEST_REASON) {
        text.truncate(at);
        text.push('…');
    }
    let text = text.replace(['\n', '\r'], " ");
    match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => StoreError::Refused(text),
        _ => StoreError::Failed(text),
    }
}
