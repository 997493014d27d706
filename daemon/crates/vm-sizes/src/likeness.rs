//! The similarity of two sizes.
//!
//! The distance of two sizes is a sum of differences, each of which is exact in a float, so another
//! implementation computes the same ranking.

use crate::definition::Definition;

/// The largest contributions of different amounts of vCPUs, memory and GPUs.
const AMOUNTS: [f64; 3] = [4.0, 4.0, 8.0];
/// The contribution of another series, such as `E` instead of `D`.
const OTHER_SERIES: f64 = 2.0;
/// The contribution of each missing feature.
const LOST_FEATURE: f64 = 0.5;

/// A test whether a size has a feature.
type Feature = fn(&Definition) -> bool;

/// The features that a similar size should not lack.
const FEATURES: [Feature; 6] = [
    Definition::premium_io,
    Definition::accelerated_networking,
    Definition::encryption_at_host,
    Definition::spot,
    |size| size.max_ephemeral_os_disk_gb().is_some(),
    |size| size.confidential().is_some(),
];

/// Whether two sizes are similar: of the same architecture, both with or both without GPUs, and
/// with half to twice as many vCPUs and as much memory.
pub fn is_alike(size: &Definition, base: &Definition) -> bool {
    let is_near = |a: f64, b: f64| a * 2.0 >= b && a <= b * 2.0;
    size.architecture == base.architecture
        && (size.gpus > 0) == (base.gpus > 0)
        && is_near(amount(size.vcpus_available), amount(base.vcpus_available))
        && is_near(size.memory_gb, base.memory_gb)
}

/// Returns the distance of a size from another. It is 0 if they agree in all that is compared.
pub fn likeness(size: &Definition, base: &Definition) -> f64 {
    let amounts = [
        (amount(size.vcpus_available), amount(base.vcpus_available)),
        (size.memory_gb, base.memory_gb),
        (amount(size.gpus), amount(base.gpus)),
    ];
    let mut distance = 0.0;
    for ((a, b), weight) in amounts.into_iter().zip(AMOUNTS) {
        distance += weight * difference(a, b);
    }
    if size.series() != base.series() {
        distance += OTHER_SERIES;
    }
    for has in FEATURES {
        if has(base) && !has(size) {
            distance += LOST_FEATURE;
        }
    }
    distance
}

/// Returns the difference of two amounts as a part of the larger one.
fn difference(a: f64, b: f64) -> f64 {
    let larger = a.max(b);
    if larger > 0.0 {
        (a - b).abs() / larger
    } else {
        0.0
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no machine has 2^52 of anything"
)]
fn amount(count: u64) -> f64 {
    count as f64
}
