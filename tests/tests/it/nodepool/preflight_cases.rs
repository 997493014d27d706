//! The table of pre-flight cases through the real binaries: the same verdicts as in the crate's own
//! tests, and no request that changes anything. Without `--preflight`, the document that is sent is
//! the one that was checked.

use serde::Deserialize;

use crate::prelude::*;

/// The table of the crate `azq-preflight`.
const TABLE: &str = include_str!("../../../../daemon/crates/preflight/tests/cases.json");

/// A location for each kind of data that Azure withholds in a case, because a catalogue that was
/// kept could supply it.
const LOCATIONS: [(&str, &str); 4] = [
    ("", "eastus"),
    ("sizes", "westus2"),
    ("usages", "westus3"),
    ("aks", "northeurope"),
];

#[derive(Deserialize)]
struct Table {
    sizes: BTreeMap<String, Value>,
    usages: BTreeMap<String, (i64, i64)>,
    pools: BTreeMap<String, Map<String, Value>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    line: String,
    pool: Option<String>,
    #[serde(default)]
    has: Map<String, Value>,
    draft: Map<String, Value>,
    unknown: Option<String>,
    #[serde(default)]
    refused: bool,
    expect: BTreeMap<String, String>,
}

impl Case {
    fn location(&self) -> &'static str {
        let unknown = self.unknown.as_deref().unwrap_or_default();
        let mut locations = LOCATIONS.iter();
        locations.find(|(what, _)| *what == unknown).unwrap().1
    }

    fn command(&self) -> String {
        let (word, options) = self.line.split_once(' ').unwrap_or((&self.line, ""));
        let location = self.location();
        format!("aks nodepool {word} -g g --cluster-name c-{location} -n np {options}")
    }
}

/// Returns a size as Compute lists it in a location.
fn sku(name: &str, size: &Value, location: &str) -> Value {
    let capabilities = size["capabilities"].as_object().unwrap().iter();
    let capabilities: Vec<Value> = capabilities
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let mut restrictions = Vec::new();
    if let Some(reason) = size.get("closed") {
        restrictions.push(
            json!({"type": "Location", "values": [location], "reasonCode": reason,
            "restrictionInfo": {"locations": [location]}}),
        );
    }
    if let Some(zones) = size.get("closedZones") {
        restrictions.push(json!({"type": "Zone", "values": [location],
            "reasonCode": "NotAvailableForSubscription",
            "restrictionInfo": {"locations": [location], "zones": zones}}));
    }
    let ultra = size.get("ultraZones").cloned().unwrap_or_else(|| json!([]));
    let details = json!([{"Name": ultra,
        "capabilities": [{"name": "UltraSSDAvailable", "value": "True"}]}]);
    json!({"name": name, "resourceType": "virtualMachines", "family": size["family"],
        "locations": [location], "capabilities": capabilities, "restrictions": restrictions,
        "locationInfo": [{"location": location, "zones": size["zones"], "zoneDetails": details}]})
}

fn faults(table: &Table) -> Vec<Fault> {
    let usage = |(name, (used, limit)): (&String, &(i64, i64))| {
        json!({"name": {"value": name, "localizedValue": name}, "currentValue": used,
            "limit": limit, "unit": "Count"})
    };
    let usages: Vec<Value> = table.usages.iter().map(usage).collect();
    let refusal = json!({"error": {"code": "AuthorizationFailed", "message": "You may not."}});
    let faults = [
        Fault::answer("GET .*/locations/westus3/usages", 403, refusal.clone()),
        Fault::answer("GET .*/usages", 200, json!({"value": usages})),
        Fault::answer("GET .*/Microsoft.Compute/skus", 403, refusal.clone())
            .parameter("$filter", "location eq 'westus2'"),
        Fault::answer("GET .*/locations/northeurope/vmSkus", 403, refusal),
    ];
    faults.map(|fault| fault.times(u32::MAX)).into()
}

/// Starts an Azure with the table's sizes and a cluster in each location.
fn emulator(table: &Table, folder: &Path) -> Emulator {
    let skus = LOCATIONS.iter().flat_map(|(_, location)| {
        let sizes = table.sizes.iter();
        sizes.map(move |(name, size)| sku(name, size, location))
    });
    let skus: Vec<Value> = skus.collect();
    fs::write(folder.join("skus.json"), json!({"value": skus}).to_string()).unwrap();
    let cluster = |(_, location): &(&str, &str)| {
        let cluster = ClusterSpecification {
            resource_group: "g".to_owned(),
            location: Some((*location).to_owned()),
            ..ClusterSpecification::default()
        };
        (format!("c-{location}"), cluster)
    };
    start(Specification {
        skus: Some("skus.json".to_owned()),
        folder: folder.to_owned(),
        clusters: LOCATIONS.iter().map(cluster).collect(),
        faults: faults(table),
        ..Specification::default()
    })
}

/// Reads the table, starts its Azure, and creates a home that is logged in there.
fn azure_of_the_table() -> (Table, Emulator, Home) {
    let table: Table = serde_json::from_str(TABLE).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (emulator, home) = logged_in_to(emulator(&table, folder.path()));
    (table, emulator, home)
}

/// Sets the cluster to the state in which a case begins, and clears the log of requests.
fn prepare(emulator: &Emulator, table: &Table, case: &Case) {
    let mut state = emulator.state();
    let name = format!("c-{}", case.location());
    let cluster = state.clusters.get_mut(&name).unwrap();
    cluster.pools = Map::new();
    if let Some(pool) = &case.pool {
        let mut properties = table.pools[pool].clone();
        properties.extend(case.has.clone());
        let pool = json!({"id": "/x", "name": "np", "properties": properties});
        cluster.pools.insert("np".to_owned(), pool);
    }
    state.requests.clear();
}

/// Whether one value contains everything of another.
fn is_within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|found| is_within(value, found))),
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (part, whole) => part == whole,
    }
}

/// Returns the errors in the verdicts of a case.
fn judge(home: &Home, emulator: &Emulator, case: &Case) -> Vec<String> {
    let line = format!("{} --preflight -o json", case.command());
    let outcome = home.line(&line);
    assert_eq!(writes(emulator), 0, "{}", case.name);
    let checks: Vec<Value> = serde_json::from_slice(&outcome.stdout)
        .unwrap_or_else(|_| panic!("{}: {} {}", case.name, outcome.text(), outcome.stderr));
    let verdict = |name: &str| {
        let found = checks.iter().find(|check| check["check"] == name);
        found.map_or(Value::Null, |check| check["verdict"].clone())
    };
    let expected = case.expect.iter();
    let mut wrong: Vec<String> = expected
        .filter(|(name, expected)| verdict(name) != ***expected)
        .map(|(name, expected)| format!("{}: {name}: {}, not {expected}", case.name, verdict(name)))
        .collect();
    let fails = checks.iter().any(|check| check["verdict"] == "fail");
    if outcome.code != Some(i32::from(fails)) || !outcome.stderr.is_empty() {
        wrong.push(format!("{}: {outcome}", case.name));
    }
    wrong
}

#[test]
fn the_table_of_cases_holds_through_the_real_binaries_and_nothing_is_sent() {
    let (table, emulator, home) = azure_of_the_table();
    let mut wrong = Vec::new();
    for case in &table.cases {
        prepare(&emulator, &table, case);
        wrong.extend(judge(&home, &emulator, case));
    }
    assert!(table.cases.len() >= 60, "{}", table.cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_checked_document_is_the_one_that_is_sent() {
    let (table, emulator, home) = azure_of_the_table();
    for case in &table.cases {
        prepare(&emulator, &table, case);
        // The emulator may accept or refuse it.
        let outcome = home.line(&format!("{} --no-wait", case.command()));
        let sent = written(&emulator);
        if case.refused {
            assert!(sent.is_empty() && outcome.code == Some(1), "{}", case.name);
            continue;
        }
        let [put] = sent.as_slice() else {
            panic!("{}: {sent:?} {}", case.name, outcome.stderr)
        };
        let draft = Value::Object(case.draft.clone());
        let properties = &put.body["properties"];
        assert!(is_within(&draft, properties), "{}: {properties}", case.name);
    }
}

/// Sets up a PATH that has azq under its own name and under az's.
fn shell(home: &mut Home) {
    let bin = home.folder_on_path("bin");
    for name in ["az", "azq"] {
        symlink(&home.binaries().azq, bin.join(name)).unwrap();
    }
}

/// Returns the advice of all cases, each line once, with its case.
fn advised(home: &Home, emulator: &Emulator, table: &Table) -> BTreeMap<String, usize> {
    let mut advised = BTreeMap::new();
    for (index, case) in table.cases.iter().enumerate() {
        prepare(emulator, table, case);
        let line = format!("{} --preflight -o json", case.command());
        let stdout = home.line(&line).stdout;
        let checks: Vec<Value> = serde_json::from_slice(&stdout).unwrap();
        let advice = |check: &Value| check["advice"].as_array().unwrap().clone();
        let lines: Vec<_> = checks.iter().flat_map(advice).collect();
        for line in lines.iter().filter_map(Value::as_str) {
            advised.insert(line.to_owned(), index);
        }
    }
    advised
}

#[test]
fn every_line_that_is_advised_is_a_command_line_of_az_or_azq() {
    let (table, emulator, mut home) = azure_of_the_table();
    shell(&mut home);
    let mut tried = 0;
    for (line, index) in advised(&home, &emulator, &table) {
        let commands = [
            ("azq sizes ", ""),
            ("azq gen2 plan ", " -o none"),
            ("az aks nodepool add ", " --preflight"),
            ("az aks nodepool update ", " --preflight"),
        ];
        let Some((start, more)) = commands.iter().find(|(start, _)| line.starts_with(start)) else {
            continue;
        };
        prepare(&emulator, &table, &table.cases[index]);
        let script = format!("{line}{more}");
        let outcome = home.shell(&script);
        // A command that only checks may fail its checks.
        let may_fail = start.starts_with("az ");
        let is_taken = outcome.code == Some(0) || (may_fail && outcome.code == Some(1));
        assert!(is_taken && outcome.stderr.is_empty(), "{script}: {outcome}");
        tried += 1;
    }
    assert!(tried >= 30, "{tried}");
}
