//! What a size is, wherever it is offered.

use crate::capabilities::Capabilities;
use crate::document::Document;

/// Bytes of a GiB.
const GIB: u64 = 1 << 30;
/// MiB of a GiB.
const MIB_OF_GIB: u64 = 1 << 10;

/// The hypervisor generation of a virtual machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Generation 1: BIOS.
    V1,
    /// Generation 2: UEFI, which trusted launch and confidential VMs need.
    V2,
}

impl Generation {
    /// Its name in Azure's documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
        }
    }
}

/// The generations that a size can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Generations {
    /// Generation 1.
    pub v1: bool,
    /// Generation 2.
    pub v2: bool,
}

impl Generations {
    fn of(capabilities: &Capabilities) -> Self {
        let has = |name: &str| {
            let mut parts = capabilities.parts("HyperVGenerations");
            parts.any(|part| part.eq_ignore_ascii_case(name))
        };
        Self {
            v1: has("V1"),
            v2: has("V2"),
        }
    }

    /// Tells whether a generation is among them.
    pub const fn has(self, generation: Generation) -> bool {
        match generation {
            Generation::V1 => self.v1,
            Generation::V2 => self.v2,
        }
    }

    /// The generation that AKS gives a Linux node of the size: the second where there is one.
    /// `None` if the SKU names no generation.
    pub const fn of_linux_node(self) -> Option<Generation> {
        match self {
            Self { v2: true, .. } => Some(Generation::V2),
            Self { v1: true, .. } => Some(Generation::V1),
            _ => None,
        }
    }

    /// All of them, the first before the second.
    pub fn iter(self) -> impl Iterator<Item = Generation> {
        let all = [Generation::V1, Generation::V2];
        all.into_iter()
            .filter(move |generation| self.has(*generation))
    }
}

/// The architecture of a size's processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// x86-64: what a SKU without the capability has.
    #[default]
    X64,
    /// 64-bit Arm.
    Arm64,
}

impl Architecture {
    /// Its name in Azure's documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X64 => "x64",
            Self::Arm64 => "Arm64",
        }
    }
}

/// A kind of disk controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiskController {
    /// SCSI: what a SKU without the capability has.
    Scsi,
    /// `NVMe`.
    Nvme,
}

impl DiskController {
    /// Its name in Azure's documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scsi => "SCSI",
            Self::Nvme => "NVMe",
        }
    }
}

/// The properties of a size, which are the same in many locations.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The name, as in `Standard_D4s_v5`.
    pub name: Box<str>,
    /// The family, which joins a size to its quota.
    pub family: Box<str>,
    /// The generations that it can run.
    pub generations: Generations,
    /// The vCPUs; of a size with constrained vCPUs, those of the size that it is made from.
    pub vcpus: u64,
    /// The vCPUs that a machine has.
    pub vcpus_available: u64,
    /// The memory in GiB, which Azure calls GB.
    pub memory_gb: f64,
    /// The GPUs.
    pub gpus: u64,
    /// The architecture.
    pub architecture: Architecture,
    /// The disk controllers, SCSI before `NVMe`.
    pub disk_controllers: Box<[DiskController]>,
    /// All that the SKU says.
    pub capabilities: Capabilities,
}

impl Definition {
    /// Reads a SKU document; `None` if it has no name.
    pub fn of(sku: &impl Document) -> Option<Self> {
        let name = sku.member_text("name")?;
        let family = sku.member_text("family").unwrap_or_default();
        let capabilities = Capabilities::of(sku.member_items("capabilities"));
        Some(Self::new(name, family, capabilities))
    }

    /// Reads capabilities.
    pub fn new(name: &str, family: &str, capabilities: Capabilities) -> Self {
        let vcpus = capabilities.whole("vCPUs").unwrap_or(0);
        Self {
            name: name.into(),
            family: family.into(),
            generations: Generations::of(&capabilities),
            vcpus,
            vcpus_available: capabilities.whole("vCPUsAvailable").unwrap_or(vcpus),
            memory_gb: capabilities.number("MemoryGB").unwrap_or(0.0),
            gpus: capabilities.whole("GPUs").unwrap_or(0),
            architecture: architecture(&capabilities),
            disk_controllers: disk_controllers(&capabilities),
            capabilities,
        }
    }

    /// The memory in GiB for each vCPU that a machine has; 0 if it has none.
    pub fn memory_per_vcpu(&self) -> f64 {
        if self.vcpus_available == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 vCPUs")]
        let vcpus = self.vcpus_available as f64;
        self.memory_gb / vcpus
    }

    /// Tells whether a kind of disk controller is among its own.
    pub fn has_disk_controller(&self, kind: DiskController) -> bool {
        self.disk_controllers.contains(&kind)
    }

    /// The disk controller that a node has: SCSI unless the size has `NVMe` alone.
    pub fn usual_disk_controller(&self) -> DiskController {
        self.disk_controllers
            .first()
            .copied()
            .unwrap_or(DiskController::Scsi)
    }

    /// The largest ephemeral OS disk in whole GiB: that of the cache, the temporary disk or one
    /// `NVMe` disk, whichever the size may place it on and is largest. `None` if it can have none.
    pub fn max_ephemeral_os_disk_gb(&self) -> Option<u64> {
        let known = &self.capabilities;
        if !known.is_true("EphemeralOSDiskSupported") {
            return None;
        }
        let has = |placement: &str| {
            let mut parts = known.parts("SupportedEphemeralOSDiskPlacements");
            parts.any(|part| part.eq_ignore_ascii_case(placement))
        };
        // A SKU that names no placement is older than NVMe placement.
        let is_old = known.get("SupportedEphemeralOSDiskPlacements").is_none();
        let whole = |name| known.whole(name).unwrap_or(0);
        let nvme = known.whole("NvmeSizePerDiskInMiB");
        let nvme = nvme.unwrap_or_else(|| whole("NvmeDiskSizeInMiB"));
        let placements = [
            (is_old || has("CacheDisk"), whole("CachedDiskBytes") / GIB),
            (
                is_old || has("ResourceDisk"),
                whole("MaxResourceVolumeMB") / MIB_OF_GIB,
            ),
            (has("NvmeDisk"), nvme / MIB_OF_GIB),
        ];
        let usable = placements.into_iter().filter(|(is_usable, _)| *is_usable);
        usable.map(|(_, size)| size).max().filter(|size| *size > 0)
    }

    /// Tells whether it has accelerated networking.
    pub fn accelerated_networking(&self) -> bool {
        self.capabilities.is_true("AcceleratedNetworkingEnabled")
    }

    /// Tells whether it takes premium disks.
    pub fn premium_io(&self) -> bool {
        self.capabilities.is_true("PremiumIO")
    }

    /// Tells whether it encrypts at the host.
    pub fn encryption_at_host(&self) -> bool {
        self.capabilities.is_true("EncryptionAtHostSupported")
    }

    /// Tells whether it can be launched as trusted, with secure boot and vTPM: any size of
    /// generation 2 that does not say otherwise.
    pub fn trusted_launch(&self) -> bool {
        self.generations.v2 && !self.capabilities.is_true("TrustedLaunchDisabled")
    }

    /// The technology of confidential computing, such as `SNP`.
    pub fn confidential(&self) -> Option<&str> {
        let kind = self.capabilities.get("ConfidentialComputingType");
        kind.filter(|kind| !kind.is_empty())
    }

    /// Tells whether it is to be had as a spot machine.
    pub fn spot(&self) -> bool {
        self.capabilities.is_true("LowPriorityCapable")
    }

    /// The letters after `Standard_` that name the series, such as `D`, `DC` or `NV`.
    pub fn series(&self) -> &str {
        let name = self
            .name
            .split_once('_')
            .map_or(&*self.name, |(_, name)| name);
        let end = name.find(|c: char| !c.is_ascii_uppercase());
        &name[..end.unwrap_or(name.len())]
    }

    /// The version at the end of the name: 5 of `Standard_D4s_v5`, 1 if it has none.
    pub fn version(&self) -> u32 {
        let version = self.name.rsplit_once("_v").map(|(_, version)| version);
        version
            .and_then(|version| version.parse().ok())
            .unwrap_or(1)
    }
}

fn architecture(capabilities: &Capabilities) -> Architecture {
    let named = capabilities.get("CpuArchitectureType").unwrap_or_default();
    if named.eq_ignore_ascii_case("Arm64") {
        Architecture::Arm64
    } else {
        Architecture::X64
    }
}

fn disk_controllers(capabilities: &Capabilities) -> Box<[DiskController]> {
    let all = [DiskController::Scsi, DiskController::Nvme];
    let named = |kind: &DiskController| {
        let mut parts = capabilities.parts("DiskControllerTypes");
        parts.any(|part| part.eq_ignore_ascii_case(kind.name()))
    };
    let named: Box<[_]> = all.into_iter().filter(named).collect();
    if named.is_empty() {
        Box::new([DiskController::Scsi])
    } else {
        named
    }
}

/// The key by which families are compared: `standardDSv5Family`, `Standard DSv5 Family` and `dsv5` are one.
pub fn family_key(family: &str) -> String {
    let lower: String = family.to_lowercase();
    let letters = lower.chars().filter(|c| c.is_alphanumeric());
    let letters: String = letters.collect();
    let short = letters.strip_prefix("standard").unwrap_or(&letters);
    short.strip_suffix("family").unwrap_or(short).to_owned()
}
