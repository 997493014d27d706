//! Which sizes of the catalogues fit.

use std::sync::Arc;

use azq_vm_sizes::{Candidate, Definition, VmSize, is_alike, likeness, resize_obstacles};

use super::options::Options;
use azq_command::CommandError;
use azq_skus::{Catalogue, Found};

/// The sizes of a region, or of all of them.
pub(super) struct Region {
    /// Its name in lower case; absent, all of the catalogue.
    pub(super) location: Option<String>,
    catalogue: Arc<Catalogue>,
}

impl Region {
    pub(super) fn of(found: &Found) -> Self {
        let location = found.filter.location.as_ref();
        Self {
            location: location.map(|location| location.to_lowercase()),
            catalogue: Arc::clone(&found.catalogue),
        }
    }

    fn sizes(&self) -> impl Iterator<Item = &VmSize> {
        self.catalogue.vm_sizes().iter().filter(|size| {
            let location = self.location.as_deref();
            location.is_none_or(|location| size.location().eq_ignore_ascii_case(location))
        })
    }
}

/// Returns the sizes that fit, as far as catalogues tell.
///
/// # Errors
/// A region has no sizes; the size that others are compared with is in none of the regions.
pub(super) fn fitting(
    regions: &[Region],
    options: &Options,
) -> Result<Vec<Candidate>, CommandError> {
    for region in regions {
        if let Some(location) = &region.location
            && region.sizes().next().is_none()
        {
            return Err(no_sizes(location));
        }
    }
    let like = options.like.as_deref().map(|name| Bases::of(name, regions));
    let like = like.transpose()?;
    let from = options
        .resizable_from
        .as_deref()
        .map(|name| Bases::of(name, regions));
    let from = from.transpose()?;
    let all = regions.iter().flat_map(Region::sizes);
    let fitting = all
        .filter(|size| options.filter.takes(size))
        .filter_map(|size| {
            let mut candidate = Candidate::of(size.clone());
            if let Some(bases) = &like {
                let base = bases.in_location_of(size);
                if size.is_named(&base.name) || !is_alike(size, base) {
                    return None;
                }
                candidate.distance = Some(likeness(size, base));
            }
            if let Some(bases) = &from {
                let base = bases.in_location_of(size);
                if size.is_named(&base.name) || !resize_obstacles(base, size, None).is_empty() {
                    return None;
                }
            }
            Some(candidate)
        });
    Ok(fitting.collect())
}

/// A size that others are compared with, in each location that has it.
struct Bases {
    first: Arc<Definition>,
    all: Vec<VmSize>,
}

impl Bases {
    fn of(name: &str, regions: &[Region]) -> Result<Self, CommandError> {
        let all = regions.iter().flat_map(Region::sizes);
        let all: Vec<_> = all.filter(|size| size.is_named(name)).cloned().collect();
        let first = all.first().ok_or_else(|| {
            CommandError::new(format!("The size '{name}' is in none of these regions."))
                .recommend("With --location all azq looks for it everywhere.")
        })?;
        Ok(Self {
            first: Arc::clone(&first.definition),
            all,
        })
    }

    /// The size as its location has it; where that does not have it, as the first that does.
    fn in_location_of(&self, size: &VmSize) -> &Definition {
        let mut all = self.all.iter();
        let here = all.find(|base| base.location() == size.location());
        here.map_or(&self.first, |base| &base.definition)
    }
}

fn no_sizes(location: &str) -> CommandError {
    CommandError::new(format!(
        "The region '{location}' has no sizes for this subscription."
    ))
    .recommend("The regions are listed by: az account list-locations -o table")
}
