//! Written content is read again, and invalid content is refused.

use std::{sync::Arc, time::UNIX_EPOCH};

use azq_document::{LazyObject as _, Value};
use serde_json::json;

use super::*;
use crate::ingest::schema::Field;

fn catalogue(pool: &Arc<Mutex<Pool>>) -> Catalogue {
    let skus = json!([
        {"name": "a", "capacity": {"minimum": -3, "maximum": 9_000_000_000_i64},
         "locationInfo": [{"location": "eastus", "zones": ["1"], "zoneDetails": []}]},
        {"name": "b", "capabilities": [{"name": "vCPUs", "value": "4"}]},
    ]);
    Catalogue::of_page(&skus, pool)
}

/// Creates a content of one SKU that has only a value with this number.
fn one_sku(value: u32) -> Content {
    Content {
        definitions: vec![1, Field::Name as u32, value],
        places: vec![0],
        sku_definitions: vec![0],
        sku_places: vec![0],
        ..Content::default()
    }
}

#[test]
fn what_has_a_right_checksum_and_wrong_numbers_is_ignored() {
    let pool = Arc::default();
    let good = Writer::default().content(&catalogue(&pool));
    let reads = |content: &Content| {
        let [whole, part] = [None, Some("eastus")].map(|location| {
            let reader = Reader::new(content, Provider::Compute, location, &pool);
            reader.and_then(Reader::skus).is_some()
        });
        assert!(part || !whole, "{content:?}");
        whole
    };
    assert!(reads(&good));
    for list in 0..5 {
        for at in 0..1_000 {
            let mut content = good.clone();
            let lists = [
                &mut content.values,
                &mut content.definitions,
                &mut content.places,
                &mut content.sku_definitions,
                &mut content.sku_places,
            ];
            if let Some(number) = lists.into_iter().nth(list).unwrap().get_mut(at) {
                *number = u32::MAX;
            }
            let _ = reads(&content);
        }
    }
    let [locations, name, tier] = [Field::Locations, Field::Name, Field::Tier].map(|f| f as u32);
    for (definitions, places) in [
        (vec![1, locations, 0], vec![]),
        (vec![], vec![1, name, 0]),
        (vec![2, name, 0, name, 0], vec![]),
        (vec![2, tier, 0, name, 0], vec![]),
    ] {
        let content = Content {
            definitions,
            places,
            ..good.clone()
        };
        assert!(!reads(&content), "{content:?}");
    }
    let object = |keys: &[u32]| {
        let entries = keys.iter().flat_map(|key| [*key, 0]);
        let head = [kind::NULL, kind::OBJECT, u32::try_from(keys.len()).unwrap()];
        head.into_iter().chain(entries).collect::<Vec<_>>()
    };
    let many: Vec<_> = (0..100).collect();
    for (keys, is_read) in [(&[0, 1][..], true), (&[0, 2], false), (&many, false)] {
        let texts = (0..100_u32).map(|number| match number {
            2 => Bytes::from_static(b"0"),
            number => number.to_string().into(),
        });
        let content = Content {
            texts: texts.collect(),
            values: object(keys),
            ..one_sku(1)
        };
        assert_eq!(reads(&content), is_read, "{keys:?}");
    }
    let chain = (0..99_999).flat_map(|number| [kind::ARRAY, 1, number]);
    let deep = Content {
        values: [kind::NULL].into_iter().chain(chain).collect(),
        ..one_sku(99_999)
    };
    assert!(!reads(&deep));
}

#[test]
fn values_of_every_kind_survive() {
    let pool = Mutex::<Pool>::default();
    let mut guard = pool.lock().unwrap();
    let text = guard.text("t");
    let values = [
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::from(i64::MIN),
        Value::Int(-1),
        Value::Float(-0.5),
        text,
    ];
    let list = guard.array(values.to_vec());
    let sku = Sku::new(Provider::Compute, vec![(Field::Costs, list)], &mut guard);
    drop(guard);
    let catalogue = Catalogue::new(vec![sku], UNIX_EPOCH);
    let again = read(write(&catalogue).into(), 1, Provider::Compute, None, &pool).unwrap();
    let costs = Value::from(values.to_vec());
    assert_eq!(again[0].document().get("costs"), Some(&costs));
    let definition = &catalogue.skus()[0].definition;
    assert!(Arc::ptr_eq(&again[0].definition, definition));
}

#[test]
fn of_one_location_is_read_what_it_offers_and_nothing_is_made_of_the_rest() {
    let sku = |name: &str, locations: &[&str]| json!({"name": name, "locations": locations});
    let skus = json!([
        sku("a", &["eastus"]),
        sku("b", &["westus"]),
        sku("c", &["WestUS", "EastUS"]),
        sku("d", &["\u{212a}"]),
        sku("eastus", &[]),
        {"name": "f"},
    ]);
    let catalogue = Catalogue::of_page(&skus, &Arc::default());
    let bytes = Bytes::from(write(&catalogue));
    let pool = Mutex::default();
    let read = |entries, location: Option<&str>, pool: &Mutex<Pool>| {
        read(bytes.clone(), entries, Provider::Compute, location, pool)
    };
    for location in ["eastus", "westus", "k", "nowhere"] {
        let pool = Mutex::default();
        let part = read(6, Some(location), &pool).unwrap();
        let part = part.iter().map(Sku::document);
        let expected = catalogue.in_location(location).map(Sku::document);
        assert_eq!(part.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        if location == "nowhere" {
            assert_eq!(pool.lock().unwrap().len(), 0);
        }
    }
    assert!(read(5, Some("eastus"), &pool).is_none());
    assert_eq!(read(6, None, &pool).unwrap().len(), 6);
}
