//! `azq gen2 migrate`: its actions, the conditions that stop it, and that it can be abandoned.

use azq_tests::emulator::Incident;

use super::scene;
use super::scene::{MIGRATE, assert_migrated, pools_now};
use crate::prelude::*;

/// Creates a home with an emulator.
fn home_with(specification: Specification) -> (Emulator, Home) {
    logged_in_to(start(specification))
}

/// Creates a home with a cluster whose only pool of Generation 1 besides `system` is `linux`.
fn home_with_linux(workload: Workload) -> (Emulator, Home) {
    home_with(scene::with_pools(&["linux", "system"], vec![workload]))
}

fn document(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.printed(0)).unwrap()
}

#[test]
fn a_cluster_is_migrated_pool_by_pool_with_all_settings() {
    let (emulator, home) = home_with(scene::specification());
    let old = pools_now(&emulator);
    let outcome = home.line(&format!("{MIGRATE} --yes -o json"));
    let document = document(&outcome);
    assert_eq!(document["status"], "finished", "{document}");
    assert_migrated(&emulator, &old);
    let log = fs::read_to_string(document["log"].as_str().unwrap()).unwrap();
    for said in [
        "linux: PUT linuxg2",
        "auto: its autoscaler is off",
        "win: is deleted",
        "finished: every",
    ] {
        log.assert_contains(said);
    }
    let resume = "azq gen2 migrate -g g -n c --resume";
    outcome.stderr.assert_contains(resume);
    let mut with_header = emulator.requests();
    with_header.retain(|request| {
        request.method == "PUT" && request.header("usewindowsgen2vm") == Some("true")
    });
    let [request] = with_header.try_into().unwrap();
    request.path.assert_ends_with("/wing2");
    home.line("gen2 report -g g -n c --check").success();
    let again = home.line(&format!("{MIGRATE} --yes -o tsv --query status"));
    assert_eq!(again.text(), "finished\n", "{again:?}");
}

#[test]
fn a_plans_file_is_carried_out_as_it_was_edited() {
    let (emulator, home) = home_with_linux(scene::web(3, 2));
    let line = "gen2 plan -g g -n c --nodepool-name linux -o json";
    let mut plan: Value = home.line(line).json();
    plan["pools"][0]["newNodepool"] = "fresh".into();
    plan["pools"][0]["newVmSize"] = "Standard_D4s_v5".into();
    let file = home.path().join("plan.json");
    fs::write(&file, plan.to_string()).unwrap();
    let line = "gen2 migrate --plan plan.json --yes";
    let table = home.line(line);
    table.text().assert_contains("migrated to fresh");
    let now = pools_now(&emulator);
    assert_eq!(now["fresh"]["properties"]["vmSize"], "Standard_D4s_v5");
    assert!(now.contains_key("system") && !now.contains_key("linux"));
    for (content, why) in [("{}", "is no plan"), ("{\"version\": 9", "is no plan")] {
        fs::write(&file, content).unwrap();
        home.line(line).failure(1).assert_contains(why);
    }
}

#[test]
fn nothing_begins_without_a_yes() {
    let (emulator, mut home) = home_with(scene::specification());
    // As az's commands that ask before they begin (knack, `commands.py`).
    let refused = home.line(MIGRATE);
    assert_eq!(
        refused.failure(1),
        "WARNING: Unable to prompt for confirmation as no tty available. Use --yes.\n\
         ERROR: Operation cancelled.\n"
    );
    home.set("NO_COLOR", "1");
    for typed in ["n\n", "maybe\nN\n"] {
        let mut screen = Screen::line(&home, MIGRATE);
        screen.until_shows("Do you want to begin? (y/n): ");
        screen.type_text(typed);
        let (ended, text) = screen.finish();
        assert_eq!(ended, Some(1), "{text}");
        text.assert_contains("ERROR: Operation cancelled.");
    }
    assert_eq!(writes(&emulator), 0);
    let resumed = home.line("gen2 migrate --resume");
    assert_eq!(resumed.failure(3), "ERROR: No migration is under way.\n");
    let aborted = home.line("gen2 migrate -g g -n c --abort");
    aborted.failure(3).assert_contains("was begun here");
}

#[test]
fn a_yes_on_the_terminal_or_in_azs_configuration_begins_it() {
    let line = format!("{MIGRATE} --nodepool-name linux");
    let (emulator, home) = home_with_linux(scene::web(3, 2));
    let mut screen = Screen::line(&home, &line);
    screen.until_shows("Do you want to begin? (y/n): ");
    screen.type_text("y\n");
    let (ended, text) = screen.finish();
    assert_eq!(ended, Some(0), "{text}");
    assert!(pools_now(&emulator).contains_key("linuxg2"));
    let (emulator, mut home) = home_with_linux(scene::web(3, 2));
    home.set("AZURE_CORE_DISABLE_CONFIRM_PROMPT", "true");
    home.line(&line).printed(0);
    assert!(pools_now(&emulator).contains_key("linuxg2"));
}

#[test]
fn a_blocking_budget_is_named_and_the_migration_can_be_resumed() {
    let web = Workload {
        budget_by_expression: true,
        ..scene::web(3, 3)
    };
    let (emulator, home) = home_with_linux(web);
    let file = plan_with_limit(&home);
    let line = format!("gen2 migrate --plan {file} --yes --drain-timeout 5s");
    let stopped = home.line(&line);
    for said in [
        "disruption budget default/web-budget allows no eviction now",
        "kubectl said last: error: unable to drain",
        "--resume",
    ] {
        stopped.said(1).assert_contains(said);
    }
    assert!(pools_now(&emulator).contains_key("linux"));
    let second = home.line(&format!("{MIGRATE} --yes --nodepool-name linux"));
    let says = "was begun and has not ended";
    second.failure(1).assert_contains(says);
    let mut state = emulator.state();
    state.kubernetes.get_mut("c").unwrap().set_budget("web", 2);
    drop(state);
    let resumed = home.line("gen2 migrate --resume -o tsv --query pools[].state");
    assert_eq!(resumed.text(), "migrated to linuxg2\n", "{resumed:?}");
    assert_eq!(emulator.state().kubernetes["c"].incidents, []);
}

/// Writes a plan for the pool `linux` alone to a file.
fn plan_with_limit(home: &Home) -> &'static str {
    let line = "gen2 plan -g g -n c --nodepool-name linux -o json";
    let plan = home.line(line).success();
    fs::write(home.path().join("plan.json"), plan).unwrap();
    "plan.json"
}

#[test]
fn pods_that_would_be_lost_stop_a_migration_before_it_cordons() {
    let bare = Workload {
        kind: WorkloadKind::Bare,
        min_available: None,
        ..scene::web(1, 0)
    };
    let (emulator, home) = home_with_linux(bare);
    let line = format!("{MIGRATE} --yes --nodepool-name linux");
    let says = "have no owner that makes them again";
    home.line(&line).failure(1).assert_contains(says);
    assert_eq!(emulator.state().kubernetes["c"].changes, 0);
    home.line("gen2 migrate --resume --force").printed(0);
    let lost = |incident: &Incident| matches!(incident, Incident::PodLost(_));
    assert!(emulator.state().kubernetes["c"].incidents.iter().all(lost));

    let scratch = Workload {
        empty_dir: true,
        ..scene::web(2, 1)
    };
    let (emulator, home) = home_with_linux(scratch);
    let stopped = home.line(&line);
    stopped.failure(1).assert_contains("--delete-emptydir-data");
    let allowed = home.line("gen2 migrate --resume --delete-emptydir-data");
    allowed.printed(0);
    assert_eq!(emulator.state().kubernetes["c"].incidents, []);

    let mut pinned = scene::web(2, 1);
    let (label, pool) = ("agentpool".to_owned(), "linux".to_owned());
    pinned.node_selector.insert(label, pool);
    let (emulator, home) = home_with_linux(pinned);
    let says = "can run on the old pool alone";
    home.line(&line).failure(1).assert_contains(says);
    assert_eq!(emulator.state().kubernetes["c"].changes, 0);
}

#[test]
fn an_abort_lets_pods_come_back_and_keeps_both_pools() {
    let mut workloads = scene::workloads();
    for workload in &mut workloads {
        if workload.name == "batch" {
            workload.min_available = Some(workload.replicas);
        }
    }
    let (emulator, home) = home_with(scene::with_pools(&["auto", "system"], workloads));
    let line = format!("{MIGRATE} --yes --nodepool-name auto --drain-timeout 5s");
    home.line(&line).said(1);
    let held = pools_now(&emulator);
    assert_eq!(held["auto"]["properties"]["enableAutoScaling"], false);
    let aborted = document(&home.line("gen2 migrate --abort -o json"));
    assert_eq!(aborted["status"], "aborted");
    let state = &aborted["pools"][0]["state"];
    assert_eq!(state, "both auto and autog2 take pods");
    let now = pools_now(&emulator);
    assert!(now.contains_key("autog2"));
    for (property, value) in [
        ("enableAutoScaling", json!(true)),
        ("minCount", json!(1)),
        ("maxCount", json!(5)),
    ] {
        assert_eq!(now["auto"]["properties"][property], value);
    }
    assert!(!emulator.state().kubernetes["c"].is_any_cordoned());
    let again = home.line("gen2 migrate --resume");
    assert_eq!(again.failure(3), "ERROR: No migration is under way.\n");
}

#[test]
fn pools_are_migrated_in_place_where_azure_accepts_it_else_replaced() {
    for (generations, successor) in [
        (Generations::Taken, "linux"),
        (Generations::Refused, "linuxg2"),
    ] {
        let mut specification = scene::with_pools(&["linux", "system"], vec![scene::web(3, 2)]);
        specification.generations = generations;
        let (emulator, home) = home_with(specification);
        let line = format!("{MIGRATE} --yes --nodepool-name linux --in-place -o json");
        let done = document(&home.line(&line));
        assert_eq!(done["status"], "finished");
        let now = pools_now(&emulator);
        let image = &now[successor]["properties"]["nodeImageVersion"];
        image.as_str().unwrap().assert_contains("gen2");
        assert_eq!(now.len(), 2);
        assert_eq!(emulator.state().kubernetes["c"].incidents, []);
    }
}

#[test]
fn a_refusal_of_azure_is_the_error_and_can_be_retried() {
    let (emulator, home) = home_with_linux(scene::web(3, 2));
    let old = scene::pools();
    let body = json!({"code": "QuotaExceeded", "message": "No cores.", "details": null});
    emulator.inject(Fault::answer("PUT .*/linuxg2", 400, body));
    let refused = home.line(&format!("{MIGRATE} --yes --nodepool-name linux"));
    let says = "ERROR: (QuotaExceeded) No cores.";
    refused.stderr.assert_contains(says);
    let denied = json!({"error": {"code": "AuthorizationFailed", "message": "no"}});
    emulator.inject(Fault::answer("POST .*/runCommand", 403, denied));
    let refused = home.line("gen2 migrate --resume");
    refused.stderr.assert_contains("(AuthorizationFailed)");
    home.line("gen2 migrate --resume").printed(0);
    let now = pools_now(&emulator);
    let [new, old] = [&now["linuxg2"], &old["linux"]].map(|pool| &pool["properties"]);
    assert_eq!(new["kubeletConfig"], old["kubeletConfig"]);
}

#[test]
fn a_migration_survives_a_stopped_daemon_and_can_be_resumed() {
    let (emulator, home) = home_with(scene::specification());
    let old = pools_now(&emulator);
    let made = |name: &str| pools_now(&emulator).contains_key(name);
    let client = home.begin(&format!("{MIGRATE} --yes -o tsv --query status"));
    eventually("the first pool is being made", || made("systemg2"));
    home.line("daemon stop").success();
    eventually("the next pool is being made", || made("linuxg2"));
    signal(client.id(), Signal::INT);
    let ended = client.finish();
    assert_eq!((ended.code, &*ended.text()), (None, ""), "{ended}");
    let resumed = home.line("gen2 migrate --resume -o tsv --query status");
    assert_eq!(resumed.text(), "finished\n", "{resumed:?}");
    assert_migrated(&emulator, &old);
}

#[test]
fn a_cluster_that_runs_no_commands_is_left_as_it_is() {
    let (emulator, home) = home_with_linux(scene::web(3, 2));
    let disabled = json!({"error": {"code": "RunCommandDisabled", "message": "disabled"}});
    emulator.inject(Fault::answer("POST .*/runCommand", 400, disabled).times(9));
    let refused = home.line(&format!("{MIGRATE} --yes --nodepool-name linux"));
    refused.stderr.assert_contains("(RunCommandDisabled)");
    assert!(!pools_now(&emulator).contains_key("linuxg2"));
}
