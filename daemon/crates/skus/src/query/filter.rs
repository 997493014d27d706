//! az's selection of resource SKUs.
//!
//! It mirrors azure-cli 2.91, `vm/custom.py`, `list_skus`, with its truth rules: an empty option
//! filters nothing, and `--zone false` counts as not given. If az fails for an entry that lacks a
//! field, the entry does not match. The selection of `az aks list-vm-skus` differs in two ways:
//! every entry has a size, and Azure has already selected the location.

use crate::catalogue::{Catalogue, Sku, WHOLE};
use crate::provider::Provider;
use crate::query::question::Question;
use azq_proto::v1::ListSkusRequest;
use memchr::memmem::Finder;
use std::sync::Arc;

/// The options that select SKUs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The provider that lists the SKUs.
    pub provider: Provider,
    /// A location's name, without regard to case.
    pub location: Option<String>,
    /// A part of a virtual machine size's name, without regard to case.
    pub size: Option<String>,
    /// Whether only SKUs with availability zones that the subscription may use are selected.
    pub zone: bool,
    /// Whether SKUs that the subscription may not use are selected too.
    pub show_all: bool,
    /// A resource type, without regard to case.
    pub resource_type: Option<String>,
    /// The options of `azq sizes`, encoded. They distinguish its kept answers, but select nothing
    /// here.
    pub sizes: Option<Arc<[u8]>>,
}

impl Filter {
    /// Creates the filter of a request, with the name of its location in resources.
    pub fn of<'r>(question: impl Into<Question<'r>>, location: Option<String>) -> Self {
        let Question {
            provider,
            request,
            sizes,
        } = question.into();
        // Each field is listed by name, because kept answers are found by the filter. A new option
        // that selects must become a part of it.
        let ListSkusRequest {
            size,
            zone,
            show_all,
            resource_type,
            // The location is given in the form of resources.
            location: _,
            // None of these selects: the caller, the maximum age of the catalogue, and the way the
            // answer is sent.
            context: _,
            max_age: _,
            takes_file: _,
        } = &*request;
        Self {
            provider,
            location,
            size: size.clone(),
            zone: *zone == Some(true),
            show_all: *show_all == Some(true),
            resource_type: resource_type.clone(),
            sizes,
        }
    }

    /// Returns the total length of the texts, in bytes.
    pub fn text_length(&self) -> usize {
        let texts = [&self.location, &self.size, &self.resource_type];
        let options = self.sizes.as_ref().map_or(0, |options| options.len());
        texts.into_iter().flatten().map(String::len).sum::<usize>() + options
    }

    /// Whether an index leads to the selected SKUs. Any other filter searches all SKUs, or all of a
    /// location.
    pub fn is_indexed(&self) -> bool {
        let is_given = |option: &Option<String>| non_empty(option.as_deref()).is_some();
        self.offer().is_some() && is_given(&self.size) && self.sizes.is_none()
    }

    /// Returns the name of the offer that is searched, or `None` if all SKUs are.
    fn offer(&self) -> Option<&str> {
        match self.provider {
            Provider::Compute => non_empty(self.location.as_deref()),
            Provider::ContainerService => Some(WHOLE),
        }
    }

    /// Returns the number of SKUs that are examined one by one, beyond those to which an index
    /// leads.
    pub fn reach(&self, catalogue: &Catalogue) -> usize {
        match self.offer() {
            Some(_) if self.is_indexed() => 0,
            Some(location) => catalogue.numbers_in(location).len(),
            None => catalogue.len(),
        }
    }

    /// Returns the selected SKUs, in Azure's order.
    pub fn apply(&self, catalogue: &Catalogue) -> Vec<Sku> {
        let size = lower(self.size.as_deref());
        let wanted = Wanted {
            size: size.as_deref().map(Finder::new),
            resource_type: lower(self.resource_type.as_deref()),
            zone: self.zone,
            show_all: self.show_all,
        };
        match (self.offer(), size.as_deref()) {
            (Some(location), Some(size)) => wanted.of(catalogue.sizes(location, size)),
            (Some(location), None) => wanted.of(catalogue.in_location(location)),
            (None, _) => wanted.of(catalogue.skus().iter()),
        }
    }
}

struct Wanted<'a> {
    /// The searcher is built once, because without a location all names are searched.
    size: Option<Finder<'a>>,
    resource_type: Option<String>,
    zone: bool,
    show_all: bool,
}

impl Wanted<'_> {
    fn of<'s>(&self, skus: impl Iterator<Item = &'s Sku>) -> Vec<Sku> {
        skus.filter(|sku| self.has(sku)).cloned().collect()
    }

    fn has(&self, sku: &Sku) -> bool {
        let (definition, place) = (&*sku.definition, &*sku.availability);
        let restricted = place.restriction;
        let kind = definition.lower_resource_type.as_deref();
        let is_wanted = |wanted: Option<&str>| wanted.is_none_or(|wanted| kind == Some(wanted));
        (self.show_all || !(restricted.location || (restricted.zones && self.zone)))
            && is_wanted(self.resource_type.as_deref())
            && self.size.as_ref().is_none_or(|wanted| {
                let size = definition.size.as_ref();
                size.is_some_and(|size| wanted.find(size.as_bytes()).is_some())
            })
            && (!self.zone || place.has_zones)
    }
}

fn non_empty(option: Option<&str>) -> Option<&str> {
    option.filter(|text| !text.is_empty())
}

fn lower(option: Option<&str>) -> Option<String> {
    non_empty(option).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn restriction(kind: &str, zones: &[&str]) -> Json {
        json!({"type": kind, "values": ["eastus"], "reasonCode": "NotAvailableForSubscription",
               "restrictionInfo": {"locations": ["eastus"], "zones": zones}})
    }

    fn vm(name: &str, zones: &[&str], restrictions: &[Json]) -> Json {
        json!({"resourceType": "virtualMachines", "name": name, "locations": ["eastus"],
               "locationInfo": [{"location": "eastus", "zones": zones}], "restrictions": restrictions})
    }

    /// Returns a catalogue of sizes that are named after their special property.
    fn special() -> Catalogue {
        let quota = json!({"type": "Location", "reasonCode": "QuotaId",
                           "restrictionInfo": {"locations": ["eastus"]}});
        let case = json!({"type": "Location", "reasonCode": "NotAvailableForSubscription",
                          "restrictionInfo": {"locations": ["EastUS"]}});
        let skus = json!([
            vm("Open", &["1", "2"], &[]),
            vm("Nowhere", &["1", "2"], &[restriction("Location", &[])]),
            vm("NoZone", &["1", "2"], &[restriction("Zone", &["1", "2", "3"])]),
            vm("SomeZone", &["1", "2"], &[restriction("Zone", &["2", "3"])]),
            vm("Zoneless", &[], &[restriction("Zone", &["1"])]),
            vm("Quota", &["1"], &[quota]),
            vm("OtherCase", &["1"], &[case]),
            {"resourceType": "disks", "name": "OpenDisk", "locations": ["EastUS", "westus"],
             "locationInfo": [{"location": "EastUS", "zones": ["1"]}], "restrictions": []},
            {"resourceType": "VirtualMachines", "name": "OpenOddType", "locations": ["eastus"]},
            {"resourceType": "virtualMachines", "name": "Bare", "locations": ["eastus"],
             "restrictions": [restriction("Location", &[])]},
            {"locations": []},
        ]);
        Catalogue::of_page(&skus, &Arc::default())
    }

    fn names(filter: &Filter) -> Vec<String> {
        filter.apply(&special()).iter().map(Sku::name).collect()
    }

    fn filter(change: impl FnOnce(&mut Filter)) -> Filter {
        let mut filter = Filter {
            location: Some("eastus".into()),
            ..Filter::default()
        };
        change(&mut filter);
        filter
    }

    #[test]
    fn what_the_region_refuses_and_with_zone_what_no_zone_offers_is_left_out() {
        let by_region = "Open NoZone SomeZone Zoneless Quota OtherCase OpenDisk OpenOddType";
        let with_all = "Open Nowhere NoZone SomeZone Quota OtherCase OpenDisk";
        for (zone, show_all, expected) in [
            (false, false, by_region),
            (true, false, "Open SomeZone Quota OtherCase OpenDisk"),
            (true, true, with_all),
        ] {
            let filter = filter(|f| (f.zone, f.show_all) = (zone, show_all));
            assert_eq!(names(&filter).join(" "), expected);
        }
    }

    #[test]
    fn locations_match_in_any_case_and_all_of_them() {
        let at = |location: &str, show_all| Filter {
            location: Some(location.into()),
            show_all,
            ..Filter::default()
        };
        assert_eq!(names(&at("EASTUS", true)).len(), 10);
        assert_eq!(names(&at("WestUS", false)), ["OpenDisk"]);
        assert_eq!(names(&at("east", true)), [""; 0]);
        assert_eq!(names(&at("", true)).len(), 11);
    }

    #[test]
    fn sizes_match_in_part_and_virtual_machines_only() {
        let sized = |size: &str| names(&filter(|f| f.size = Some(size.into())));
        assert_eq!(sized("OPEN"), ["Open"]);
        assert_eq!(sized("zone"), ["NoZone", "SomeZone", "Zoneless"]);
        assert_eq!(sized("").len(), 8);
        let disk =
            filter(|f| (f.size, f.resource_type) = (Some("open".into()), Some("disks".into())));
        assert_eq!(names(&disk), [""; 0]);
    }

    #[test]
    fn resource_types_match_whole_and_in_any_case() {
        let typed = |kind: &str, show_all| {
            names(&filter(|f| {
                (f.resource_type, f.show_all) = (Some(kind.into()), show_all);
            }))
        };
        assert_eq!(typed("DISKS", false), ["OpenDisk"]);
        assert_eq!(typed("disk", false), [""; 0]);
        assert_eq!(typed("virtualmachines", true).len(), 9);
    }
}
