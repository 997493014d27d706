//! `azq gen2 migrate`: its actions, the conditions that stop it, and that it can be abandoned.

use azq_tests::emulator::Incident;

use super::scene;
use super::scene::{MIGRATE, assert_migrated, pools_now};
use crate::long_running::end;
use crate::prelude::*;

/// Creates a home with an emulator.
fn home_with(specification: Specification) -> (Emulator, Home) {
    let (emulator, home) = logged_in_to(start(specification));
    (emulator, home)
}

fn document(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    serde_json::from_str(&outcome.text()).unwrap()
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
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(
        outcome
            .stderr
            .contains("azq gen2 migrate -g g -n c --resume"),
        "{outcome:?}"
    );
    let header = |request: &LoggedRequest| {
        request.method == "PUT" && request.header("usewindowsgen2vm") == Some("true")
    };
    let requests = emulator.requests();
    let with_header: Vec<_> = requests.iter().filter(|request| header(request)).collect();
    assert_eq!(with_header.len(), 1);
    assert!(with_header[0].path.ends_with("/wing2"));
    home.line("gen2 report -g g -n c --check").success();
    let again = home.line(&format!("{MIGRATE} --yes -o tsv --query status"));
    assert_eq!(again.text(), "finished\n", "{again:?}");
}

#[test]
fn a_plans_file_is_carried_out_as_it_was_edited() {
    let (emulator, home) = home_with(scene::with_pools(
        &["linux", "system"],
        vec![scene::web(3, 2)],
    ));
    let line = "gen2 plan -g g -n c --nodepool-name linux -o json";
    let mut plan: Value = home.line(line).json();
    plan["pools"][0]["newNodepool"] = "fresh".into();
    plan["pools"][0]["newVmSize"] = "Standard_D4s_v5".into();
    let file = home.path().join("plan.json");
    fs::write(&file, plan.to_string()).unwrap();
    let table = home
        .azq(["gen2", "migrate", "--plan", "plan.json", "--yes"])
        .unwrap();
    assert!(table.text().contains("migrated to fresh"), "{table:?}");
    let now = pools_now(&emulator);
    assert_eq!(now["fresh"]["properties"]["vmSize"], "Standard_D4s_v5");
    assert!(now.contains_key("system") && !now.contains_key("linux"));
    for (content, why) in [("{}", "is no plan"), ("{\"version\": 9", "is no plan")] {
        fs::write(&file, content).unwrap();
        let refused = home
            .azq(["gen2", "migrate", "--plan", "plan.json", "--yes"])
            .unwrap();
        assert!(refused.failure(1).contains(why), "{refused:?}");
    }
}

#[test]
fn nothing_begins_without_a_yes() {
    let (emulator, home) = home_with(scene::specification());
    // As az's commands that ask before they begin (knack, `commands.py`).
    let refused = home.line(MIGRATE);
    assert_eq!(
        refused.failure(1),
        "WARNING: Unable to prompt for confirmation as no tty available. Use --yes.\n\
         ERROR: Operation cancelled.\n"
    );
    for typed in ["n\n", "maybe\nN\n"] {
        let mut command: Command = home.command(&home.binaries().azq);
        command.args(MIGRATE.split(' ')).env("NO_COLOR", "1");
        let mut screen = Screen::begin(command);
        screen.until_shows("Do you want to begin? (y/n): ");
        screen.type_text(typed);
        let (ended, text) = screen.finish();
        assert_eq!(ended, Some(1), "{text}");
        assert!(text.contains("ERROR: Operation cancelled."), "{text}");
    }
    assert_eq!(writes(&emulator), 0);
    let resumed = home.line("gen2 migrate --resume");
    assert_eq!(resumed.failure(3), "ERROR: No migration is under way.\n");
    let aborted = home.line("gen2 migrate -g g -n c --abort");
    assert!(aborted.failure(3).contains("was begun here"), "{aborted:?}");
}

#[test]
fn a_yes_on_the_terminal_or_in_azs_configuration_begins_it() {
    let pools = || scene::with_pools(&["linux", "system"], vec![scene::web(3, 2)]);
    let (emulator, home) = home_with(pools());
    let mut command: Command = home.command(&home.binaries().azq);
    command.args(format!("{MIGRATE} --nodepool-name linux").split(' '));
    let mut screen = Screen::begin(command);
    screen.until_shows("Do you want to begin? (y/n): ");
    screen.type_text("y\n");
    let (ended, text) = screen.finish();
    assert_eq!(ended, Some(0), "{text}");
    assert!(pools_now(&emulator).contains_key("linuxg2"));
    let (emulator, mut home) = home_with(pools());
    home.set("AZURE_CORE_DISABLE_CONFIRM_PROMPT", "true");
    let line = format!("{MIGRATE} --nodepool-name linux");
    assert_eq!(home.line(&line).code, Some(0));
    assert!(pools_now(&emulator).contains_key("linuxg2"));
}

#[test]
fn a_blocking_budget_is_named_and_the_migration_can_be_resumed() {
    let web = Workload {
        budget_by_expression: true,
        ..scene::web(3, 3)
    };
    let (emulator, home) = home_with(scene::with_pools(&["linux", "system"], vec![web]));
    let file = plan_with_limit(&home);
    let stopped = home.line(&format!(
        "gen2 migrate --plan {file} --yes --drain-timeout 5s"
    ));
    let said = stopped.stderr.clone();
    assert_eq!(stopped.code, Some(1), "{said}");
    assert!(
        said.contains("disruption budget default/web-budget allows no eviction now"),
        "{said}"
    );
    assert!(
        said.contains("kubectl said last: error: unable to drain"),
        "{said}"
    );
    assert!(said.contains("--resume"), "{said}");
    assert!(pools_now(&emulator).contains_key("linux"));
    let second = home.line(&format!("{MIGRATE} --yes --nodepool-name linux"));
    assert!(
        second.failure(1).contains("was begun and has not ended"),
        "{second:?}"
    );
    emulator
        .state()
        .kubernetes
        .get_mut("c")
        .unwrap()
        .set_budget("web", 2);
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
    let (emulator, home) = home_with(scene::with_pools(&["linux", "system"], vec![bare]));
    let line = format!("{MIGRATE} --yes --nodepool-name linux");
    let stopped = home.line(&line);
    assert!(
        stopped
            .failure(1)
            .contains("have no owner that makes them again"),
        "{stopped:?}"
    );
    assert_eq!(emulator.state().kubernetes["c"].changes, 0);
    let forced = home.line("gen2 migrate --resume --force");
    assert_eq!(forced.code, Some(0), "{forced:?}");
    let lost = |incident: &Incident| matches!(incident, Incident::PodLost(_));
    assert!(emulator.state().kubernetes["c"].incidents.iter().all(lost));

    let scratch = Workload {
        empty_dir: true,
        ..scene::web(2, 1)
    };
    let (emulator, home) = home_with(scene::with_pools(&["linux", "system"], vec![scratch]));
    let stopped = home.line(&line);
    assert!(
        stopped.failure(1).contains("--delete-emptydir-data"),
        "{stopped:?}"
    );
    let allowed = home.line("gen2 migrate --resume --delete-emptydir-data");
    assert_eq!(allowed.code, Some(0), "{allowed:?}");
    assert_eq!(emulator.state().kubernetes["c"].incidents, []);

    let mut pinned = scene::web(2, 1);
    pinned
        .node_selector
        .insert("agentpool".to_owned(), "linux".to_owned());
    let (emulator, home) = home_with(scene::with_pools(&["linux", "system"], vec![pinned]));
    let stopped = home.line(&line);
    assert!(
        stopped.failure(1).contains("can run on the old pool alone"),
        "{stopped:?}"
    );
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
    let stopped = home.line(&format!(
        "{MIGRATE} --yes --nodepool-name auto --drain-timeout 5s"
    ));
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    let held = pools_now(&emulator);
    assert_eq!(held["auto"]["properties"]["enableAutoScaling"], false);
    let aborted = document(&home.line("gen2 migrate --abort -o json"));
    assert_eq!(aborted["status"], "aborted");
    assert_eq!(
        aborted["pools"][0]["state"],
        "both auto and autog2 take pods"
    );
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
        let image = now[successor]["properties"]["nodeImageVersion"]
            .as_str()
            .unwrap();
        assert!(image.contains("gen2"), "{image}");
        assert_eq!(now.len(), 2);
        assert_eq!(emulator.state().kubernetes["c"].incidents, []);
    }
}

#[test]
fn a_refusal_of_azure_is_the_error_and_can_be_retried() {
    let (emulator, home) = home_with(scene::with_pools(
        &["linux", "system"],
        vec![scene::web(3, 2)],
    ));
    let old = scene::pools();
    let body = json!({"code": "QuotaExceeded", "message": "No cores.", "details": null});
    emulator.inject(Fault::answer("PUT .*/linuxg2", 400, body));
    let refused = home.line(&format!("{MIGRATE} --yes --nodepool-name linux"));
    assert!(
        refused.stderr.contains("ERROR: (QuotaExceeded) No cores."),
        "{refused:?}"
    );
    let denied = json!({"error": {"code": "AuthorizationFailed", "message": "no"}});
    emulator.inject(Fault::answer("POST .*/runCommand", 403, denied));
    let refused = home.line("gen2 migrate --resume");
    assert!(
        refused.stderr.contains("(AuthorizationFailed)"),
        "{refused:?}"
    );
    let resumed = home.line("gen2 migrate --resume");
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let now = pools_now(&emulator);
    assert_eq!(
        now["linuxg2"]["properties"]["kubeletConfig"],
        old["linux"]["properties"]["kubeletConfig"]
    );
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
    let (code, stdout, stderr) = end(client);
    assert_eq!((code, stdout.as_str()), (None, ""), "{stderr}");
    let resumed = home.line("gen2 migrate --resume -o tsv --query status");
    assert_eq!(resumed.text(), "finished\n", "{resumed:?}");
    assert_migrated(&emulator, &old);
}

#[test]
fn a_cluster_that_runs_no_commands_is_left_as_it_is() {
    let (emulator, home) = home_with(scene::with_pools(
        &["linux", "system"],
        vec![scene::web(3, 2)],
    ));
    let disabled = json!({"error": {"code": "RunCommandDisabled", "message": "disabled"}});
    emulator.inject(Fault::answer("POST .*/runCommand", 400, disabled).times(9));
    let refused = home.line(&format!("{MIGRATE} --yes --nodepool-name linux"));
    assert!(
        refused.stderr.contains("(RunCommandDisabled)"),
        "{refused:?}"
    );
    assert!(!pools_now(&emulator).contains_key("linuxg2"));
}
