//! The account's token in memory: in the daemon's while the account is logged in, and never in that
//! of another process.
//!
//! The scan finds the token in the daemon, which proves that it would find it elsewhere.

use crate::prelude::*;

const NOT_LOGGED_IN: &str = "ERROR: Please run 'az login' to setup account.\n";

/// A stub of az that gives a token.
const AZ: &str = r#"echo '{"accessToken": "users-token-41c7e2", "expires_on": 4102444800, "tokenType": "Bearer"}'"#;

/// Returns the token of the last request to Azure.
fn token(emulator: &Emulator) -> String {
    tokens_sent(emulator).pop().unwrap()
}

/// Asserts that a text is neither in the environment nor in the arguments of a process.
#[track_caller]
fn assert_not_shown(id: u32, text: &str) {
    for file in ["environ", "cmdline"] {
        let shown = fs::read(format!("/proc/{id}/{file}")).unwrap();
        String::from_utf8_lossy(&shown).assert_lacks(text);
    }
}

#[test]
fn only_the_daemon_holds_the_token() {
    if !is_root() {
        return;
    }
    for private in [false, true] {
        let (emulator, mut home) = logged_in_to(emulator_with_secrets());
        home.set("AZQ_LOG", "trace");
        if private {
            home.set("AZQ_NO_DAEMON", "1");
        }
        emulator.inject(Fault::effect("GET .*/mynodepool", Effect::Silence));
        let mut client = home.command(&home.binaries().azq);
        let mut client = client.args(SHOW_POOL.split(' ')).spawn().unwrap();
        until_requested(&emulator, "/mynodepool", 1);

        let (token, daemons, processes) = (token(&emulator), home.daemons(), home.processes());
        assert!(processes.contains(&client.id()) && daemons.len() == 1);
        for id in processes {
            let found = memory_with(id, &token).unwrap();
            assert_eq!(!found.is_empty(), daemons.contains(&id), "{id}: {found:?}");
            assert_not_shown(id, &token);
        }
        signal(client.id(), Signal::TERM);
        client.ends();
        eventually("the private daemon's end", || {
            !private || home.daemons().is_empty()
        });
    }
}

/// One account's az runs while the daemon holds another's token and secret.
#[test]
fn an_az_that_is_run_for_a_token_has_no_other_accounts_secrets() {
    if !is_root() {
        return;
    }
    let (emulator, mut home) = logged_in_to(emulator_with_secrets());
    install_az(&mut home, "exec sleep 1000");
    let principal = Account::ServicePrincipal(CLIENT.to_owned());
    log_in(&home, &emulator, &principal, CLIENT_SECRET);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let (token, daemon) = (token(&emulator), home.daemon());

    let user = Account::User("me@example.com".to_owned());
    let other = home.path().join("other");
    let written = emulator.write_az_config_for(&other, &user, &BTreeMap::new());
    written.unwrap();
    home.set("AZURE_CONFIG_DIR", &other.display().to_string());
    let mut client = home.command(&home.binaries().azq);
    let mut client = client.args(SHOW_POOL.split(' ')).spawn().unwrap();
    let command = |id: u32| fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let az = || {
        let mut processes = home.processes().into_iter();
        processes.find(|id| command(*id).starts_with("sleep"))
    };
    eventually("az", || az().is_some());
    let az = az().unwrap();
    assert!(!memory_with(daemon, &token).unwrap().is_empty());
    for secret in [&token, CLIENT_SECRET, IDENTITY_SECRET] {
        let found = memory_with(az, secret).unwrap();
        assert!(found.is_empty(), "{secret}: {found:?}");
        assert_not_shown(az, secret);
    }
    assert!(memory_with(client.id(), &token).unwrap().is_empty());
    signal(client.id(), Signal::TERM);
    client.ends();
}

/// Pitfall 50: the token is wiped at once, even without another command, including the copies that
/// HTTP, TLS and JSON libraries have made.
#[test]
fn a_logout_wipes_the_token_from_memory() {
    if !is_root() {
        return;
    }
    for account in [
        Account::SystemAssigned,
        Account::ServicePrincipal(CLIENT.to_owned()),
        Account::User("me@example.com".to_owned()),
        Account::User(USER.to_owned()),
    ] {
        let (emulator, mut home) = logged_in_to(emulator_with_secrets());
        install_az(&mut home, AZ);
        log_in(&home, &emulator, &account, CLIENT_SECRET);
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        let token = token(&emulator);
        let [daemon] = home.daemons().try_into().unwrap();
        let held = |text: &str| memory_with(daemon, text).unwrap();
        assert!(!held(&token).is_empty(), "{account:?}");

        let profile = home.path().join("azure/azureProfile.json");
        fs::write(&profile, r#"{"subscriptions": []}"#).unwrap();
        for secret in [&token, CLIENT_SECRET, IDENTITY_SECRET, REFRESH_TOKEN] {
            let what = format!("{account:?}: nothing of {secret}");
            eventually(&what, || held(secret).is_empty());
        }
        assert_eq!(home.line(SHOW_POOL).failure(1), NOT_LOGGED_IN);
        assert_eq!(home.daemons(), [daemon]);
    }
}

#[test]
fn with_user_tokens_from_az_no_refresh_token_is_in_memory() {
    if !is_root() {
        return;
    }
    for (setting, holds) in [("cache", true), ("az", false)] {
        let (emulator, mut home) = logged_in_to(emulator_with_secrets());
        home.set("AZQ_USER_TOKENS", setting);
        install_az(&mut home, AZ);
        log_in(&home, &emulator, &Account::User(USER.to_owned()), "");
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        let found = memory_with(home.daemon(), REFRESH_TOKEN).unwrap();
        assert_eq!(!found.is_empty(), holds, "{setting}: {found:?}");
    }
}

#[test]
fn a_printed_token_is_wiped_from_a_batchs_memory() {
    if !is_root() {
        return;
    }
    for options in ["batch", "batch --json-lines"] {
        let (emulator, home) = logged_in_to(emulator_with_secrets());
        log_in(&home, &emulator, &Account::User(USER.to_owned()), "");
        let mut batch = Conversation::begin(&home, options);
        let answer = batch.ask("account get-access-token --query accessToken -o tsv");
        let mut parts = answer.split(['"', '\\', '\n']);
        let token = parts.find(|part| part.starts_with("ey")).unwrap();
        eventually("no token in the batch's memory", || {
            memory_with(batch.id(), token).unwrap().is_empty()
        });
        assert!(!memory_with(home.daemon(), token).unwrap().is_empty());
        batch.end();
    }
}

/// A debugger of the same user and a core dump are excluded: `PR_SET_DUMPABLE` and `RLIMIT_CORE`.
#[test]
fn the_users_own_programs_cannot_look_into_the_daemon() {
    if !is_root() {
        return;
    }
    let (_emulator, mut home) = logged_in_to(emulator_with_secrets());
    let user = somebody();
    home.give_to(user).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let [daemon] = home.daemons().try_into().unwrap();
    let mut other = home.command("/bin/sleep".as_ref());
    let mut other = other.arg("1000").spawn().unwrap();
    let open = |id: u32, file: &str| {
        let path = format!("/proc/{id}/{file}");
        as_user(user, || {
            fs::File::open(&path).and_then(|mut file| Read::read(&mut file, &mut [0]))
        })
        .unwrap()
    };
    for file in ["mem", "environ", "maps", "auxv"] {
        assert!(open(daemon, file).is_err(), "{file}");
    }
    let readable = open(other.id(), "environ");
    other.end_by_force();
    readable.expect("the environment of another program of the user's");
    let limits = fs::read_to_string(format!("/proc/{daemon}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core"));
    let words: Vec<_> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"]);
}
