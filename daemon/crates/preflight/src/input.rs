//! The input of the checks.

use std::collections::BTreeMap;

use azq_vm_sizes::{Quotas, VmSize};
use serde_json::Value as Json;

use crate::pool::Pool;

/// The intended change of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `az aks nodepool add`.
    Add,
    /// `az aks nodepool update`.
    Update,
    /// `az aks nodepool scale`.
    Scale,
}

/// The pool that the change is for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The resource group of the cluster.
    pub resource_group: &'a str,
    /// The cluster's name.
    pub cluster: &'a str,
    /// The pool's name.
    pub pool: &'a str,
}

/// The result of a look-up in Azure.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup<T> {
    /// Azure's value.
    Found(T),
    /// Azure has no such thing.
    Missing,
    /// The result is not known. The text is a sentence with the reason.
    Unknown(String),
}

impl<T> Lookup<T> {
    /// Returns the value, if it was found.
    pub(crate) fn found(&self) -> Option<&T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Missing | Self::Unknown(_) => None,
        }
    }
}

/// The sizes of the cluster's location that were looked up, by name.
#[derive(Clone, Debug, Default)]
pub struct Sizes(BTreeMap<String, Lookup<VmSize>>);

impl Sizes {
    /// Records the look-up of a size.
    pub fn insert(&mut self, name: &str, lookup: Lookup<VmSize>) {
        self.0.insert(name.to_lowercase(), lookup);
    }

    /// Returns the look-up of a size, or `None` if it was not looked up.
    pub(crate) fn get(&self, name: &str) -> Option<&Lookup<VmSize>> {
        self.0.get(&name.to_lowercase())
    }
}

/// The input of the checks.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The intended change.
    pub action: Action,
    /// The pool that the change is for.
    pub target: Target<'a>,
    /// The pool as it would be sent.
    pub draft: &'a Json,
    /// The headers that would be sent.
    pub headers: &'a [(String, String)],
    /// The OS type that an update names, which is not part of the document.
    pub asked_os_type: Option<&'a str>,
    /// The current pool, or `None` for a new one.
    pub current: Option<&'a Json>,
    /// The cluster's location, if it is known.
    pub location: Option<&'a str>,
    /// The sizes as Compute describes them.
    pub sizes: &'a Sizes,
    /// The sizes as AKS describes them.
    pub aks_sizes: &'a Sizes,
    /// The location's quotas.
    pub quotas: &'a Lookup<Quotas>,
}

impl<'a> Input<'a> {
    /// Returns the pool as it would be sent.
    pub(crate) fn drafted(&self) -> Pool<'a> {
        Pool(self.draft)
    }

    /// Returns the current pool.
    pub(crate) fn existing(&self) -> Option<Pool<'a>> {
        self.current.map(Pool)
    }

    /// Whether the size of a scale set's machines would change.
    pub(crate) fn changes_size(&self) -> bool {
        self.existing().is_some_and(|pool| {
            let sizes = (pool.text("vmSize"), self.drafted().text("vmSize"));
            matches!(sizes, (Some(now), Some(then)) if !now.eq_ignore_ascii_case(then))
        })
    }

    /// Returns the current size, if it is known.
    pub(crate) fn old_size(&self) -> Option<&'a VmSize> {
        let name = self.existing()?.text("vmSize")?;
        self.sizes.get(name)?.found()
    }

    /// Whether a header asks for Generation 2 on Windows.
    pub(crate) fn asks_for_windows_gen2(&self) -> bool {
        self.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("UseWindowsGen2VM") && value.eq_ignore_ascii_case("true")
        })
    }

    /// Returns the location for a command line.
    pub(crate) fn location_text(&self) -> &'a str {
        self.location.unwrap_or("LOCATION")
    }
}
