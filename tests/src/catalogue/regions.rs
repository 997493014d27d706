//! Azure's public regions, from `tests/catalogue/regions.csv`.

use std::sync::OnceLock;

use super::table;

pub(super) const TABLE: &str = include_str!("../../catalogue/regions.csv");

/// A region.
#[derive(Clone, Debug)]
pub struct Region {
    /// `eastus`.
    pub name: &'static str,
    /// `East US`.
    pub display_name: &'static str,
    /// `Recommended` or `Other`.
    pub category: &'static str,
    /// `United States`.
    pub geography: &'static str,
    /// `US`.
    pub geography_group: &'static str,
    /// In degrees, as Azure writes it.
    pub latitude: &'static str,
    /// In degrees, as Azure writes it.
    pub longitude: &'static str,
    /// `Virginia`.
    pub physical_location: &'static str,
    /// The paired region's name, if there is one.
    pub paired: Option<&'static str>,
    /// The number of its availability zones.
    pub zones: u64,
}

/// Returns all regions.
pub fn all() -> &'static [Region] {
    static REGIONS: OnceLock<Vec<Region>> = OnceLock::new();
    REGIONS.get_or_init(|| table::rows(TABLE).map(region).collect())
}

fn region(row: table::Row<'static>) -> Region {
    Region {
        name: row.text("name"),
        display_name: row.text("display_name"),
        category: row.text("category"),
        geography: row.text("geography"),
        geography_group: row.text("geography_group"),
        latitude: row.text("latitude"),
        longitude: row.text("longitude"),
        physical_location: row.text("physical_location"),
        paired: Some(row.text("paired")).filter(|name| !name.is_empty()),
        zones: row.number("zones"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_45_regions_with_names_of_their_own() {
        let names: std::collections::HashSet<&str> =
            all().iter().map(|region| region.name).collect();
        assert_eq!((all().len(), names.len()), (45, 45));
    }
}
