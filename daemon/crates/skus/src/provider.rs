//! The resource providers that list SKUs, and their differences.
//!
//! Both have the same thirteen properties. `az vm list-skus` is a generated command: it shows the
//! properties that Azure sent, in the order of their names. `az aks list-vm-skus` shows an SDK's
//! model: every property, in the model's order, `null` if Azure did not send it, and keys match
//! only with regard to case.

use std::sync::{LazyLock, Mutex, PoisonError};

use azq_document::Value;
use serde_json::Value as Json;

use crate::catalogue::pool::Pool;
use crate::ingest::schema::Field;
use crate::vm_sku_schema::RESOURCE_SKU;

/// A resource provider that lists SKUs. The number is part of the snapshot format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Microsoft.Compute, for all kinds of resources, of a region or all: `az vm list-skus`.
    #[default]
    Compute,
    /// Microsoft.ContainerService, for the nodes of AKS in a region: `az aks list-vm-skus`.
    ContainerService,
}

impl Provider {
    /// All providers.
    pub(crate) const ALL: [Self; 2] = [Self::Compute, Self::ContainerService];

    /// Returns the namespace.
    pub(crate) const fn namespace(self) -> &'static str {
        match self {
            Self::Compute => "Microsoft.Compute",
            Self::ContainerService => "Microsoft.ContainerService",
        }
    }

    /// Returns the number that identifies the provider in snapshots.
    pub(crate) const fn number(self) -> u32 {
        self as u32
    }

    /// Returns the provider with this number.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Returns the field that az matches with a key of the provider.
    pub(crate) fn field(self, key: &str) -> Option<Field> {
        match self {
            Self::Compute => Field::from_key(key),
            Self::ContainerService => Field::all().find(|field| field.as_ref() == key),
        }
    }

    /// Returns the value that az shows for a field which Azure did not send, if it shows one.
    pub(crate) fn absent(self) -> Option<Value> {
        (self == Self::ContainerService).then_some(Value::Null)
    }

    /// Returns the position of a field among those of a SKU, in az's order.
    pub(crate) fn rank(self, field: Field) -> usize {
        match self {
            Self::Compute => field as usize,
            // A field's number is its position in the order of names.
            Self::ContainerService => RANKS[field as usize],
        }
    }
}

/// The position of each field in the model of `az aks list-vm-skus`.
static RANKS: LazyLock<[usize; Field::COUNT]> = LazyLock::new(|| {
    let rank = |field: Field| RESOURCE_SKU.position(field.as_ref());
    let mut ranks = [0; Field::COUNT];
    for (field, place) in Field::all().zip(&mut ranks) {
        *place = rank(field).unwrap_or(Field::COUNT);
    }
    ranks
});

/// Returns the pooled value that the model of `az aks list-vm-skus` makes of a field's value, or
/// `None` for `null`.
pub(crate) fn modelled(field: Field, json: &Json, pool: &Mutex<Pool>) -> Option<Value> {
    let value = RESOURCE_SKU.property(field.as_ref(), json)?;
    let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
    (!matches!(value, Value::Null)).then(|| pooled(&value, &mut pool))
}

/// Returns the shared form of a value. It nests no deeper than the JSON that it was made of.
fn pooled(value: &Value, pool: &mut Pool) -> Value {
    match value {
        Value::String(text) => pool.text(text),
        Value::Array(items) => {
            let items = items.iter().map(|item| pooled(item, pool)).collect();
            pool.array(items)
        }
        Value::Object(object) => {
            let entries = object.entries.iter();
            let entries = entries.map(|(key, value)| (pool.key(key), pooled(value, pool)));
            let entries = entries.collect();
            pool.object(entries)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_in_the_model_once() {
        assert_eq!(Provider::ContainerService.rank(Field::Name), 1);
        let ranks = Field::all().map(|field| Provider::ContainerService.rank(field));
        let mut ranks: Vec<_> = ranks.collect();
        ranks.sort_unstable();
        assert!(ranks.into_iter().eq(0..Field::COUNT));
    }

    #[test]
    fn numbers_are_the_providers_own() {
        for provider in Provider::ALL {
            assert_eq!(Provider::from_number(provider.number()), Some(provider));
        }
        assert_eq!(Provider::from_number(2), None);
    }

    #[test]
    fn keys_of_aks_count_as_they_are_spelt() {
        for (key, compute, aks) in [
            ("name", true, true),
            ("Name", true, false),
            ("locationInfo", true, true),
            ("location_info", true, false),
            ("future", false, false),
        ] {
            let known = Provider::ALL.map(|provider| provider.field(key).is_some());
            assert_eq!(known, [compute, aks], "{key}");
        }
    }
}
