//! Runs the checks on the cases in `cases.json`. The integration tests run the same table through
//! the real binaries (`tests/tests/it/nodepool/preflight.rs`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};

use azq_preflight::{Action, CHECKS, Input, Lookup, Sizes, Target, run};
use azq_vm_sizes::{Quotas, VmSize};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

const LOCATION: &str = "eastus";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    sizes: BTreeMap<String, SizeCase>,
    usages: BTreeMap<String, (i64, i64)>,
    pools: BTreeMap<String, Map<String, Json>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SizeCase {
    family: String,
    zones: Vec<String>,
    #[serde(default)]
    ultra_zones: Vec<String>,
    /// The reason why the size is closed to the subscription.
    closed: Option<String>,
    #[serde(default)]
    closed_zones: Vec<String>,
    capabilities: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The command and its options.
    line: String,
    /// The name of the current pool in `pools`.
    pool: Option<String>,
    /// The changes to that pool.
    #[serde(default)]
    has: Map<String, Json>,
    /// The document that is sent: all of it, or the differences from the current pool.
    draft: Map<String, Json>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    asked: Option<String>,
    /// The data that Azure does not return: `sizes`, `aks` or `usages`.
    unknown: Option<String>,
    /// Whether azq itself refuses the command, so that nothing is sent.
    #[serde(default)]
    refused: bool,
    expect: BTreeMap<String, String>,
}

/// Returns the input for a change of a pool, in a location without sizes and quotas.
fn input<'a>(draft: &'a Json, current: Option<&'a Json>, sizes: &'a Sizes) -> Input<'a> {
    Input {
        action: Action::Scale,
        target: Target {
            resource_group: "g",
            cluster: "c",
            pool: "np",
        },
        draft,
        headers: &[],
        asked_os_type: None,
        current,
        location: Some(LOCATION),
        sizes,
        aks_sizes: sizes,
        quotas: &Lookup::Missing,
    }
}

fn table() -> Table {
    serde_json::from_str(include_str!("cases.json")).unwrap()
}

impl SizeCase {
    fn document(&self, name: &str) -> Json {
        let capability = |(name, value): (&String, &String)| json!({"name": name, "value": value});
        let closed = self.closed.iter().map(|reason| {
            json!({"type": "Location", "values": [LOCATION], "reasonCode": reason,
                "restrictionInfo": {"locations": [LOCATION]}})
        });
        let zones = (!self.closed_zones.is_empty()).then(|| {
            json!({"type": "Zone", "values": [LOCATION], "reasonCode": "NotAvailableForSubscription",
                "restrictionInfo": {"locations": [LOCATION], "zones": self.closed_zones}})
        });
        json!({"name": name, "resourceType": "virtualMachines", "family": self.family,
            "locations": [LOCATION],
            "locationInfo": [{"location": LOCATION, "zones": self.zones, "zoneDetails": [{
                "Name": self.ultra_zones,
                "capabilities": [{"name": "UltraSSDAvailable", "value": "True"}]}]}],
            "capabilities": self.capabilities.iter().map(capability).collect::<Vec<_>>(),
            "restrictions": closed.chain(zones).collect::<Vec<_>>()})
    }
}

impl Table {
    /// Returns the look-ups of the sizes.
    fn sizes(&self, names: &[&str], is_known: bool, of_nodes: bool) -> Sizes {
        let mut sizes = Sizes::default();
        for name in names {
            let known = self
                .sizes
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name));
            // AKS lists the sizes with at least two vCPUs.
            let is_listed = |size: &SizeCase| {
                let vcpus = size
                    .capabilities
                    .get("vCPUs")
                    .and_then(|vcpus| vcpus.parse().ok());
                !of_nodes || vcpus.is_some_and(|vcpus: u64| vcpus >= 2)
            };
            let lookup = match known.filter(|(_, size)| is_listed(size)) {
                _ if !is_known => Lookup::Unknown("Azure is away.".to_owned()),
                Some((name, size)) => Lookup::Found(VmSize::all_of(&size.document(name)).remove(0)),
                None => Lookup::Missing,
            };
            sizes.insert(name, lookup);
        }
        sizes
    }

    fn quotas(&self, is_known: bool) -> Lookup<Quotas> {
        let usage = |(name, (used, limit)): (&String, &(i64, i64))| json!({"name": {"value": name}, "currentValue": used, "limit": limit});
        if is_known {
            let usages: Vec<Json> = self.usages.iter().map(usage).collect();
            Lookup::Found(Quotas::of(&usages))
        } else {
            Lookup::Unknown("Azure is away.".to_owned())
        }
    }

    fn current(&self, case: &Case) -> Option<Json> {
        let mut properties = self.pools[case.pool.as_deref()?].clone();
        properties.extend(case.has.clone());
        Some(json!({"name": "np", "properties": properties}))
    }

    /// Returns the verdicts of a case, and checks that each has a reason.
    fn verdicts(&self, case: &Case) -> BTreeMap<&'static str, &'static str> {
        let current = self.current(case);
        let mut draft = current.clone().unwrap_or_else(|| json!({"properties": {}}));
        draft["properties"]
            .as_object_mut()
            .unwrap()
            .extend(case.draft.clone());
        let names: Vec<&str> = current
            .iter()
            .chain([&draft])
            .flat_map(azq_preflight::sizes_of)
            .collect();
        let knows = |what: &str| case.unknown.as_deref() != Some(what);
        let headers: Vec<_> = case.headers.clone().into_iter().collect();
        let sizes = self.sizes(&names, knows("sizes"), false);
        let outcomes = run(&Input {
            action: match case.line.split(' ').next().unwrap() {
                "add" => Action::Add,
                "update" => Action::Update,
                _ => Action::Scale,
            },
            headers: &headers,
            asked_os_type: case.asked.as_deref(),
            aks_sizes: &self.sizes(&names, knows("aks"), true),
            quotas: &self.quotas(knows("usages")),
            ..input(&draft, current.as_ref(), &sizes)
        });
        let told = outcomes.into_iter().map(|outcome| {
            let reason = &outcome.finding.reason;
            assert!(reason.ends_with(['.', ')']), "{}: {reason}", case.name);
            (outcome.check, outcome.finding.verdict.name())
        });
        told.collect()
    }
}

#[test]
fn every_case_has_its_verdicts() {
    let table = table();
    let mut wrong = Vec::new();
    for case in &table.cases {
        let verdicts = table.verdicts(case);
        for (check, expected) in &case.expect {
            let found = verdicts.get(check.as_str()).copied().unwrap_or("absent");
            if found != expected {
                wrong.push(format!("{}: {check}: {found}, not {expected}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_check_passes_fails_and_is_unknown_in_some_case() {
    let table = table();
    assert!(table.cases.len() >= 60, "{}", table.cases.len());
    let names: BTreeSet<&str> = table.cases.iter().map(|case| &*case.name).collect();
    assert_eq!(names.len(), table.cases.len(), "names are unique");
    let refused = table.cases.iter().filter(|case| case.refused).count();
    assert!(
        refused < 5,
        "the rest is sent to be compared with its draft"
    );
    for check in CHECKS {
        let verdicts = table
            .cases
            .iter()
            .filter_map(|case| case.expect.get(check.name));
        let verdicts: BTreeSet<&str> = verdicts.map(String::as_str).collect();
        let all = BTreeSet::from(["fail", "pass", "unknown"]);
        assert_eq!(verdicts, all, "{}", check.name);
    }
}

/// Checks the limit on sizes, because Azure may send any number of profiles.
#[test]
fn a_pool_of_very_many_sizes_is_unknown_and_takes_no_time() {
    let profiles: Vec<Json> = (0..100_000)
        .map(|number| json!({"size": format!("S{number}"), "count": 1}))
        .collect();
    let pool = json!({"properties": {"type": "VirtualMachines",
        "virtualMachinesProfile": {"scale": {"manual": profiles}}}});
    let sizes = Sizes::default();
    let outcomes = run(&input(&pool, Some(&pool), &sizes));
    assert!(!outcomes.is_empty());
    for outcome in outcomes {
        assert_eq!(outcome.finding.reason, "The pool has more than 32 sizes.");
    }
}
