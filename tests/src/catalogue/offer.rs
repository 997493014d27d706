//! The series that a region offers, their zones, and the subscription's restrictions.
//!
//! Azure's own responses change daily and are not worth keeping. So these facts are derived from a
//! hash of series and region: plausible in kind and number, and always the same.

use super::regions::Region;
use super::sizes::Series;

/// A region's offer of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// The zones, in the arbitrary order in which Azure lists them; none in a region without zones.
    pub(super) zones: Vec<&'static str>,
    pub(super) restriction: Restriction,
}

/// The subscription's restriction of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Restriction {
    Nothing,
    /// The whole region, with all its zones.
    Location {
        reason: &'static str,
    },
    /// Some zones.
    Zones(Vec<&'static str>),
}

/// The orders in which zones are listed; the hash selects one.
const ORDERS: [[&str; 3]; 6] = [
    ["1", "2", "3"],
    ["1", "3", "2"],
    ["2", "1", "3"],
    ["2", "3", "1"],
    ["3", "1", "2"],
    ["3", "2", "1"],
];

/// The regions that get new series first.
const FIRST: [&str; 4] = ["eastus", "eastus2", "westeurope", "northeurope"];

/// Returns the region's offer of the series, if there is one.
pub(super) fn offer(series: &Series, region: &Region) -> Option<Offer> {
    let hash = hash(&[series.pattern, series.family, region.name]);
    if hash % 100 >= reach(series.rollout, region) {
        return None;
    }
    let zones = zones(series.rollout, region, hash / 100);
    let restriction = restriction(series, &zones, hash / 10_000);
    Some(Offer { zones, restriction })
}

/// Returns how many of a hundred series of a rollout are in the region.
fn reach(rollout: u64, region: &Region) -> u64 {
    match (rollout, FIRST.contains(&region.name), region.category) {
        (1, _, _) => 100,
        (2, true, _) => 96,
        (2, _, "Recommended") => 85,
        (2, ..) => 60,
        (_, true, _) => 75,
        (_, _, "Recommended") => 36,
        _ => 20,
    }
}

fn zones(rollout: u64, region: &Region, hash: u64) -> Vec<&'static str> {
    if region.zones == 0 {
        return Vec::new();
    }
    let count = match (rollout, hash % 8) {
        (1, 0) => 2,
        (1, _) | (2, 3..) => 3,
        (2, _) | (_, 5..) => 2,
        (_, 0) => 0,
        _ => 1,
    };
    let order = pick(&ORDERS, hash / 8);
    order.iter().copied().take(count).collect()
}

fn restriction(series: &Series, zones: &[&'static str], hash: u64) -> Restriction {
    let reason = if series.feature("gpus").is_some() && hash.is_multiple_of(3) {
        "QuotaId"
    } else {
        "NotAvailableForSubscription"
    };
    match hash / 3 % 100 {
        0..5 => Restriction::Location { reason },
        5..10 if !zones.is_empty() => Restriction::Zones(zones.to_vec()),
        10..16 if !zones.is_empty() => Restriction::Zones(zones.iter().copied().take(1).collect()),
        _ => Restriction::Nothing,
    }
}

/// Selects an element by hash; the list is never empty.
fn pick<T>(list: &[T], hash: u64) -> &T {
    let index = usize::try_from(hash % list.len() as u64).unwrap_or_default();
    &list[index]
}

/// Returns the FNV-1a hash, because it is short and gives the same result on every platform and
/// version, which the standard library's hasher does not promise.
fn hash(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::super::{regions, sizes};
    use super::*;

    #[test]
    fn the_guides_sizes_are_unrestricted_in_the_guides_region() {
        let mut regions = regions::all().iter();
        let region = regions.find(|region| region.name == "eastus").unwrap();
        for name in ["Standard_D2s_v5", "Standard_D4s_v5", "Standard_D2_v2"] {
            let offer = offer(sizes::find(name).unwrap().series, region).unwrap();
            assert_eq!(offer.restriction, Restriction::Nothing, "{name}");
        }
    }

    #[test]
    fn every_kind_of_restriction_occurs_and_none_is_common() {
        let (mut all, mut location, mut zones) = (0, 0, 0);
        for region in regions::all() {
            for offer in sizes::all()
                .iter()
                .filter_map(|size| offer(size.series, region))
            {
                all += 1;
                location += usize::from(matches!(offer.restriction, Restriction::Location { .. }));
                zones += usize::from(matches!(offer.restriction, Restriction::Zones(_)));
            }
        }
        assert!(
            (1..10).contains(&(location * 100 / all)),
            "{location} of {all}"
        );
        assert!((1..20).contains(&(zones * 100 / all)), "{zones} of {all}");
    }
}
