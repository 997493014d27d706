//! The daemon's use of the store through which many machines share catalogues.
//!
//! The crate `azq_share` has the store itself, its elections and its faults. This module decides
//! the credentials for the store, the names of its objects, and their format.
//!
//! Invariants: no name and no object contains an account's name or a credential; a token for
//! storage goes only to the storage account that the configuration names; data of one principal is
//! not shown to another unless the configuration allows it.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use azq_share::{
    Address, AzureAccess, Backend, FileBackend, Mode, OpenError, Share, Standing, Timing,
};
use lru::LruCache;
use sha2::{Digest, Sha256};

use crate::cache::clock::Clock;
use crate::cache::slots::Key;
use azq_account::Scope;
use azq_arm::StorageCaller;

/// The maximum number of credentials for which an open store is kept, with the data seen in it.
/// (The compiler checks that it is not zero.)
pub const KEPT: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// The format's number. It is part of the objects' names, so that daemons of another version use
/// other objects.
const FORMAT: u32 = 1;

/// The settings of a shared store, from the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareSettings {
    /// The address of the store.
    pub address: Address,
    /// Whether this machine writes to the store.
    pub mode: Mode,
    /// Whether principals see each other's data.
    pub principals: bool,
    /// The time limits.
    pub timing: Timing,
}

/// The shared store, for all callers.
pub struct Sharing {
    pub(crate) settings: ShareSettings,
    clock: Arc<dyn Clock>,
    shares: Mutex<LruCache<u64, Result<Share, OpenError>>>,
    /// The store itself, in tests.
    backend: Option<Arc<dyn Backend>>,
}

impl Sharing {
    /// Creates the store of a configuration.
    pub fn new(settings: ShareSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            clock,
            shares: Mutex::new(LruCache::new(KEPT)),
            backend: None,
        }
    }

    /// Replaces the store of the configuration by this one.
    #[must_use]
    pub fn with_backend(self, backend: Arc<dyn Backend>) -> Self {
        let backend = Some(backend);
        Self { backend, ..self }
    }

    /// Returns the state of the store for each credential, or the reason why it could not be
    /// opened.
    pub fn standings(&self) -> Vec<Result<Standing, OpenError>> {
        let shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let shares = shares.iter().map(|(_, share)| share.clone());
        shares.map(|share| Ok(share?.standing())).collect()
    }

    /// Returns the configured settings.
    pub fn settings(&self) -> &ShareSettings {
        &self.settings
    }

    /// Waits until the writes in the background have ended.
    pub(crate) async fn finish(&self) {
        for share in self.opened() {
            share.finish().await;
        }
    }

    /// Returns the store for a caller, or `None` if it cannot be opened, which is logged once.
    pub fn share(&self, caller: Option<&StorageCaller>) -> Option<Share> {
        let by_itself = self.backend.is_some() || self.settings.address.directory().is_some();
        let identity = match caller {
            Some(caller) if !by_itself => caller.identity,
            _ if by_itself => 0,
            _ => return None,
        };
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let share = shares.get_or_insert(identity, || self.open(caller));
        share.as_ref().ok().cloned()
    }

    fn open(&self, caller: Option<&StorageCaller>) -> Result<Share, OpenError> {
        let opened = match &self.backend {
            Some(backend) => Ok(Arc::clone(backend)),
            None => backend(&self.settings.address, caller),
        };
        if let Err(error) = &opened {
            tracing::warn!("the share {} is not used: {error}", self.settings.address);
        }
        let (clock, settings) = (Arc::clone(&self.clock), &self.settings);
        Ok(Share::new(opened?, clock, settings.mode, settings.timing))
    }

    fn opened(&self) -> Vec<Share> {
        let shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = shares.iter().filter_map(|(_, share)| share.as_ref().ok());
        opened.cloned().collect()
    }

    /// Returns the digest that identifies a catalogue in the store.
    pub(crate) fn digest(&self, key: &Key) -> Vec<u8> {
        catalogue_digest(key, self.settings.principals)
    }

    /// Returns the digest that identifies the names of a scope's locations in the store.
    pub(crate) fn locations_digest(&self, scope: &Scope) -> Vec<u8> {
        digest(scope, self.settings.principals, "locations", None)
    }
}

/// Opens the store of an address.
fn backend(
    address: &Address,
    caller: Option<&StorageCaller>,
) -> Result<Arc<dyn Backend>, OpenError> {
    if let Some(directory) = address.directory() {
        return Ok(Arc::new(FileBackend::new(directory.to_owned())));
    }
    let caller = caller.ok_or(OpenError::Kind)?;
    let client = Arc::clone(&caller.client);
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Ok(Arc::new(match address {
        Address::Azure { .. } => {
            let access = AzureAccess {
                suffix: caller.suffix.map(str::to_owned),
                tokens: caller.tokens.clone(),
            };
            azq_share::azure(address, access, &variable, client)?
        }
        Address::S3 { .. } => azq_share::s3(address, client)?,
        Address::Google { .. } | Address::File(_) => azq_share::google(address, client)?,
    }))
}

/// Returns the digest that identifies a catalogue. It includes the principal unless principals
/// share data.
pub(crate) fn catalogue_digest(key: &Key, principals: bool) -> Vec<u8> {
    let location = key.location.as_deref();
    let kind = format!("{} skus", key.provider.namespace());
    digest(&key.scope, principals, &kind, location)
}

/// Returns a hash of an object's owner and kind. Ids are converted to lower case, because an
/// account has many machines and az may write them in either case.
fn digest(scope: &Scope, principals: bool, kind: &str, location: Option<&str>) -> Vec<u8> {
    let principal = if principals { "" } else { &scope.principal };
    let [tenant, subscription] = [&scope.tenant, &scope.subscription].map(|id| id.to_lowercase());
    let mut hasher = Sha256::new();
    hasher.update(FORMAT.to_le_bytes());
    hasher.update([u8::from(principals), u8::from(location.is_some())]);
    let location = location.unwrap_or_default();
    let (cloud, tenant, subscription) = (scope.cloud.as_str(), &tenant, &subscription);
    for part in [kind, cloud, tenant, subscription, principal, location] {
        update(&mut hasher, part);
    }
    hasher.finalize().to_vec()
}

/// Adds a text to a hash, after its length.
pub(crate) fn update(hasher: &mut Sha256, part: &str) {
    hasher.update((part.len() as u64).to_le_bytes());
    hasher.update(part);
}

/// Returns the name of the object with a digest: its hexadecimal digits.
pub fn name(digest: &[u8]) -> String {
    let digits = digest.iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(principal: &str) -> Scope {
        Scope {
            cloud: "AzureCloud".into(),
            tenant: "Tenant".into(),
            subscription: "sub".into(),
            principal: principal.into(),
        }
    }

    #[test]
    fn principals_are_kept_apart_unless_they_share() {
        let of = |principal, shared| digest(&scope(principal), shared, "k", Some("eastus"));
        assert_ne!(of("one", false), of("two", false));
        assert_eq!(of("one", true), of("two", true));
        assert_ne!(of("", false), of("", true));
        let ids_in_capitals = Scope {
            tenant: "TENANT".into(),
            subscription: "SUB".into(),
            ..scope("one")
        };
        let same = digest(&ids_in_capitals, false, "k", Some("eastus"));
        assert_eq!(same, of("one", false));
    }

    #[test]
    fn names_tell_nothing() {
        let scope = scope("me@example.com");
        let name = name(&digest(&scope, false, "k", Some("eastus")));
        assert_eq!(name.len(), 64);
        assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
