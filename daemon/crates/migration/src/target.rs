//! The size of a new pool: similar to the old size, open to the subscription and in the pool's
//! zones, within its quotas, and the cheapest of these if prices are known.

use std::cmp::Ordering;

use azq_vm_sizes::{Definition, NodePoolMinimum, VmSize, is_alike, likeness};

use crate::pool::Pool;
use crate::quota::Balance;

/// The distance beyond the most similar size within which a cheaper size is preferred.
const NEARLY_AS_ALIKE: f64 = 1.0;

/// Returns the hourly price of a machine of a pool, if it is known.
pub type PriceOf<'p> = &'p dyn Fn(&Pool<'_>, &VmSize) -> Option<f64>;

/// The facts beyond the sizes' own.
pub(crate) struct Market<'m> {
    /// The quotas that are left.
    pub(crate) balance: &'m Balance,
    /// The hourly price of a machine, if it is known.
    pub(crate) price: PriceOf<'m>,
}

/// The name of an unmet demand, which continues a sentence after "it".
type Shortcoming = &'static str;

/// A demand of a pool on its size, which is met if the test holds.
type Demand = (Shortcoming, fn(&Pool<'_>, &VmSize) -> bool);

/// The demands that a pool's settings make on a size.
const DEMANDS: [Demand; 8] = [
    ("is not of Generation 2", |_, size| size.generations.v2),
    ("is not open to the subscription", |_, size| {
        !size.is_restricted()
    }),
    ("is not open in the zones of the pool", |pool, size| {
        pool.zones().all(|zone| size.is_open_in(zone))
    }),
    ("is too small for AKS", |pool, size| {
        let minimum = if pool.is_system() {
            NodePoolMinimum::SYSTEM
        } else {
            NodePoolMinimum::USER
        };
        minimum.is_met_by(size)
    }),
    ("cannot be a spot machine", |pool, size| {
        !pool.is_spot() || size.spot()
    }),
    ("has no room for the ephemeral OS disk", |pool, size| {
        let is_ephemeral = pool.setting("osDiskType").as_str() == Some("Ephemeral");
        let wanted = pool.setting("osDiskSizeGB").as_u64().unwrap_or_default();
        !is_ephemeral || size.max_ephemeral_os_disk_gb() >= Some(wanted)
    }),
    ("does not encrypt at the host", |pool, size| {
        !pool.is_set("enableEncryptionAtHost") || size.encryption_at_host()
    }),
    ("takes no ultra disks", |pool, size| {
        let mut zones = pool.zones().peekable();
        let everywhere = match zones.peek() {
            Some(_) => zones.all(|zone| size.ultra_ssd(Some(zone))),
            None => size.ultra_ssd(None),
        };
        !pool.is_set("enableUltraSSD") || everywhere
    }),
];

/// Returns the demands of a pool that a size does not meet; empty if it fits.
pub(crate) fn shortcomings(
    pool: &Pool<'_>,
    size: &VmSize,
    market: &Market<'_>,
) -> Vec<Shortcoming> {
    let unmet = DEMANDS.iter().filter(|(_, is_met)| !is_met(pool, size));
    let mut found: Vec<_> = unmet.map(|(unmet, _)| *unmet).collect();
    if !market.balance.has_room(size, pool.is_spot(), pool.count()) {
        found.push("has not enough quota left");
    }
    found
}

/// Returns the sizes that fit a pool, the best first.
pub(crate) fn ranked<'s>(
    pool: &Pool<'_>,
    current: &Definition,
    sizes: impl Iterator<Item = &'s VmSize>,
    market: &Market<'_>,
) -> Vec<&'s VmSize> {
    let is_no_smaller = |size: &VmSize| {
        size.vcpus_available >= current.vcpus_available
            && size.memory_gb >= current.memory_gb
            && size.gpus >= current.gpus
    };
    let fits = |size: &&VmSize| {
        is_alike(size, current)
            && is_no_smaller(size)
            && shortcomings(pool, size, market).is_empty()
    };
    let mut found: Vec<_> = sizes
        .filter(fits)
        .map(|size| (likeness(size, current), (market.price)(pool, size), size))
        .collect();
    let nearest = found.iter().map(|(distance, ..)| *distance);
    let nearest = nearest.min_by(f64::total_cmp).unwrap_or_default();
    let is_near = |distance: f64| distance <= nearest + NEARLY_AS_ALIKE;
    found.sort_by(|a, b| {
        let by_price = match (a.1, b.1) {
            (Some(one), Some(other)) if is_near(a.0) && is_near(b.0) => one.total_cmp(&other),
            _ => Ordering::Equal,
        };
        is_near(b.0)
            .cmp(&is_near(a.0))
            .then(by_price)
            .then(a.0.total_cmp(&b.0))
            .then_with(|| preferred(current, a.2, b.2))
    });
    found.into_iter().map(|(.., size)| size).collect()
}

/// Orders two sizes of equal distance: the current disk controller first, then the newer version,
/// then by name.
fn preferred(current: &Definition, a: &VmSize, b: &VmSize) -> Ordering {
    let is_other = |size: &VmSize| size.usual_disk_controller() != current.usual_disk_controller();
    is_other(a)
        .cmp(&is_other(b))
        .then(b.version().cmp(&a.version()))
        .then(a.name.cmp(&b.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use azq_vm_sizes::VmSize;
    use serde_json::{Value, json};

    fn size(name: &str, generations: &str, more: &[(&str, &str)]) -> VmSize {
        let usual = [
            ("HyperVGenerations", generations),
            ("vCPUs", "2"),
            ("MemoryGB", "8"),
            ("PremiumIO", "True"),
        ];
        let given = usual.iter().chain(more);
        let list: Vec<_> = given
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let sku = json!({"name": name, "family": "f", "resourceType": "virtualMachines",
            "capabilities": list, "locations": ["l"],
            "locationInfo": [{"location": "l", "zones": ["1", "2"]}]});
        VmSize::all_of(&sku).remove(0)
    }

    fn names(pool: &Value, sizes: &[VmSize], price: PriceOf<'_>) -> Vec<String> {
        let resource = json!({"name": "p", "properties": pool});
        let current = size("Standard_D2_v2", "V1", &[]);
        let balance = Balance::default();
        let market = Market {
            balance: &balance,
            price,
        };
        let found = ranked(
            &Pool::of_resource(&resource),
            &current,
            sizes.iter(),
            &market,
        );
        found.iter().map(|size| size.name.to_string()).collect()
    }

    #[test]
    fn the_newer_of_two_similar_sizes_is_taken_and_a_cheaper_one_before_it() {
        let sizes = [
            size("Standard_D2s_v3", "V1,V2", &[]),
            size("Standard_D2s_v5", "V1,V2", &[]),
            size("Standard_D2_v2", "V1", &[]),
            size("Standard_E2s_v5", "V1,V2", &[("MemoryGB", "16")]),
        ];
        let unknown = |_: &Pool<'_>, _: &VmSize| None;
        let expected = ["Standard_D2s_v5", "Standard_D2s_v3", "Standard_E2s_v5"];
        assert_eq!(names(&json!({}), &sizes, &unknown), expected);
        let older_is_cheaper = |_: &Pool<'_>, size: &VmSize| Some(f64::from(size.version()));
        let found = names(&json!({}), &sizes, &older_is_cheaper);
        assert_eq!(found[0], "Standard_D2s_v3");
    }

    #[test]
    fn each_demand_of_a_pool_excludes_a_size() {
        let plain = [size("Standard_D2s_v5", "V2", &[])];
        for demanding in [
            json!({"availabilityZones": ["1", "3"]}),
            json!({"scaleSetPriority": "Spot"}),
            json!({"osDiskType": "Ephemeral", "osDiskSizeGB": 64}),
            json!({"enableEncryptionAtHost": true}),
            json!({"enableUltraSSD": true}),
        ] {
            assert!(
                names(&demanding, &plain, &|_, _| None).is_empty(),
                "{demanding}"
            );
        }
        let easy = json!({"availabilityZones": ["2"], "enableUltraSSD": false});
        assert_eq!(names(&easy, &plain, &|_, _| None).len(), 1);
        let first = [size("Standard_D2s_v5", "V1", &[])];
        assert!(names(&json!({}), &first, &|_, _| None).is_empty());
    }
}
