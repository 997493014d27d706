//! What look-ups share that a script makes one after the other: who asks, of which catalogue, and
//! how the answer is to look.
//!
//! A situation is worked out by a whole call; the next call like it only selects and renders.
//! Invariant: it serves while the caller's profile and the catalogue are those very allocations
//! that it was made of, so that nothing outlives a refresh, a login or a logout, and nothing passes
//! from one account to another.

use super::super::DaemonState;
use super::super::render::OwnedRendering;
use azq_account::Profile;
use azq_skus::{Catalogue, Found, Key};
use std::sync::{Arc, Weak};

/// A situation.
pub(super) struct CachedContext {
    /// What answers are kept by; no other situation has it.
    pub(super) number: u64,
    pub(super) look: OwnedRendering,
    /// Resources' name for the location.
    pub(super) location: Option<String>,
    profile: Arc<Profile>,
    key: Key,
    catalogue: Weak<Catalogue>,
    beside: Vec<(Key, Weak<Catalogue>)>,
}

impl CachedContext {
    /// That of a call which has found its catalogue; none if the next one has to look for another.
    pub(super) fn of(profile: &Arc<Profile>, found: &Found, look: &OwnedRendering) -> Option<Self> {
        Some(Self {
            number: 0,
            look: look.clone(),
            location: found.filter.location.clone(),
            profile: Arc::clone(profile),
            key: found.key.clone()?,
            catalogue: Arc::downgrade(&found.catalogue),
            beside: found.beside.iter().map(weak).collect(),
        })
    }

    /// Whether what is kept by its number holds for the other.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.profile, &other.profile)
            && Weak::ptr_eq(&self.catalogue, &other.catalogue)
            && (&self.key, &self.location) == (&other.key, &other.location)
            && self.beside.len() == other.beside.len()
            && self
                .beside
                .iter()
                .zip(&other.beside)
                .all(|(one, other)| one.0 == other.0 && Weak::ptr_eq(&one.1, &other.1))
    }

    /// The catalogue, if a call that comes now would find it again.
    pub(super) fn catalogue(&self, core: &DaemonState) -> Option<Arc<Catalogue>> {
        let at_hand = |key: &Key, known: &Weak<Catalogue>| {
            let found = core.catalogues.at_hand(key)?;
            std::ptr::eq(known.as_ptr(), Arc::as_ptr(&found)).then_some(found)
        };
        let found = at_hand(&self.key, &self.catalogue)?;
        let mut beside = self.beside.iter();
        let is_same = beside.all(|(key, known)| at_hand(key, known).is_some());
        let profile = core.remembered.profile(self.profile.caller(), core).ok()?;
        (is_same && Arc::ptr_eq(&profile, &self.profile)).then_some(found)
    }
}

fn weak((key, catalogue): &(Key, Arc<Catalogue>)) -> (Key, Weak<Catalogue>) {
    (key.clone(), Arc::downgrade(catalogue))
}
