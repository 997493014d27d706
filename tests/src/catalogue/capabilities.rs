//! The capabilities of a VM size, under the names and in the order in which Azure gives them.

use serde::Serialize;

use super::sizes::{Architecture, Generations, Size};

/// One capability; Azure gives every value as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Capability {
    pub(super) name: &'static str,
    pub(super) value: String,
}

impl Capability {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts read better unborrowed in the list below"
    )]
    pub(super) fn new(name: &'static str, value: impl ToString) -> Self {
        let value = value.to_string();
        Self { name, value }
    }
}

/// The features of a series that `modern` abbreviates.
const MODERN: [&str; 6] = [
    "premium",
    "spot",
    "accelerated",
    "encryption",
    "capacity",
    "memory-preserving",
];

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
/// Capacity of a local `NVMe` disk in the capability; Azure sells it as 1.92 TB.
const NVME_DISK_MIB: u64 = 1_831_054;

/// Returns the capabilities of a size that are the same in every region; [`ultra`] depends on the
/// region.
pub(super) fn of(size: &Size) -> Vec<Capability> {
    let mut list = List::default();
    let series = size.series;
    let has = |feature: &str| has(size, feature);
    let (cache, temporary) = (number(size, "cache"), series.temporary * size.vcpus);
    list.add("MaxResourceVolumeMB", temporary);
    list.add("OSVhdSizeMB", 1_047_552_u64);
    list.add("vCPUs", size.vcpus);
    let preserves = text(has("memory-preserving"));
    list.add("MemoryPreservingMaintenanceSupported", preserves);
    list.add("HyperVGenerations", size.generations.capability());
    list.add_some("DiskControllerTypes", controllers(size));
    let placements = placements(size, cache.is_some(), temporary > 0);
    list.add_some("SupportedEphemeralOSDiskPlacements", placements);
    list.add("MemoryGB", memory(size.memory));
    let (per_vcpu, most) = series.disks;
    list.add("MaxDataDiskCount", (per_vcpu * size.vcpus).min(most));
    let is_arm = size.architecture == Architecture::Arm64;
    list.add("CpuArchitectureType", if is_arm { "Arm64" } else { "x64" });
    let accelerators = series.feature("write-accelerator");
    list.add_some("MaxWriteAcceleratorDisksAllowed", accelerators);
    list.add("LowPriorityCapable", text(has("spot")));
    list.add("PremiumIO", text(has("premium")));
    let is_gen1 = size.generations == Generations::One;
    list.add(
        "VMDeploymentTypes",
        if is_gen1 { "PaaS,IaaS" } else { "IaaS" },
    );
    list.add("vCPUsAvailable", size.vcpus_available);
    list.add_some("ACUs", series.compute_units);
    list.add_some("ParentSize", size.parent.as_deref());
    list.add_some("GPUs", devices(size, "gpus"));
    list.add("vCPUsPerCore", series.per_core);
    add_throughput(&mut list, size, cache, temporary > 0);
    list.add("EphemeralOSDiskSupported", text(has("ephemeral")));
    list.add("EncryptionAtHostSupported", text(has("encryption")));
    list.add("CapacityReservationSupported", text(has("capacity")));
    let trusted_off = has("trusted-off").then_some("True");
    list.add_some("TrustedLaunchDisabled", trusted_off);
    list.add_some("ConfidentialComputingType", series.feature("confidential"));
    list.add("AcceleratedNetworkingEnabled", text(has("accelerated")));
    list.add("RdmaEnabled", text(has("rdma")));
    let interfaces = interfaces(size.vcpus).min(series.interfaces);
    list.add("MaxNetworkInterfaces", interfaces);
    list.0
}

/// Returns the number of a feature such as `cache=25`.
fn number(size: &Size, feature: &str) -> Option<u64> {
    size.series.feature(feature)?.parse().ok()
}

/// Returns the number of devices, of which the feature's number of vCPUs has one.
fn devices(size: &Size, feature: &str) -> Option<u64> {
    Some((size.vcpus / number(size, feature)?).max(1))
}

/// Returns a size's capability for ultra disks in a region without zones; with zones it is in the
/// zone details.
pub(super) fn ultra(size: &Size) -> Capability {
    Capability::new("UltraSSDAvailable", text(has(size, "ultra")))
}

/// Whether a size can have ultra disks at all.
pub(super) fn has_ultra(size: &Size) -> bool {
    has(size, "ultra")
}

fn has(size: &Size, feature: &str) -> bool {
    size.series.has(feature) || (MODERN.contains(&feature) && size.series.has("modern"))
}

/// Adds throughput by rules of thumb: operations and bytes grow with the vCPUs, up to the maximum
/// of any size.
fn add_throughput(list: &mut List, size: &Size, cache: Option<u64>, temporary: bool) {
    let vcpus = size.vcpus;
    if cache.is_some() || temporary {
        let bytes = (vcpus * 31_250_000).min(4_000_000_000);
        list.add("CombinedTempDiskAndCachedIOPS", (vcpus * 4750).min(615_000));
        list.add("CombinedTempDiskAndCachedReadBytesPerSecond", bytes);
        list.add("CombinedTempDiskAndCachedWriteBytesPerSecond", bytes);
    }
    let cached = cache.map(|gigabytes| gigabytes * vcpus * GIB);
    list.add_some("CachedDiskBytes", cached);
    let operations = size.series.operations * vcpus;
    list.add("UncachedDiskIOPS", operations.min(260_000));
    let bytes = (vcpus * 24 * MIB).min(2_600_000_000);
    list.add("UncachedDiskBytesPerSecond", bytes);
    let disks = devices(size, "nvme");
    let nvme = disks.map(|disks| disks * NVME_DISK_MIB);
    list.add_some("NvmeDiskSizeInMiB", nvme);
    list.add_some("NvmeSizePerDiskInMiB", disks.map(|_| NVME_DISK_MIB));
}

fn controllers(size: &Size) -> Option<&'static str> {
    match (size.series.has("nvme-only"), size.generations) {
        (true, _) => Some("NVMe"),
        (false, Generations::Two) => Some("SCSI"),
        _ => None,
    }
}

fn placements(size: &Size, cache: bool, temporary: bool) -> Option<&'static str> {
    if !has(size, "ephemeral") {
        return None;
    }
    Some(match (size.series.has("nvme-only"), cache, temporary) {
        (true, ..) => "NvmeDisk",
        (_, true, _) => "ResourceDisk,CacheDisk",
        _ => "ResourceDisk",
    })
}

fn interfaces(vcpus: u64) -> u64 {
    match vcpus {
        0..=4 => 2,
        5..=8 => 4,
        9..=96 => 8,
        _ => 15,
    }
}

/// Formats hundredths of a gigabyte as Azure writes them: `3.5`.
fn memory(hundredths: u64) -> String {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let text = format!("{whole}.{rest:02}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn text(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

#[derive(Default)]
struct List(Vec<Capability>);

impl List {
    fn add(&mut self, name: &'static str, value: impl ToString) {
        self.add_some(name, Some(value));
    }

    fn add_some(&mut self, name: &'static str, value: Option<impl ToString>) {
        let capability = value.map(|value| Capability::new(name, value));
        self.0.extend(capability);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sizes;
    use super::*;

    #[track_caller]
    fn assert_values(cases: &[(&str, &str, &str)]) {
        for (size, name, value) in cases {
            let size = format!("Standard_{size}");
            let list = of(sizes::find(&size).unwrap());
            let found = list.iter().find(|capability| capability.name == *name);
            assert_eq!(found.unwrap().value, *value, "{name} of {size}");
        }
    }

    #[test]
    fn a_constrained_size_keeps_its_parents_cores() {
        assert_values(&[
            ("E8-4s_v5", "vCPUs", "8"),
            ("E8-4s_v5", "vCPUsAvailable", "4"),
            ("E8-4s_v5", "ParentSize", "Standard_E8s_v5"),
        ]);
    }

    #[test]
    fn memory_is_written_as_azure_writes_it() {
        assert_values(&[
            ("DS1_v2", "MemoryGB", "3.5"),
            ("M8ms", "MemoryGB", "218.75"),
            ("D4s_v5", "MemoryGB", "16"),
        ]);
    }

    #[test]
    fn features_become_capabilities() {
        assert_values(&[
            ("NC12s_v3", "GPUs", "2"),
            ("D4pds_v5", "CpuArchitectureType", "Arm64"),
            ("D2_v2", "HyperVGenerations", "V1"),
            ("L16s_v3", "NvmeDiskSizeInMiB", "3662108"),
            ("A2_v2", "PremiumIO", "False"),
        ]);
    }
}
