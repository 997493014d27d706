use azq_output::Table;
use serde_json::json;

use super::keys::KEYS;
use super::table::COLUMNS;
use super::*;

fn candidate() -> Candidate {
    let sku = json!({
        "name": "Standard_D2s_v5", "family": "standardDSv5Family", "locations": ["eastus"],
        "locationInfo": [{"location": "eastus", "zones": ["2", "1"]}],
        "capabilities": [{"name": "HyperVGenerations", "value": "V1,V2"},
            {"name": "vCPUs", "value": "2"}, {"name": "MemoryGB", "value": "3.5"}],
        "restrictions": [{"type": "Zone", "reasonCode": "NotAvailableForSubscription",
            "restrictionInfo": {"locations": ["eastus"], "zones": ["1"]}}],
    });
    Candidate::of(VmSize::all_of(&sku).remove(0))
}

const ALL: Shown = Shown {
    distance: true,
    quota: true,
    prices: true,
};

fn rendering(format: Format) -> Rendering<'static> {
    Rendering {
        format,
        query: None,
        color: false,
        // As the command has it.
        table: Table::Transform(Clone::clone),
        checkpoint: &azq_jmespath::Unlimited,
    }
}

#[test]
fn keys_are_shared_and_each_is_known() {
    let rows = Rows::of(vec![candidate(), candidate()], ALL);
    let documents = rows.document(&rendering(Format::Tsv)).unwrap();
    let keys = |index: usize| match &documents.as_array().unwrap()[index] {
        Value::Object(object) => object.entries.iter().map(|(key, _)| key.clone()).collect(),
        _ => Vec::new(),
    };
    let (one, other) = (keys(0), keys(1));
    assert_eq!(one.len(), KEYS.len());
    assert!(one.iter().zip(&other).all(|(a, b)| Arc::ptr_eq(a, b)));
    let places: Vec<_> = one.iter().map(|key| Key::of(key).rank()).collect();
    let expected: Vec<_> = (0..).take(KEYS.len()).collect();
    assert_eq!(places, expected, "each key has a place of its own");
    assert!(KEYS.is_sorted());
    assert!(COLUMNS.iter().all(|(_, key)| Key::of(key) != Key::NONE));
}

#[test]
fn what_is_streamed_is_what_is_built() {
    for shown in [Shown::default(), ALL] {
        let rows = Rows::of(vec![candidate(), candidate()], shown);
        for (_, format) in Format::ALL {
            let rendering = rendering(format);
            let mut streamed = Vec::new();
            let receive = &mut |chunk: Vec<u8>| {
                streamed.extend(chunk);
                ControlFlow::Continue(())
            };
            rows.render_into(&rendering, receive).unwrap();
            let built = rows.document(&rendering).unwrap();
            let built = azq_output::render(&built, &rendering).unwrap();
            assert_eq!(streamed, built, "{format:?}");
        }
    }
}

#[test]
fn rows_share_what_sizes_share() {
    let candidate = candidate();
    let rows = Rows::of(vec![candidate.clone(), candidate], Shown::default());
    let [one, other] = rows.objects() else {
        panic!("two rows")
    };
    for (one, other) in one.parts().into_iter().zip(other.parts()) {
        assert!(std::ptr::eq(one, other));
    }
}

#[test]
fn a_table_without_memory_is_not_made() {
    struct Full;

    impl azq_jmespath::Checkpoint for Full {
        fn check(&self, bytes: usize) -> Result<(), StopReason> {
            if bytes > 0 {
                Err(StopReason::Memory)
            } else {
                Ok(())
            }
        }
    }

    let rows = Rows::of(vec![candidate()], ALL);
    let rendering = Rendering {
        checkpoint: &Full,
        ..rendering(Format::Table)
    };
    let ended = rows.render_into(&rendering, &mut |_| ControlFlow::Continue(()));
    assert!(ended.unwrap_err().is_out_of_memory());
}

#[test]
fn the_table_shows_open_zones_and_only_what_was_asked_for() {
    let line = |shown| {
        let rows = Rows::of(vec![candidate()], shown);
        let table = rows.document(&rendering(Format::Table)).unwrap();
        let Value::Object(line) = &table.as_array().unwrap()[0] else {
            panic!("no object")
        };
        line.clone()
    };
    let plain = line(Shown::default());
    for (title, expected) in [
        ("Gen", "1,2".into()),
        ("MemoryGB", Value::Float(3.5)),
        ("VCPUs", Value::Int(2)),
        ("OpenZones", "2".into()),
        ("Restriction", "Zone".into()),
    ] {
        assert_eq!(plain.get(title), Some(&expected), "{title}");
    }
    assert_eq!(plain.get("QuotaLeft"), None);
    let with_quota = line(Shown {
        quota: true,
        ..Shown::default()
    });
    assert_eq!(with_quota.get("QuotaLeft"), Some(&"-".into()));
}

/// Returns a size with this name, zones and memory.
fn sku(name: &str, zones: &[&str], memory: &str) -> Candidate {
    let sku = json!({
        "name": name, "family": "f", "locations": ["eastus"],
        "locationInfo": [{"location": "eastus", "zones": zones}],
        "capabilities": [{"name": "vCPUs", "value": "16"}, {"name": "MemoryGB", "value": memory}],
    });
    Candidate::of(VmSize::all_of(&sku).remove(0))
}

#[test]
fn a_table_that_is_laid_out_directly_is_the_one_that_is_built() {
    let rendering = rendering(Format::Table);
    for sizes in [
        vec![candidate()],
        vec![
            sku("a", &[], "1"),
            candidate(),
            candidate(),
            sku("b", &["1", "2", "3"], "0.75"),
        ],
        vec![sku(&"long".repeat(20), &["1"], "123456.5"), candidate()],
        (0..3000)
            .map(|number| sku(&format!("s{number}"), &["1"], "1"))
            .collect(),
    ] {
        let rows = Rows::of(sizes, Shown::default());
        let built = rows.document(&rendering).unwrap();
        let built = azq_output::render(&built, &rendering).unwrap();
        assert_eq!(rows.plain_table(&rendering).unwrap().bytes(), built);
        let mut chunks = Vec::new();
        let receive = &mut |chunk: Vec<u8>| {
            chunks.push(chunk);
            ControlFlow::Continue(())
        };
        rows.render_into(&rendering, receive).unwrap();
        assert_eq!(chunks.concat(), built);
        assert!(chunks.len() == 1 || chunks.iter().all(|chunk| chunk.len() < 64 << 10));
    }
}

#[test]
fn text_that_is_not_plain_is_left_to_the_general_table() {
    let rendering = rendering(Format::Table);
    for name in ["", " a", "a\n", "a\u{1b}[0m", "größe"] {
        let rows = Rows::of(vec![sku(name, &[], "1")], Shown::default());
        assert!(rows.plain_table(&rendering).is_none(), "{name:?}");
    }
    assert!(
        Rows::of(Vec::new(), Shown::default())
            .plain_table(&rendering)
            .is_none()
    );
    let rows = Rows::of(vec![candidate()], ALL);
    assert!(
        rows.plain_table(&rendering).is_none(),
        "it has more columns"
    );
}
