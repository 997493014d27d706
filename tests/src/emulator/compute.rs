//! The older lists of Compute, `vmSizes` and `usages` of a region, both derived from the catalogue.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::errors;
use super::exchange::Answer;
use super::state::State;
use crate::catalogue::{Machine, regions};

/// Returns a capability as a whole number.
fn number(machine: &Machine<'_>, name: &str) -> u64 {
    machine
        .capability(name)
        .unwrap_or("0")
        .parse()
        .unwrap_or_default()
}

/// Converts gigabytes, given as `16`, `3.5` or `0.75`, to megabytes.
fn megabytes(gigabytes: &str) -> u64 {
    let (whole, fraction) = gigabytes.split_once('.').unwrap_or((gigabytes, "0"));
    let hundredths = format!("{fraction:0<2}");
    let hundredths: u64 = hundredths
        .get(..2)
        .unwrap_or_default()
        .parse()
        .unwrap_or_default();
    whole.parse::<u64>().unwrap_or_default() * 1024 + hundredths * 1024 / 100
}

/// Lists the VM sizes of a region (`VirtualMachineSizes_List`).
pub(super) fn sizes(state: &State, location: &str) -> Answer {
    let size = |machine: &Machine<'_>| {
        json!({
            "name": machine.name,
            "numberOfCores": number(machine, "vCPUs"),
            "osDiskSizeInMB": number(machine, "OSVhdSizeMB"),
            "resourceDiskSizeInMB": number(machine, "MaxResourceVolumeMB"),
            "memoryInMB": megabytes(machine.capability("MemoryGB").unwrap_or("0")),
            "maxDataDiskCount": number(machine, "MaxDataDiskCount"),
        })
    };
    in_region(state, location, "locations/vmSizes", |machines| {
        machines.iter().map(size).collect()
    })
}

/// Lists the compute usage of a region (`Usage_List`): eight vCPUs of the first family are in use,
/// and every seventh family has no quota unless the specification gives it one.
pub(super) fn usages(state: &State, location: &str) -> Answer {
    in_region(state, location, "locations/usages", |machines| {
        let families = machines
            .iter()
            .filter_map(|machine| machine.family.as_deref());
        let families: BTreeSet<&str> = families.collect();
        let families = families.into_iter().enumerate().map(|(index, family)| {
            let used = if index == 0 { 8 } else { 0 };
            let usual = if index % 7 == 6 { 0 } else { 100 };
            let limits = &state.specification.quota_limits;
            let limit = limits.get(family).copied().unwrap_or(usual);
            usage(family, &localized(family), [used, limit])
        });
        let [first, last] = <[_; 2]>::from(QUOTAS.split_at(6)).map(|quotas| {
            let quotas = quotas.iter();
            quotas.map(|(name, localized, numbers)| usage(name, localized, *numbers))
        });
        first.chain(families).chain(last).collect()
    })
}

/// The quotas before and after those of families: name, display name, current value and limit.
const QUOTAS: [(&str, &str, [u64; 2]); 8] = [
    ("availabilitySets", "Availability Sets", [0, 2500]),
    ("cores", "Total Regional vCPUs", [8, 100]),
    ("virtualMachines", "Virtual Machines", [4, 25_000]),
    (
        "virtualMachineScaleSets",
        "Virtual Machine Scale Sets",
        [2, 2500],
    ),
    ("dedicatedVCpus", "Dedicated vCPUs", [0, 0]),
    ("lowPriorityCores", "Total Regional Spot vCPUs", [0, 100]),
    (
        "PremiumDiskCount",
        "Premium Storage Managed Disks",
        [1, 50_000],
    ),
    (
        "StandardDiskCount",
        "Standard Storage Managed Disks",
        [0, 50_000],
    ),
];

fn usage(name: &str, localized: &str, [used, limit]: [u64; 2]) -> Value {
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
    items: impl FnOnce(&[Machine<'_>]) -> Vec<Value>,
) -> Answer {
    let listing = Arc::clone(&state.catalogue).list(Some(location), 0, None);
    let machines: Vec<_> = listing.machines().collect();
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
        return errors::missing("NoRegisteredProviderFound", &message);
    }
    Answer::list(items(&machines))
}
