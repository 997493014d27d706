//! `aks list-vm-skus`: answered from a cache beside that of `vm list-skus`.

use crate::prelude::*;

const LIST: &str = "aks list-vm-skus -l eastus --size D4s_v5 --query [].name -o tsv";

/// Returns the number of requests for the SKUs that AKS accepts.
fn requests(emulator: &Emulator) -> usize {
    emulator.request_count("/vmSkus")
}

#[test]
fn azure_is_asked_once_for_a_regions_aks_skus() {
    let (emulator, home) = logged_in();
    assert_eq!(home.line(LIST).success(), SKUS);
    let everything = emulator.requests().len();
    for _ in 0..3 {
        assert_eq!(home.line(LIST).success(), SKUS);
    }
    let other = "aks list-vm-skus --location EastUS --size D2 --zone --all -o json";
    let listed: Value = home.line(other).json();
    assert_eq!(listed[0]["name"], "Standard_D2s_v5");
    assert_eq!(listed[0]["kind"], Value::Null);
    home.line("daemon stop").success();
    assert_eq!(home.line(LIST).success(), SKUS);
    assert_eq!(emulator.requests().len(), everything);
    assert_eq!(requests(&emulator), 1);

    let elsewhere = LIST.replace("eastus", "ukwest");
    assert_eq!(home.line(&elsewhere).success(), SKUS);
    let anew = format!("{LIST} --max-age 0");
    assert_eq!(home.line(&anew).success(), SKUS);
    assert_eq!(requests(&emulator), 3);
}

/// This holds for any order of command lines, and for short answers and those kept as a file.
#[test]
fn a_warm_daemon_answers_as_one_that_knows_nothing() {
    const SELECTIONS: [&str; 6] = [
        "--size D -o table",
        "--size D2S_V5 -o json",
        "--size nosuch -o yaml",
        "--zone --all -o tsv",
        "-o jsonc",
        "--query [].[name,to_string(@)]",
    ];
    let (emulator, home) = logged_in();
    let asked = SELECTIONS.map(|selection| {
        let line = format!("aks list-vm-skus -l eastus {selection}");
        let alone = home.line(&format!("{line} --no-daemon"));
        (line, alone.success())
    });
    for _ in 0..3 {
        for (line, expected) in &asked {
            assert_eq!(&home.line(line).success(), expected, "{line}");
        }
    }
    assert_eq!(requests(&emulator), 1);
}

#[test]
fn aks_skus_are_cached_beside_computes_skus() {
    let (emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    home.line(LIST).success();
    let shown = || -> Value {
        let query = "[].[provider,location]";
        home.line(&format!("cache show --query {query} -o json"))
            .json()
    };
    let compute = json!(["Microsoft.Compute", "eastus"]);
    let aks = json!(["Microsoft.ContainerService", "eastus"]);
    assert_eq!(shown(), json!([compute, aks]));

    home.line("cache refresh").success();
    assert_eq!((sku_requests(&emulator), requests(&emulator)), (2, 2));
    home.line("cache clear").success();
    assert_eq!(shown(), json!([]));
    home.line(LIST).success();
    assert_eq!(requests(&emulator), 3);
}

#[test]
fn an_error_of_azure_is_not_kept() {
    let (emulator, home) = logged_in();
    let refusal = json!({"error": {"code": "AuthorizationFailed", "message": "no"}});
    emulator.inject(Fault::answer("GET .*/vmSkus", 403, refusal));
    let refused = home.line(LIST);
    assert!(refused.failure(1).contains("(AuthorizationFailed) no"));
    assert_eq!(home.line(LIST).success(), SKUS);
}
