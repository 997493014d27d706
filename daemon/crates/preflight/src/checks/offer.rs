//! Checks that a size is available: in the location, to the subscription, in the zones, and as a
//! node of AKS.

use azq_vm_sizes::{NodePoolMinimum, Shortage, VmSize};

use super::{not_known, similar};
use crate::finding::Finding;
use crate::input::{Input, Lookup};

/// Checks that the size exists in the cluster's location.
pub(super) fn exists(input: &Input<'_>, name: &str, lookup: Option<&Lookup<VmSize>>) -> Finding {
    let location = input.location_text();
    match lookup {
        Some(Lookup::Found(size)) => {
            pass!("{} is offered in {location}.", size.name)
        }
        Some(Lookup::Missing) => fail!("{location} offers no size {name}.").advise([format!(
            "azq sizes --location {location} --aks --available --output table"
        )]),
        lookup => not_known(name, lookup),
    }
}

/// Checks that the size is open to the subscription.
pub(super) fn is_open(input: &Input<'_>, size: &VmSize) -> Finding {
    let name = &size.name;
    let location = input.location_text();
    if !size.is_restricted() {
        return pass!("{name} is open to the subscription in {location}.");
    }
    let reason = size
        .offer
        .restriction_reason()
        .unwrap_or("no reason is given");
    fail!("{name} is closed to the subscription in {location} ({reason}).")
        .advise([similar(input, name, "")])
}

/// Checks that the size is open in each of the pool's zones, for Compute and for AKS.
pub(super) fn zones(input: &Input<'_>, size: &VmSize) -> Finding {
    let wanted = input.drafted().texts("availabilityZones");
    let name = &size.name;
    if wanted.is_empty() {
        return Finding::pass("The pool is in no zone.");
    }
    let of_aks = input.aks_sizes.get(name);
    let known_to_aks = of_aks.and_then(Lookup::found);
    let is_closed = |zone: &&str| {
        !size.is_open_in(zone) || known_to_aks.is_some_and(|size| !size.is_open_in(zone))
    };
    let closed: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|zone| is_closed(zone))
        .collect();
    if !closed.is_empty() {
        let open: Vec<&str> = size.open_zones().filter(|zone| !is_closed(zone)).collect();
        let open = match open.as_slice() {
            [] => "none is open".to_owned(),
            open => format!("open are {}", open.join(", ")),
        };
        let zones = closed.join(", ");
        let options = format!("--zone {}", wanted.join(" "));
        return fail!("{name} is not open in zone {zones}: {open}.")
            .advise([similar(input, name, &options)]);
    }
    let zones = wanted.join(", ");
    if let Some(Lookup::Unknown(reason)) = of_aks {
        return unknown!(
            "Compute has {name} open in {zones}; whether AKS has is not known. {reason}"
        );
    }
    pass!("{name} is open in zone {zones}.")
}

/// Checks that AKS offers nodes of the size, by its own list or else by its minimum.
pub(super) fn aks_minimum(input: &Input<'_>, size: &VmSize) -> Finding {
    let name = &size.name;
    let mode = input.drafted().mode();
    let minimum = match mode {
        "System" => NodePoolMinimum::SYSTEM,
        _ => NodePoolMinimum::USER,
    };
    let is_known = |name| size.capabilities.get(name).is_some();
    if is_known("vCPUs") && is_known("MemoryGB") {
        let lacks: Vec<_> = minimum.shortages(size).map(shortage).collect();
        if !lacks.is_empty() {
            return fail!(
                "{name} has too little {} for a pool of mode {mode}: AKS asks for {} vCPUs and {} GB.",
                lacks.join(" and "),
                minimum.vcpus,
                minimum.memory_gb
            )
            .advise([similar(input, name, "--vcpus 2..")]);
        }
    }
    match input.aks_sizes.get(name) {
        Some(Lookup::Found(_)) => pass!("AKS makes nodes of {name}."),
        Some(Lookup::Missing) => fail!("AKS does not list {name} among what it makes nodes of.")
            .advise([similar(input, name, "")]),
        Some(Lookup::Unknown(reason)) => {
            unknown!("Whether AKS makes nodes of {name} is not known. {reason}")
        }
        None => unknown!("Whether AKS makes nodes of {name} is not known."),
    }
}

fn shortage(of: Shortage) -> &'static str {
    match of {
        Shortage::Vcpus => "vCPUs",
        Shortage::Memory => "memory",
    }
}
