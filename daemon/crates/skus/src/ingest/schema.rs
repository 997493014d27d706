//! The shape of a resource SKU as az prints it, as a table.
//!
//! It mirrors azure-cli 2.91, `vm/aaz/latest/vm/_list_skus.py` (api-version 2019-04-01). Azure's
//! spelling of a key matches az's if both have the same snake case (`Name` is `name`). The
//! conversion of values is in `parse_cache`.

use std::sync::{Arc, LazyLock};

use Shape::{Integer, List, Object, Text};

/// The shape that a value must have.
pub(crate) enum Shape {
    Text,
    Integer,
    List(&'static Shape),
    Object(&'static [Property]),
}

/// One property of an object: the name that az prints, and the shape of the value.
pub(crate) type Property = (&'static str, Shape);

/// Declares the fields of a SKU: `Field: "name that az prints", Shape;`.
macro_rules! fields {
    ($($field:ident: $name:literal, $shape:expr;)*) => {
        /// A property of a SKU, in az's order; the number is part of the snapshot format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($field),*
        }

        impl Field {
            const ALL: [Field; [$($name),*].len()] = [$(Self::$field),*];
        }

        static SKU: [Property; Field::COUNT] = [$(($name, $shape)),*];
    };
}

fields! {
    ApiVersions: "apiVersions", List(&Text);
    Capabilities: "capabilities", List(&CAPABILITY);
    Capacity: "capacity", Object(CAPACITY);
    Costs: "costs", List(&COST);
    Family: "family", Text;
    Kind: "kind", Text;
    LocationInfo: "locationInfo", List(&LOCATION_INFO);
    Locations: "locations", List(&Text);
    Name: "name", Text;
    ResourceType: "resourceType", Text;
    Restrictions: "restrictions", List(&RESTRICTION);
    Size: "size", Text;
    Tier: "tier", Text;
}

impl Field {
    /// The number of fields.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// Returns all fields, in az's order.
    pub(crate) fn all() -> impl Iterator<Item = Field> {
        Self::ALL.into_iter()
    }

    /// Returns the field with this number.
    pub(crate) fn from_number(number: u32) -> Option<Field> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Returns the field that az matches with a key of Azure's.
    pub(crate) fn from_key(key: &str) -> Option<Field> {
        Self::all().find(|field| same_key(key, field.as_ref()))
    }

    /// Whether the field concerns the places where a size is offered, rather than the size itself.
    pub(crate) fn is_of_place(self) -> bool {
        matches!(
            self,
            Field::LocationInfo | Field::Locations | Field::Restrictions
        )
    }

    /// Returns the name that az prints, shared by all documents.
    pub(crate) fn key(self) -> Arc<str> {
        static KEYS: LazyLock<[Arc<str>; Field::COUNT]> =
            LazyLock::new(|| Field::ALL.map(|field| field.as_ref().into()));
        // A field's number is its position in `ALL`.
        Arc::clone(&KEYS[self as usize])
    }

    /// Returns the shape of the field's value.
    pub(crate) fn shape(self) -> &'static Shape {
        &SKU[self as usize].1
    }
}

impl AsRef<str> for Field {
    fn as_ref(&self) -> &str {
        SKU[*self as usize].0
    }
}

static CAPABILITY: Shape = Object(&[("name", Text), ("value", Text)]);

static CAPACITY: &[Property] = &[
    ("default", Integer),
    ("maximum", Integer),
    ("minimum", Integer),
    ("scaleType", Text),
];

static COST: Shape = Object(&[
    ("extendedUnit", Text),
    ("meterID", Text),
    ("quantity", Integer),
]);

static LOCATION_INFO: Shape = Object(&[
    ("location", Text),
    ("zoneDetails", List(&ZONE_DETAILS)),
    ("zones", List(&Text)),
]);

static ZONE_DETAILS: Shape = Object(&[("capabilities", List(&CAPABILITY)), ("name", List(&Text))]);

static RESTRICTED: &[Property] = &[("locations", List(&Text)), ("zones", List(&Text))];

static RESTRICTION: Shape = Object(&[
    ("reasonCode", Text),
    ("restrictionInfo", Object(RESTRICTED)),
    ("type", Text),
    ("values", List(&Text)),
]);

/// Whether az matches a key with the property of this name (azure-cli-core, `aaz/_field_type.py`,
/// `get_attr_name`).
pub(crate) fn same_key(key: &str, name: &str) -> bool {
    if key == name {
        return true;
    }
    // Both must be equal except for case and separators, which is cheap to check.
    let letters = |text: &str| text.len() - text.matches(['_', '-']).count();
    if letters(key) != letters(name) {
        return false;
    }
    let wanted = snake_case(name);
    key == wanted || (key.chars().any(char::is_uppercase) && snake_case(key) == wanted)
}

/// Converts a name to snake case (azure-cli-core, `aaz/_utils.py`, `to_snack_case`).
fn snake_case(name: &str) -> String {
    let words = separate(name, |before, at, after| {
        before.is_some() && at.is_ascii_uppercase() && after.is_some_and(|c| c.is_ascii_lowercase())
    });
    let words = separate(&words, |before, at, _| {
        at.is_ascii_uppercase()
            && before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    words.to_lowercase().replace('-', "_")
}

fn separate(text: &str, is_start: impl Fn(Option<char>, char, Option<char>) -> bool) -> String {
    let mut separated = String::with_capacity(text.len() + 4);
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(at) = rest.next() {
        if is_start(before, at, rest.peek().copied()) {
            separated.push('_');
        }
        separated.push(at);
        before = Some(at);
    }
    separated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_numbered_by_their_place_in_the_table() {
        for (number, field) in Field::all().enumerate() {
            assert_eq!(field as usize, number);
            let number = u32::try_from(number).unwrap();
            assert_eq!(Field::from_number(number), Some(field));
            assert_eq!(Field::from_key(&field.key()), Some(field));
        }
        assert_eq!(Field::from_number(13), None);
    }

    #[test]
    fn keys_match_as_az_matches_them() {
        for (key, field) in [
            ("Name", Some(Field::Name)),
            ("LocationInfo", Some(Field::LocationInfo)),
            ("location_info", Some(Field::LocationInfo)),
            ("Location-Info", None), // to_snack_case leaves two underscores
            ("location-info", None),
            ("locationinfo", None),
            ("NAME", Some(Field::Name)),
            ("unknown", None),
            ("", None),
        ] {
            assert_eq!(Field::from_key(key), field, "{key}");
        }
    }

    #[test]
    fn snake_case_is_azs() {
        for (name, snake) in [
            ("meterID", "meter_id"),
            ("apiVersions", "api_versions"),
            ("HTTPServerName", "http_server_name"),
            ("NAME", "name"),
            ("zone2Name", "zone2_name"),
        ] {
            assert_eq!(snake_case(name), snake, "{name}");
        }
    }
}
