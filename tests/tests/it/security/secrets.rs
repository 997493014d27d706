//! The account's token is in the daemon's memory (`memory.rs`) and nowhere else: in no log at any
//! level, no output, no file.

use crate::prelude::*;

/// The store of a service principal's secret, and the stub of az that gives a token.
const AZS_OWN: [&str; 2] = [SECRETS_STORE, "bin/az"];

/// Returns every text that must not appear: whole tokens, their claims, and the secrets of the
/// machine's identity and of the service principal.
fn secrets(emulator: &Emulator) -> BTreeSet<String> {
    let tokens = BTreeSet::from_iter(tokens_sent(emulator));
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

/// Collects every regular file below a folder, except az's own.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for path in files_in(folder) {
        if path.is_dir() {
            files(&path, found);
        } else if path.is_file() && !AZS_OWN.iter().any(|own| path.ends_with(own)) {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn tokens_are_in_no_log_output_or_file() {
    let (emulator, mut home) = logged_in_to(emulator_with_secrets());
    let token = format!("users-token.{}.sig", "c".repeat(80));
    let answer =
        json!({"accessToken": token, "expires_on": 4_102_444_800_u64, "tokenType": "Bearer"});
    install_az(&mut home, &format!("echo '{answer}'"));
    home.set("AZQ_LOG", "trace");
    home.set("AZQ_LOG_SIZE", "64MB");
    let mut seen = Vec::new();
    let mut run = |home: &Home, line: &str| {
        let outcome = home.line(line);
        seen.push((format!("stdout of {line}"), outcome.stdout));
        seen.push((format!("stderr of {line}"), outcome.stderr.into_bytes()));
    };
    let commands = [LIST_SKUS, SHOW_POOL, UPDATE_POOL];
    for line in commands.iter().chain(&["account show", "account list"]) {
        run(&home, line);
        run(&home, &format!("{line} --debug"));
    }
    // These faults cause long error messages.
    let pool = "GET .*/mynodepool";
    let error = json!({"error": {"code": "X", "message": "Y"}});
    let refusal = |status| Fault::answer(pool, status, error.clone());
    for fault in [
        refusal(401).times(2),
        refusal(403),
        refusal(500),
        Fault::effect(pool, Effect::HalfBody),
        Fault::effect(pool, Effect::Reset),
        refusal(307).header("Location", "https://elsewhere.invalid/"),
    ] {
        emulator.inject(fault);
        run(&home, &format!("{SHOW_POOL} --debug"));
    }
    let principal = Account::ServicePrincipal(CLIENT.to_owned());
    let user = Account::User("me@example.com".to_owned());
    let wrong = (&principal, "wrong");
    for (account, secret) in [wrong, (&principal, CLIENT_SECRET), (&user, "")] {
        log_in(&home, &emulator, account, secret);
        run(&home, LIST_SKUS);
        run(&home, &format!("{SHOW_POOL} --debug"));
        run(&home, "daemon status");
    }
    home.line("daemon restart").success();
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
    let has = |kind: &str, length: usize| {
        let is_kind = |(name, _): &&(String, Vec<u8>)| name.ends_with(kind);
        let mut found = seen.iter().filter(is_kind);
        found.any(|(_, content)| content.len() > length)
    };
    assert!(has("azqd.log", 10_000) && has(".skus", 0));
    for secret in secrets(&emulator) {
        for (place, content) in &seen {
            let shown = memchr::memmem::find(content, secret.as_bytes());
            assert_eq!(shown, None, "{place} shows {}…", &secret[..12]);
        }
    }
}
