//! The shape of a resource SKU as az prints it, and the one rule that turns what Azure sent into that shape.
//!
//! Mirrors azure-cli 2.91, `vm/aaz/latest/vm/_list_skus.py` (api-version 2019-04-01): a property that the table
//! lacks is dropped, an absent or `null` one is left out, and entries come in the table's order, which table and
//! TSV show. Azure's spelling of a key counts as az's if both have the same snake case (`Name` is `name`).
//!
//! Where a value has another type than the table says, az refuses the whole list; here a number becomes its text
//! where text is wanted, and anything else is left out.

use std::sync::{Arc, LazyLock};

use serde_json::Value as Json;

use super::pool::Pool;
use crate::document::Value;

/// What a value must look like.
pub(super) enum Shape {
    Text,
    Integer,
    List(&'static Shape),
    Object(&'static [Property]),
}

/// One property of an object, under the name that az prints.
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
}

/// A property of a SKU, in az's order; the number is part of the snapshot format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    ApiVersions,
    Capabilities,
    Capacity,
    Costs,
    Family,
    Kind,
    LocationInfo,
    Locations,
    Name,
    ResourceType,
    Restrictions,
    Size,
    Tier,
}

impl Field {
    /// How many there are.
    pub(super) const COUNT: usize = 13;

    const ALL: [Field; Self::COUNT] = [
        Field::ApiVersions,
        Field::Capabilities,
        Field::Capacity,
        Field::Costs,
        Field::Family,
        Field::Kind,
        Field::LocationInfo,
        Field::Locations,
        Field::Name,
        Field::ResourceType,
        Field::Restrictions,
        Field::Size,
        Field::Tier,
    ];

    /// All of them, in az's order.
    pub(super) fn all() -> impl Iterator<Item = Field> {
        Self::ALL.into_iter()
    }

    /// The field with this number.
    pub(super) fn from_number(number: u32) -> Option<Field> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The field that az takes a key of Azure's for.
    pub(super) fn from_key(key: &str) -> Option<Field> {
        Self::ALL
            .into_iter()
            .find(|field| same_key(key, field.property().name))
    }

    /// Whether it tells where a size is offered, rather than what the size is.
    pub(super) fn is_of_place(self) -> bool {
        matches!(
            self,
            Field::LocationInfo | Field::Locations | Field::Restrictions
        )
    }

    /// Its name as az prints it, shared by all documents.
    pub(super) fn key(self) -> Arc<str> {
        static KEYS: LazyLock<[Arc<str>; Field::COUNT]> =
            LazyLock::new(|| Field::ALL.map(|field| field.property().name.into()));
        // A field's number is its position in `ALL`.
        Arc::clone(&KEYS[self as usize])
    }

    /// What az makes of the field's value.
    pub(super) fn convert(self, json: &Json, pool: &mut Pool) -> Option<Value> {
        convert(json, &self.property().shape, pool)
    }

    fn property(self) -> &'static Property {
        &SKU[self as usize]
    }
}

const fn text(name: &'static str) -> Property {
    Property {
        name,
        shape: Shape::Text,
    }
}

const fn integer(name: &'static str) -> Property {
    Property {
        name,
        shape: Shape::Integer,
    }
}

const fn texts(name: &'static str) -> Property {
    Property {
        name,
        shape: Shape::List(&Shape::Text),
    }
}

const fn list(name: &'static str, of: &'static Shape) -> Property {
    Property {
        name,
        shape: Shape::List(of),
    }
}

const fn object(name: &'static str, properties: &'static [Property]) -> Property {
    Property {
        name,
        shape: Shape::Object(properties),
    }
}

static SKU: [Property; Field::COUNT] = [
    texts("apiVersions"),
    list("capabilities", &CAPABILITY),
    object("capacity", CAPACITY),
    list("costs", &COST),
    text("family"),
    text("kind"),
    list("locationInfo", &LOCATION_INFO),
    texts("locations"),
    text("name"),
    text("resourceType"),
    list("restrictions", &RESTRICTION),
    text("size"),
    text("tier"),
];

static CAPABILITY: Shape = Shape::Object(&[text("name"), text("value")]);

static CAPACITY: &[Property] = &[
    integer("default"),
    integer("maximum"),
    integer("minimum"),
    text("scaleType"),
];

static COST: Shape = Shape::Object(&[text("extendedUnit"), text("meterID"), integer("quantity")]);

static LOCATION_INFO: Shape = Shape::Object(&[
    text("location"),
    list("zoneDetails", &ZONE_DETAILS),
    texts("zones"),
]);

static ZONE_DETAILS: Shape = Shape::Object(&[list("capabilities", &CAPABILITY), texts("name")]);

static RESTRICTION: Shape = Shape::Object(&[
    text("reasonCode"),
    object("restrictionInfo", &[texts("locations"), texts("zones")]),
    text("type"),
    texts("values"),
]);

fn convert(json: &Json, shape: &Shape, pool: &mut Pool) -> Option<Value> {
    match (shape, json) {
        (Shape::Text, Json::String(text)) => Some(pool.text(text)),
        (Shape::Text, Json::Number(_) | Json::Bool(_)) => Some(pool.text(&json.to_string())),
        (Shape::Integer, Json::Number(number)) => number.as_i64().map(Value::Int),
        (Shape::Integer, Json::String(text)) => text.trim().parse().ok().map(Value::Int),
        (Shape::List(element), Json::Array(items)) => {
            let items = items
                .iter()
                .filter_map(|item| convert(item, element, pool))
                .collect();
            Some(pool.array(items))
        }
        (Shape::Object(properties), Json::Object(members)) => {
            let mut entries = Vec::with_capacity(properties.len());
            for property in *properties {
                let found = members
                    .iter()
                    .rfind(|(key, _)| same_key(key, property.name));
                if let Some(value) =
                    found.and_then(|(_, json)| convert(json, &property.shape, pool))
                {
                    entries.push((pool.key(property.name), value));
                }
            }
            Some(pool.object(entries))
        }
        _ => None,
    }
}

/// Whether az takes a key for the property of this name (azure-cli-core, `aaz/_field_type.py`, `get_attr_name`).
fn same_key(key: &str, name: &str) -> bool {
    if key == name {
        return true;
    }
    // Equal but for case and separators is necessary, and cheap to rule out.
    let letters = |text: &str| text.len() - text.matches(['_', '-']).count();
    if letters(key) != letters(name) {
        return false;
    }
    let wanted = snake_case(name);
    key == wanted || (key.chars().any(char::is_uppercase) && snake_case(key) == wanted)
}

/// azure-cli-core, `aaz/_utils.py`, `to_snack_case`.
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
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_numbered_by_their_place_in_the_table() {
        for (number, field) in Field::all().enumerate() {
            assert_eq!(field as usize, number);
            assert_eq!(
                Field::from_number(u32::try_from(number).unwrap()),
                Some(field)
            );
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

    #[test]
    fn values_take_azs_shape() {
        let mut pool = Pool::default();
        let mut convert = |field: Field, json: Json| field.convert(&json, &mut pool);
        let expected = Value::from(&json!([
            {"location": "eastus", "zoneDetails": [{"capabilities": [], "name": ["1"]}], "zones": []}
        ]));
        let sent = json!([{
            "zones": [null], "unknown": 1, "location": "eastus", "type": null,
            "zoneDetails": [{"Name": ["1"], "capabilities": []}, null],
        }]);
        assert_eq!(convert(Field::LocationInfo, sent), Some(expected));
        assert_eq!(convert(Field::Restrictions, Json::Null), None);
        assert_eq!(
            convert(Field::Restrictions, json!([])),
            Some(Value::from(vec![]))
        );
        assert_eq!(convert(Field::Restrictions, json!("text")), None);
        assert_eq!(
            convert(Field::Capacity, json!({})),
            Some(Value::from(&json!({})))
        );
        assert_eq!(
            convert(
                Field::Capacity,
                json!({"minimum": "3", "maximum": 1.5, "scaleType": "Manual"})
            ),
            Some(Value::from(&json!({"minimum": 3, "scaleType": "Manual"})))
        );
        assert_eq!(convert(Field::Name, json!(5)), Some("5".into()));
        assert_eq!(convert(Field::Name, json!({})), None);
    }
}
