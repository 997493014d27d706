//! Location names for people, such as `East US`, and the corresponding names in resources.
//!
//! It mirrors azure-cli-core 2.91, `commands/parameters.py`, `get_location_name_type`: a name with
//! a space is looked up among the subscription's locations, and stays unchanged if it is not among
//! them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use crate::cache::Cache;
use crate::cache::clock::distance;
use crate::share::locations::locations;
use crate::source::{Location, Source, SourceError};
use azq_account::Scope;
use azq_arm::Report;

/// The maximum number of scopes, which is more than are used at once.
pub const MAX_SCOPES: usize = 64;

/// The locations of each scope, as last fetched.
#[derive(Default)]
pub(crate) struct Locations {
    known: Mutex<HashMap<Scope, CachedLocations>>,
    /// The lock of the caller that requests the locations from Azure; other callers wait for it.
    asking: tokio::sync::Mutex<()>,
}

/// A scope's locations, and the time when they were requested from Azure.
#[derive(Clone)]
pub(crate) struct CachedLocations {
    pub(crate) locations: Arc<[Location]>,
    pub(crate) asked_at: SystemTime,
}

impl Locations {
    /// Returns the name of a location in resources. A known name is used. For an unknown one the
    /// locations are requested from Azure, unless that was done within `fresh_for`.
    pub(crate) async fn name<S: Source>(
        &self,
        source: &S,
        scope: &Scope,
        given: &str,
        cache: &Cache,
        report: &dyn Report,
    ) -> Result<String, SourceError> {
        let (now, fresh_for) = (cache.clock.now(), cache.settings.fresh_for);
        if !given.contains(' ') {
            return Ok(given.to_owned());
        }
        if let Some(name) = self.known(scope, given, now, fresh_for) {
            return Ok(name);
        }
        let _turn = self.asking.lock().await;
        if let Some(name) = self.known(scope, given, now, fresh_for) {
            return Ok(name);
        }
        let (sharing, clock) = (cache.sharing.as_ref(), &cache.clock);
        let known = locations(sharing, clock, source, scope, fresh_for, report).await?;
        let name = find(&known.locations, given).unwrap_or(given).to_owned();
        self.keep(scope, known);
        Ok(name)
    }

    /// Forgets all locations.
    pub(crate) fn clear(&self) {
        self.scopes().clear();
    }

    fn scopes(&self) -> MutexGuard<'_, HashMap<Scope, CachedLocations>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(
        &self,
        scope: &Scope,
        given: &str,
        now: SystemTime,
        fresh_for: Duration,
    ) -> Option<String> {
        let known = self.scopes().get(scope)?.clone();
        let unknown = || (distance(now, known.asked_at) < fresh_for).then_some(given);
        let name = find(&known.locations, given).or_else(unknown);
        name.map(Into::into)
    }

    fn keep(&self, scope: &Scope, known: CachedLocations) {
        let mut scopes = self.scopes();
        if scopes.len() >= MAX_SCOPES {
            scopes.clear();
        }
        scopes.insert(scope.clone(), known);
    }
}

fn find<'a>(locations: &'a [Location], given: &str) -> Option<&'a str> {
    let wanted = given.to_lowercase();
    let found = locations
        .iter()
        .find(|location| location.display_name.to_lowercase() == wanted);
    found.map(|location| location.name.as_str())
}
