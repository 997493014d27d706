//! A catalogue generated from the tables: every region with its sizes, disks, snapshots, dedicated
//! hosts and availability sets, with the members and the order of Azure's responses.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::capabilities::{self, Capability};
use super::offer::{self, Offer, Restriction};
use super::regions::{self, Region};
use super::sizes::{self, Size};
use super::table::{self, Row};
use super::{CatalogueError, Entry};

pub(super) const DISKS: &str = include_str!("../../catalogue/disks.csv");
pub(super) const HOSTS: &str = include_str!("../../catalogue/hosts.csv");

/// The scale of a generated catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Two regions with zones and one without.
    Three,
    /// Every region: about 47,000 entries.
    Full,
}

/// The regions of [`Scale::Three`].
const THREE: [&str; 3] = ["eastus", "swedencentral", "ukwest"];

/// Generates a catalogue.
pub(super) fn grow(scale: Scale) -> Result<Vec<Entry>, CatalogueError> {
    let wanted = |region: &&Region| scale == Scale::Full || THREE.contains(&region.name);
    let all = || -> Result<Vec<Entry>, serde_json::Error> {
        let lists = sizes::all().iter();
        let lists = lists.map(|size| to_raw_value(&capabilities::of(size)));
        let lists = lists.collect::<Result<Vec<_>, _>>()?;
        let mut entries = Vec::new();
        for region in regions::all().iter().filter(wanted) {
            for kind in [availability_sets, disks, snapshots, hosts] {
                entries.extend(kind(region)?);
            }
            for (size, capabilities) in sizes::all().iter().zip(&lists) {
                if let Some(offer) = offer::offer(size.series, region) {
                    entries.push(virtual_machine(size, capabilities, region, &offer)?);
                }
            }
        }
        Ok(entries)
    };
    all().map_err(CatalogueError::Growth)
}

/// A resource SKU as Azure gives it (`ResourceSku`, 2019-04-01).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSku<'a> {
    resource_type: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'a str>,
    locations: [&'a str; 1],
    location_info: [LocationInfo<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<&'a RawValue>,
    restrictions: Vec<SkuRestriction<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationInfo<'a> {
    location: &'a str,
    zones: &'a [&'a str],
    zone_details: Vec<ZoneDetail<'a>>,
}

#[derive(Serialize)]
struct ZoneDetail<'a> {
    /// Upper case in Azure's responses too.
    #[serde(rename = "Name")]
    name: &'a [&'a str],
    capabilities: [Capability; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SkuRestriction<'a> {
    r#type: &'a str,
    values: [&'a str; 1],
    restriction_info: RestrictionInfo<'a>,
    reason_code: &'a str,
}

#[derive(Serialize)]
struct RestrictionInfo<'a> {
    locations: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    zones: Option<&'a [&'a str]>,
}

fn entry(region: &Region, sku: &ResourceSku<'_>) -> Result<Entry, serde_json::Error> {
    Ok(Entry {
        text: to_raw_value(sku)?,
        locations: vec![region.name.to_owned()],
    })
}

fn virtual_machine(
    size: &Size,
    capabilities: &RawValue,
    region: &Region,
    offer: &Offer,
) -> Result<Entry, serde_json::Error> {
    let parts = size.name.split_once('_');
    let (tier, short) = parts.unwrap_or(("Standard", &size.name));
    let has_ultra = capabilities::has_ultra(size);
    let with_ultra;
    let capabilities = if region.zones == 0 && has_ultra {
        let mut list = capabilities::of(size);
        list.push(capabilities::ultra(size));
        with_ultra = to_raw_value(&list)?;
        &*with_ultra
    } else {
        capabilities
    };
    let zone_detail = || ZoneDetail {
        name: &offer.zones,
        capabilities: [capabilities::ultra(size)],
    };
    let zone_details = (has_ultra && !offer.zones.is_empty()).then(zone_detail);
    let plain = plain("virtualMachines", &size.name, region, &offer.zones);
    let [info] = plain.location_info;
    let sku = ResourceSku {
        tier: Some(tier),
        size: Some(short),
        family: Some(size.series.family),
        location_info: [LocationInfo {
            zone_details: zone_details.into_iter().collect(),
            ..info
        }],
        capabilities: Some(capabilities),
        restrictions: restrictions(region, offer),
        ..plain
    };
    entry(region, &sku)
}

fn restrictions<'a>(region: &'a Region, offer: &'a Offer) -> Vec<SkuRestriction<'a>> {
    let restriction = |kind, zones: Option<&'a Vec<_>>, reason_code| SkuRestriction {
        r#type: kind,
        values: [region.name],
        restriction_info: RestrictionInfo {
            locations: [region.name],
            zones: zones.map(Vec::as_slice),
        },
        reason_code,
    };
    match &offer.restriction {
        Restriction::Nothing => Vec::new(),
        Restriction::Zones(zones) => {
            let reason = "NotAvailableForSubscription";
            vec![restriction("Zone", Some(zones), reason)]
        }
        Restriction::Location { reason } => {
            let mut all = vec![restriction("Location", None, reason)];
            if !offer.zones.is_empty() {
                all.push(restriction("Zone", Some(&offer.zones), reason));
            }
            all
        }
    }
}

/// Returns a SKU that is not restricted, with no family and no capabilities.
fn plain<'a>(
    kind: &'a str,
    name: &'a str,
    region: &'a Region,
    zones: &'a [&'a str],
) -> ResourceSku<'a> {
    ResourceSku {
        resource_type: kind,
        name,
        tier: None,
        size: None,
        family: None,
        locations: [region.name],
        location_info: [LocationInfo {
            location: region.name,
            zones,
            zone_details: Vec::new(),
        }],
        capabilities: None,
        restrictions: Vec::new(),
    }
}

fn availability_sets(region: &Region) -> Result<Vec<Entry>, serde_json::Error> {
    let domains = if region.zones > 0 { "3" } else { "2" };
    let domains = Capability::new("MaximumPlatformFaultDomainCount", domains);
    let capabilities = to_raw_value(&[domains])?;
    let set = |name| {
        let sku = ResourceSku {
            capabilities: Some(&capabilities),
            ..plain("availabilitySets", name, region, &[])
        };
        entry(region, &sku)
    };
    ["Classic", "Aligned"].into_iter().map(set).collect()
}

fn snapshots(region: &Region) -> Result<Vec<Entry>, serde_json::Error> {
    let names = ["Standard_LRS", "Premium_LRS", "Standard_ZRS"].into_iter();
    let offered = names.filter(|name| region.zones > 0 || !name.ends_with("ZRS"));
    let snapshot = |name: &str| {
        let sku = ResourceSku {
            tier: name.split('_').next(),
            ..plain("snapshots", name, region, &[])
        };
        entry(region, &sku)
    };
    offered.map(snapshot).collect()
}

fn hosts(region: &Region) -> Result<Vec<Entry>, serde_json::Error> {
    let zones = zones(region);
    let host = |row: Row<'static>| {
        let columns = [("vCPUs", "vcpus"), ("vCPUsPerCore", "per_core")];
        let capabilities = columns.map(|(name, column)| Capability::new(name, row.number(column)));
        let sku = ResourceSku {
            family: Some(row.text("family")),
            capabilities: Some(&to_raw_value(&capabilities)?),
            ..plain("hostGroups/hosts", row.text("name"), region, &zones)
        };
        entry(region, &sku)
    };
    table::rows(HOSTS).map(host).collect()
}

fn disks(region: &Region) -> Result<Vec<Entry>, serde_json::Error> {
    let zones = zones(region);
    let mut entries = Vec::new();
    for row in table::rows(DISKS) {
        let capabilities = to_raw_value(&disk_capabilities(row))?;
        for name in row.words("types") {
            let needs_zones =
                name.ends_with("ZRS") || matches!(name, "UltraSSD_LRS" | "PremiumV2_LRS");
            if region.zones > 0 || !needs_zones {
                let sku = ResourceSku {
                    tier: Some(row.text("tier")),
                    size: Some(row.text("size")),
                    capabilities: Some(&capabilities),
                    ..plain("disks", name, region, &zones)
                };
                entries.push(entry(region, &sku)?);
            }
        }
    }
    Ok(entries)
}

fn disk_capabilities(row: Row<'_>) -> Vec<Capability> {
    let columns = [
        ("MaxSizeGiB", "max_gib"),
        ("MinSizeGiB", "min_gib"),
        ("MaxIOps", "max_iops"),
        ("MinIOps", "min_iops"),
        ("MaxBandwidthMBps", "max_mbps"),
        ("MinBandwidthMBps", "min_mbps"),
        ("MaxValueOfMaxShares", "shares"),
    ];
    let columns = columns.map(|(name, column)| (name, row.text(column)));
    let burst = [
        "MaxBurstIops",
        "MaxBurstBandwidthMBps",
        "MaxBurstDurationInMin",
    ];
    let burst = burst.into_iter().zip(row.words("burst"));
    let all = columns.into_iter().chain(burst);
    all.map(|(name, value)| Capability::new(name, value))
        .collect()
}

fn zones(region: &Region) -> Vec<&'static str> {
    if region.zones > 0 {
        vec!["1", "2", "3"]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn real_scale_is_45_regions_and_about_47_thousand_entries() {
        let entries = grow(Scale::Full).unwrap();
        let locations = entries.iter().map(|entry| &entry.locations[0]);
        let locations: std::collections::HashSet<&String> = locations.collect();
        assert_eq!(locations.len(), 45);
        let count = entries.len();
        assert!((46_000..49_000).contains(&count), "{count}");
    }

    #[test]
    fn an_entry_has_the_members_of_azures_in_their_order() {
        let entries = grow(Scale::Three).unwrap();
        let mut texts = entries.iter().map(|entry| entry.text.get());
        let text = texts.find(|text| text.contains("\"Standard_D4s_v5\""));
        let document: Value = serde_json::from_str(text.unwrap()).unwrap();
        let members: Vec<&str> = document
            .as_object()
            .unwrap()
            .keys()
            .map(|name| &**name)
            .collect();
        let expected =
            "resourceType name tier size family locations locationInfo capabilities restrictions";
        assert_eq!(members.join(" "), expected);
        let details = &document["locationInfo"][0]["zoneDetails"][0];
        assert_eq!(details["capabilities"][0]["name"], "UltraSSDAvailable");
        assert_eq!(document["size"], "D4s_v5");
    }
}
