//! The capabilities of a VM size, under the names and in the order in which Azure gives them.

use serde::Serialize;

use super::sizes::{Architecture, Generations, Size};

/// One capability; Azure gives every value as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Capability {
    pub(super) name: &'static str,
    pub(super) value: String,
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
    let (cache, temporary) = (
        series
            .feature("cache")
            .and_then(|text| text.parse::<u64>().ok()),
        series.temporary * size.vcpus,
    );
    list.add("MaxResourceVolumeMB", temporary);
    list.add("OSVhdSizeMB", 1_047_552_u64);
    list.add("vCPUs", size.vcpus);
    list.add(
        "MemoryPreservingMaintenanceSupported",
        text(has("memory-preserving")),
    );
    list.add("HyperVGenerations", size.generations.capability());
    list.add_some("DiskControllerTypes", controllers(size));
    list.add_some(
        "SupportedEphemeralOSDiskPlacements",
        placements(size, cache.is_some(), temporary > 0),
    );
    list.add("MemoryGB", memory(size.memory));
    list.add(
        "MaxDataDiskCount",
        (series.disks.0 * size.vcpus).min(series.disks.1),
    );
    list.add(
        "CpuArchitectureType",
        if size.architecture == Architecture::Arm64 {
            "Arm64"
        } else {
            "x64"
        },
    );
    list.add_some(
        "MaxWriteAcceleratorDisksAllowed",
        series.feature("write-accelerator"),
    );
    list.add("LowPriorityCapable", text(has("spot")));
    list.add("PremiumIO", text(has("premium")));
    list.add(
        "VMDeploymentTypes",
        if size.generations == Generations::One {
            "PaaS,IaaS"
        } else {
            "IaaS"
        },
    );
    list.add("vCPUsAvailable", size.vcpus_available);
    list.add_some("ACUs", series.compute_units);
    list.add_some("ParentSize", size.parent.as_deref());
    let gpus = series
        .feature("gpus")
        .and_then(|text| text.parse::<u64>().ok());
    list.add_some("GPUs", gpus.map(|vcpus| (size.vcpus / vcpus).max(1)));
    list.add("vCPUsPerCore", series.per_core);
    add_throughput(&mut list, size, cache, temporary > 0);
    list.add("EphemeralOSDiskSupported", text(has("ephemeral")));
    list.add("EncryptionAtHostSupported", text(has("encryption")));
    list.add("CapacityReservationSupported", text(has("capacity")));
    list.add_some(
        "TrustedLaunchDisabled",
        has("trusted-off").then_some("True"),
    );
    list.add_some("ConfidentialComputingType", series.feature("confidential"));
    list.add("AcceleratedNetworkingEnabled", text(has("accelerated")));
    list.add("RdmaEnabled", text(has("rdma")));
    list.add(
        "MaxNetworkInterfaces",
        interfaces(size.vcpus).min(series.interfaces),
    );
    list.0
}

/// Returns a size's capability for ultra disks in a region without zones; with zones it is in the
/// zone details.
pub(super) fn ultra(size: &Size) -> Capability {
    Capability {
        name: "UltraSSDAvailable",
        value: text(has(size, "ultra")).to_owned(),
    }
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
    list.add_some(
        "CachedDiskBytes",
        cache.map(|gigabytes| gigabytes * vcpus * GIB),
    );
    list.add(
        "UncachedDiskIOPS",
        (size.series.operations * vcpus).min(260_000),
    );
    list.add(
        "UncachedDiskBytesPerSecond",
        (vcpus * 24 * MIB).min(2_600_000_000),
    );
    let disks = size
        .series
        .feature("nvme")
        .and_then(|text| text.parse::<u64>().ok())
        .map(|per_disk| (vcpus / per_disk).max(1));
    list.add_some(
        "NvmeDiskSizeInMiB",
        disks.map(|disks| disks * NVME_DISK_MIB),
    );
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
    if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest:02}")
            .trim_end_matches('0')
            .to_owned()
    }
}

fn text(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

#[derive(Default)]
struct List(Vec<Capability>);

impl List {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts read better unborrowed in the list above"
    )]
    fn add(&mut self, name: &'static str, value: impl ToString) {
        self.0.push(Capability {
            name,
            value: value.to_string(),
        });
    }

    fn add_some(&mut self, name: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sizes;
    use super::*;

    fn value(size: &str, name: &str) -> Option<String> {
        let list = of(sizes::find(size).unwrap());
        list.into_iter()
            .find(|capability| capability.name == name)
            .map(|capability| capability.value)
    }

    #[test]
    fn a_constrained_size_keeps_its_parents_cores() {
        assert_eq!(value("Standard_E8-4s_v5", "vCPUs").as_deref(), Some("8"));
        assert_eq!(
            value("Standard_E8-4s_v5", "vCPUsAvailable").as_deref(),
            Some("4")
        );
        assert_eq!(
            value("Standard_E8-4s_v5", "ParentSize").as_deref(),
            Some("Standard_E8s_v5")
        );
    }

    #[test]
    fn memory_is_written_as_azure_writes_it() {
        assert_eq!(value("Standard_DS1_v2", "MemoryGB").as_deref(), Some("3.5"));
        assert_eq!(
            value("Standard_M8ms", "MemoryGB").as_deref(),
            Some("218.75")
        );
        assert_eq!(value("Standard_D4s_v5", "MemoryGB").as_deref(), Some("16"));
    }

    #[test]
    fn features_become_capabilities() {
        assert_eq!(value("Standard_NC12s_v3", "GPUs").as_deref(), Some("2"));
        assert_eq!(
            value("Standard_D4pds_v5", "CpuArchitectureType").as_deref(),
            Some("Arm64")
        );
        assert_eq!(
            value("Standard_D2_v2", "HyperVGenerations").as_deref(),
            Some("V1")
        );
        assert_eq!(
            value("Standard_L16s_v3", "NvmeDiskSizeInMiB").as_deref(),
            Some("3662108")
        );
        assert_eq!(
            value("Standard_A2_v2", "PremiumIO").as_deref(),
            Some("False")
        );
    }
}
