//! `azq cache export|import`: an account's catalogues as one file, for images of machines.
//!
//! The file has a fixed head (magic, version, checksum, number of snapshots), then each snapshot
//! after its length, in the form of a share's object. It contains no account's name and no
//! credential.
//!
//! Invariants: a file is written as a whole or not at all; a file of another form, or with another
//! account's catalogue, is an error and changes nothing; a file above the size limit is not read.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
    sync::Arc,
};

use azq_document::Value;
use tokio::task::spawn_blocking;

use crate::cache::Cache;
use crate::cache::slots::Key;
use crate::cache::upkeep::CacheScope;
use crate::catalogue::Catalogue;
use crate::disk::snapshot::{self, Label};
use crate::disk::store::MAX_FILE;
use crate::share::sharing::catalogue_digest;
use crate::{Catalogues, usual_name};
use azq_account::Scope;
use azq_command::CommandError;

const MAGIC: [u8; 8] = *b"azqcache";

const VERSION: u32 = 1;

/// The length of the head: magic, version, checksum, count.
const HEAD: usize = 20;

/// The maximum number of catalogues in a file: all regions of both providers, and some more.
const MOST: usize = 1024;

/// The maximum length of a file that is written or read.
pub const MAX_ARCHIVE: u64 = 256 << 20;

/// The reason why a file cannot be imported.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum ArchiveError {
    #[error("it is no file of 'azq cache export'")]
    NoArchive,
    #[error("it was written by another version of azq; export it again with this one")]
    Version,
    #[error("it is damaged: its checksum does not fit")]
    Checksum,
    #[error("it is damaged: a catalogue in it cannot be read")]
    Snapshot,
    #[error(
        "it holds catalogues of another cloud, tenant, subscription or principal than this account's; \
         catalogues go from one principal to another only if both sides set share_principals = true"
    )]
    Foreign,
    #[error("it is larger than {} MB", MAX_ARCHIVE >> 20)]
    Large,
}

impl Catalogues {
    /// Writes the kept catalogues of a scope to a file, for `azq cache export`. With a location,
    /// only those that cover it. Returns the written ones as a list of objects.
    pub async fn export(
        &self,
        scope: &Scope,
        location: Option<&str>,
        principals: bool,
        path: &Path,
    ) -> Result<Value, CommandError> {
        let (cache, location) = (&self.cache, location.map(usual_name));
        let location = location.as_deref();
        let mut snapshots = Vec::new();
        for key in cache.kept_keys(scope, location).await {
            let Some(catalogue) = cache.kept(&key).await else {
                continue;
            };
            let label = Label::new(catalogue_digest(&key, principals), "", &key, &catalogue);
            let encoded = spawn_blocking(move || snapshot::encode_as(&label, &catalogue)).await;
            snapshots.push(encoded.unwrap_or_default());
        }
        if snapshots.is_empty() {
            return Err(CommandError::new(
                "No catalogue is kept for this subscription, so nothing was exported. To fetch one: \
                 azq cache refresh --location REGION",
            ));
        }
        let target = path.to_owned();
        let writing = spawn_blocking(move || write(&target, &archive(&snapshots)));
        let written = writing
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(|error| {
            CommandError::new(format!("{} cannot be written: {error}", path.display()))
        })?;
        Ok(cache.show(CacheScope::Account(scope), location).await)
    }

    /// Imports those catalogues of a file that are newer than the kept ones, for a scope and
    /// `azq cache import`. Returns the catalogues that are kept afterwards.
    pub async fn import(
        &self,
        scope: &Scope,
        principals: bool,
        path: &Path,
    ) -> Result<Value, CommandError> {
        let (cache, owner, source) = (Arc::clone(&self.cache), scope.clone(), path.to_owned());
        let reading = spawn_blocking(move || cache.read_archive(&owner, principals, &source));
        let read = reading.await.unwrap_or_else(|error| Err(error.to_string()));
        let taken = read.map_err(|why| {
            CommandError::new(format!("{} was not imported: {why}", path.display()))
        })?;
        let cache = &self.cache;
        for (key, catalogue) in taken {
            let newest = cache.kept(&key).await;
            if newest.is_some_and(|newest| newest.fetched_at() >= catalogue.fetched_at()) {
                continue;
            }
            {
                let mut slots = cache.slots();
                slots.used(&key, &cache.settings).hold(&catalogue);
                slots.trim(&key, &cache.settings);
            }
            if let Some(write) = cache.persist(&key, catalogue) {
                // The write does not panic. If the runtime stops first, the daemon ends.
                drop(write.await);
            }
        }
        Ok(cache.show(CacheScope::Account(scope), None).await)
    }
}

impl Cache {
    /// Returns the keys of the kept catalogues of a scope.
    async fn kept_keys(&self, scope: &Scope, location: Option<&str>) -> Vec<Key> {
        let kept = self.kept_places(CacheScope::Account(scope), location).await;
        let key = |(provider, location)| Key::new(provider, scope, location);
        let mut keys: Vec<_> = kept.into_iter().map(key).collect();
        keys.truncate(MOST);
        keys
    }

    /// Returns the catalogue that is kept under a key, in memory or on disk.
    pub(crate) async fn kept(&self, key: &Key) -> Option<Arc<Catalogue>> {
        let held = self.slots().held(key).cloned();
        match held {
            Some(held) => Some(held),
            None => self.read(key, None).await.map(Arc::new),
        }
    }

    fn read_archive(
        &self,
        scope: &Scope,
        principals: bool,
        path: &Path,
    ) -> Result<Vec<(Key, Arc<Catalogue>)>, String> {
        let bytes = read(path).map_err(|error| error.to_string())?;
        let snapshots = bytes.ok_or(ArchiveError::Large);
        let snapshots = snapshots.and_then(|bytes| parts(&bytes));
        let snapshots = snapshots.map_err(|error| error.to_string())?;
        let taken = snapshots.iter().map(|snapshot| {
            let label = snapshot::label(snapshot).ok_or(ArchiveError::Snapshot)?;
            let provider = label.provider().ok_or(ArchiveError::Version)?;
            let key = Key::new(provider, scope, label.location.clone());
            let digest = catalogue_digest(&key, principals);
            if label.digest != digest {
                return Err(ArchiveError::Foreign);
            }
            let catalogue = snapshot::decode_as(snapshot, &digest, provider, None, &self.pool);
            Ok((key, Arc::new(catalogue.ok_or(ArchiveError::Snapshot)?)))
        });
        let taken: Result<_, ArchiveError> = taken.collect();
        taken.map_err(|error| error.to_string())
    }
}

/// Returns the file with these snapshots.
fn archive(snapshots: &[Vec<u8>]) -> Vec<u8> {
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let mut rest = number(snapshots.len()).to_vec();
    for snapshot in snapshots {
        rest.extend_from_slice(&number(snapshot.len()));
        rest.extend_from_slice(snapshot);
    }
    headed(&rest)
}

/// Returns a file with this content after the magic, the version and the checksum.
fn headed(rest: &[u8]) -> Vec<u8> {
    let checksum = crc32fast::hash(rest).to_le_bytes();
    [&MAGIC[..], &VERSION.to_le_bytes(), &checksum, rest].concat()
}

/// Returns the snapshots in a file.
fn parts(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ArchiveError> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(ArchiveError::NoArchive)?;
    let (version, rest) = rest.split_first_chunk().ok_or(ArchiveError::NoArchive)?;
    if u32::from_le_bytes(*version) != VERSION {
        return Err(ArchiveError::Version);
    }
    let (checksum, rest) = rest.split_first_chunk().ok_or(ArchiveError::Checksum)?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*checksum) {
        return Err(ArchiveError::Checksum);
    }
    let (count, mut rest) = number(rest)?;
    let mut snapshots = Vec::new();
    for _ in 0..count {
        let (length, more) = number(rest)?;
        let split = more.split_at_checked(length);
        let (snapshot, more) = split.ok_or(ArchiveError::Snapshot)?;
        if length as u64 > MAX_FILE || snapshots.len() >= MOST {
            return Err(ArchiveError::Large);
        }
        snapshots.push(snapshot.to_vec());
        rest = more;
    }
    if rest.is_empty() {
        Ok(snapshots)
    } else {
        Err(ArchiveError::Snapshot)
    }
}

fn number(bytes: &[u8]) -> Result<(usize, &[u8]), ArchiveError> {
    let (number, rest) = bytes.split_first_chunk().ok_or(ArchiveError::Snapshot)?;
    let number = usize::try_from(u32::from_le_bytes(*number));
    Ok((number.map_err(|_| ArchiveError::Large)?, rest))
}

/// Reads a file, or returns `None` if it is too large.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_ARCHIVE + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= MAX_ARCHIVE))
}

/// Replaces a file as a whole. Other users may read it, because it goes into images and contains
/// nothing secret.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    debug_assert!(bytes.len() >= HEAD, "an archive has a head");
    if bytes.len() as u64 > MAX_ARCHIVE {
        return Err(io::Error::other(ArchiveError::Large.to_string()));
    }
    azq_files::replace(path, 0o644, |file| file.write_all(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_survives_and_every_changed_byte_is_told() {
        let snapshots = vec![b"one".to_vec(), Vec::new(), b"three".to_vec()];
        let bytes = archive(&snapshots);
        assert_eq!(parts(&bytes), Ok(snapshots));
        for at in 0..bytes.len() {
            assert!(parts(&bytes[..at]).is_err(), "{at} bytes");
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(parts(&changed).is_err(), "byte {at}");
        }
        assert!(parts(&[&bytes[..], b"x"].concat()).is_err());
    }

    #[test]
    fn a_number_that_promises_too_much_is_an_error() {
        let bytes = headed(&[0xff; 8]);
        assert_eq!(parts(&bytes), Err(ArchiveError::Snapshot));
    }
}
