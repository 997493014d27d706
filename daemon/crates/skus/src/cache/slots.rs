//! The slots of the cache, one for each catalogue, and their eviction when there are too many.

use std::{sync::Arc, time::SystemTime};

use foldhash::HashMap;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::cache::Settings;
use crate::catalogue::Catalogue;
use crate::provider::Provider;
use crate::share::sharing::update;
use crate::source::flight::Flight;
use azq_account::Scope;

/// The key of a catalogue. Only a catalogue of Compute may cover all locations, and then the key
/// has no location.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The provider that lists the SKUs.
    pub provider: Provider,
    /// The scope of the data.
    pub scope: Scope,
    /// The location, in lower case.
    pub location: Option<String>,
}

impl Key {
    /// Creates the key of a location in lower case, or of all.
    pub fn new(provider: Provider, scope: &Scope, location: Option<String>) -> Self {
        let scope = scope.clone();
        Self {
            provider,
            scope,
            location,
        }
    }

    /// Returns the key of all locations, if this is a key of a single one.
    pub(crate) fn everywhere(&self) -> Option<Self> {
        let is_one = self.provider == Provider::Compute && self.location.is_some();
        is_one.then(|| Self::new(self.provider, &self.scope, None))
    }

    /// Returns the digest that names the key's snapshot.
    pub(crate) fn digest(&self) -> Vec<u8> {
        let Scope {
            cloud,
            tenant,
            subscription,
            principal,
        } = &self.scope;
        let mut hasher = Sha256::new();
        let owner = [cloud, tenant, subscription, principal];
        for part in owner.into_iter().chain(&self.location) {
            update(&mut hasher, part);
        }
        if self.provider != Provider::Compute {
            // No location has this length, so the digest differs from all of Compute's, which stay
            // unchanged.
            hasher.update(u64::MAX.to_le_bytes());
            hasher.update(self.provider.number().to_le_bytes());
        }
        hasher.finalize().to_vec()
    }
}

/// The slots by key, with a counter that tells which was used last.
#[derive(Default)]
pub(crate) struct Slots {
    pub(crate) by_key: HashMap<Key, Slot>,
    uses: u64,
}

/// The slot of one key.
#[derive(Default)]
pub(crate) struct Slot {
    pub(crate) held: Option<Arc<Catalogue>>,
    /// Whether the catalogue is a location's part of a snapshot of all locations.
    pub(crate) is_part: bool,
    pub(crate) flight: Option<Flight<Arc<Catalogue>>>,
    /// Set after the directory has been read.
    pub(crate) looked_up: Arc<OnceCell<()>>,
    /// The time before which no renewal is begun in the background, because Azure did not respond.
    pub(crate) quiet_until: Option<SystemTime>,
    last_use: u64,
}

impl Slot {
    /// Holds a whole catalogue.
    pub(crate) fn hold(&mut self, catalogue: &Arc<Catalogue>) {
        self.held = Some(Arc::clone(catalogue));
        self.is_part = false;
    }
}

impl Slots {
    /// Returns a key's slot, marked as used. It is created if it does not exist.
    pub(crate) fn used(&mut self, key: &Key, settings: &Settings) -> &mut Slot {
        if !self.by_key.contains_key(key) {
            self.by_key.insert(key.clone(), Slot::default());
            self.trim(key, settings);
        }
        self.uses += 1;
        let slot = self.by_key.entry(key.clone()).or_default();
        slot.last_use = self.uses;
        slot
    }

    /// Returns a key's slot, marked as used, if it exists.
    pub(crate) fn known(&mut self, key: &Key) -> Option<&mut Slot> {
        self.uses += 1;
        let slot = self.by_key.get_mut(key)?;
        slot.last_use = self.uses;
        Some(slot)
    }

    /// Returns the catalogue in a key's slot.
    pub(crate) fn held(&self, key: &Key) -> Option<&Arc<Catalogue>> {
        self.by_key.get(key)?.held.as_ref()
    }

    /// Drops the catalogues of single locations, which a newer catalogue of all locations replaces.
    pub(crate) fn supersede(&mut self, key: &Key) {
        if key.location.is_none() {
            self.by_key.retain(|other, slot| {
                (other.provider, &other.scope) != (key.provider, &key.scope)
                    || other == key
                    || slot.flight.is_some()
            });
        }
    }

    /// Drops the least recently used slots until the limits hold, but never this key's slot.
    pub(crate) fn trim(&mut self, spared: &Key, settings: &Settings) {
        loop {
            let held = self.by_key.values().filter_map(|slot| slot.held.as_ref());
            let bytes: usize = held.map(|catalogue| catalogue.bytes()).sum();
            if self.by_key.len() <= settings.max_catalogues && bytes <= settings.max_bytes {
                return;
            }
            let idle = self.by_key.iter().filter(|(key, slot)| {
                *key != spared && !slot.flight.as_ref().is_some_and(Flight::is_under_way)
            });
            let Some(oldest) = idle.min_by_key(|(_, slot)| slot.last_use) else {
                return;
            };
            let oldest = oldest.0.clone();
            self.by_key.remove(&oldest);
        }
    }
}
