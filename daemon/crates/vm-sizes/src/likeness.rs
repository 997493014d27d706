//! How much two sizes are alike.
//!
//! The distance of two sizes is a sum of differences, each of which is exact in a float, so that
//! another implementation comes to the same ranking.

use crate::definition::Definition;

/// A difference of an amount counts up to so much: of vCPUs, of memory, and of GPUs.
const AMOUNTS: [f64; 3] = [4.0, 4.0, 8.0];
/// Another series, such as `E` instead of `D`.
const OTHER_SERIES: f64 = 2.0;
/// Each feature that is lost.
const LOST_FEATURE: f64 = 0.5;

/// A feature and whether a size has it.
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

/// Tells whether a size is near enough another to be called similar: of the same architecture, both
/// with or both without GPUs, and with half to twice as many vCPUs and as much memory.
pub fn is_alike(size: &Definition, base: &Definition) -> bool {
    let is_near = |a: f64, b: f64| a * 2.0 >= b && a <= b * 2.0;
    size.architecture == base.architecture
        && (size.gpus > 0) == (base.gpus > 0)
        && is_near(amount(size.vcpus_available), amount(base.vcpus_available))
        && is_near(size.memory_gb, base.memory_gb)
}

/// The distance of a size from another: 0 is the same in all that counts.
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

/// The difference of two amounts as a part of the larger one.
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
