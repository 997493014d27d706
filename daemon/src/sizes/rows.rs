//! What is printed of the sizes: a document for each, and the table.

use std::sync::{Arc, LazyLock};

use azq_document::{Object, Origin, Value};
use azq_vm_sizes::{Candidate, Definition, Offer, RestrictionKind, VmSize};
use foldhash::HashMap;

/// What a document says beyond the SKU.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    pub(super) distance: bool,
    pub(super) quota: bool,
    pub(super) prices: bool,
}

type Entry = (Arc<str>, Value);

/// Makes the documents. What sizes share is made once.
#[derive(Default)]
struct Rows {
    definitions: HashMap<*const Definition, Box<[Entry]>>,
    offers: HashMap<*const Offer, Box<[Entry]>>,
}

/// Returns the documents of sizes.
pub(super) fn documents(candidates: &[Candidate], shown: Shown) -> Value {
    let mut rows = Rows::default();
    let row = |candidate| rows.row(candidate, shown);
    candidates.iter().map(row).collect::<Vec<_>>().into()
}

impl Rows {
    fn row(&mut self, candidate: &Candidate, shown: Shown) -> Value {
        let VmSize { definition, offer } = &candidate.size;
        let of_definition = self.definitions.entry(Arc::as_ptr(definition));
        let of_definition = of_definition.or_insert_with(|| definition_entries(definition));
        let of_offer = self.offers.entry(Arc::as_ptr(offer));
        let of_offer = of_offer.or_insert_with(|| offer_entries(offer));
        let mut entries = Vec::with_capacity(of_definition.len() + of_offer.len() + 6);
        // The name and the location, then the rest.
        entries.extend(of_definition.iter().take(1).cloned());
        entries.extend(of_offer.iter().take(1).cloned());
        entries.extend(of_definition.iter().skip(1).cloned());
        entries.extend(of_offer.iter().skip(1).cloned());
        let ultra_ssd = candidate.size.ultra_ssd(None);
        entries.push(entry("ultraSsd", ultra_ssd.into()));
        if shown.distance {
            entries.push(entry("distance", float(candidate.distance)));
        }
        if shown.quota {
            entries.push(entry("quotaVcpus", whole(candidate.vcpus_left)));
            entries.push(entry("quotaMachines", whole(candidate.machines_left)));
        }
        if shown.prices {
            entries.push(entry("hourlyPrice", float(candidate.price)));
            entries.push(entry("hourlySpotPrice", float(candidate.spot_price)));
            entries.push(entry("currency", super::prices::CURRENCY.into()));
        }
        let origin = Origin::Data;
        Value::Object(Arc::new(Object { entries, origin }))
    }
}

fn definition_entries(size: &Definition) -> Box<[Entry]> {
    let names = size
        .generations
        .iter()
        .map(|generation| generation.name().into());
    let controllers = size.disk_controllers.iter().map(|kind| kind.name().into());
    Box::new([
        entry("name", (*size.name).into()),
        entry("family", (*size.family).into()),
        entry("generations", names.collect::<Vec<Value>>().into()),
        entry("vcpus", whole(Some(size.vcpus_available))),
        entry("quotaVcpusEach", whole(Some(size.vcpus))),
        entry("memoryGb", number(size.memory_gb)),
        entry("memoryGbPerVcpu", number(size.memory_per_vcpu())),
        entry("gpus", whole(Some(size.gpus))),
        entry("architecture", size.architecture.name().into()),
        entry(
            "diskControllers",
            controllers.collect::<Vec<Value>>().into(),
        ),
        entry("ephemeralOsDiskGb", whole(size.max_ephemeral_os_disk_gb())),
        entry(
            "acceleratedNetworking",
            size.accelerated_networking().into(),
        ),
        entry("premiumIo", size.premium_io().into()),
        entry("encryptionAtHost", size.encryption_at_host().into()),
        entry("trustedLaunch", size.trusted_launch().into()),
        entry("confidential", text(size.confidential())),
        entry("spot", size.spot().into()),
    ])
}

fn offer_entries(offer: &Offer) -> Box<[Entry]> {
    let zones = offer.zones.iter().map(|zone| (**zone).into());
    let open = offer.open_zones().map(Value::from);
    Box::new([
        entry("location", (*offer.location).into()),
        entry("zones", zones.collect::<Vec<Value>>().into()),
        entry("openZones", open.collect::<Vec<Value>>().into()),
        entry("restriction", text(restriction(offer))),
        entry("restrictionReason", text(offer.restriction_reason())),
    ])
}

/// What is closed: the location, or zones of it.
fn restriction(offer: &Offer) -> Option<&'static str> {
    if offer.is_restricted() {
        return Some("Location");
    }
    let mut all = offer.restrictions.iter();
    let has_closed_zones = all.any(|restriction| restriction.kind == RestrictionKind::Zone);
    has_closed_zones.then_some("Zone")
}

/// The keys of documents, each made once.
const KEYS: [&str; 29] = [
    "name",
    "location",
    "family",
    "generations",
    "vcpus",
    "quotaVcpusEach",
    "memoryGb",
    "memoryGbPerVcpu",
    "gpus",
    "architecture",
    "diskControllers",
    "ephemeralOsDiskGb",
    "acceleratedNetworking",
    "premiumIo",
    "encryptionAtHost",
    "trustedLaunch",
    "confidential",
    "spot",
    "zones",
    "openZones",
    "restriction",
    "restrictionReason",
    "ultraSsd",
    "distance",
    "quotaVcpus",
    "quotaMachines",
    "hourlyPrice",
    "hourlySpotPrice",
    "currency",
];

fn entry(key: &'static str, value: Value) -> Entry {
    static SHARED: LazyLock<HashMap<&str, Arc<str>>> =
        LazyLock::new(|| KEYS.into_iter().map(|key| (key, key.into())).collect());
    let key = SHARED.get(key).cloned().unwrap_or_else(|| key.into());
    (key, value)
}

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

fn whole(number: Option<u64>) -> Value {
    number.map_or(Value::Null, |number| Value::Int(number.into()))
}

fn float(number: Option<f64>) -> Value {
    number.map_or(Value::Null, Value::Float)
}

/// A number without a fraction as a whole one.
fn number(number: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it has no fraction and is small"
    )]
    if number.fract() == 0.0 && number.abs() < 1e15 {
        Value::Int(number as i128)
    } else {
        Value::Float(number)
    }
}

/// The columns of the table: the title, and the key whose value stands there.
const COLUMNS: [(&str, &str); 12] = [
    ("Name", "name"),
    ("Location", "location"),
    ("Gen", "generations"),
    ("vCPUs", "vcpus"),
    ("MemoryGB", "memoryGb"),
    ("GPUs", "gpus"),
    ("Arch", "architecture"),
    ("OpenZones", "openZones"),
    ("Restriction", "restriction"),
    ("QuotaLeft", "quotaVcpus"),
    ("Price", "hourlyPrice"),
    ("SpotPrice", "hourlySpotPrice"),
];

/// Returns the table of documents. Columns of which no document says anything are left out.
pub(crate) fn table(documents: &Value) -> Option<Value> {
    let rows = documents.as_array()?.iter().map(row);
    Some(rows.collect::<Vec<Value>>().into())
}

fn row(document: &Value) -> Value {
    let cells = COLUMNS.iter().filter_map(|(title, key)| {
        let value = document.get(key)?;
        Some(((*title).into(), cell(key, value)))
    });
    let entries = cells.collect();
    let origin = Origin::Selection;
    Value::Object(Arc::new(Object { entries, origin }))
}

fn cell(key: &str, value: &Value) -> Value {
    match value {
        Value::Null if key == "restriction" => "None".into(),
        Value::Null => "-".into(),
        Value::Array(items) if items.is_empty() => "-".into(),
        Value::Array(items) => {
            let items = items.iter().filter_map(Value::as_str);
            // `V1` is read as 1 below `Gen`.
            let items: Vec<_> = items.map(|item| item.trim_start_matches('V')).collect();
            items.join(",").into()
        }
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn candidate() -> Candidate {
        let sku = json!({
            "name": "Standard_D2s_v5", "family": "standardDSv5Family", "locations": ["eastus"],
            "locationInfo": [{"location": "eastus", "zones": ["2", "1"]}],
            "capabilities": [{"name": "HyperVGenerations", "value": "V1,V2"},
                {"name": "vCPUs", "value": "2"}, {"name": "MemoryGB", "value": "3.5"}],
            "restrictions": [{"type": "Zone", "reasonCode": "NotAvailableForSubscription",
                "restrictionInfo": {"locations": ["eastus"], "zones": ["1"]}}],
        });
        Candidate::of(VmSize::all_of(&sku).remove(0))
    }

    #[test]
    fn keys_are_shared_and_each_is_known() {
        let shown = Shown {
            distance: true,
            quota: true,
            prices: true,
        };
        let documents = documents(&[candidate(), candidate()], shown);
        let keys = |index: usize| match &documents.as_array().unwrap()[index] {
            Value::Object(object) => object.entries.iter().map(|(key, _)| key.clone()).collect(),
            _ => Vec::new(),
        };
        let (one, other) = (keys(0), keys(1));
        assert_eq!(one.len(), KEYS.len());
        assert!(one.iter().zip(&other).all(|(a, b)| Arc::ptr_eq(a, b)));
        assert_eq!((&*one[0], &*one[1]), ("name", "location"));
    }

    #[test]
    fn the_table_shows_open_zones_and_only_what_was_asked_for() {
        let row = |shown| {
            let table = table(&documents(&[candidate()], shown)).unwrap();
            let Value::Object(row) = &table.as_array().unwrap()[0] else {
                panic!("no object")
            };
            row.clone()
        };
        let plain = row(Shown::default());
        for (title, expected) in [
            ("Gen", "1,2".into()),
            ("MemoryGB", Value::Float(3.5)),
            ("vCPUs", Value::Int(2)),
            ("OpenZones", "2".into()),
            ("Restriction", "Zone".into()),
        ] {
            assert_eq!(plain.get(title), Some(&expected), "{title}");
        }
        assert_eq!(plain.get("QuotaLeft"), None);
        let with_quota = row(Shown {
            quota: true,
            ..Shown::default()
        });
        assert_eq!(with_quota.get("QuotaLeft"), Some(&"-".into()));
    }
}
