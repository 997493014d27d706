//! The resource SKUs of one region, or of all, in memory.
//!
//! A SKU is two shared halves: its [`Definition`] (what it is: name, family, capabilities, the same
//! in every region) and its [`Place`] (where it is offered: locations, zones, restrictions, the
//! same for many sizes). What az's filters ask is worked out once, when a half is made. Documents
//! are put together on demand from the halves' ready values.
//!
//! Invariants: SKUs keep Azure's order; a catalogue never changes.

use std::{
    hash::{Hash, Hasher},
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use azq_document::{LazyObject, Object, Origin, Value};

mod sizes;

use azq_vm_sizes::SizeList;

use super::{
    index::{Index, Offer},
    pool::{Identity, Pool},
    provider::Provider,
    schema::Field,
    weight::measure,
};

/// Some of a SKU's fields, in the order of their names, with pooled values.
#[derive(Debug)]
pub(super) struct Half(Box<[(Field, Value)]>);

impl Half {
    /// Fields and pooled values, each field once, in any order.
    pub(super) fn new(mut fields: Vec<(Field, Value)>) -> Self {
        fields.sort_by_key(|(field, _)| *field);
        Self(fields.into())
    }

    /// The fields with their values, in the order of their names.
    pub(super) fn fields(&self) -> &[(Field, Value)] {
        &self.0
    }

    fn get(&self, wanted: Field) -> Option<&Value> {
        self.0
            .iter()
            .find(|(field, _)| *field == wanted)
            .map(|(_, value)| value)
    }

    fn text(&self, field: Field) -> Option<&str> {
        self.get(field).and_then(Value::as_str)
    }
}

impl Hash for Half {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for (field, value) in &self.0 {
            (*field, Identity::of(value)).hash(state);
        }
    }
}

impl PartialEq for Half {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .iter()
                .zip(&other.0)
                .all(|((field, value), (other_field, other_value))| {
                    field == other_field && Identity::of(value) == Identity::of(other_value)
                })
    }
}

impl Eq for Half {}

/// The offer of a catalogue that is of one location, whatever its entries say. No location is
/// called so.
pub(super) const WHOLE: &str = "";

/// What a SKU is, wherever it is offered.
#[derive(Debug)]
pub(super) struct Definition {
    provider: Provider,
    half: Half,
    size: Option<Box<str>>,
    lower_resource_type: Option<Box<str>>,
}

impl Definition {
    pub(super) fn new(provider: Provider, half: Half) -> Self {
        let lower = |field| half.text(field).map(|text| text.to_lowercase().into());
        // az compares the type exactly as it is spelt.
        let is_size = provider == Provider::ContainerService
            || half.text(Field::ResourceType) == Some("virtualMachines");
        Self {
            provider,
            size: lower(Field::Name).filter(|_| is_size),
            lower_resource_type: lower(Field::ResourceType),
            half,
        }
    }

    pub(super) fn half(&self) -> &Half {
        &self.half
    }

    /// The name of what `--size` selects among, in lower case: that of a virtual machine size, or
    /// of anything that AKS lists.
    pub(super) fn size(&self) -> Option<&str> {
        self.size.as_deref()
    }

    /// The resource type in lower case.
    pub(super) fn lower_resource_type(&self) -> Option<&str> {
        self.lower_resource_type.as_deref()
    }
}

/// Where and to whom SKUs are offered.
#[derive(Debug)]
pub(super) struct Place {
    provider: Provider,
    half: Half,
    has_zones: bool,
    restriction: Restriction,
}

impl Place {
    pub(super) fn new(provider: Provider, half: Half) -> Self {
        let location_info = half.get(Field::LocationInfo).and_then(Value::as_array);
        let first = location_info.and_then(<[_]>::first);
        let has_zones = first.is_some_and(|info| !texts(info.get("zones")).is_empty());
        Self {
            provider,
            has_zones,
            restriction: Restriction::of(provider, &half, first),
            half,
        }
    }

    pub(super) fn half(&self) -> &Half {
        &self.half
    }

    /// Whether the first location information has zones.
    pub(super) fn has_zones(&self) -> bool {
        self.has_zones
    }

    /// What the subscription may not use.
    pub(super) fn restriction(&self) -> Restriction {
        self.restriction
    }

    /// The offers that it is in: its locations in lower case or, of what AKS lists of a location,
    /// the [`WHOLE`].
    pub(super) fn offers(&self) -> impl Iterator<Item = String> {
        let is_whole = self.provider == Provider::ContainerService;
        let locations = texts(self.half.get(Field::Locations)).iter();
        let locations = locations.filter_map(Value::as_str).map(str::to_lowercase);
        let whole = is_whole.then(|| WHOLE.to_owned());
        whole
            .into_iter()
            .chain(locations.filter(move |_| !is_whole))
    }
}

/// What of a place is closed to the subscription (azure-cli, `vm/_vm_utils.py`,
/// `is_sku_available`). The rule of aks-preview is the same but for entries without location
/// information, which are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Restriction {
    /// The region.
    pub(super) location: bool,
    /// Every zone that has the SKU.
    pub(super) zones: bool,
}

impl Restriction {
    fn of(provider: Provider, half: &Half, first: Option<&Value>) -> Self {
        // `az vm list-skus` fails for an entry without location information; its only location says
        // the same.
        let only = || texts(half.get(Field::Locations)).first();
        let location = first.and_then(|info| info.get("location"));
        let location = match provider {
            Provider::Compute => location.or_else(only),
            Provider::ContainerService => location,
        };
        let zones = texts(first.and_then(|info| info.get("zones")));
        let mut restricted = Self::default();
        for restriction in texts(half.get(Field::Restrictions)) {
            let text = |key| restriction.get(key).and_then(Value::as_str);
            if text("reasonCode") != Some("NotAvailableForSubscription") {
                continue;
            }
            let closed = |key| {
                texts(
                    restriction
                        .get("restrictionInfo")
                        .and_then(|info| info.get(key)),
                )
            };
            match text("type") {
                Some("Zone") => {
                    restricted.zones |= zones.iter().all(|zone| closed("zones").contains(zone));
                }
                Some("Location") => {
                    restricted.location |=
                        location.is_some_and(|location| closed("locations").contains(location));
                }
                _ => {}
            }
        }
        restricted
    }
}

fn texts(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).unwrap_or_default()
}

/// Two halves are equal if they are of one provider and their fields are; the rest follows from
/// them.
macro_rules! identified_by_half {
    ($type:ty) => {
        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (self.provider, &self.half).hash(state);
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                (self.provider, &self.half) == (other.provider, &other.half)
            }
        }

        impl Eq for $type {}
    };
}

identified_by_half!(Definition);
identified_by_half!(Place);

/// One resource SKU of a catalogue.
#[derive(Clone, Debug)]
pub struct Sku {
    pub(super) definition: Arc<Definition>,
    pub(super) place: Arc<Place>,
}

impl Sku {
    /// A SKU of pooled field values; whatever is missing stays missing.
    pub(super) fn new(provider: Provider, fields: Vec<(Field, Value)>, pool: &mut Pool) -> Self {
        let (place, definition) = fields
            .into_iter()
            .partition(|(field, _)| field.is_of_place());
        Self {
            definition: pool.definition(Definition::new(provider, Half::new(definition))),
            place: pool.place(Place::new(provider, Half::new(place))),
        }
    }
}

impl LazyObject for Sku {
    type Key = Field;

    fn runs(&self) -> impl Iterator<Item = &[(Field, Value)]> {
        let (mut what, mut place) = (self.definition.half.fields(), self.place.half.fields());
        std::iter::from_fn(move || {
            let (from, other) = match (what.first(), place.first()) {
                (Some((one, _)), Some((two, _))) if one < two => (&mut what, &place),
                (_, Some(_)) => (&mut place, &what),
                _ => (&mut what, &place),
            };
            let until = other.first().map(|(field, _)| *field);
            let is_before = |(field, _): &(Field, Value)| until.is_none_or(|until| *field < until);
            let (run, rest) =
                from.split_at(from.iter().take_while(|entry| is_before(entry)).count());
            *from = rest;
            (!run.is_empty()).then_some(run)
        })
    }

    fn document(&self) -> Value {
        let mut entries: Vec<_> = self.runs().flatten().collect();
        // They come in the order of their names.
        entries.sort_by_key(|(field, _)| self.definition.provider.rank(*field));
        Value::Object(Arc::new(Object {
            entries: entries
                .into_iter()
                .map(|(field, value)| (field.key(), value.clone()))
                .collect(),
            origin: Origin::Data,
        }))
    }
}

/// Resource SKUs in Azure's order, with an index by location.
#[derive(Debug)]
pub struct Catalogue {
    skus: Box<[Sku]>,
    index: Index,
    fetched_at: SystemTime,
    bytes: usize,
    vm_sizes: OnceLock<SizeList>,
}

impl Default for Catalogue {
    /// Of nothing, and older than any.
    fn default() -> Self {
        Self::new(Vec::new(), SystemTime::UNIX_EPOCH)
    }
}

impl Catalogue {
    pub(super) fn new(skus: Vec<Sku>, fetched_at: SystemTime) -> Self {
        let index = Index::new(&skus);
        let bytes = measure(&skus) + index.bytes();
        Self {
            skus: skus.into(),
            index,
            fetched_at,
            bytes,
            vm_sizes: OnceLock::new(),
        }
    }

    /// When Azure was asked for it.
    pub fn fetched_at(&self) -> SystemTime {
        self.fetched_at
    }

    /// How many SKUs it has.
    pub fn len(&self) -> usize {
        self.skus.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.skus.is_empty()
    }

    /// How many SKUs a location, in any case, has.
    pub fn len_in(&self, location: &str) -> usize {
        self.numbers_in(location).len()
    }

    /// About how much memory it takes, counting what its own SKUs share once, and as if no other
    /// catalogue shared it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// All SKUs.
    pub(super) fn skus(&self) -> &[Sku] {
        &self.skus
    }

    /// The SKUs that a location, in any case, offers.
    pub(super) fn in_location(&self, location: &str) -> impl Iterator<Item = &Sku> {
        let numbers = self.numbers_in(location);
        numbers.iter().filter_map(|number| self.sku(*number))
    }

    /// Their numbers.
    pub(super) fn numbers_in(&self, location: &str) -> &[u32] {
        let offer = self.index.offer(location);
        offer.map(Offer::skus).unwrap_or_default()
    }

    /// The virtual machine sizes that a location, in any case, offers and whose name contains a
    /// text of lower case.
    pub(super) fn sizes<'a>(
        &'a self,
        location: &str,
        part: &'a str,
    ) -> impl Iterator<Item = &'a Sku> {
        let numbers = self.index.offer(location).map(|offer| offer.sizes(part));
        numbers
            .into_iter()
            .flatten()
            .filter_map(|number| self.sku(number))
    }

    /// The names of the virtual machine sizes that a location, in any case, offers, or any does.
    pub(super) fn size_names(&self, location: Option<&str>) -> impl Iterator<Item = &str> {
        let all = location.is_none().then(|| self.skus.iter());
        let here = location.map(|location| self.in_location(location));
        let skus = all.into_iter().flatten().chain(here.into_iter().flatten());
        let sizes = skus.filter(|sku| sku.definition.size().is_some());
        sizes.filter_map(|sku| sku.definition.half().text(Field::Name))
    }

    fn sku(&self, number: u32) -> Option<&Sku> {
        self.skus.get(usize::try_from(number).ok()?)
    }
}
