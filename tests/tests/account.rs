//! azq is whoever az is logged in as, from one command to the next.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;

use azq_tests::emulator::{Account, Emulator, OTHER_SUBSCRIPTION, SUBSCRIPTION, Specification};
use azq_tests::harness::Home;
use azq_tests::harness::sample::{LIST_SKUS, POOL, SHOW_POOL, SKUS, emulator, sku_requests};
use serde_json::{Value, json};

const NOT_LOGGED_IN: &str = "ERROR: Please run 'az login' to setup account.\n";

/// Changes azureProfile.json as az does: whole, with a byte order mark.
fn edit_profile(home: &Home, edit: impl FnOnce(&mut Value)) {
    let path = home.path().join("azure/azureProfile.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut profile = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
    edit(&mut profile);
    let new = path.with_extension("new");
    fs::write(&new, format!("\u{feff}{profile}")).unwrap();
    fs::rename(new, path).unwrap();
}

fn set_default(home: &Home, id: &str) {
    edit_profile(home, |profile| {
        for subscription in profile["subscriptions"].as_array_mut().unwrap() {
            subscription["isDefault"] = json!(subscription["id"] == id);
        }
    });
}

#[test]
fn without_a_login_az_says_what_to_do() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let azure = home.path().join("azure");
    fs::remove_file(azure.join("azureProfile.json")).unwrap();
    for line in [LIST_SKUS, SHOW_POOL, "account show"] {
        assert_eq!(home.line(line).unwrap().failure(1), NOT_LOGGED_IN);
    }
    fs::remove_dir_all(&azure).unwrap();
    assert_eq!(home.line(SHOW_POOL).unwrap().failure(1), NOT_LOGGED_IN);
    assert!(!azure.exists(), "az's directory is read, never written");
    assert!(emulator.requests().is_empty());

    // az login: the next command works.
    emulator.write_az_config(&azure, &BTreeMap::new()).unwrap();
    assert_eq!(home.line(LIST_SKUS).unwrap().success(), SKUS);
}

#[test]
fn another_default_subscription_counts_for_the_next_command() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let shown = || {
        home.line("account show --query id -o tsv")
            .unwrap()
            .success()
    };
    for id in [SUBSCRIPTION, OTHER_SUBSCRIPTION, SUBSCRIPTION] {
        set_default(&home, id);
        assert_eq!(shown(), format!("{id}\n"));
        assert_eq!(home.line(LIST_SKUS).unwrap().success(), SKUS);
        let asked = emulator.requests().into_iter().rev();
        let last = asked
            .map(|request| request.path)
            .find(|path| path.ends_with("/skus"))
            .unwrap();
        if id == OTHER_SUBSCRIPTION {
            assert!(last.contains(OTHER_SUBSCRIPTION), "{last}");
        }
    }
    assert_eq!(sku_requests(&emulator), 2, "once for each subscription");
}

/// Pitfall 50: a login's end drops its tokens, and its cache is out of reach.
#[test]
fn a_logout_counts_at_once() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    assert_eq!(home.line(LIST_SKUS).unwrap().success(), SKUS);
    let tokens = || emulator.request_count("/msi/token");
    assert_eq!(tokens(), 1);
    let accounts = || {
        let status = home.line("daemon status -o json").unwrap().success();
        serde_json::from_str::<Value>(&status).unwrap()["accounts"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(accounts(), Some(1));

    let (profile, mut saved) = ("subscriptions", Value::Null);
    edit_profile(&home, |content| {
        saved = std::mem::replace(&mut content[profile], json!([]));
    });
    assert_eq!(home.line(LIST_SKUS).unwrap().failure(1), NOT_LOGGED_IN);
    assert_eq!(accounts(), Some(0));

    edit_profile(&home, |content| content[profile] = saved);
    assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
    assert_eq!(tokens(), 2, "the old token is not used again");
}

#[test]
fn settings_and_clouds_count_for_the_next_command() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let line = "aks nodepool show -n mynodepool --query vmSize";
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let missing = home.line(line).unwrap();
    assert!(
        missing.failure(2).contains("--resource-group/-g"),
        "{missing:?}"
    );
    let defaults = BTreeMap::from([
        setting("defaults.group", "myResourceGroup"),
        setting("core.output", "tsv"),
    ]);
    emulator
        .write_az_config(&home.path().join("azure"), &defaults)
        .unwrap();
    let line = format!("{line} --cluster-name myAKSCluster");
    assert_eq!(home.line(&line).unwrap().success(), POOL);

    let elsewhere = BTreeMap::from([setting("cloud.name", "AzureCloud")]);
    emulator
        .write_az_config(&home.path().join("azure"), &elsewhere)
        .unwrap();
    assert_eq!(home.line(SHOW_POOL).unwrap().failure(1), NOT_LOGGED_IN);
}

/// Pitfall 50: a refused login is not tried again and again, and az's new login is tried at once.
#[test]
fn a_refused_login_is_asked_about_once() {
    let emulator = Emulator::start(Specification {
        service_principals: [("client".to_owned(), "right".to_owned())].into(),
        ..azq_tests::demo::specification()
    })
    .unwrap();
    let home = Home::new(&emulator).unwrap();
    let azure = home.path().join("azure");
    let principal = Account::ServicePrincipal("client".to_owned());
    let log_in = |secret: &str| {
        emulator
            .write_az_config_for(&azure, &principal, &BTreeMap::new())
            .unwrap();
        let entry = json!([{"client_id": "client", "tenant": azq_tests::emulator::TENANT, "client_secret": secret}]);
        fs::write(
            azure.join("service_principal_entries.json"),
            entry.to_string(),
        )
        .unwrap();
    };
    log_in("wrong");
    for _ in 0..3 {
        let refused = home.line(SHOW_POOL).unwrap();
        let stderr = refused.failure(1);
        assert!(stderr.starts_with("ERROR: AADSTS7000215: "), "{stderr}");
        assert!(!stderr.contains("wrong"), "{stderr}");
    }
    assert_eq!(emulator.request_count("/oauth2/v2.0/token"), 1);
    log_in("right");
    assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
}
