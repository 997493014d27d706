//! Tokens of users, natively and from the real az, and the command that prints tokens.

use azq_tests::emulator::TokenRequest;

use crate::prelude::*;

const GET_TOKEN: &str = "account get-access-token --query accessToken -o tsv";
/// A stub of az that records its run, then prints its arguments.
const AZ: &str = r#"echo run >> "$HOME/runs"; echo "az: $*""#;

/// Creates a home of the emulator's user, with a stub of az that counts its runs.
fn logged_in_user() -> (Emulator, Home) {
    let (emulator, mut home) = logged_in_to(emulator_with_secrets());
    install_az(&mut home, AZ);
    log_in(&home, &emulator, &Account::User(USER.to_owned()), "");
    (emulator, home)
}

fn runs_of_az(home: &Home) -> usize {
    fs::read_to_string(home.path().join("runs")).map_or(0, |text| text.lines().count())
}

fn token_requests(emulator: &Emulator) -> Vec<TokenRequest> {
    emulator.state().token_requests.clone()
}

#[test]
fn a_users_token_needs_no_az_and_is_asked_for_as_az_asks() {
    let (emulator, home) = logged_in_user();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let wanted = TokenRequest {
        grant: "refresh_token".to_owned(),
        tenant: TENANT.to_owned(),
        client: "04b07795-8ddb-461a-bbee-02f9e1bf7b46".to_owned(),
        scope: "https://management.core.windows.net//.default offline_access openid profile"
            .to_owned(),
        claims: Some(r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#.to_owned()),
        client_session: None,
        client_info: Some("1".to_owned()),
        assertion: None,
        anchor_mailbox: Some(format!("Oid:33333333-3333-3333-3333-333333333333@{TENANT}")),
    };
    assert_eq!(token_requests(&emulator), [wanted]);
    assert_eq!(runs_of_az(&home), 0);
}

#[test]
fn azs_token_cache_is_not_written() {
    let (_emulator, home) = logged_in_user();
    let cache = home.path().join("azure/msal_token_cache.json");
    let state = || {
        let modified = cache.metadata().unwrap().modified().unwrap();
        (fs::read(&cache).unwrap(), modified)
    };
    let before = state();
    home.line(SHOW_POOL).success();
    assert_eq!(state(), before);
}

#[test]
fn a_refused_refresh_token_is_left_to_az() {
    let (emulator, home) = logged_in_user();
    emulator.state().specification.users.clear();
    // This stub prints no token.
    let words = home.line(SHOW_POOL);
    words.failure(1).assert_contains("has not printed a token");
    assert_eq!((token_requests(&emulator).len(), runs_of_az(&home)), (1, 1));
}

#[test]
fn without_an_az_a_refusal_is_printed_as_az_would() {
    let (emulator, mut home) = logged_in_user();
    home.set("PATH", "/nosuch");
    emulator.state().specification.users.clear();
    let refused = home.line(SHOW_POOL);
    let stderr = refused.failure(1);
    stderr.assert_starts_with("ERROR: AADSTS700082: ");
    let advice = format!(
        "az logout\naz login --tenant \"{TENANT}\" --scope \"https://management.core.windows.net//.default\"\n"
    );
    stderr.assert_ends_with(&advice);
}

#[test]
fn a_login_service_that_is_down_does_not_start_az() {
    for status in [429, 500, 503] {
        let (emulator, home) = logged_in_user();
        let body =
            json!({"error": "temporarily_unavailable", "error_description": "AADSTS90033: later"});
        emulator.inject(Fault::answer("POST .*/oauth2/v2.0/token", status, body));
        let refused = home.line(SHOW_POOL);
        refused.failure(1).assert_contains("AADSTS90033: later");
        assert_eq!(runs_of_az(&home), 0);
    }
}

/// After a new login by az, the next token is requested with the new refresh token.
#[test]
fn a_new_refresh_token_is_used_at_once() {
    let (emulator, home) = logged_in_user();
    let mut state = emulator.state();
    let user = state.specification.users.get_mut(USER).unwrap();
    user.refresh_tokens = vec!["another".to_owned()];
    drop(state);
    let cache = home.path().join("azure/msal_token_cache.json");
    let text = fs::read_to_string(&cache).unwrap();
    fs::write(&cache, text.replace(REFRESH_TOKEN, "another")).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_eq!(runs_of_az(&home), 0);
}

#[test]
fn two_hundred_callers_at_once_share_one_token() {
    let (emulator, home) = logged_in_user();
    home.line("daemon start").success();
    let clients: Vec<_> = (0..200).map(|_| home.begin(GET_TOKEN)).collect();
    let printed = |client: Child| client.finish().printed(0);
    let mut tokens: Vec<_> = clients.into_iter().map(printed).collect();
    tokens.dedup();
    assert_eq!((tokens.len(), token_requests(&emulator).len()), (1, 1));
}

#[test]
fn tokens_are_kept_apart_by_tenant_and_scope() {
    let (emulator, home) = logged_in_user();
    let token = |options: &str| home.line(&format!("{GET_TOKEN} {options}")).success();
    let lines = [
        "",
        "--tenant other",
        "--resource-type ms-graph",
        "--scope https://a.example/.default",
    ];
    let first: Vec<_> = lines.map(token).into();
    for (index, one) in first.iter().enumerate() {
        assert!(!first[..index].contains(one), "{}", lines[index]);
    }
    assert_eq!(lines.map(token).to_vec(), first, "kept");
    assert_eq!(token_requests(&emulator).len(), lines.len());
}

#[test]
fn each_agent_session_has_its_own_tokens() {
    let (emulator, mut home) = logged_in_user();
    let plain = home.line(GET_TOKEN).success();
    home.set("COPILOT_AGENT_SESSION_ID", "session-1");
    let agents = home.line(GET_TOKEN).success();
    assert_ne!(plain, agents);
    let session = token_requests(&emulator).pop().unwrap().client_session;
    let expected = "session-1".to_owned();
    assert_eq!(session, Some((expected.clone(), expected)));
}

#[test]
fn a_token_that_expires_within_five_minutes_is_not_printed() {
    let (emulator, home) = logged_in_user();
    emulator.state().specification.token_lifetime = 299;
    let first = home.line(GET_TOKEN).success();
    emulator.state().specification.token_lifetime = 3600;
    let second = home.line(GET_TOKEN).success();
    assert_ne!(first, second);
    assert_eq!(home.line(GET_TOKEN).success(), second);
}

/// Writes az's entry of the service principal with a secret other than a password.
fn write_entry(home: &Home, member: &str, value: &Value, sn_issuer: bool) {
    let entry = json!([{"client_id": CLIENT, "tenant": TENANT, member: value, "use_cert_sn_issuer": sn_issuer}]);
    let store = home.path().join("azure").join(SECRETS_STORE);
    fs::write(store, entry.to_string()).unwrap();
}

fn logged_in_principal() -> (Emulator, Home) {
    let (emulator, home) = logged_in_to(emulator_with_secrets());
    let account = Account::ServicePrincipal(CLIENT.to_owned());
    log_in(&home, &emulator, &account, "");
    (emulator, home)
}

#[test]
fn a_certificate_is_named_by_its_thumbprint_and_sent_along_for_sn_and_issuer() {
    let certificate = checkout().join("daemon/crates/auth/src/certificate_test.pem");
    for sn_issuer in [false, true] {
        let (emulator, home) = logged_in_principal();
        write_entry(&home, "certificate", &json!(certificate), sn_issuer);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        let head = token_requests(&emulator).pop().unwrap().assertion.unwrap();
        let has_thumbprint = !head["x5t"].is_null() || !head["x5t#S256"].is_null();
        assert!(has_thumbprint, "{head}");
        assert_eq!(!head["x5c"].is_null(), sn_issuer, "{head}");
    }
}

/// A workload's federated token changes so, when a new `az login` writes it to az's file.
#[test]
fn a_changed_assertion_is_used_for_the_next_token() {
    let (emulator, home) = logged_in_principal();
    emulator.state().specification.token_lifetime = 1;
    for (jwt, kid) in [
        ("eyJraWQiOiJvbmUifQ.e30.s", "one"),
        ("eyJraWQiOiJ0d28ifQ.e30.s", "two"),
    ] {
        write_entry(&home, "client_assertion", &json!(jwt), false);
        home.line(SHOW_POOL).success();
        let head = token_requests(&emulator).pop().unwrap().assertion.unwrap();
        assert_eq!(head["kid"], kid);
    }
}

#[test]
fn with_token_command_off_the_real_az_gives_the_token() {
    let (emulator, mut home) = logged_in_user();
    home.set("AZQ_TOKEN_COMMAND", "false");
    let line = "account get-access-token --resource https://a.example";
    assert_eq!(home.line(line).success(), format!("az: {line}\n"));
    let batch = home.line_reading("batch", format!("{line}\n").as_bytes());
    assert_eq!(batch.success(), format!("az: {line}\n"));
    assert_eq!((token_requests(&emulator).len(), runs_of_az(&home)), (0, 2));
    home.set("PATH", "/nosuch");
    let alone = home.line(line);
    let words = "ERROR: azqd's configuration (token_command = false) leaves this command to the real az, but";
    alone.failure(1).assert_starts_with(words);
}

/// If az has azq's extension, it would request from azqd the token that azqd is waiting for.
#[test]
fn an_az_that_is_run_for_a_token_does_not_use_azq() {
    let (_emulator, mut home) = logged_in_user();
    let answer = r#"{"accessToken": "t", "expires_on": 4102444800, "tokenType": "Bearer"}"#;
    let az = home.path().join("bin/az");
    let script =
        format!("#!/bin/sh\necho \"$AZQ_HANDED_OVER\" > \"$HOME/guard\"\necho '{answer}'\n");
    fs::write(&az, script).unwrap();
    home.set("AZQ_USER_TOKENS", "az");
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let guard = fs::read_to_string(home.path().join("guard")).unwrap();
    assert_eq!(guard, "1\n");
}

#[test]
fn the_versions_of_an_az_are_asked_for_once() {
    let (_emulator, mut home) = logged_in_to(emulator_with_secrets());
    let script = r#"echo run >> "$HOME/runs"; echo '{"azure-cli": "9.9.9", "extensions": {}}'"#;
    install_az(&mut home, script);
    let version = || home.line("version").json::<Value>()["azure-cli"].clone();
    assert_eq!([(); 3].map(|()| version()), ["9.9.9"; 3]);
    assert_eq!(runs_of_az(&home), 1);
    // This installs an extension.
    fs::create_dir(home.path().join("azure/cliextensions")).unwrap();
    version();
    assert_eq!(runs_of_az(&home), 2);
    let az = home.path().join("bin/az");
    let script = fs::read_to_string(&az).unwrap().replace("9.9.9", "9.9.10");
    fs::write(&az, script).unwrap();
    assert_eq!(version(), "9.9.10");
}

#[test]
fn the_log_contains_no_printed_token() {
    let (_emulator, mut home) = logged_in_user();
    home.set("AZQ_LOG", "trace");
    let token = home.line(GET_TOKEN).success();
    home.line("daemon stop").success();
    eventually("a log", || !home.log().is_empty());
    let log = home.log();
    log.assert_lacks(token.trim());
    log.assert_lacks(REFRESH_TOKEN);
}
