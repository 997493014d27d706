//! The context that successive look-ups of a script share: the caller, the catalogue, and the
//! rendering.
//!
//! A whole call computes the context; the next call like it only selects and renders. Invariant: a
//! context is valid while the caller's profile and the catalogue are the same allocations that it
//! was made of, so that it does not outlive a refresh, a login or a logout, and is never used for
//! another account.

use super::super::DaemonState;
use super::super::render::OwnedRendering;
use azq_account::Profile;
use azq_skus::{Catalogue, Found, Key};
use std::sync::{Arc, Weak};

/// The context of a call, cached for the next one.
pub(super) struct CachedContext {
    /// The unique number that is a part of the answers' keys.
    pub(super) number: u64,
    pub(super) look: OwnedRendering,
    /// The location's name in resources.
    pub(super) location: Option<String>,
    profile: Arc<Profile>,
    key: Key,
    catalogue: Weak<Catalogue>,
    beside: Vec<(Key, Weak<Catalogue>)>,
}

impl CachedContext {
    /// Returns the context of a call that has found its catalogue; `None` if the next call has to
    /// find another.
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

    /// Whether the answers of one context are valid for the other.
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

    /// Returns the catalogue, if a call that arrives now would find it again.
    pub(super) fn catalogue(&self, daemon: &DaemonState) -> Option<Arc<Catalogue>> {
        let at_hand = |key: &Key, known: &Weak<Catalogue>| {
            let found = daemon.catalogues.at_hand(key)?;
            std::ptr::eq(known.as_ptr(), Arc::as_ptr(&found)).then_some(found)
        };
        let found = at_hand(&self.key, &self.catalogue)?;
        let mut beside = self.beside.iter();
        let is_same = beside.all(|(key, known)| at_hand(key, known).is_some());
        let profile = daemon
            .remembered
            .profile(self.profile.caller(), daemon)
            .ok()?;
        (is_same && Arc::ptr_eq(&profile, &self.profile)).then_some(found)
    }
}

fn weak((key, catalogue): &(Key, Arc<Catalogue>)) -> (Key, Weak<Catalogue>) {
    (key.clone(), Arc::downgrade(catalogue))
}
