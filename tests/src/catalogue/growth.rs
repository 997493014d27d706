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
    let lists = sizes::all()
        .iter()
        .map(|size| to_raw_value(&capabilities::of(size)));
    let lists = lists
        .collect::<Result<Vec<_>, _>>()
        .map_err(CatalogueError::Growth)?;
    let mut entries = Vec::new();
    for region in regions::all().iter().filter(wanted) {
        for kind in [
            availability_sets(region),
            disks(region),
            snapshots(region),
            hosts(region),
        ] {
            entries.extend(kind.map_err(CatalogueError::Growth)?);
        }
        for (size, capabilities) in sizes::all().iter().zip(&lists) {
            if let Some(offer) = offer::offer(size.series, region) {
                entries.push(
                    virtual_machine(size, capabilities, region, &offer)
                        .map_err(CatalogueError::Growth)?,
                );
            }
        }
    }
    Ok(entries)
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
    let (tier, short) = size
        .name
        .split_once('_')
        .unwrap_or(("Standard", &size.name));
    let with_ultra;
    let capabilities = if region.zones == 0 && capabilities::has_ultra(size) {
        with_ultra =
            to_raw_value(&[capabilities::of(size), vec![capabilities::ultra(size)]].concat())?;
        &*with_ultra
    } else {
        capabilities
    };
    let ultra_in_zones = capabilities::has_ultra(size) && !offer.zones.is_empty();
    let zone_detail = || ZoneDetail {
        name: &offer.zones,
        capabilities: [capabilities::ultra(size)],
    };
    let sku = ResourceSku {
        resource_type: "virtualMachines",
        name: &size.name,
        tier: Some(tier),
        size: Some(short),
        family: Some(size.series.family),
        locations: [region.name],
        location_info: [LocationInfo {
            location: region.name,
            zones: &offer.zones,
            zone_details: if ultra_in_zones {
                vec![zone_detail()]
            } else {
                Vec::new()
            },
        }],
        capabilities: Some(capabilities),
        restrictions: restrictions(region, offer),
    };
    entry(region, &sku)
}

fn restrictions<'a>(region: &'a Region, offer: &'a Offer) -> Vec<SkuRestriction<'a>> {
    let restriction = |kind, zones, reason_code| SkuRestriction {
        r#type: kind,
        values: [region.name],
        restriction_info: RestrictionInfo {
            locations: [region.name],
            zones,
        },
        reason_code,
    };
    match &offer.restriction {
        Restriction::Nothing => Vec::new(),
        Restriction::Zones(zones) => vec![restriction(
            "Zone",
            Some(zones.as_slice()),
            "NotAvailableForSubscription",
        )],
        Restriction::Location { reason } if offer.zones.is_empty() => {
            vec![restriction("Location", None, reason)]
        }
        Restriction::Location { reason } => {
            vec![
                restriction("Location", None, reason),
                restriction("Zone", Some(offer.zones.as_slice()), reason),
            ]
        }
    }
}

/// Returns a SKU that is not restricted, with no family.
fn plain<'a>(
    kind: &'a str,
    name: &'a str,
    region: &'a Region,
    zones: &'a [&'a str],
    capabilities: Option<&'a RawValue>,
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
        capabilities,
        restrictions: Vec::new(),
    }
}

fn availability_sets(region: &Region) -> Result<Vec<Entry>, serde_json::Error> {
    let domains = Capability {
        name: "MaximumPlatformFaultDomainCount",
        value: if region.zones > 0 { "3" } else { "2" }.to_owned(),
    };
    let capabilities = to_raw_value(&[domains])?;
    let set = |name| {
        entry(
            region,
            &plain("availabilitySets", name, region, &[], Some(&capabilities)),
        )
    };
    ["Classic", "Aligned"].into_iter().map(set).collect()
}

fn snapshots(region: &Region) -> Result<Vec<Entry>, serde_json::Error> {
    let names: &[(&str, &str)] = &[
        ("Standard_LRS", "Standard"),
        ("Premium_LRS", "Premium"),
        ("Standard_ZRS", "Standard"),
    ];
    let offered = names
        .iter()
        .filter(|(name, _)| region.zones > 0 || !name.ends_with("ZRS"));
    let snapshot = |(name, tier): &(&str, &str)| {
        entry(
            region,
            &ResourceSku {
                tier: Some(tier),
                ..plain("snapshots", name, region, &[], None)
            },
        )
    };
    offered.map(snapshot).collect()
}

fn hosts(region: &Region) -> Result<Vec<Entry>, serde_json::Error> {
    let zones = zones(region);
    let host = |row: Row<'static>| {
        let number = |name, column| Capability {
            name,
            value: row.number(column).to_string(),
        };
        let capabilities =
            to_raw_value(&[number("vCPUs", "vcpus"), number("vCPUsPerCore", "per_core")])?;
        let sku = plain(
            "hostGroups/hosts",
            row.text("name"),
            region,
            &zones,
            Some(&capabilities),
        );
        entry(
            region,
            &ResourceSku {
                family: Some(row.text("family")),
                ..sku
            },
        )
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
                let sku = plain("disks", name, region, &zones, Some(&capabilities));
                entries.push(entry(
                    region,
                    &ResourceSku {
                        tier: Some(row.text("tier")),
                        size: Some(row.text("size")),
                        ..sku
                    },
                )?);
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
    let mut list: Vec<Capability> = columns
        .map(|(name, column)| Capability {
            name,
            value: row.text(column).to_owned(),
        })
        .into();
    let burst = [
        "MaxBurstIops",
        "MaxBurstBandwidthMBps",
        "MaxBurstDurationInMin",
    ]
    .into_iter()
    .zip(row.words("burst"));
    list.extend(burst.map(|(name, value)| Capability {
        name,
        value: value.to_owned(),
    }));
    list
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
        let locations: std::collections::HashSet<&str> = entries
            .iter()
            .map(|entry| entry.locations[0].as_str())
            .collect();
        assert_eq!(locations.len(), 45);
        assert!(
            (46_000..49_000).contains(&entries.len()),
            "{}",
            entries.len()
        );
    }

    #[test]
    fn an_entry_has_the_members_of_azures_in_their_order() {
        let entries = grow(Scale::Three).unwrap();
        let entry = entries
            .iter()
            .find(|entry| entry.text.get().contains("\"Standard_D4s_v5\""))
            .unwrap();
        let document: Value = serde_json::from_str(entry.text.get()).unwrap();
        let members: Vec<&String> = document.as_object().unwrap().keys().collect();
        let expected = [
            "resourceType",
            "name",
            "tier",
            "size",
            "family",
            "locations",
            "locationInfo",
            "capabilities",
            "restrictions",
        ];
        assert_eq!(members, expected);
        assert_eq!(
            document["locationInfo"][0]["zoneDetails"][0]["capabilities"][0]["name"],
            "UltraSSDAvailable"
        );
        assert_eq!(document["size"], "D4s_v5");
    }
}
