//! The resource SKUs of one region, or of all, in memory.
//!
//! A SKU consists of two shared parts. Its [`Definition`] has the name, family and capabilities,
//! which are the same in every region. Its [`Availability`] has the locations, zones and
//! restrictions, which are the same for many sizes. The values that az's filters need are computed
//! once, when a part is made. Documents are built on demand from the ready values of the parts.
//!
//! Invariants: SKUs keep Azure's order; a catalogue never changes.

pub(crate) mod index;
pub(crate) mod pool;
pub(crate) mod weight;

use std::{
    hash::{Hash, Hasher},
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use azq_document::{LazyObject, Value};

mod sizes;

use azq_vm_sizes::SizeList;

use crate::catalogue::index::{Index, Offer};
use crate::catalogue::pool::{Identity, Pool};
use crate::catalogue::weight::measure;
use crate::ingest::schema::Field;
use crate::provider::Provider;

/// Some of a SKU's fields, in the order of their names, with pooled values.
#[derive(Debug)]
pub(crate) struct FieldSet(Box<[(Field, Value)]>);

impl FieldSet {
    /// Creates a set from fields and pooled values, each field once, in any order.
    pub(crate) fn new(mut fields: Vec<(Field, Value)>) -> Self {
        fields.sort_by_key(|(field, _)| *field);
        Self(fields.into())
    }

    /// Returns the fields with their values, in the order of their names.
    pub(crate) fn fields(&self) -> &[(Field, Value)] {
        &self.0
    }

    fn get(&self, wanted: Field) -> Option<&Value> {
        let mut fields = self.0.iter();
        let (_, value) = fields.find(|(field, _)| *field == wanted)?;
        Some(value)
    }

    fn identities(&self) -> impl Iterator<Item = (Field, Identity)> {
        let fields = self.0.iter();
        fields.map(|(field, value)| (*field, Identity::of(value)))
    }

    fn text(&self, field: Field) -> Option<&str> {
        self.get(field).and_then(Value::as_str)
    }
}

impl Hash for FieldSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identities().for_each(|field| field.hash(state));
    }
}

impl PartialEq for FieldSet {
    fn eq(&self, other: &Self) -> bool {
        self.identities().eq(other.identities())
    }
}

impl Eq for FieldSet {}

/// The name of the only offer in a catalogue of one location, regardless of the locations in its
/// entries. No location has this name.
pub(crate) const WHOLE: &str = "";

/// The part of a SKU that is the same wherever it is offered.
#[derive(Debug)]
pub(crate) struct Definition {
    provider: Provider,
    pub(crate) fields: FieldSet,
    /// The name that `--size` matches, in lower case: that of a virtual machine size, or of any SKU
    /// that AKS lists.
    pub(crate) size: Option<Box<str>>,
    pub(crate) lower_resource_type: Option<Box<str>>,
}

impl Definition {
    pub(crate) fn new(provider: Provider, fields: FieldSet) -> Self {
        let lower = |field| fields.text(field).map(|text| text.to_lowercase().into());
        // az compares the type with regard to case.
        let is_size = provider == Provider::ContainerService
            || fields.text(Field::ResourceType) == Some("virtualMachines");
        Self {
            provider,
            size: lower(Field::Name).filter(|_| is_size),
            lower_resource_type: lower(Field::ResourceType),
            fields,
        }
    }
}

/// The part of a SKU with the places where it is offered, and the restrictions of the subscription.
#[derive(Debug)]
pub(crate) struct Availability {
    provider: Provider,
    pub(crate) fields: FieldSet,
    /// Whether the first location information has zones.
    pub(crate) has_zones: bool,
    /// The restrictions of the subscription.
    pub(crate) restriction: Restriction,
}

impl Availability {
    pub(crate) fn new(provider: Provider, fields: FieldSet) -> Self {
        let location_info = fields.get(Field::LocationInfo).and_then(Value::as_array);
        let first = location_info.and_then(<[_]>::first);
        let has_zones = first.is_some_and(|info| !texts(info.get("zones")).is_empty());
        Self {
            provider,
            has_zones,
            restriction: Restriction::of(provider, &fields, first),
            fields,
        }
    }

    /// Returns the offers that it belongs to: its locations in lower case, or [`WHOLE`] for an
    /// entry that AKS lists.
    pub(crate) fn offers(&self) -> impl Iterator<Item = String> {
        let is_whole = self.provider == Provider::ContainerService;
        let locations = texts(self.fields.get(Field::Locations)).iter();
        let locations = locations.filter_map(Value::as_str).map(str::to_lowercase);
        let whole = is_whole.then(|| WHOLE.to_owned());
        whole
            .into_iter()
            .chain(locations.filter(move |_| !is_whole))
    }
}

/// The part of a place that the subscription may not use (azure-cli, `vm/_vm_utils.py`,
/// `is_sku_available`). The rule of aks-preview is the same, except that entries without location
/// information have no restriction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Restriction {
    /// Whether the region is restricted.
    pub(crate) location: bool,
    /// Whether every zone that has the SKU is restricted.
    pub(crate) zones: bool,
}

impl Restriction {
    fn of(provider: Provider, fields: &FieldSet, first: Option<&Value>) -> Self {
        // `az vm list-skus` fails for an entry without location information, so its only location
        // is used, which is the same.
        let only = || texts(fields.get(Field::Locations)).first();
        let location = first.and_then(|info| info.get("location"));
        let location = match provider {
            Provider::Compute => location.or_else(only),
            Provider::ContainerService => location,
        };
        let zones = texts(first.and_then(|info| info.get("zones")));
        let mut restricted = Self::default();
        for restriction in texts(fields.get(Field::Restrictions)) {
            let text = |key| restriction.get(key).and_then(Value::as_str);
            if text("reasonCode") != Some("NotAvailableForSubscription") {
                continue;
            }
            let info = restriction.get("restrictionInfo");
            let closed = |key| texts(info.and_then(|info| info.get(key)));
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

/// Implements equality and hashing of a part by its provider and its fields, because everything
/// else is derived from them.
macro_rules! identified_by_fields {
    ($type:ty) => {
        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (self.provider, &self.fields).hash(state);
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                (self.provider, &self.fields) == (other.provider, &other.fields)
            }
        }

        impl Eq for $type {}
    };
}

identified_by_fields!(Definition);
identified_by_fields!(Availability);

/// One resource SKU of a catalogue.
#[derive(Clone, Debug)]
pub struct Sku {
    pub(crate) definition: Arc<Definition>,
    pub(crate) availability: Arc<Availability>,
}

impl Sku {
    /// Creates a SKU from pooled field values. A missing field stays missing.
    pub(crate) fn new(provider: Provider, fields: Vec<(Field, Value)>, pool: &mut Pool) -> Self {
        let (place, definition) = fields
            .into_iter()
            .partition(|(field, _)| field.is_of_place());
        Self {
            definition: pool.definition(Definition::new(provider, FieldSet::new(definition))),
            availability: pool.place(Availability::new(provider, FieldSet::new(place))),
        }
    }
}

impl LazyObject for Sku {
    type Key = Field;

    fn runs(&self) -> impl Iterator<Item = &[(Field, Value)]> {
        let (mut what, mut place) = (
            self.definition.fields.fields(),
            self.availability.fields.fields(),
        );
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
        // The fields come in the order of their names.
        entries.sort_by_key(|(field, _)| self.definition.provider.rank(*field));
        let entries = entries.into_iter();
        Value::object(entries.map(|(field, value)| (field.key(), value.clone())))
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
    /// Returns an empty catalogue that is older than any other.
    fn default() -> Self {
        Self::new(Vec::new(), SystemTime::UNIX_EPOCH)
    }
}

impl Catalogue {
    pub(crate) fn new(skus: Vec<Sku>, fetched_at: SystemTime) -> Self {
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

    /// Returns the time when the catalogue was requested from Azure.
    pub fn fetched_at(&self) -> SystemTime {
        self.fetched_at
    }

    /// Returns the number of SKUs.
    pub fn len(&self) -> usize {
        self.skus.len()
    }

    /// Whether there is no SKU.
    pub fn is_empty(&self) -> bool {
        self.skus.is_empty()
    }

    /// Returns the number of SKUs that a location offers, without regard to case.
    pub fn len_in(&self, location: &str) -> usize {
        self.numbers_in(location).len()
    }

    /// Returns the size in memory, estimated. Parts shared by its own SKUs count once; sharing with
    /// other catalogues is ignored.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns all SKUs.
    pub(crate) fn skus(&self) -> &[Sku] {
        &self.skus
    }

    /// Returns the SKUs that a location offers, without regard to case.
    pub(crate) fn in_location(&self, location: &str) -> impl Iterator<Item = &Sku> {
        let numbers = self.numbers_in(location);
        numbers.iter().filter_map(|number| self.sku(*number))
    }

    /// Returns the numbers of the SKUs that a location offers, without regard to case.
    pub(crate) fn numbers_in(&self, location: &str) -> &[u32] {
        let offer = self.index.offer(location);
        offer.map(Offer::skus).unwrap_or_default()
    }

    /// Returns the virtual machine sizes that a location, without regard to case, offers and whose
    /// name contains a text of lower case.
    pub(crate) fn sizes<'a>(
        &'a self,
        location: &str,
        part: &'a str,
    ) -> impl Iterator<Item = &'a Sku> {
        let numbers = self.index.offer(location).map(|offer| offer.sizes(part));
        let numbers = numbers.into_iter().flatten();
        numbers.filter_map(|number| self.sku(number))
    }

    /// Returns the names of the virtual machine sizes that a location offers, without regard to
    /// case. Without a location, those of all.
    pub(crate) fn size_names(&self, location: Option<&str>) -> impl Iterator<Item = &str> {
        let all = location.is_none().then(|| self.skus.iter());
        let here = location.map(|location| self.in_location(location));
        let skus = all.into_iter().flatten().chain(here.into_iter().flatten());
        let sizes = skus.filter(|sku| sku.definition.size.is_some());
        sizes.filter_map(|sku| sku.definition.fields.text(Field::Name))
    }

    fn sku(&self, number: u32) -> Option<&Sku> {
        self.skus.get(usize::try_from(number).ok()?)
    }
}
