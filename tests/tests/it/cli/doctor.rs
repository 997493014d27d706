//! `azq doctor`: its findings where all is well, and where something is wrong.

use crate::prelude::*;

fn diagnosis(home: &Home) -> (Outcome, Vec<Value>) {
    let outcome = home.line("doctor -o json");
    let rows = serde_json::from_slice(&outcome.stdout).unwrap();
    (outcome, rows)
}

fn row<'a>(rows: &'a [Value], check: &str) -> &'a Value {
    rows.iter().find(|row| row["check"] == check).unwrap()
}

const AZ: &str = "echo '{\"azure-cli\": \"2.91.0\"}'";

#[test]
fn doctor_finds_no_fault_on_a_sound_machine() {
    let (_emulator, mut home) = logged_in();
    install_az(&mut home, AZ);
    let (outcome, rows) = diagnosis(&home);
    let odd: Vec<_> = rows.iter().filter(|row| row["status"] != "ok").collect();
    assert!(odd.is_empty(), "{odd:#?}");
    assert_eq!((outcome.code, rows.len()), (Some(0), 13));
    let azure = row(&rows, "Azure")["detail"].as_str().unwrap();
    azure.assert_contains(" regions in ");
    azure.assert_ends_with(" ms");
    let az = row(&rows, "az")["detail"].as_str().unwrap();
    az.assert_starts_with("2.91.0, /");

    let text = home.line("doctor");
    assert!(text.success().starts_with("ok       azq           "));
}

#[test]
fn doctor_reports_each_fault_with_its_remedy() {
    let (_emulator, mut home) = logged_in();
    install_az(&mut home, "echo '{\"azure-cli\": \"2.50.0\"}'");
    let first = home.environment()["PATH"].clone();
    let az = install_as_az(&mut home);
    let shim = az.parent().unwrap().display();
    home.set("PATH", &format!("{first}:{shim}"));
    home.set("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1");
    home.set("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem");
    fs::remove_file(home.path().join("azure/azureProfile.json")).unwrap();
    let (outcome, rows) = diagnosis(&home);
    assert_eq!(outcome.code, Some(1));
    for (check, status, detail, advice) in [
        ("az", "warning", "2.50.0", "AZQ_PASSTHROUGH"),
        ("PATH", "warning", "comes before the shim", "first in PATH"),
        ("proxy", "ok", "http://127.0.0.1:1", ""),
        (
            "certificates",
            "error",
            "/no/such/bundle.pem",
            "REQUESTS_CA_BUNDLE",
        ),
        ("login", "error", "az login", "az login"),
        ("Azure", "error", "", "login"),
    ] {
        let row = row(&rows, check);
        assert_eq!(row["status"], status, "{row}");
        assert!(row["detail"].as_str().unwrap().contains(detail), "{row}");
        assert!(row["advice"].as_str().unwrap().contains(advice), "{row}");
    }
    outcome.all_text().assert_lacks("hunter2");
}

#[test]
fn no_secret_is_shown() {
    let (emulator, home) = logged_in_to(emulator_with_secrets());
    let account = Account::ServicePrincipal(CLIENT.to_owned());
    log_in(&home, &emulator, &account, CLIENT_SECRET);
    let (outcome, rows) = diagnosis(&home);
    let tokens = row(&rows, "tokens")["detail"].as_str().unwrap();
    assert!(tokens.contains("service principal"), "{rows:#?}");
    let said = outcome.all_text();
    said.assert_lacks(CLIENT_SECRET);
    for token in tokens_sent(&emulator) {
        said.assert_lacks(&token);
    }
}

#[test]
fn doctor_reports_a_bad_configuration_with_its_remedy() {
    let (_emulator, home) = logged_in();
    let folder = home.path().join("config_home/azq");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), "cache_fresh = \"soon\"\n").unwrap();
    let (outcome, rows) = diagnosis(&home);
    let settings = row(&rows, "settings");
    assert_eq!(
        (outcome.code, &settings["status"]),
        (Some(1), &"error".into())
    );
    let advice = settings["advice"].as_str().unwrap();
    advice.assert_contains("azq config unset");
    home.line("config unset azq.cache_fresh").success();
    let (_, rows) = diagnosis(&home);
    assert_eq!(row(&rows, "settings")["status"], "ok");
}
