//! `azq gen2 plan`: a target, a strategy and the steps for each pool, without any change.

use super::scene;
use crate::prelude::*;

const PLAN: &str = "gen2 plan -g g -n c";

fn plan(home: &Home, more: &str) -> Value {
    home.line(&format!("{PLAN} -o json {more}")).json()
}

fn of<'p>(plan: &'p Value, nodepool: &str) -> &'p Value {
    let mut pools = plan["pools"].as_array().unwrap().iter();
    pools.find(|pool| pool["nodepool"] == nodepool).unwrap()
}

#[test]
fn every_pool_has_a_similar_size_a_way_and_steps() {
    let (emulator, home) = logged_in_to(start(scene::specification()));
    let table = home.line(PLAN).success();
    table.assert_starts_with("Nodepool  ");
    assert_eq!(table.lines().count(), 2 + 6, "{table}");
    let plan = plan(&home, "");
    for (nodepool, new_nodepool) in [("system", "systemg2"), ("win", "wing2"), ("gpu", "gpug2")] {
        let pool = of(&plan, nodepool);
        assert_eq!(pool["newNodepool"], new_nodepool, "{pool}");
        assert_eq!(pool["method"], "newPool", "{pool}");
        assert_eq!(pool["problem"], "", "{pool}");
        let steps = pool["steps"].as_array().unwrap();
        assert!(steps.len() >= 5, "{pool}");
        for step in steps {
            step.as_str().unwrap().assert_starts_with("az ");
        }
        let reason = pool["reason"].as_str().unwrap();
        let is_same_size = pool["vmSize"] == pool["newVmSize"];
        let why = if is_same_size {
            "keeps its generation"
        } else {
            "from V1 to V2"
        };
        assert!(reason.contains(why), "{pool}");
    }
    let windows = of(&plan, "win")["steps"][0].as_str().unwrap();
    windows.assert_contains("UseWindowsGen2VM=true");
    let unusual = of(&plan, "linux")["steps"][0].as_str().unwrap();
    unusual.assert_starts_with("az rest --method put");
    unusual.assert_contains("fromTheFuture");
    let autoscaled = of(&plan, "auto")["steps"].to_string();
    autoscaled.assert_contains("--disable-cluster-autoscaler");
    let steps = home.line(&format!("{PLAN} --query pools[].steps[] -o tsv"));
    for step in steps.success().lines() {
        step.assert_starts_with("az ");
    }
    assert_eq!(writes(&emulator), 0);
}

#[test]
fn a_plan_is_for_the_pools_and_the_size_that_are_named() {
    let (_emulator, home) = logged_in_to(start(scene::specification()));
    let any = plan(&home, "--nodepool-name linux");
    let size = of(&any, "linux")["alternatives"][0].as_str().unwrap();
    let line = format!("--nodepool-name linux auto --node-vm-size {size}");
    let named = plan(&home, &line);
    assert_eq!(named["pools"].as_array().unwrap().len(), 2);
    assert_eq!(of(&named, "linux")["newVmSize"], size, "{named}");
    let first = plan(&home, "--nodepool-name linux --node-vm-size Standard_D4_v2");
    let problem = of(&first, "linux")["problem"].as_str().unwrap();
    problem.assert_contains("is not of Generation 2");
    let in_place = plan(&home, "--nodepool-name linux --in-place");
    assert_eq!(of(&in_place, "linux")["method"], "inPlace");
    let update = of(&in_place, "linux")["steps"][0].as_str().unwrap();
    update.assert_starts_with("az aks nodepool update ");
    let unknown = home.line(&format!("{PLAN} --nodepool-name none"));
    assert_eq!(
        unknown.failure(1),
        "ERROR: The cluster 'c' has no node pool 'none'.\n"
    );
    let nameless = home.line("gen2 plan");
    let words = "the following arguments are required: --resource-group/-g, --name/-n";
    nameless.failure(2).assert_contains(words);
}

#[test]
fn a_pool_for_which_there_is_no_quota_has_a_problem() {
    let (emulator, home) = logged_in_to(start(scene::specification()));
    let usage = |name: &str| json!({"name": {"value": name}, "currentValue": 0, "limit": 5, "unit": "Count"});
    let usages = json!({"value": [usage("cores"), usage("lowPriorityCores")]});
    emulator.inject(Fault::answer("GET .*/usages", 200, usages));
    let scarce = plan(&home, "");
    let problem = |name| of(&scarce, name)["problem"].as_str().unwrap().to_owned();
    // Spot machines have a quota of their own.
    assert_eq!(problem("spot"), "");
    problem("linux").assert_contains("ask for quota");
    let denied = json!({"error": {"code": "AuthorizationFailed", "message": "no"}});
    emulator.inject(Fault::answer("GET .*/usages", 403, denied));
    let blind = home.line(&format!("{PLAN} -o tsv --query pools[].problem"));
    let warning = "WARNING: The quotas of eastus could not be read";
    blind.stderr.assert_starts_with(warning);
    assert_eq!(blind.text().trim(), "");
}

#[test]
fn a_price_is_that_of_all_nodes_with_their_operating_system() {
    let (emulator, home) = logged_in_to(start(scene::specification()));
    let without = plan(&home, "--nodepool-name linux");
    assert_eq!(of(&without, "linux").get("hourlyPrice"), None);
    assert_eq!(emulator.request_count("/api/retail/prices"), 0);
    let priced = plan(&home, "--price");
    let price = |name: &str| of(&priced, name)["hourlyPrice"].as_f64().unwrap();
    // Each has two vCPUs, at the emulator's prices for a vCPU.
    for (name, expected) in [
        ("linux", 6.0 * 0.05),
        ("win", 4.0 * 0.09),
        ("spot", 4.0 * 0.01),
    ] {
        assert!((price(name) - expected).abs() < 1e-9, "{name}: {priced}");
    }
}
