//! `--preflight`, the setting of that name, and the hint after an error of Azure.

use crate::prelude::*;

/// The guide's update, which changes the generation.
const UPDATE: &str = "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --node-vm-size Standard_D4s_v5";
/// An update that no check objects to.
const LABEL: &str =
    "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --labels a=b";
const SCALE: &str =
    "aks nodepool scale -g myResourceGroup --cluster-name myAKSCluster -n mynodepool -c 4";
const ADD: &str = "aks nodepool add -g myResourceGroup --cluster-name myAKSCluster -n npnew --node-vm-size Standard_D4s_v5";

fn emulator() -> Emulator {
    Emulator::start(Specification {
        sku_names: Some("Standard_D(2_v2|4s_v5)".to_owned()),
        retry_after: 0,
        ..demo::specification()
    })
    .unwrap()
}

/// Creates a home like [`Home::new`], with this setting.
fn home(emulator: &Emulator, preflight: &str) -> Home {
    let mut home = Home::new(emulator).unwrap();
    home.set("AZQ_PREFLIGHT", preflight);
    home
}

fn run(home: &Home, line: &str) -> Outcome {
    home.line(line)
}

/// The demo's subscription as it is; the other tests leave most of its sizes out.
#[test]
fn the_guides_size_passes_in_the_demo() {
    let (emulator, home) = logged_in_to(start(demo::specification()));
    for pool in [
        "npnew --os-type Linux",
        "npwin2 --os-type Windows --aks-custom-headers UseWindowsGen2VM=true",
    ] {
        let line = ADD.replace("npnew", pool);
        let outcome = run(
            &home,
            &format!("{line} --preflight -o tsv --query [].verdict"),
        );
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(!outcome.text().contains("fail"), "{outcome:?}");
    }
    assert_eq!(writes(&emulator), 0);
}

#[test]
fn preflight_prints_a_table_with_advice_and_sets_the_exit_code() {
    let (emulator, home) = logged_in_to(emulator());
    let outcome = run(&home, &format!("{UPDATE} --preflight"));
    let text = outcome.text();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    let lines: Vec<&str> = text.lines().collect();
    let columns: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(columns, ["Check", "Verdict", "Reason"]);
    let row = |name: &str| {
        let mut found = lines
            .iter()
            .filter(|line| line.starts_with(&format!("{name} ")));
        (*found.next().unwrap()).to_owned()
    };
    assert!(row("generation-change").contains(" fail "), "{text}");
    assert!(row("size-change").contains(" unknown "), "{text}");
    assert!(row("size").contains(" pass "), "{text}");
    let (_, advice) = text.split_once("\ngeneration-change:\n").unwrap();
    let advice: Vec<&str> = advice.lines().map(str::trim).collect();
    assert_eq!(
        advice[0],
        "azq gen2 plan -g myResourceGroup -n myAKSCluster --nodepool-name mynodepool"
    );
    assert!(
        advice[1].starts_with("az aks nodepool add -g myResourceGroup"),
        "{text}"
    );
    assert!(advice[1].contains("-n mynodepool2") && advice[1].contains("Standard_D4s_v5"));
    let steps = [
        "kubectl wait",
        "kubectl cordon",
        "kubectl drain",
        "az aks nodepool delete",
    ];
    for (line, step) in advice[2..].iter().zip(steps) {
        assert!(line.contains(step), "{text}");
    }
    assert!(
        !text.contains("--delete-emptydir-data"),
        "data is not given up unasked"
    );

    for line in [LABEL, SCALE, ADD] {
        let outcome = run(&home, &format!("{line} --preflight"));
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(0), ""),
            "{line}"
        );
    }
    assert_eq!(writes(&emulator), 0);
}

#[test]
fn formats_and_queries_are_honoured() {
    let (_emulator, home) = logged_in_to(emulator());
    let query = |rest: &str| run(&home, &format!("{UPDATE} --preflight {rest}"));
    let failing = query("--query [?verdict=='fail'].check -o tsv");
    assert_eq!(
        (failing.code, failing.text().as_str()),
        (Some(1), "generation-change\n")
    );
    let checks: Vec<Value> = serde_json::from_slice(&query("-o json").stdout).unwrap();
    let keys: Vec<&String> = checks[0].as_object().unwrap().keys().collect();
    // az sorts the members.
    assert_eq!(keys, ["advice", "check", "reason", "verdict"]);
    assert_eq!(query("-o none").text(), "");
    assert!(query("-o yaml").text().contains("\n  check: size\n"));
    let batch = home.azq_reading(
        ["batch"],
        format!("{LABEL} --preflight -o tsv\n").as_bytes(),
    );
    assert!(batch.unwrap().success().contains("\tpass"));
}

#[test]
fn without_preflight_azure_gets_only_azs_requests() {
    let (emulator, home) = logged_in_to(emulator());
    run(&home, LABEL).success();
    for part in ["/usages", "/skus", "/vmSkus"] {
        assert_eq!(emulator.request_count(part), 0, "{part}");
    }
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn a_warning_is_given_and_the_change_is_sent() {
    let emulator = emulator();
    let home = home(&emulator, "warn");
    let outcome = run(&home, &format!("{UPDATE} --query vmSize -o tsv"));
    assert_eq!(
        (outcome.code, outcome.text().as_str()),
        (Some(0), "Standard_D4s_v5\n")
    );
    let mut warnings = outcome.stderr.lines();
    let warning = warnings.next().unwrap();
    assert!(
        warning.starts_with("WARNING: pre-flight, generation-change: "),
        "{warning}"
    );
    assert!(
        warning.contains("Instead: azq gen2 plan -g myResourceGroup"),
        "{warning}"
    );
    assert_eq!(warnings.next(), None, "{}", outcome.stderr);
    assert_eq!(writes(&emulator), 1);
    run(&home, &format!("{UPDATE} --only-show-errors -o none")).success();
    run(&home, &format!("{LABEL} -o none")).success();
}

#[test]
fn a_strict_setting_refuses_and_sends_nothing() {
    let emulator = emulator();
    let home = home(&emulator, "strict");
    let outcome = run(&home, UPDATE);
    let refused = outcome.failure(1);
    assert!(
        refused.starts_with("ERROR: pre-flight has failed, and nothing was sent"),
        "{refused}"
    );
    assert!(refused.contains("\ngeneration-change: ") && refused.contains("\nazq gen2 plan "));
    assert_eq!(writes(&emulator), 0);
    run(&home, &format!("{LABEL} -o none")).success();
    run(&home, &format!("{SCALE} -o none")).success();
    run(&home, &format!("{ADD} -o none")).success();
    assert_eq!(writes(&emulator), 3);
}

/// For a caller who may not read quotas or the cluster, a check is unknown, and not failed.
#[test]
fn a_check_without_data_is_unknown_and_not_failed() {
    let emulator = emulator();
    let refusal = json!({"error": {"code": "AuthorizationFailed", "message": "You may not."}});
    let cluster = "GET .*/managedClusters/[^/]*";
    emulator.inject(Fault::answer(cluster, 403, refusal).times(u32::MAX));
    let home = home(&emulator, "strict");
    let outcome = run(&home, &format!("{ADD} --preflight -o json"));
    let checks: Vec<Value> = outcome.json();
    let of = |verdict: &str| {
        checks
            .iter()
            .filter(|check| check["verdict"] == verdict)
            .count()
    };
    assert_eq!((of("fail"), of("pass")), (0, 0), "{checks:?}");
    let reason = "Azure cannot be asked for the cluster: (AuthorizationFailed) You may not.";
    assert_eq!(checks[0]["reason"], reason);
    run(&home, &format!("{ADD} -o none")).success();
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn an_invalid_preflight_setting_is_refused() {
    let emulator = emulator();
    let home = home(&emulator, "on");
    let outcome = run(&home, LABEL);
    let refused = outcome.failure(1);
    assert!(
        refused.contains("off, warn or strict is needed"),
        "{refused}"
    );
}

/// Azure's error is the same as az prints it; on a terminal one line follows.
#[test]
fn a_refused_update_has_a_hint_on_a_terminal() {
    let emulator = emulator();
    emulator.state().specification.vmss_resize = false;
    let home = Home::new(&emulator).unwrap();
    let azures = run(&home, UPDATE).failure(1).to_owned();
    assert!(
        azures.starts_with("ERROR: (PropertyChangeNotAllowed) "),
        "{azures}"
    );
    assert!(!azures.contains("hint:"), "{azures}");

    let shown = |line: &str| {
        let mut command = home.command(&home.binaries().azq);
        command
            .args(line.split(' '))
            .env("NO_COLOR", "1")
            .env("TERM", "dumb");
        Screen::begin(command).finish()
    };
    let (code, text) = shown(UPDATE);
    assert_eq!(code, Some(1));
    let (error, hint) = text.split_once("hint: ").unwrap();
    assert_eq!(error, azures);
    let plan = "azq gen2 plan -g myResourceGroup -n myAKSCluster --nodepool-name mynodepool";
    assert!(
        hint.ends_with(&format!("{plan}\n")) && hint.lines().count() == 1,
        "{hint}"
    );
    let (_, silent) = shown(&format!("{UPDATE} --only-show-errors"));
    assert_eq!(silent, azures);
    let missing = UPDATE.replace("mynodepool", "nosuch");
    assert!(!shown(&missing).1.contains("hint:"));
}
