//! The properties of a caller's process apply to its own commands alone, whichever process has
//! started the daemon: its directory, its az, its roots, the files that it sees, its limits.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::prelude::*;

/// Prints the pool's name; the group is configured.
const SHOW_DEFAULT_GROUP: &str =
    "aks nodepool show --cluster-name myAKSCluster -n mynodepool --query name -o tsv";
const CLUSTERS: &str = "aks list --query [].name -o tsv --subscription";

fn me() -> Account {
    Account::User("me@example.com".to_owned())
}

fn profile(home: &Home) -> Value {
    let text = fs::read_to_string(home.path().join("azure/azureProfile.json")).unwrap();
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}

fn write_profile(home: &Home, profile: &Value) {
    let file = home.path().join("azure/azureProfile.json");
    fs::write(file, profile.to_string()).unwrap();
}

/// A stub of az that gives a token which expires within 20 s, if the subscription exists.
const BRIEF_AZ: &str = r#"while [ "$1" != --subscription ]; do shift; done
grep -q "$2" "$AZURE_CONFIG_DIR/azureProfile.json" || { echo "ERROR: Subscription '$2' not found." >&2; exit 1; }
echo "{\"accessToken\": \"t\", \"expires_on\": $(($(date +%s) + 20)), \"tokenType\": \"Bearer\"}""#;

#[test]
fn a_subscription_that_is_gone_breaks_no_other() {
    let (emulator, mut home) = logged_in();
    install_az(&mut home, BRIEF_AZ);
    log_in(&home, &emulator, &me(), "");
    let of = |subscription: &str| home.line(&format!("{CLUSTERS} {subscription}"));
    let both = "myAKSCluster\nmyOldCluster\n";
    assert_eq!(of(SUBSCRIPTION).success(), both);
    assert_eq!(of(OTHER_SUBSCRIPTION).success(), both);
    let mut profile = profile(&home);
    let entries = profile["subscriptions"].as_array_mut().unwrap();
    entries.retain(|entry| entry["id"] != SUBSCRIPTION);
    write_profile(&home, &profile);
    assert!(of(SUBSCRIPTION).stderr.contains("not found"));
    assert_eq!(of(OTHER_SUBSCRIPTION).success(), both);
}

#[test]
fn the_configuration_beside_the_callers_directory_applies() {
    let (_emulator, home) = logged_in();
    for (name, group) in [("here", "myResourceGroup"), ("there", "other")] {
        let local = home.path().join(name).join("azure");
        fs::create_dir_all(&local).unwrap();
        let config = format!("[defaults]\ngroup = {group}\n");
        fs::write(local.join("config"), config).unwrap();
    }
    let there = home.path().join("there").display().to_string();
    for pwd in [None, Some(""), Some("there"), Some(&there), Some("/")] {
        let mut command = home.command(&home.binaries().azq);
        command.args(SHOW_DEFAULT_GROUP.split(' '));
        command.current_dir(home.path().join("here"));
        command.envs(pwd.map(|pwd| ("PWD", pwd)));
        let shown = command.finish();
        assert_eq!(shown.text(), "mynodepool\n", "PWD={pwd:?}: {shown}");
    }
}

#[test]
fn roots_are_those_that_az_would_trust() {
    let (_emulator, mut home) = logged_in();
    let certificate = home.environment()["REQUESTS_CA_BUNDLE"].clone();
    let relative = Path::new(&certificate).file_name().unwrap();
    let relative = relative.to_str().unwrap();
    // The path is relative to the caller's directory, not to the daemon's.
    home.set("REQUESTS_CA_BUNDLE", relative);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    for missing in ["nosuch.pem", ""] {
        home.set("REQUESTS_CA_BUNDLE", missing);
        let refused = home.line(SHOW_POOL);
        let words =
            "REQUESTS_CA_BUNDLE environment variable is specified with an invalid file path";
        refused.failure(1).assert_contains(words);
    }
    home.unset("REQUESTS_CA_BUNDLE");
    home.set("SSL_CERT_FILE", &certificate);
    assert!(home.line(SHOW_POOL).failure(1).contains("certificate"));
    home.set("CURL_CA_BUNDLE", relative);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    home.set("AZURE_CLI_DISABLE_CONNECTION_VERIFICATION", "1");
    let refused = home.line(SHOW_POOL);
    let words = "AZURE_CLI_DISABLE_CONNECTION_VERIFICATION is set, but azq";
    refused.failure(1).assert_contains(words);
}

#[test]
fn the_callers_user_agent_is_sent() {
    let (emulator, mut home) = logged_in();
    home.set("AZURE_HTTP_USER_AGENT", "pipeline/7");
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let asked = last_request(&emulator, "/mynodepool");
    let agent = asked.header("user-agent").unwrap();
    agent.assert_starts_with("azq/");
    agent.assert_ends_with(" pipeline/7");
}

/// Installs a stub of az that records its name and gives a token of that name.
fn put_az(folder: &Path, name: &str) {
    fs::create_dir_all(folder).unwrap();
    let az = folder.join("az");
    let script = format!(
        "#!/bin/sh\necho {name} >> \"$AZURE_CONFIG_DIR/runs\"\n\
         echo '{{\"accessToken\": \"{name}\", \"expires_on\": 4102444800, \"tokenType\": \"Bearer\"}}'\n"
    );
    write_script(&az, &script);
}

#[test]
fn tokens_come_from_the_callers_own_az() {
    let (emulator, mut home) = logged_in();
    log_in(&home, &emulator, &me(), "");
    let refused = home.line(SHOW_POOL);
    assert!(refused.failure(1).contains("no 'az' is on the PATH"));
    for name in ["one", "two", "one"] {
        let folder = home.path().join(name);
        put_az(&folder, name);
        home.set("PATH", &format!(".:{}:/usr/bin:/bin", folder.display()));
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        assert_eq!(tokens_sent(&emulator).last().unwrap(), name);
    }
    let runs = fs::read_to_string(home.path().join("azure/runs")).unwrap();
    assert_eq!(runs, "one\ntwo\n", "a token is kept by its az");
    // Without an az, the daemon's PATH is searched, which has none either.
    home.set("PATH", "/usr/bin:/bin");
    assert!(home.line(SHOW_POOL).failure(1).contains("no 'az'"));
}

/// Runs azq where another directory is mounted over az's; none if this user may not mount.
fn in_a_container(home: &Home, other: &Path, line: &str) -> Option<Outcome> {
    let script = "mount --bind \"$1\" \"$2\" || exit 99; shift 2; exec \"$@\"";
    let mut command = home.command(Path::new("/usr/bin/unshare"));
    command.args(["-m", "--propagation", "private"]);
    command.args(["/bin/sh", "-c", script, "sh"]);
    command
        .arg(other)
        .arg(home.path().join("azure"))
        .arg(&home.binaries().azq);
    let output = command.args(line.split(' ')).finish();
    (output.code != Some(99)).then_some(output)
}

#[test]
fn containers_that_share_a_runtime_directory_use_their_own_logins() {
    if !is_root() {
        return;
    }
    let (emulator, home) = logged_in();
    let other = home.path().join("other");
    fs::create_dir(&other).unwrap();
    for file in ["config", "clouds.config"] {
        fs::copy(home.path().join("azure").join(file), other.join(file)).unwrap();
    }
    let mut login = profile(&home);
    for entry in login["subscriptions"].as_array_mut().unwrap() {
        entry["user"] = json!({"name": "app", "type": "servicePrincipal"});
    }
    fs::write(other.join("azureProfile.json"), login.to_string()).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let daemon = home.daemon();
    let show = "account show --query user.name -o tsv";
    let Some(shown) = in_a_container(&home, &other, show) else {
        return;
    };
    assert_eq!(shown.text(), "app\n", "{shown:?}");
    // Nor does the other login run a command that changes something.
    let before = emulator.requests().len();
    let delete = "aks nodepool delete -g myResourceGroup --cluster-name myAKSCluster -n mynodepool";
    let refused = in_a_container(&home, &other, delete).unwrap();
    refused.stderr.assert_contains("service principal app");
    assert_eq!(emulator.requests().len(), before);
    // A caller that sees the same files from another mount namespace is served by the user's
    // daemon.
    let same = in_a_container(&home, &home.path().join("azure"), show).unwrap();
    assert_eq!(same.text(), "systemAssignedIdentity\n");
    assert_eq!(home.daemon(), daemon);
}

/// A guard that sets a flag at the end of a scope, even after a panic.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_profile_that_is_being_written_is_waited_for() {
    let (emulator, home) = logged_in();
    let (file, text) = (
        home.path().join("azure/azureProfile.json"),
        profile(&home).to_string(),
    );
    home.line("daemon start").success();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        // The writer must end even if a command fails.
        let _end = SetOnDrop(&is_over);
        scope.spawn(|| {
            let (first, second) = text.split_at(text.len() / 2);
            while !is_over.load(Ordering::Relaxed) {
                // Python writes so: the file is emptied, and has half of its text for a while.
                let mut open = fs::File::create(&file).unwrap();
                thread::park_timeout(Duration::from_millis(2));
                open.write_all(first.as_bytes()).unwrap();
                thread::park_timeout(Duration::from_millis(2));
                open.write_all(second.as_bytes()).unwrap();
                thread::park_timeout(Duration::from_millis(2));
            }
        });
        for _ in 0..100 {
            let shown = home.line("account show --query id -o tsv");
            assert_eq!(shown.said(0), "");
        }
    });
    let tokens = emulator.request_count("/msi/token");
    assert!(tokens <= 1, "no token was dropped meanwhile: {tokens}");
}

#[test]
fn a_corrupt_profile_is_reported_before_the_error() {
    let (_emulator, home) = logged_in();
    let file = home.path().join("azure/azureProfile.json");
    fs::write(&file, "{\"subscriptions\": [").unwrap();
    let wanted = format!(
        "Failed to load or parse file {}. It will be overridden by default settings.\n\
         ERROR: Please run 'az login' to setup account.\n",
        file.display()
    );
    assert_eq!(home.line("account show").failure(1), wanted);
    let quiet = home.line("vm list-skus --only-show-errors");
    assert_eq!(quiet.failure(1), wanted);
}

#[test]
fn a_daemon_with_stricter_limits_than_its_caller_is_replaced() {
    if !is_root() {
        return;
    }
    let (_emulator, mut home) = logged_in();
    home.give_to(somebody()).unwrap();
    // For a user other than root, limits cannot be undone.
    let azq = home.binaries().azq.display();
    let start = format!("ulimit -t 1000; exec nice -n 7 {azq} daemon start");
    home.shell(&start).printed(0);
    let daemon = home.daemon();
    let status = home.line("daemon status").success();
    status.assert_contains("nice 7, 1000 s of CPU time");
    eventually("the daemon's end", || home.daemons() != [daemon]);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    home.line("daemon status").success().assert_lacks("held to");
}

#[test]
fn inherited_limits_are_undone_for_root() {
    let (_emulator, home) = logged_in();
    // A container's root may not have the right to raise a priority.
    if home.shell("nice -n 7 nice -n -7 nice 2>/dev/null").text() != "0\n" {
        return;
    }
    let azq = home.binaries().azq.display();
    home.shell(&format!("exec nice -n 7 {azq} daemon start"))
        .printed(0);
    home.line("daemon status").success().assert_lacks("nice");
}
