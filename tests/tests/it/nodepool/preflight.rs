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
    start(Specification {
        sku_names: Some("Standard_D(2_v2|4s_v5)".to_owned()),
        retry_after: 0,
        ..demo::specification()
    })
}

/// Creates a home like [`logged_in`], with this setting.
fn with_setting(preflight: &str) -> (Emulator, Home) {
    let (emulator, mut home) = logged_in_to(emulator());
    home.set("AZQ_PREFLIGHT", preflight);
    (emulator, home)
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
        let outcome = home.line(&format!("{line} --preflight -o tsv --query [].verdict"));
        outcome.printed(0).assert_lacks("fail");
    }
    assert_eq!(writes(&emulator), 0);
}

#[test]
fn preflight_prints_a_table_with_advice_and_sets_the_exit_code() {
    let (emulator, home) = logged_in_to(emulator());
    let outcome = home.line(&format!("{UPDATE} --preflight"));
    let text = outcome.text();
    assert_eq!(outcome.said(1), "");
    let lines: Vec<&str> = text.lines().collect();
    let columns: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(columns, ["Check", "Verdict", "Reason"]);
    for (name, verdict) in [
        ("generation-change ", " fail "),
        ("size-change ", " unknown "),
        ("size ", " pass "),
    ] {
        let mut found = lines.iter().filter(|line| line.starts_with(name));
        found.next().unwrap().assert_contains(verdict);
    }
    let (_, advice) = text.split_once("\ngeneration-change:\n").unwrap();
    let advice: Vec<&str> = advice.lines().map(str::trim).collect();
    assert_eq!(
        advice[0],
        "azq gen2 plan -g myResourceGroup -n myAKSCluster --nodepool-name mynodepool"
    );
    advice[1].assert_starts_with("az aks nodepool add -g myResourceGroup");
    advice[1].assert_contains("-n mynodepool2");
    advice[1].assert_contains("Standard_D4s_v5");
    let kubectl = ["kubectl wait", "kubectl cordon", "kubectl drain"];
    let steps = kubectl.into_iter().chain(["az aks nodepool delete"]);
    for (line, step) in advice[2..].iter().zip(steps) {
        line.assert_contains(step);
    }
    // Data is not given up unasked.
    text.assert_lacks("--delete-emptydir-data");

    for line in [LABEL, SCALE, ADD] {
        let outcome = home.line(&format!("{line} --preflight"));
        assert_eq!(outcome.said(0), "", "{line}");
    }
    assert_eq!(writes(&emulator), 0);
}

#[test]
fn formats_and_queries_are_honoured() {
    let (_emulator, home) = logged_in_to(emulator());
    let query = |rest: &str| home.line(&format!("{UPDATE} --preflight {rest}"));
    let failing = query("--query [?verdict=='fail'].check -o tsv");
    assert_eq!(failing.printed(1), "generation-change\n");
    let checks: Vec<Value> = serde_json::from_slice(&query("-o json").stdout).unwrap();
    let keys: Vec<&String> = checks[0].as_object().unwrap().keys().collect();
    // az sorts the members.
    assert_eq!(keys, ["advice", "check", "reason", "verdict"]);
    assert_eq!(query("-o none").text(), "");
    let yaml = query("-o yaml").text();
    yaml.assert_contains("\n  check: size\n");
    let line = format!("{LABEL} --preflight -o tsv\n");
    let batch = home.line_reading("batch", line.as_bytes());
    batch.success().assert_contains("\tpass");
}

#[test]
fn without_preflight_azure_gets_only_azs_requests() {
    let (emulator, home) = logged_in_to(emulator());
    home.line(LABEL).success();
    for part in ["/usages", "/skus", "/vmSkus"] {
        assert_eq!(emulator.request_count(part), 0, "{part}");
    }
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn a_warning_is_given_and_the_change_is_sent() {
    let (emulator, home) = with_setting("warn");
    let outcome = home.line(&format!("{UPDATE} --query vmSize -o tsv"));
    assert_eq!(outcome.printed(0), "Standard_D4s_v5\n");
    let mut warnings = outcome.stderr.lines();
    let warning = warnings.next().unwrap();
    warning.assert_starts_with("WARNING: pre-flight, generation-change: ");
    warning.assert_contains("Instead: azq gen2 plan -g myResourceGroup");
    assert_eq!(warnings.next(), None, "{}", outcome.stderr);
    assert_eq!(writes(&emulator), 1);
    home.line(&format!("{UPDATE} --only-show-errors -o none"))
        .success();
    home.line(&format!("{LABEL} -o none")).success();
}

#[test]
fn a_strict_setting_refuses_and_sends_nothing() {
    let (emulator, home) = with_setting("strict");
    let outcome = home.line(UPDATE);
    let refused = outcome.failure(1);
    refused.assert_starts_with("ERROR: pre-flight has failed, and nothing was sent");
    refused.assert_contains("\ngeneration-change: ");
    refused.assert_contains("\nazq gen2 plan ");
    assert_eq!(writes(&emulator), 0);
    home.line(&format!("{LABEL} -o none")).success();
    home.line(&format!("{SCALE} -o none")).success();
    home.line(&format!("{ADD} -o none")).success();
    assert_eq!(writes(&emulator), 3);
}

/// For a caller who may not read quotas or the cluster, a check is unknown, and not failed.
#[test]
fn a_check_without_data_is_unknown_and_not_failed() {
    let (emulator, home) = with_setting("strict");
    let refusal = json!({"error": {"code": "AuthorizationFailed", "message": "You may not."}});
    let cluster = "GET .*/managedClusters/[^/]*";
    emulator.inject(Fault::answer(cluster, 403, refusal).times(u32::MAX));
    let outcome = home.line(&format!("{ADD} --preflight -o json"));
    let checks: Vec<Value> = outcome.json();
    let is_judged = |check: &Value| check["verdict"] == "fail" || check["verdict"] == "pass";
    assert!(!checks.iter().any(is_judged), "{checks:?}");
    let reason = "Azure cannot be asked for the cluster: (AuthorizationFailed) You may not.";
    assert_eq!(checks[0]["reason"], reason);
    home.line(&format!("{ADD} -o none")).success();
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn an_invalid_preflight_setting_is_refused() {
    let (_emulator, home) = with_setting("on");
    let outcome = home.line(LABEL);
    outcome
        .failure(1)
        .assert_contains("off, warn or strict is needed");
}

/// Azure's error is the same as az prints it; on a terminal one line follows.
#[test]
fn a_refused_update_has_a_hint_on_a_terminal() {
    let (emulator, mut home) = logged_in_to(emulator());
    emulator.state().specification.vmss_resize = false;
    let azures = home.line(UPDATE).failure(1).to_owned();
    azures.assert_starts_with("ERROR: (PropertyChangeNotAllowed) ");
    azures.assert_lacks("hint:");

    home.set_all([("NO_COLOR", "1"), ("TERM", "dumb")]);
    let shown = |line: &str| Screen::line(&home, line).finish();
    let (code, text) = shown(UPDATE);
    assert_eq!(code, Some(1));
    let (error, hint) = text.split_once("hint: ").unwrap();
    assert_eq!(error, azures);
    let plan = "azq gen2 plan -g myResourceGroup -n myAKSCluster --nodepool-name mynodepool";
    hint.assert_ends_with(&format!("{plan}\n"));
    assert_eq!(hint.lines().count(), 1, "{hint}");
    let (_, silent) = shown(&format!("{UPDATE} --only-show-errors"));
    assert_eq!(silent, azures);
    let missing = UPDATE.replace("mynodepool", "nosuch");
    assert!(!shown(&missing).1.contains("hint:"));
}
