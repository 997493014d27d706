//! The selection of sizes from catalogues.

use std::sync::Arc;

use azq_vm_sizes::{Candidate, Definition, SizeList, VmSize};
use azq_vm_sizes::{is_alike, likeness, resize_obstacles};
use foldhash::HashMap;

use super::options::Options;
use azq_command::{CommandError, error};
use azq_skus::{Catalogue, Found};

/// The sizes of a region, or of all of them.
pub(super) struct Region {
    /// The location in lower case. `None` means the whole catalogue.
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

    fn list(&self) -> &SizeList {
        self.catalogue.vm_sizes()
    }

    fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// Whether the catalogue's sizes are parsed already. Parsing takes some milliseconds.
    pub(super) fn is_read(&self) -> bool {
        self.catalogue.has_vm_sizes()
    }

    /// Returns the number of SKUs that have to be searched.
    pub(super) fn reach(&self) -> usize {
        match self.location() {
            Some(location) => self.catalogue.len_in(location),
            None => self.catalogue.len(),
        }
    }
}

/// Returns the sizes that fit by their catalogues. Those of one region are in their usual order.
///
/// # Errors
/// A region has no sizes, or the size to compare with is in none of the regions.
pub(super) fn fitting(
    regions: &[Region],
    options: &Options,
) -> Result<Vec<Candidate>, CommandError> {
    for region in regions {
        if let Some(location) = region.location()
            && region.list().len_in(Some(location)) == 0
        {
            return Err(no_sizes(location));
        }
    }
    let bases = |name: &String| Bases::of(name, regions);
    let mut comparison = Comparison {
        like: options.like.as_ref().map(bases).transpose()?,
        from: options.resizable_from.as_ref().map(bases).transpose()?,
        distances: HashMap::default(),
        resizable: HashMap::default(),
    };
    let all = regions
        .iter()
        .flat_map(|region| region.list().fitting(region.location(), &options.filter));
    Ok(all.filter_map(|size| comparison.candidate(size)).collect())
}

/// Two definitions that are compared.
type Pair = (*const Definition, *const Definition);

/// The sizes to compare with, and the results by definition, because locations share definitions.
/// The regions' catalogues keep the definitions alive, so a pointer identifies one definition.
struct Comparison {
    like: Option<Bases>,
    from: Option<Bases>,
    /// The distances. `None` means that the sizes are not similar.
    distances: HashMap<Pair, Option<f64>>,
    resizable: HashMap<Pair, bool>,
}

impl Comparison {
    /// Returns the size with its distance, if it is similar and resizable.
    fn candidate(&mut self, size: VmSize) -> Option<Candidate> {
        let mut distance = None;
        if let Some(bases) = &self.like {
            let base = bases.in_location_of(&size);
            let known = self.distances.entry(pair(&size, base));
            let compare = || {
                let is_other = !size.is_named(&base.name) && is_alike(&size, base);
                is_other.then(|| likeness(&size, base))
            };
            distance = Some((*known.or_insert_with(compare))?);
        }
        if let Some(bases) = &self.from {
            let base = bases.in_location_of(&size);
            let known = self.resizable.entry(pair(&size, base));
            let compare =
                || !size.is_named(&base.name) && resize_obstacles(base, &size, None).is_empty();
            if !*known.or_insert_with(compare) {
                return None;
            }
        }
        let mut candidate = Candidate::of(size);
        candidate.distance = distance;
        Some(candidate)
    }
}

fn pair(size: &VmSize, base: &Definition) -> Pair {
    (Arc::as_ptr(&size.definition), std::ptr::from_ref(base))
}

/// A size to compare with, in each location that has it.
struct Bases {
    first: Arc<Definition>,
    by_location: HashMap<Box<str>, Arc<Definition>>,
}

impl Bases {
    fn of(name: &str, regions: &[Region]) -> Result<Self, CommandError> {
        let named = regions
            .iter()
            .flat_map(|region| region.list().named(name, region.location()));
        let mut first = None;
        let mut by_location = HashMap::default();
        for VmSize { definition, offer } in named {
            first.get_or_insert_with(|| Arc::clone(&definition));
            by_location
                .entry(offer.location.clone())
                .or_insert(definition);
        }
        let first = first.ok_or_else(|| {
            error!("The size '{name}' is in none of these regions.")
                .recommend("With --location all azq looks for it everywhere.")
        })?;
        Ok(Self { first, by_location })
    }

    /// Returns the size as its location defines it, or else as the first location does.
    fn in_location_of(&self, size: &VmSize) -> &Definition {
        self.by_location.get(size.location()).unwrap_or(&self.first)
    }
}

fn no_sizes(location: &str) -> CommandError {
    error!("The region '{location}' has no sizes for this subscription.")
        .recommend("The regions are listed by: az account list-locations -o table")
}
