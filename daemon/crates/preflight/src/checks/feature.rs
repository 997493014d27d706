//! Checks that the size has the features that the pool requests.

use azq_vm_sizes::{Architecture, VmSize};

use super::{capability, has, similar, unsaid};
use crate::finding::{Finding, Verdict};
use crate::input::Input;

/// AKS's default sizes of an OS disk, each with the largest number of vCPUs that it is for.
const OS_DISK_GB: [(u64, i64); 4] = [(7, 128), (15, 256), (63, 512), (u64::MAX, 1024)];

/// Checks that an ephemeral OS disk fits into the size's cache or local disk.
pub(super) fn os_disk(input: &Input<'_>, size: &VmSize) -> Finding {
    let (pool, name) = (input.drafted(), &size.name);
    if pool.text("osDiskType") != Some("Ephemeral") {
        return Finding::pass("No ephemeral OS disk is asked for.");
    }
    if capability(size, "EphemeralOSDiskSupported").is_none() {
        return unsaid(size, "whether it takes ephemeral OS disks");
    }
    let location = input.location_text();
    let by_default = OS_DISK_GB.iter().find(|(most, _)| size.vcpus <= *most);
    let typed = pool.integer("osDiskSizeGB").filter(|size| *size > 0);
    let wanted = typed
        .or_else(|| by_default.map(|(_, gb)| *gb))
        .unwrap_or(128);
    let larger = format!(
        "azq sizes --location {location} --like {name} --aks --available --ephemeral-os-disk {wanted}"
    );
    match size.max_ephemeral_os_disk_gb() {
        None => fail!("{name} takes no ephemeral OS disk.").advise([larger]),
        Some(most) if i64::try_from(most).is_ok_and(|most| most < wanted) => {
            fail!("An ephemeral OS disk of {wanted} GB does not fit: {name} takes {most} GB.")
                .advise([larger])
        }
        Some(most) => pass!("An ephemeral OS disk of {wanted} GB fits: {name} takes {most} GB."),
    }
}

/// Checks that the nodes keep accelerated networking, which AKS turns on for each pool whose size
/// has it.
pub(super) fn accelerated_networking(input: &Input<'_>, size: &VmSize) -> Finding {
    const NAME: &str = "AcceleratedNetworkingEnabled";
    let name = &size.name;
    let old = input.old_size().map(|old| capability(old, NAME));
    match (capability(size, NAME), old) {
        (Some(true), _) => pass!("{name} has accelerated networking."),
        (None, _) => unsaid(size, "whether it has accelerated networking"),
        (Some(false), Some(Some(true))) => {
            fail!("The pool's nodes have accelerated networking, and {name} has none.")
                .advise([similar(input, name, "--accelerated-networking")])
        }
        (Some(false), None) if input.changes_size() => unknown!(
            "{name} has no accelerated networking; whether the pool's nodes have is not known."
        ),
        (Some(false), _) => {
            pass!("{name} has no accelerated networking; AKS makes the nodes without.")
        }
    }
}

/// Checks that the size encrypts at the host, if the pool requests it.
pub(super) fn encryption_at_host(input: &Input<'_>, size: &VmSize) -> Finding {
    if !input.drafted().is_on("enableEncryptionAtHost") {
        return Finding::pass("Encryption at the host is not asked for.");
    }
    let found = capability(size, "EncryptionAtHostSupported");
    advised(
        has(found, size, "encryption at the host"),
        similar(input, &size.name, "--encryption-at-host"),
    )
}

/// Checks that the size takes ultra disks in all of the pool's zones, if the pool requests them.
pub(super) fn ultra_ssd(input: &Input<'_>, size: &VmSize) -> Finding {
    let pool = input.drafted();
    if !pool.is_on("enableUltraSSD") {
        return Finding::pass("Ultra disks are not asked for.");
    }
    let zones = pool.texts("availabilityZones");
    let name = &size.name;
    let is_said = capability(size, "UltraSSDAvailable").is_some();
    if !is_said && size.offer.zones.is_empty() {
        return unsaid(size, "whether it takes ultra disks");
    }
    let lacking: Vec<&str> = zones
        .iter()
        .copied()
        .filter(|zone| !size.ultra_ssd(Some(zone)))
        .collect();
    let options = format!("--ultra-ssd --zone {}", zones.join(" "));
    let advice = similar(input, name, options.trim_end_matches(" --zone "));
    if !size.ultra_ssd(None) {
        return fail!("{name} takes no ultra disks here.").advise([advice]);
    }
    if !lacking.is_empty() {
        let zones = lacking.join(", ");
        return fail!("{name} takes no ultra disks in zone {zones}.").advise([advice]);
    }
    if zones.is_empty() && !size.offer.ultra_ssd_zones.is_empty() {
        return unknown!(
            "{name} takes ultra disks in zones {} alone, and the pool is in no zone.",
            size.offer.ultra_ssd_zones.join(", ")
        );
    }
    pass!("{name} takes ultra disks.")
}

/// Checks that the size is available as a spot machine, if the pool consists of spot machines.
pub(super) fn spot(input: &Input<'_>, size: &VmSize) -> Finding {
    if !input.drafted().is_spot() {
        return Finding::pass("The pool is not of spot machines.");
    }
    let found = capability(size, "LowPriorityCapable");
    let mut finding = has(found, size, "spot machines");
    if input.drafted().mode() == "System" && finding.verdict == Verdict::Pass {
        finding = Finding::fail("A pool of mode System cannot be of spot machines.");
    }
    advised(finding, similar(input, &size.name, "--spot"))
}

/// Checks that GPU settings come with a size that has GPUs, and that AKS installs a driver on its
/// architecture.
pub(super) fn gpu(input: &Input<'_>, size: &VmSize) -> Finding {
    let (pool, name) = (input.drafted(), &size.name);
    let profile = pool.text("gpuInstanceProfile");
    let driver = pool.text("gpuProfile.driver");
    if profile.is_none() && driver.is_none() {
        return Finding::pass(if size.gpus > 0 {
            format!("{name} has GPUs, and AKS installs the driver.")
        } else {
            "No GPU settings are given.".to_owned()
        });
    }
    if size.capabilities.iter().next().is_none() {
        return unsaid(size, "whether it has GPUs");
    }
    if size.gpus == 0 {
        return fail!("GPU settings are given, and {name} has no GPU.").advise([similar(
            input,
            name,
            "--gpus 1..",
        )]);
    }
    if driver == Some("Install") && size.architecture == Architecture::Arm64 {
        return unknown!("Whether AKS installs a driver on {name}, which is Arm64, is not known.");
    }
    pass!("{name} has {} GPUs.", size.gpus)
}

fn advised(finding: Finding, advice: String) -> Finding {
    match finding.verdict {
        Verdict::Fail => finding.advise([advice]),
        Verdict::Pass | Verdict::Unknown => finding,
    }
}
