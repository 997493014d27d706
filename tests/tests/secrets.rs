//! The token of the account lives in the daemon's memory (`memory.rs`) and nowhere else: in no log at any level, no output, no file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use azq_tests::Emulator;
use azq_tests::emulator::{Account, Effect, Fault, Specification, TENANT};
use azq_tests::harness::Home;
use azq_tests::harness::sample::{LIST_SKUS, SHOW_POOL, UPDATE_POOL};
use serde_json::json;

const IDENTITY_SECRET: &str = "identity-secret-5e1d0f";
const CLIENT_SECRET: &str = "client-secret-8f3a77c1";
/// az's own store of a service principal's secret.
const STORE: &str = "service_principal_entries.json";

fn emulator() -> Emulator {
    Emulator::start(Specification {
        sku_names: Some("Standard_D[24]s_v5".to_owned()),
        retry_after: 0,
        service_principals: [("client".to_owned(), CLIENT_SECRET.to_owned())].into(),
        identity_secret: IDENTITY_SECRET.to_owned(),
        ..azq_tests::demo::specification()
    })
    .unwrap()
}

/// Logs in otherwise than by the machine's identity.
fn log_in(home: &Home, emulator: &Emulator, account: &Account, secret: &str) {
    let azure = home.path().join("azure");
    emulator
        .write_az_config_for(&azure, account, &BTreeMap::new())
        .unwrap();
    let entry = json!([{"client_id": "client", "tenant": TENANT, "client_secret": secret}]);
    fs::write(azure.join(STORE), entry.to_string()).unwrap();
}

/// An az in a folder of its own that gives a user's token.
fn install_az(home: &mut Home) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let token = format!("users-token.{}.sig", "c".repeat(80));
    let answer =
        json!({"accessToken": token, "expires_on": 4_102_444_800_u64, "tokenType": "Bearer"});
    let az = folder.path().join("az");
    fs::write(&az, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
    fs::set_permissions(az, fs::Permissions::from_mode(0o755)).unwrap();
    home.set(
        "PATH",
        &format!("{}:/usr/bin:/bin", folder.path().display()),
    );
    folder
}

/// Every text that must not show: whole tokens, their claims, and the secrets of the machine's identity and of the service principal.
fn secrets(emulator: &Emulator) -> BTreeSet<String> {
    let requests = emulator.requests().into_iter();
    let tokens = requests
        .filter_map(|request| {
            Some(
                request
                    .header("authorization")?
                    .strip_prefix("Bearer ")?
                    .to_owned(),
            )
        })
        .collect::<BTreeSet<_>>();
    assert!(tokens.len() >= 4, "{} tokens", tokens.len());
    assert!(tokens.iter().any(|token| token.starts_with("users-token")));
    let claims = tokens
        .iter()
        .flat_map(|token| token.split('.').filter(|part| part.len() > 60));
    let claims: Vec<_> = claims.map(str::to_owned).collect();
    assert!(!claims.is_empty());
    tokens
        .into_iter()
        .chain(claims)
        .chain([IDENTITY_SECRET.to_owned(), CLIENT_SECRET.to_owned()])
        .collect()
}

/// Every regular file below a folder.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.is_file() && !path.ends_with(STORE) {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn pitfall_49_tokens_show_nowhere() {
    let emulator = emulator();
    let mut home = Home::new(&emulator).unwrap();
    let _az = install_az(&mut home);
    home.set("AZQ_LOG", "trace");
    home.set("AZQ_LOG_SIZE", "64MB");
    let mut seen = Vec::new();
    let mut run = |home: &Home, line: &str| {
        let outcome = home.line(line).unwrap();
        seen.push((format!("stdout of {line}"), outcome.stdout));
        seen.push((format!("stderr of {line}"), outcome.stderr.into_bytes()));
    };
    for line in [
        LIST_SKUS,
        SHOW_POOL,
        UPDATE_POOL,
        "account show",
        "account list",
    ] {
        run(&home, line);
        run(&home, &format!("{line} --debug"));
    }
    // Whatever goes wrong is told at length.
    let refusal = |status| {
        Fault::answer(
            "GET .*/mynodepool",
            status,
            json!({"error": {"code": "X", "message": "Y"}}),
        )
    };
    for fault in [
        refusal(401).times(2),
        refusal(403),
        refusal(500),
        Fault::effect("GET .*/mynodepool", Effect::HalfBody),
        Fault::effect("GET .*/mynodepool", Effect::Reset),
        refusal(307).header("Location", "https://elsewhere.invalid/"),
    ] {
        emulator.inject(fault);
        run(&home, &format!("{SHOW_POOL} --debug"));
    }
    let principal = Account::ServicePrincipal("client".to_owned());
    let user = Account::User("me@example.com".to_owned());
    for (account, secret) in [
        (&principal, "wrong"),
        (&principal, CLIENT_SECRET),
        (&user, ""),
    ] {
        log_in(&home, &emulator, account, secret);
        run(&home, LIST_SKUS);
        run(&home, &format!("{SHOW_POOL} --debug"));
        run(&home, "daemon status");
    }
    home.line("daemon restart").unwrap().success();
    for line in [
        SHOW_POOL,
        LIST_SKUS,
        "daemon status -o json",
        "daemon status",
        "cache show",
        "config",
        "daemon logs",
    ] {
        run(&home, line);
    }

    let [daemon] = home.daemons().try_into().unwrap();
    for file in ["cmdline", "environ"] {
        let path = format!("/proc/{daemon}/{file}");
        let content = fs::read(&path).unwrap_or_default();
        seen.push((path, content));
    }
    files(home.path(), &mut seen);
    assert!(
        seen.iter()
            .any(|(name, content)| name.ends_with("azqd.log") && content.len() > 10_000)
    );
    assert!(seen.iter().any(|(name, _)| {
        Path::new(name)
            .extension()
            .is_some_and(|kind| kind == "skus")
    }));
    for secret in secrets(&emulator) {
        for (place, content) in &seen {
            let shows = content
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!shows, "{place} shows {}…", &secret[..12]);
        }
    }
}
