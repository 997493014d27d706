//! The store that many machines' catalogues are shared through, as this daemon uses it.
//!
//! The store itself, its elections and its faults are the crate `azq_share`'s. Here is decided who
//! asks the store, under which names things lie there, and how they are written.
//!
//! Invariants: no name and nothing in an object tells an account's name or a credential; a token
//! for storage goes to the storage account that the configuration names; what one principal was
//! told is not shown to another unless the configuration says so.

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

/// Of so many credentials a store is kept, with what was seen in it. (The compiler checks that it
/// is not zero.)
pub const KEPT: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// The number of what lies in the store; a daemon of another version has other names.
const FORMAT: u32 = 1;

/// How a store is shared, from the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareSettings {
    /// Where it is.
    pub address: Address,
    /// Whether this machine writes.
    pub mode: Mode,
    /// Whether principals see what others were told.
    pub principals: bool,
    /// How long everything takes at most.
    pub timing: Timing,
}

/// The store, for all callers.
pub struct Sharing {
    pub(crate) settings: ShareSettings,
    clock: Arc<dyn Clock>,
    shares: Mutex<LruCache<u64, Result<Share, OpenError>>>,
    /// For tests: the store itself.
    backend: Option<Arc<dyn Backend>>,
}

/// The clock of catalogues as the share's.
struct SharedClock(Arc<dyn Clock>);

impl azq_share::Clock for SharedClock {
    fn now(&self) -> std::time::SystemTime {
        self.0.now()
    }
}

impl Sharing {
    /// The store of a configuration.
    pub fn new(settings: ShareSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            clock,
            shares: Mutex::new(LruCache::new(KEPT)),
            backend: None,
        }
    }

    /// The same with this store, wherever the configuration says that it is.
    #[must_use]
    pub fn with_backend(self, backend: Arc<dyn Backend>) -> Self {
        let backend = Some(backend);
        Self { backend, ..self }
    }

    /// How the store does for each that asks it, and what has kept it from being opened.
    pub fn standings(&self) -> Vec<Result<Standing, OpenError>> {
        let shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let standings = shares.iter().map(|(_, share)| match share {
            Ok(share) => Ok(share.standing()),
            Err(error) => Err(error.clone()),
        });
        standings.collect()
    }

    /// What was configured.
    pub fn settings(&self) -> &ShareSettings {
        &self.settings
    }

    /// Waits until what is being written behind callers is written.
    pub(crate) async fn finish(&self) {
        for share in self.opened() {
            share.finish().await;
        }
    }

    /// The store as a caller asks it; none if it cannot be opened, which is logged once.
    pub(crate) fn share(&self, caller: Option<&StorageCaller>) -> Option<Share> {
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
        let opened = match (&self.backend, caller) {
            (Some(backend), _) => Ok(Arc::clone(backend)),
            (None, caller) => backend(&self.settings.address, caller),
        };
        if let Err(error) = &opened {
            tracing::warn!("the share {} is not used: {error}", self.settings.address);
        }
        let clock = Arc::new(SharedClock(Arc::clone(&self.clock)));
        Ok(Share::new(
            opened?,
            clock,
            self.settings.mode,
            self.settings.timing,
        ))
    }

    fn opened(&self) -> Vec<Share> {
        let shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = shares.iter().filter_map(|(_, share)| share.as_ref().ok());
        opened.cloned().collect()
    }

    /// What tells a catalogue in the store from all others.
    pub(crate) fn digest(&self, key: &Key) -> Vec<u8> {
        catalogue_digest(key, self.settings.principals)
    }

    /// The same for the names of a scope's locations.
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

/// What tells a catalogue from all others, among principals that share or do not.
pub(crate) fn catalogue_digest(key: &Key, principals: bool) -> Vec<u8> {
    let location = key.location.as_deref();
    let kind = format!("{} skus", key.provider.namespace());
    digest(&key.scope, principals, &kind, location)
}

/// A hash of whose something is and what it is. Accounts have many machines, whose az may write
/// ids in either case.
fn digest(scope: &Scope, principals: bool, kind: &str, location: Option<&str>) -> Vec<u8> {
    let principal = if principals { "" } else { &scope.principal };
    let (tenant, subscription) = (
        scope.tenant.to_lowercase(),
        scope.subscription.to_lowercase(),
    );
    let mut hasher = Sha256::new();
    hasher.update(FORMAT.to_le_bytes());
    hasher.update([u8::from(principals), u8::from(location.is_some())]);
    let location = location.unwrap_or_default();
    for part in [
        kind,
        &scope.cloud,
        &tenant,
        &subscription,
        principal,
        location,
    ] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}

/// The name of the object that a digest tells.
pub(crate) fn name(digest: &[u8]) -> String {
    digest
        .iter()
        .fold(String::new(), |name, byte| format!("{name}{byte:02x}"))
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
        assert_eq!(
            digest(&ids_in_capitals, false, "k", Some("eastus")),
            of("one", false)
        );
    }

    #[test]
    fn names_tell_nothing() {
        let name = name(&digest(
            &scope("me@example.com"),
            false,
            "k",
            Some("eastus"),
        ));
        assert_eq!(name.len(), 64);
        assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
