//! azq's own commands: what they change, what they print when there is nothing to do, and that
//! commands which only look work in any state.

use std::fs::OpenOptions;
use std::io::ErrorKind;

use crate::long_running::{DELETE, UPDATE, let_end, list};
use crate::prelude::*;

fn configuration(home: &Home) -> PathBuf {
    let folder = home.path().join("config_home/azq");
    fs::create_dir_all(&folder).unwrap();
    folder.join("config.toml")
}

#[test]
fn a_restart_with_a_bad_configuration_leaves_the_daemon_that_runs() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let daemon = home.daemon();
    fs::write(configuration(&home), "cache_fresh = \"soon\"\n").unwrap();
    let refused = home.line("daemon restart");
    refused.failure(1).assert_contains("'soon'");
    refused.failure(1).assert_contains("was not ended");
    assert_eq!(home.daemon(), daemon);

    let logs = home.line("daemon logs");
    logs.printed(0).assert_contains(" serves ");
    logs.stderr.assert_starts_with("WARNING: bad value 'soon'");
    let shown = home.line("config");
    shown.said(0).assert_contains("will not start");

    fs::write(configuration(&home), "cache_fresh = \"2h\"\n").unwrap();
    let shown = home.line("config");
    let text = shown.text();
    text.assert_contains("cache_fresh = \"1h\"  # default\n");
    let changed = "changed since azqd has started: cache_fresh = \"2h\"  # /";
    shown.stderr.assert_contains(changed);
    home.line("daemon restart").success();
    let now = home.line("config").success();
    now.assert_contains("cache_fresh = \"2h\"");
}

#[test]
fn empty_variables_are_defaults_and_bad_ones_are_errors() {
    let (_emulator, mut home) = logged_in();
    for name in ["CACHE_FRESH", "RUNTIME_DIR", "PASSTHROUGH", "NO_DAEMON"] {
        home.set(&format!("AZQ_{name}"), "");
    }
    home.line("daemon start").success();
    let shown = home.line("config").success();
    shown.assert_contains("cache_fresh = \"1h\"  # default\n");
    home.line("daemon stop").success();

    home.set("AZQ_CACHE_FRESH", "2d");
    let refused = home.line("daemon start");
    refused.failure(1).assert_contains("at most cache_expires");
    home.set("AZQ_CACHE_FRESH", "");

    home.set("AZQ_RUNTIME_DIR", "run");
    for line in ["daemon start", "daemon status", "daemon stop", LIST_SKUS] {
        let refused = home.line(line);
        refused.failure(1).assert_contains("run is not absolute");
    }
    home.set("AZQ_RUNTIME_DIR", "");

    // These variables concern az's commands only.
    home.set("AZQ_PASSTHROUGH", "no");
    home.set("AZQ_NO_DAEMON", "perhaps");
    home.line("daemon start").success();
    home.line("daemon status").success();
    home.line("config").success();
    home.line("daemon --help").success();
    assert!(home.line(SHOW_POOL).failure(2).contains("AZQ_PASSTHROUGH"));
    home.line("daemon stop").success();
}

/// A service manager would start a daemon for any client that connects to its socket.
#[test]
fn status_and_stop_do_not_connect_to_an_idle_managers_socket() {
    let (_emulator, home) = logged_in();
    home.make_runtime_dir();
    let socket = home.socket();
    let manager = UnixListener::bind(&socket).unwrap();
    manager.set_nonblocking(true).unwrap();
    for (line, code) in [("daemon status", 3), ("config", 0), ("daemon stop", 0)] {
        assert_eq!(home.line(line).said(code), "", "{line}");
        let asked = manager.accept().unwrap_err().kind();
        assert_eq!(asked, ErrorKind::WouldBlock, "{line}");
    }
}

#[test]
fn a_failed_write_of_output_is_an_error() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let to_full = |program: &PathBuf, line: &str| {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = home.command(program);
        command.args(line.split_whitespace()).stdin(Stdio::null());
        command.stdout(full).stderr(Stdio::piped());
        command.spawn().unwrap().finish()
    };
    let Binaries { azq, azqd, .. } = binaries().unwrap();
    for (program, line) in [
        (azq, "--help"),
        (azq, "--version"),
        (azq, "vm list-skus --help"),
        (azq, "help daemon"),
        (azq, "daemon --help"),
        (azq, "daemon status"),
        (azq, "daemon status -o json"),
        (azq, "daemon logs"),
        (azq, "daemon start"),
        (azq, "config"),
        (azq, "cache show"),
        (azq, "operation list"),
        (azq, "which vm list-skus"),
        (azq, LIST_SKUS),
        (azqd, "config"),
        (azqd, "--help"),
        (azqd, "--version"),
    ] {
        let output = to_full(program, line);
        let is_error = output.code == Some(1) && output.stderr.starts_with("ERROR: ");
        assert!(is_error, "{line}: {output}");
    }
}

#[test]
fn under_azs_name_azq_prints_azs_version_in_azs_form() {
    let (_emulator, mut home) = logged_in();
    let shim = install_as_az(&mut home);
    symlink(&home.binaries().azqd, shim.with_file_name("azqd")).unwrap();
    home.set("PATH", "/nonexistent");
    let az = |arguments: &[&str]| home.run(&shim, arguments, b"");
    for option in ["--version", "-v"] {
        let text = az(&[option]).success();
        let first: Vec<_> = text.lines().next().unwrap().split_whitespace().collect();
        assert_eq!(first, ["azure-cli", "2.91.0"]);
        text.assert_contains("\ncore                              2.91.0\n");
        text.assert_contains("\nazq ");
        text.assert_contains(" answers here");
    }
    let version = az(&["version"]);
    version.stderr.assert_starts_with("azq ");
    let says = "answers here as azure-cli 2.91.0";
    version.stderr.assert_contains(says);
    let expected = "{\n  \"azure-cli\": \"2.91.0\",\n  \"azure-cli-core\": \"2.91.0\",\n  \
                    \"azure-cli-telemetry\": \"1.1.0\",\n  \"extensions\": {}\n}\n";
    assert_eq!(version.printed(0), expected);
    let alone = az(&["version", "--query", "\"azure-cli\"", "-o", "tsv"]);
    assert_eq!(alone.printed(0), "2.91.0\n");
    for line in [&[][..], &["--help"], &["help"]] {
        let text = az(line).success();
        text.assert_starts_with("\nGroup\n    az\n");
        for part in ["\n    aks ", "\n    version ", says] {
            text.assert_contains(part);
        }
        text.assert_lacks("daemon");
    }
    // If there is a real az, it prints its own help.
    home.set("PATH", "/bin:/usr/bin");
    install_az(&mut home, "echo \"$*\"\nexit 42");
    let outcome = home.run(&shim, ["--version"], b"");
    assert_eq!(outcome.printed(42), "--version\n");
}

#[test]
fn a_finished_operation_is_listed_with_its_outcome() {
    let (emulator, home) = logged_in_to(endless_operations());
    home.line(&format!("{UPDATE} --no-wait")).success();
    home.line(&format!("{DELETE} --no-wait")).success();
    let are_both = |status: &str| {
        let listed = list(&home);
        listed.len() == 2 && listed.iter().all(|row| row["status"] == status)
    };
    assert!(are_both("InProgress"));
    let_end(&emulator);
    eventually("both have ended", || are_both("Succeeded"));
    let asked = emulator.request_count("/operations/");
    home.line("daemon restart").success();
    let listed = list(&home);
    let has_ended = |row: &Value| row["endSeenAt"].is_string();
    assert!(listed.iter().all(has_ended), "{listed:?}");
    assert_eq!(emulator.request_count("/operations/"), asked);
    let nothing = home.line("operation wait");
    nothing
        .failure(3)
        .assert_contains("No operation is under way");
    let status = home.status();
    assert_eq!(status["operations"], 0);
    // A later wait for one still succeeds.
    let update = listed
        .iter()
        .find(|row| row["command"] == "aks nodepool update");
    let id = update.unwrap()["id"].as_str().unwrap();
    let waited = home.line(&format!("operation wait {id} --query name -o tsv"));
    assert_eq!(waited.success(), "mynodepool\n");
    assert_eq!(list(&home).len(), 1);
}

#[test]
fn failed_requests_are_logged() {
    let (_emulator, home) = logged_in();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    home.line("aks nodepool show -g nowhere --cluster-name none -n none")
        .failure(3);
    home.line("vm list-skus --query [").failure(2);
    let log = home.log();
    let lines = log.lines().filter(|line| line.contains("has failed"));
    let [first, second] = lines.collect::<Vec<_>>().try_into().unwrap();
    for part in [
        " INFO ",
        "ShowNodePoolRequest",
        "not found ResourceNotFound",
    ] {
        first.assert_contains(part);
    }
    second.assert_contains("ListSkusRequest has failed: usage");
    log.assert_lacks("nowhere");
}

#[test]
fn a_batch_reads_a_file_tells_its_lines_and_can_stop_at_the_first_error() {
    let (emulator, home) = logged_in();
    let path = home.path().join("lines.txt");
    let update = "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --labels a=b -o none";
    let text = format!("\u{feff}{LIST_SKUS}\r\n# nothing\n\nvm 'x\n{update}\n{LIST_SKUS}\n");
    fs::write(&path, text).unwrap();
    let all = home.line("batch lines.txt");
    assert_eq!(all.printed(2), SKUS.repeat(2));
    all.stderr
        .assert_contains("azq batch: line 4 has failed with exit code 2\n");
    assert_eq!(writes(&emulator), 1);

    let stopped = home.line("batch lines.txt --stop-at-first-error");
    assert_eq!(stopped.printed(2), SKUS);
    assert_eq!(writes(&emulator), 1, "no line after it was begun");
    let objects = home.line("batch --json-lines --stop-at-first-error lines.txt");
    let objects = objects.json_lines().into_iter();
    let numbers: Vec<_> = objects.map(|object| object["line"].clone()).collect();
    assert_eq!(numbers, [1, 4]);

    home.line_reading("batch -", b"\xef\xbb\xbfaccount show -o none")
        .success();
    let utf16 = home.line_reading("batch", b"\xff\xfev\0m\0\n\0v\0m\0");
    utf16.failure(1).assert_contains("UTF-16");
    for (file, says) in [
        ("absent.txt", "absent.txt cannot be opened"),
        (".", "cannot be read"),
    ] {
        let refused = home.line(&format!("batch {file}"));
        refused.failure(1).assert_contains(says);
    }
}
