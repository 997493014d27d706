//! VM sizes, from `tests/catalogue/series.csv`: one row is a series, and its sizes follow from it.
//!
//! A size is written `label`, `label:vcpus` or `label:vcpus:memory`; without more the label is the
//! number of vCPUs, and the memory is that times the series' gigabytes per vCPU. `8-4` is the size
//! `8` constrained to four vCPUs.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::table;

pub(super) const TABLE: &str = include_str!("../../catalogue/series.csv");

/// A VM size.
#[derive(Clone, Debug)]
pub struct Size {
    /// `Standard_D2s_v5`.
    pub name: String,
    /// Virtual processors.
    pub vcpus: u64,
    /// The vCPUs that the virtual machine sees; fewer for a constrained size.
    pub vcpus_available: u64,
    /// The size that this one constrains.
    pub parent: Option<String>,
    /// Hundredths of a gigabyte.
    pub memory: u64,
    /// The generations of Hyper-V virtual machines that can have it.
    pub generations: Generations,
    /// Its processor's architecture.
    pub architecture: Architecture,
    /// Its series.
    pub series: &'static Series,
}

/// The facts that the sizes of a series have in common.
#[derive(Clone, Debug)]
pub struct Series {
    /// `Standard_D{}s_v5`.
    pub pattern: &'static str,
    /// `standardDSv5Family`, as quotas name it.
    pub family: &'static str,
    /// vCPUs per physical core.
    pub per_core: u64,
    /// Megabytes of temporary disk per vCPU.
    pub temporary: u64,
    /// Data disks per vCPU, and the most of them.
    pub disks: (u64, u64),
    /// The most network interfaces.
    pub interfaces: u64,
    /// Azure compute units, if published.
    pub compute_units: Option<&'static str>,
    /// Uncached disk operations per second and vCPU.
    pub operations: u64,
    /// 1: in all regions, 2: in most, 3: in few.
    pub rollout: u64,
    /// `premium`, `ultra`, `gpus=1`, ….
    pub features: Vec<&'static str>,
}

impl Series {
    /// Whether the series has a feature.
    pub fn has(&self, feature: &str) -> bool {
        self.features.contains(&feature)
    }

    /// Returns the number in a feature such as `gpus=4`.
    pub fn feature(&self, name: &str) -> Option<&'static str> {
        let mut features = self.features.iter();
        features.find_map(|feature| feature.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Generations of Hyper-V virtual machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generations {
    /// Generation 1 only.
    One,
    /// Both.
    Both,
    /// Generation 2 only.
    Two,
}

impl Generations {
    /// Whether a Generation 2 virtual machine can have the size.
    pub fn gen2(self) -> bool {
        self != Self::One
    }

    /// Returns the value of the capability `HyperVGenerations`.
    pub fn capability(self) -> &'static str {
        match self {
            Self::One => "V1",
            Self::Both => "V1,V2",
            Self::Two => "V2",
        }
    }
}

/// Processor architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// AMD and Intel.
    X64,
    /// Ampere and Cobalt.
    Arm64,
}

/// Returns all sizes, in the table's order.
pub fn all() -> &'static [Size] {
    static SIZES: OnceLock<Vec<Size>> = OnceLock::new();
    SIZES.get_or_init(|| series().iter().flat_map(sizes).collect())
}

/// Finds a size by name, in any case.
pub fn find(name: &str) -> Option<&'static Size> {
    static BY_NAME: OnceLock<HashMap<String, &'static Size>> = OnceLock::new();
    let named = |size: &'static Size| (size.name.to_lowercase(), size);
    let by_name = BY_NAME.get_or_init(|| all().iter().map(named).collect());
    by_name.get(&name.to_lowercase()).copied()
}

fn series() -> &'static [(table::Row<'static>, Series)] {
    static SERIES: OnceLock<Vec<(table::Row<'static>, Series)>> = OnceLock::new();
    let series = |row| (row, one_series(row));
    SERIES.get_or_init(|| table::rows(TABLE).map(series).collect())
}

fn one_series(row: table::Row<'static>) -> Series {
    let (per_vcpu, most) = row.text("disks").split_once('/').unwrap_or(("2", "32"));
    Series {
        pattern: row.text("series"),
        family: row.text("family"),
        per_core: row.number("per_core"),
        temporary: row.number("temp"),
        disks: (per_vcpu.parse().unwrap_or(2), most.parse().unwrap_or(32)),
        interfaces: row.number("nics"),
        compute_units: Some(row.text("acu")).filter(|units| !units.is_empty()),
        operations: row.number("iops"),
        rollout: row.number("rollout"),
        features: row.words("features"),
    }
}

fn sizes((row, series): &'static (table::Row<'static>, Series)) -> impl Iterator<Item = Size> {
    let written = row.words("sizes").into_iter();
    written.map(|written| size(*row, series, written))
}

fn size(row: table::Row<'static>, series: &'static Series, written: &str) -> Size {
    let mut parts = written.split(':');
    let label = parts.next().unwrap_or_default();
    let constrained = label.split_once('-');
    let (whole, available) = constrained.unwrap_or((label, ""));
    let vcpus = parts.next().and_then(|text| text.parse().ok());
    let vcpus = vcpus.or_else(|| whole.parse().ok()).unwrap_or_default();
    let usual = || vcpus * hundredths(row.text("memory"));
    let memory = parts.next().map_or_else(usual, hundredths);
    Size {
        name: series.pattern.replace("{}", label),
        vcpus,
        vcpus_available: available.parse().unwrap_or(vcpus),
        parent: constrained.map(|_| series.pattern.replace("{}", whole)),
        memory,
        generations: match row.words("generations").as_slice() {
            ["V1"] => Generations::One,
            ["V2"] => Generations::Two,
            _ => Generations::Both,
        },
        architecture: match row.text("architecture") {
            "Arm64" => Architecture::Arm64,
            _ => Architecture::X64,
        },
        series,
    }
}

/// Parses hundredths: `3.5` is 350.
fn hundredths(text: &str) -> u64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction: String = fraction.chars().chain("00".chars()).take(2).collect();
    whole.parse::<u64>().unwrap_or_default() * 100 + fraction.parse::<u64>().unwrap_or_default()
}
