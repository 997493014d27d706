//! The properties of a size that do not depend on its location.

use crate::capabilities::Capabilities;
use crate::document::Document;

/// The bytes in a GiB.
const GIB: u64 = 1 << 30;
/// The MiB in a GiB.
const MIB_OF_GIB: u64 = 1 << 10;

/// The hypervisor generation of a virtual machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Generation 1: BIOS.
    V1,
    /// Generation 2: UEFI, which trusted launch and confidential VMs need.
    V2,
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

    /// Whether it contains a generation.
    pub const fn has(self, generation: Generation) -> bool {
        match generation {
            Generation::V1 => self.v1,
            Generation::V2 => self.v2,
        }
    }

    /// Returns the generation that AKS gives a Linux node of the size: Generation 2 if the size
    /// runs it. `None` if the SKU names no generation.
    pub const fn of_linux_node(self) -> Option<Generation> {
        match self {
            Self { v2: true, .. } => Some(Generation::V2),
            Self { v1: true, .. } => Some(Generation::V1),
            _ => None,
        }
    }

    /// Returns the generations, Generation 1 first.
    pub fn iter(self) -> impl Iterator<Item = Generation> {
        let all = [Generation::V1, Generation::V2];
        all.into_iter()
            .filter(move |generation| self.has(*generation))
    }
}

/// The architecture of a size's processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// x86-64, which is the default of a SKU without the capability.
    #[default]
    X64,
    /// 64-bit Arm.
    Arm64,
}

/// A kind of disk controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiskController {
    /// SCSI, which is the default of a SKU without the capability.
    Scsi,
    /// `NVMe`.
    Nvme,
}

/// Declares the names of kinds: `KIND { VARIANT => NAME, … }`.
macro_rules! names {
    ($($kind:ident { $($variant:ident => $name:literal),* })*) => {
        $(impl $kind {
            /// Returns the name in Azure's documents.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }
        })*
    };
}

names! {
    Generation { V1 => "V1", V2 => "V2" }
    Architecture { X64 => "x64", Arm64 => "Arm64" }
    DiskController { Scsi => "SCSI", Nvme => "NVMe" }
}

/// The properties of a size, which are the same in many locations.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The name, as in `Standard_D4s_v5`.
    pub name: Box<str>,
    /// The family, by which the size's quota is found.
    pub family: Box<str>,
    /// The generations that it can run.
    pub generations: Generations,
    /// The vCPUs. For a size with constrained vCPUs, these are those of the size that it is derived
    /// from.
    pub vcpus: u64,
    /// The vCPUs that a machine has.
    pub vcpus_available: u64,
    /// The memory in GiB, which Azure calls GB.
    pub memory_gb: f64,
    /// The number of GPUs.
    pub gpus: u64,
    /// The architecture.
    pub architecture: Architecture,
    /// The disk controllers, SCSI before `NVMe`.
    pub disk_controllers: Box<[DiskController]>,
    /// All capabilities of the SKU.
    pub capabilities: Capabilities,
}

impl Definition {
    /// Reads a SKU document. Returns `None` if it has no name.
    pub fn of(sku: &impl Document) -> Option<Self> {
        let name = sku.member_text("name")?;
        let family = sku.member_text("family").unwrap_or_default();
        let capabilities = Capabilities::of(sku.member_items("capabilities"));
        Some(Self::new(name, family, capabilities))
    }

    /// Creates a definition from capabilities.
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

    /// Returns the memory in GiB for each vCPU of a machine, or 0 if it has none.
    pub fn memory_per_vcpu(&self) -> f64 {
        if self.vcpus_available == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 vCPUs")]
        let vcpus = self.vcpus_available as f64;
        self.memory_gb / vcpus
    }

    /// Whether the size supports a kind of disk controller.
    pub fn has_disk_controller(&self, kind: DiskController) -> bool {
        self.disk_controllers.contains(&kind)
    }

    /// Returns the disk controller of a node: SCSI unless the size supports only `NVMe`.
    pub fn usual_disk_controller(&self) -> DiskController {
        self.disk_controllers
            .first()
            .copied()
            .unwrap_or(DiskController::Scsi)
    }

    /// Returns the largest ephemeral OS disk in whole GiB, or `None` if the size supports none. It
    /// is the largest of the cache, the temporary disk and one `NVMe` disk, of those that the size
    /// allows.
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

    /// Whether the size has accelerated networking.
    pub fn accelerated_networking(&self) -> bool {
        self.capabilities.is_true("AcceleratedNetworkingEnabled")
    }

    /// Whether the size takes premium disks.
    pub fn premium_io(&self) -> bool {
        self.capabilities.is_true("PremiumIO")
    }

    /// Whether the size supports encryption at the host.
    pub fn encryption_at_host(&self) -> bool {
        self.capabilities.is_true("EncryptionAtHostSupported")
    }

    /// Whether the size supports trusted launch, with secure boot and vTPM. Every size of
    /// Generation 2 does, unless its SKU disables it.
    pub fn trusted_launch(&self) -> bool {
        self.generations.v2 && !self.capabilities.is_true("TrustedLaunchDisabled")
    }

    /// Returns the technology of confidential computing, such as `SNP`.
    pub fn confidential(&self) -> Option<&str> {
        let kind = self.capabilities.get("ConfidentialComputingType");
        kind.filter(|kind| !kind.is_empty())
    }

    /// Whether the size is available as a spot machine.
    pub fn spot(&self) -> bool {
        self.capabilities.is_true("LowPriorityCapable")
    }

    /// Returns the letters after `Standard_` that name the series, such as `D`, `DC` or `NV`.
    pub fn series(&self) -> &str {
        let name = self
            .name
            .split_once('_')
            .map_or(&*self.name, |(_, name)| name);
        let end = name.find(|c: char| !c.is_ascii_uppercase());
        &name[..end.unwrap_or(name.len())]
    }

    /// Returns the version at the end of the name: 5 for `Standard_D4s_v5`, 1 if there is none.
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

/// Returns the key by which families are compared. `standardDSv5Family`, `Standard DSv5 Family` and
/// `dsv5` have the same key.
pub fn family_key(family: &str) -> String {
    let lower: String = family.to_lowercase();
    let letters = lower.chars().filter(|c| c.is_alphanumeric());
    let letters: String = letters.collect();
    let short = letters.strip_prefix("standard").unwrap_or(&letters);
    short.strip_suffix("family").unwrap_or(short).to_owned()
}
