//! azq acts as the account of az's login, from one command to the next.

use crate::prelude::*;

const NOT_LOGGED_IN: &str = "ERROR: Please run 'az login' to setup account.\n";

/// Edits azureProfile.json as az does: replaced as a whole, with a byte order mark.
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
fn without_a_login_azs_error_is_printed() {
    let (emulator, home) = logged_in();
    let azure = home.path().join("azure");
    fs::remove_file(azure.join("azureProfile.json")).unwrap();
    for line in [LIST_SKUS, SHOW_POOL, "account show"] {
        assert_eq!(home.line(line).failure(1), NOT_LOGGED_IN);
    }
    fs::remove_dir_all(&azure).unwrap();
    assert_eq!(home.line(SHOW_POOL).failure(1), NOT_LOGGED_IN);
    assert!(!azure.exists(), "az's directory is read, never written");
    assert!(emulator.requests().is_empty());

    // After `az login` the next command works.
    emulator.write_az_config(&azure, &BTreeMap::new()).unwrap();
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
}

#[test]
fn a_changed_default_subscription_applies_to_the_next_command() {
    let (emulator, home) = logged_in();
    let shown = || home.line("account show --query id -o tsv").success();
    for id in [SUBSCRIPTION, OTHER_SUBSCRIPTION, SUBSCRIPTION] {
        set_default(&home, id);
        assert_eq!(shown(), format!("{id}\n"));
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
        if id == OTHER_SUBSCRIPTION {
            let last = last_request(&emulator, "/skus");
            last.path.assert_contains(OTHER_SUBSCRIPTION);
        }
    }
    assert_eq!(sku_requests(&emulator), 2, "once for each subscription");
}

/// A logout drops the account's tokens, and makes its cache inaccessible.
#[test]
fn a_logout_takes_effect_at_once() {
    let (emulator, home) = logged_in();
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    let tokens = || emulator.request_count("/msi/token");
    assert_eq!(tokens(), 1);
    let accounts = || home.status()["accounts"].as_array().map(Vec::len);
    assert_eq!(accounts(), Some(1));

    let (profile, mut saved) = ("subscriptions", Value::Null);
    edit_profile(&home, |content| {
        saved = std::mem::replace(&mut content[profile], json!([]));
    });
    assert_eq!(home.line(LIST_SKUS).failure(1), NOT_LOGGED_IN);
    assert_eq!(accounts(), Some(0));

    edit_profile(&home, |content| content[profile] = saved);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_eq!(tokens(), 2, "the old token is not used again");
}

#[test]
fn changed_settings_and_clouds_apply_to_the_next_command() {
    let (emulator, home) = logged_in();
    let line = "aks nodepool show -n mynodepool --query vmSize";
    let configure = |settings: &[(&str, &str)]| {
        let settings = settings.iter();
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let azure = home.path().join("azure");
        let written = emulator.write_az_config(&azure, &settings.collect());
        written.unwrap();
    };
    let missing = home.line(line);
    missing.failure(2).assert_contains("--resource-group/-g");
    configure(&[
        ("defaults.group", "myResourceGroup"),
        ("core.output", "tsv"),
    ]);
    let line = format!("{line} --cluster-name myAKSCluster");
    assert_eq!(home.line(&line).success(), POOL);

    configure(&[("cloud.name", "AzureCloud")]);
    assert_eq!(home.line(SHOW_POOL).failure(1), NOT_LOGGED_IN);
}

/// A refused login is not retried each time, and az's new login is used at once.
#[test]
fn a_refused_login_is_not_retried_until_it_changes() {
    let (emulator, home) = logged_in_to(emulator_with_secrets());
    let log_in = |secret: &str| {
        let principal = Account::ServicePrincipal(CLIENT.to_owned());
        log_in(&home, &emulator, &principal, secret);
    };
    log_in("wrong");
    for _ in 0..3 {
        let refused = home.line(SHOW_POOL);
        let stderr = refused.failure(1);
        stderr.assert_starts_with("ERROR: AADSTS7000215: ");
        stderr.assert_lacks("wrong");
    }
    assert_eq!(emulator.request_count("/oauth2/v2.0/token"), 1);
    log_in(CLIENT_SECRET);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// Returns the errors of fifty commands that are started at once, all of which fail, and the
/// seconds that they took.
fn fifty_failures(home: &Home, line: &str) -> (Vec<String>, u64) {
    let started = Instant::now();
    let clients: Vec<_> = (0..50).map(|_| home.begin(line)).collect();
    let says = |client: Child| client.finish().failure(1).to_owned();
    let said = clients.into_iter().map(says).collect();
    (said, started.elapsed().as_secs())
}

/// Returns the most attempts in this time: a refusal is remembered for ten seconds, and a busy
/// machine may need longer.
fn attempts_in(seconds: u64) -> usize {
    usize::try_from(1 + seconds / 10).unwrap()
}

#[test]
fn fifty_callers_of_a_failing_identity_share_few_requests() {
    for status in [401, 500] {
        let (emulator, home) = logged_in();
        home.line("daemon start").success();
        let body = json!({"statusCode": status, "message": "No identity for you."});
        emulator.inject(Fault::answer("GET /msi/token", status, body).times(10_000));
        let (said, seconds) = fifty_failures(&home, SHOW_POOL);
        let words = format!(
            "ERROR: {status}, No identity for you.\nRun the command below to authenticate interactively; additional arguments \
             may be added as needed:\naz logout\naz login\n"
        );
        assert!(said.iter().all(|stderr| *stderr == words), "{}", said[0]);
        let attempts = emulator.request_count("/msi/token");
        assert!((1..=attempts_in(seconds)).contains(&attempts), "{attempts}");
    }
}

#[test]
fn an_expired_login_runs_az_once_and_prints_its_error() {
    let (emulator, mut home) = logged_in();
    let (runs, refusal) = (home.path().join("runs"), home.path().join("refusal"));
    let script = format!(
        "echo >> {}\ncat {} >&2 && exit 1\n\
         echo '{{\"accessToken\": \"t\", \"expires_on\": 4102444800, \"tokenType\": \"Bearer\"}}'",
        runs.display(),
        refusal.display()
    );
    install_az(&mut home, &script);
    let user = Account::User("me@example.com".to_owned());
    log_in(&home, &emulator, &user, "");
    let words = "ERROR: AADSTS70043: The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.\n\
                 Interactive authentication is needed. Please run:\naz login\n";
    fs::write(&refusal, words).unwrap();
    home.line("daemon start").success();
    let (said, seconds) = fifty_failures(&home, SHOW_POOL);
    assert!(said.iter().all(|stderr| stderr == words), "{}", said[0]);
    let attempts = fs::read_to_string(runs).unwrap().lines().count();
    assert!((1..=attempts_in(seconds)).contains(&attempts), "{attempts}");

    fs::remove_file(refusal).unwrap();
    log_in(&home, &emulator, &user, "");
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

#[test]
fn a_principals_cache_is_not_shown_to_another() {
    let (emulator, home) = logged_in_to(emulator_with_secrets());
    let log_in = |account: &Account, secret: &str| {
        log_in(&home, &emulator, account, secret);
    };
    let principal = Account::ServicePrincipal(CLIENT.to_owned());
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 1);
    // An account that cannot log in gets nothing, neither from memory nor from the disk.
    log_in(&principal, "wrong");
    for _ in 0..2 {
        let refused = home.line(LIST_SKUS);
        assert!(refused.failure(1).starts_with("ERROR: AADSTS7000215: "));
        home.line("daemon restart").success();
    }
    log_in(&principal, CLIENT_SECRET);
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 2);
    // The first account's catalogue is still cached.
    log_in(&Account::SystemAssigned, "");
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 2);
}
