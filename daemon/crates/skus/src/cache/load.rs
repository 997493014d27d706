//! Filling a slot without a catalogue, from the disk and from the share.

use std::{sync::Arc, time::SystemTime};

use crate::cache::Cache;
use crate::cache::levels::Level;
use crate::cache::slots::Key;
use crate::catalogue::Catalogue;
use crate::disk::snapshot;
use crate::source::Source;
use azq_arm::Silent;

/// The part that is wanted of a snapshot of all locations.
pub(crate) struct Part {
    /// The location, in lower case.
    location: String,
    /// The time that the snapshot must be newer than.
    newer_than: Option<SystemTime>,
}

impl Cache {
    /// Reads a key's catalogue from the directory: its own snapshot or, if that is newer, its part
    /// of the snapshot of all locations. If the result is not fresh, it is looked up in the share.
    pub(crate) async fn load<S: Source>(self: &Arc<Self>, source: &S, key: &Key) {
        let own = self.read(key, None).await;
        let everywhere = key.everywhere();
        let part = match everywhere.as_ref().zip(key.location.clone()) {
            Some((everywhere, location)) if self.slots().held(everywhere).is_none() => {
                let newer_than = own.as_ref().map(Catalogue::fetched_at);
                let part = Part {
                    location,
                    newer_than,
                };
                self.read(everywhere, Some(part)).await
            }
            _ => None,
        };
        let mut is_part = part.is_some();
        let mut found = part.or(own).map(Arc::new);
        if found.is_some() {
            self.levels.count(Level::Disk);
        }
        if !found.as_ref().is_some_and(|found| self.is_fresh(found))
            && let Some(shared) = self.look(source, key, found.as_ref()).await
        {
            self.levels.count(Level::Share);
            (found, is_part) = (Some(shared), false);
        }
        let Some(catalogue) = found else {
            return;
        };
        let mut slots = self.slots();
        // A catalogue of all locations may have been stored meanwhile.
        let all = everywhere.as_ref().and_then(|key| slots.held(key));
        if all.is_some_and(|all| all.fetched_at() >= catalogue.fetched_at()) {
            return;
        }
        let slot = slots.used(key, &self.settings);
        if slot.held.is_none() {
            slot.held = Some(catalogue);
            slot.is_part = is_part;
        }
        slots.trim(key, &self.settings);
        self.give_back_soon();
    }

    /// Returns a key's catalogue from the share, if it is newer. It is written to the disk in the
    /// background.
    async fn look<S: Source>(
        self: &Arc<Self>,
        source: &S,
        key: &Key,
        held: Option<&Arc<Catalogue>>,
    ) -> Option<Arc<Catalogue>> {
        let (share, item) = self.shared(source, key, Arc::new(Silent))?;
        let found = share.look(&*item, held).await?;
        // An empty catalogue of a location that Azure does not know is not kept.
        let kept = Some(found).filter(|found| !found.is_empty() || key.location.is_none())?;
        drop(self.persist(key, Arc::clone(&kept)));
        Some(kept)
    }

    /// Reads a key's snapshot, or a part of it.
    pub(crate) async fn read(&self, key: &Key, part: Option<Part>) -> Option<Catalogue> {
        let store = self.store.clone()?;
        let (key, pool) = (key.clone(), Arc::clone(&self.pool));
        let reading = tokio::task::spawn_blocking(move || {
            let bytes = store.read(&key.digest())?;
            if let Some(newer_than) = part.as_ref().and_then(|part| part.newer_than)
                && snapshot::label(&bytes)?.fetched_at() <= newer_than
            {
                return None;
            }
            let location = part.as_ref().map(|part| part.location.as_str());
            let catalogue = snapshot::decode(&bytes, &key, location, &pool);
            if catalogue.is_none() {
                tracing::debug!("ignoring an unreadable snapshot of resource SKUs");
            }
            catalogue
        });
        reading.await.ok()?
    }
}
