//! The locations that offer a size, and the restrictions of the subscription.

use crate::document::Document;

/// The scope of a restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestrictionKind {
    /// Locations as a whole.
    Location,
    /// Zones of locations.
    Zone,
}

/// A restriction of a SKU.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Restriction {
    /// Its scope.
    pub kind: RestrictionKind,
    /// The reason, such as `NotAvailableForSubscription` or `QuotaId`.
    pub reason: Box<str>,
    /// The locations that it applies to; empty means all.
    pub locations: Box<[Box<str>]>,
    /// The closed zones; in a restriction of zones, empty means all.
    pub zones: Box<[Box<str>]>,
}

impl Restriction {
    /// Reads a restriction. Returns `None` for an unknown kind.
    fn of(restriction: &impl Document) -> Option<Self> {
        let kind = match restriction.member_text("type")? {
            kind if kind.eq_ignore_ascii_case("Location") => RestrictionKind::Location,
            kind if kind.eq_ignore_ascii_case("Zone") => RestrictionKind::Zone,
            _ => return None,
        };
        let info = restriction.member("restrictionInfo");
        let listed = |key| info.map(|info| info.member_texts(key)).unwrap_or_default();
        let mut locations = listed("locations");
        if locations.is_empty() {
            locations = restriction.member_texts("values");
        }
        Some(Self {
            kind,
            reason: restriction
                .member_text("reasonCode")
                .unwrap_or_default()
                .into(),
            locations,
            zones: listed("zones"),
        })
    }

    fn is_about(&self, location: &str) -> bool {
        self.locations.is_empty() || contains(&self.locations, location)
    }
}

/// A location that offers a size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// The location's name, as in `eastus`.
    pub location: Box<str>,
    /// The zones that have the size, in order.
    pub zones: Box<[Box<str>]>,
    /// The zones in which it takes ultra disks.
    pub ultra_ssd_zones: Box<[Box<str>]>,
    /// The restrictions that apply to the location.
    pub restrictions: Box<[Restriction]>,
}

impl Offer {
    /// Reads the offers of a SKU document: one for each of its locations.
    pub fn all_of(sku: &impl Document) -> Vec<Self> {
        let restrictions = sku.member_items("restrictions").iter();
        let restrictions: Vec<_> = restrictions.filter_map(Restriction::of).collect();
        let infos = sku.member_items("locationInfo");
        let from_info = infos.iter().filter_map(|info| {
            let location = info.member_text("location")?;
            Some(Self::new(location, Some(info), &restrictions))
        });
        let mut offers: Vec<_> = from_info.collect();
        for location in sku.member_texts("locations") {
            let is_known = |offer: &Self| offer.location.eq_ignore_ascii_case(&location);
            if !offers.iter().any(is_known) {
                offers.push(Self::new(
                    &location,
                    None::<&serde_json::Value>,
                    &restrictions,
                ));
            }
        }
        offers
    }

    fn new(location: &str, info: Option<&impl Document>, restrictions: &[Restriction]) -> Self {
        let mut zones = info
            .map(|info| info.member_texts("zones"))
            .unwrap_or_default();
        zones.sort_unstable();
        let about = restrictions
            .iter()
            .filter(|restriction| restriction.is_about(location));
        Self {
            location: location.into(),
            zones,
            ultra_ssd_zones: info.map(ultra_ssd_zones).unwrap_or_default(),
            restrictions: about.cloned().collect(),
        }
    }

    /// Whether the location as a whole is closed. A restriction of zones, even of all zones, does
    /// not close it, because a machine without a zone may still be available.
    pub fn is_restricted(&self) -> bool {
        let mut all = self.restrictions.iter();
        all.any(|restriction| restriction.kind == RestrictionKind::Location)
    }

    /// Returns the zones that are open to the subscription; none if the location is closed.
    pub fn open_zones(&self) -> impl Iterator<Item = &str> {
        let is_closed = |zone: &str| {
            let mut all = self.restrictions.iter();
            all.any(|restriction| {
                restriction.kind == RestrictionKind::Zone
                    && (restriction.zones.is_empty() || contains(&restriction.zones, zone))
            })
        };
        let zones: &[Box<str>] = if self.is_restricted() {
            &[]
        } else {
            &self.zones
        };
        zones
            .iter()
            .map(|zone| &**zone)
            .filter(move |zone| !is_closed(zone))
    }

    /// Whether a zone is open to the subscription.
    pub fn is_open_in(&self, zone: &str) -> bool {
        self.open_zones().any(|open| open == zone)
    }

    /// Whether a zone takes ultra disks.
    pub fn has_ultra_ssd_in(&self, zone: &str) -> bool {
        self.ultra_ssd_zones.iter().any(|known| **known == *zone)
    }

    /// Returns the reason of a restriction: the location's, else the zones'.
    pub fn restriction_reason(&self) -> Option<&str> {
        let of = |kind| {
            self.restrictions
                .iter()
                .find(move |restriction| restriction.kind == kind)
        };
        let first = of(RestrictionKind::Location).or_else(|| of(RestrictionKind::Zone));
        first.map(|restriction| &*restriction.reason)
    }
}

/// Returns the zones whose details report ultra disks. Azure spells `name` as `Name`.
fn ultra_ssd_zones(info: &impl Document) -> Box<[Box<str>]> {
    let details = info.member_items("zoneDetails").iter();
    let with_ultra = details.filter(|details| {
        crate::Capabilities::of(details.member_items("capabilities")).is_true("UltraSSDAvailable")
    });
    let names = with_ultra.flat_map(|details| {
        let names = details.member_texts("name");
        if names.is_empty() {
            details.member_texts("Name")
        } else {
            names
        }
    });
    let mut zones: Vec<_> = names.collect();
    zones.sort_unstable();
    zones.dedup();
    zones.into()
}

fn contains(texts: &[Box<str>], wanted: &str) -> bool {
    texts.iter().any(|text| text.eq_ignore_ascii_case(wanted))
}
