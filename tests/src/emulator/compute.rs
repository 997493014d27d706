//! The older lists of Compute, `vmSizes` and `usages` of a region, both derived from the catalogue.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors;
use super::exchange::Answer;
use super::state::State;
use crate::catalogue::regions;

/// The members of a resource SKU that these lists use.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sku {
    resource_type: String,
    name: String,
    #[serde(default)]
    family: Option<String>,
    #[serde(default)]
    capabilities: Vec<Capability>,
}

#[derive(Deserialize)]
struct Capability {
    name: String,
    value: String,
}

impl Sku {
    /// Returns a capability as a whole number.
    fn number(&self, name: &str) -> u64 {
        self.decimal(name).parse().unwrap_or_default()
    }

    fn decimal(&self, name: &str) -> &str {
        self.capabilities
            .iter()
            .find(|capability| capability.name == name)
            .map_or("0", |capability| &capability.value)
    }

    fn memory_mb(&self) -> u64 {
        let gigabytes: serde_json::Number = self
            .decimal("MemoryGB")
            .parse()
            .unwrap_or_else(|_| 0.into());
        gigabytes
            .as_u64()
            .map_or_else(|| quarters(self.decimal("MemoryGB")), |whole| whole * 1024)
    }
}

/// Converts gigabytes, given as `3.5` or `0.75`, to megabytes.
fn quarters(gigabytes: &str) -> u64 {
    let (whole, fraction) = gigabytes.split_once('.').unwrap_or((gigabytes, "0"));
    let hundredths: u64 = format!("{fraction:0<2}")
        .get(..2)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default();
    whole.parse::<u64>().unwrap_or_default() * 1024 + hundredths * 1024 / 100
}

/// Lists the VM sizes of a region (`VirtualMachineSizes_List`).
pub(super) fn sizes(state: &State, location: &str) -> Answer {
    let size = |sku: &Sku| {
        json!({
            "name": sku.name,
            "numberOfCores": sku.number("vCPUs"),
            "osDiskSizeInMB": sku.number("OSVhdSizeMB"),
            "resourceDiskSizeInMB": sku.number("MaxResourceVolumeMB"),
            "memoryInMB": sku.memory_mb(),
            "maxDataDiskCount": sku.number("MaxDataDiskCount"),
        })
    };
    in_region(
        state,
        location,
        "locations/vmSizes",
        |machines| json!({"value": machines.iter().map(size).collect::<Vec<_>>()}),
    )
}

/// Lists the compute usage of a region (`Usage_List`): eight vCPUs of the first family are in use.
pub(super) fn usages(state: &State, location: &str) -> Answer {
    in_region(state, location, "locations/usages", |machines| {
        let families: BTreeSet<&str> = machines
            .iter()
            .filter_map(|sku| sku.family.as_deref())
            .collect();
        let fixed = [
            ("availabilitySets", "Availability Sets", 0, 2500),
            ("cores", "Total Regional vCPUs", 8, 100),
            ("virtualMachines", "Virtual Machines", 4, 25_000),
            (
                "virtualMachineScaleSets",
                "Virtual Machine Scale Sets",
                2,
                2500,
            ),
            ("dedicatedVCpus", "Dedicated vCPUs", 0, 0),
            ("lowPriorityCores", "Total Regional Spot vCPUs", 0, 100),
        ];
        let mut value: Vec<Value> = fixed
            .map(|(name, localized, used, limit)| usage(name, localized, used, limit))
            .into();
        for (index, family) in families.iter().enumerate() {
            value.push(usage(
                family,
                &localized(family),
                if index == 0 { 8 } else { 0 },
                if index % 7 == 6 { 0 } else { 100 },
            ));
        }
        value.push(usage(
            "PremiumDiskCount",
            "Premium Storage Managed Disks",
            1,
            50_000,
        ));
        value.push(usage(
            "StandardDiskCount",
            "Standard Storage Managed Disks",
            0,
            50_000,
        ));
        json!({ "value": value })
    })
}

fn usage(name: &str, localized: &str, used: u64, limit: u64) -> Value {
    json!({"limit": limit, "unit": "Count", "currentValue": used, "name": {"value": name, "localizedValue": localized}})
}

/// Returns the display name of `standardDSv5Family`: `Standard DSv5 Family vCPUs`.
fn localized(family: &str) -> String {
    let middle = family
        .trim_start_matches("standard")
        .trim_start_matches("Standard")
        .trim_end_matches("Family")
        .trim();
    format!("Standard {middle} Family vCPUs")
}

fn in_region(
    state: &State,
    location: &str,
    kind: &str,
    answer: impl FnOnce(&[Sku]) -> Value,
) -> Answer {
    let listing = Arc::clone(&state.catalogue).list(Some(location), 0, None);
    let skus = listing
        .texts()
        .filter_map(|text| serde_json::from_str::<Sku>(text).ok());
    let machines: Vec<Sku> = skus
        .filter(|sku| sku.resource_type == "virtualMachines")
        .collect();
    // A catalogue that was read from a file may have regions of its own.
    let mut known = regions::all().iter();
    let is_known = known.any(|region| region.name.eq_ignore_ascii_case(location));
    if machines.is_empty() && !is_known {
        let names: Vec<&str> = regions::all().iter().map(|region| region.name).collect();
        let message = format!(
            "No registered resource provider found for location '{location}' and API version '2024-07-01' for type '{kind}'. \
             The supported api-versions are '2024-03-01, 2024-07-01, 2024-11-01'. The supported locations are '{}'.",
            names.join(", ")
        );
        return errors::wrapped(StatusCode::NOT_FOUND, "NoRegisteredProviderFound", &message);
    }
    Answer::ok(answer(&machines))
}
