//! azq's own commands: what they change, what they print when there is nothing to do, and that
//! commands which only look work in any state.

use std::fs::{File, OpenOptions};
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
    let says = refused.failure(1);
    assert!(
        says.contains("'soon'") && says.contains("was not ended"),
        "{says}"
    );
    assert_eq!(home.daemon(), daemon);

    let logs = home.line("daemon logs");
    assert!(
        logs.code == Some(0) && logs.text().contains(" serves "),
        "{logs:?}"
    );
    assert!(
        logs.stderr.starts_with("WARNING: bad value 'soon'"),
        "{logs:?}"
    );
    let shown = home.line("config");
    assert!(
        shown.code == Some(0) && shown.stderr.contains("will not start"),
        "{shown:?}"
    );

    fs::write(configuration(&home), "cache_fresh = \"2h\"\n").unwrap();
    let shown = home.line("config");
    assert!(
        shown.text().contains("cache_fresh = \"1h\"  # default\n"),
        "{shown:?}"
    );
    assert!(
        shown
            .stderr
            .contains("changed since azqd has started: cache_fresh = \"2h\"  # /"),
        "{shown:?}"
    );
    home.line("daemon restart").success();
    assert!(
        home.line("config")
            .success()
            .contains("cache_fresh = \"2h\"")
    );
}

#[test]
fn empty_variables_are_defaults_and_bad_ones_are_errors() {
    let (_emulator, mut home) = logged_in();
    for name in [
        "AZQ_CACHE_FRESH",
        "AZQ_RUNTIME_DIR",
        "AZQ_PASSTHROUGH",
        "AZQ_NO_DAEMON",
    ] {
        home.set(name, "");
    }
    home.line("daemon start").success();
    assert!(
        home.line("config")
            .success()
            .contains("cache_fresh = \"1h\"  # default\n")
    );
    home.line("daemon stop").success();

    home.set("AZQ_CACHE_FRESH", "2d");
    let refused = home.line("daemon start");
    assert!(
        refused.failure(1).contains("at most cache_expires"),
        "{refused:?}"
    );
    home.set("AZQ_CACHE_FRESH", "");

    home.set("AZQ_RUNTIME_DIR", "run");
    for line in ["daemon start", "daemon status", "daemon stop", LIST_SKUS] {
        let refused = home.line(line);
        assert!(
            refused.failure(1).contains("run is not absolute"),
            "{refused:?}"
        );
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
    let socket = home.runtime_dir().join("azqd.sock");
    let manager = UnixListener::bind(&socket).unwrap();
    manager.set_nonblocking(true).unwrap();
    for (line, code) in [("daemon status", 3), ("config", 0), ("daemon stop", 0)] {
        let outcome = home.line(line);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(code), ""),
            "{line}"
        );
        assert_eq!(
            manager.accept().unwrap_err().kind(),
            ErrorKind::WouldBlock,
            "{line}"
        );
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
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(1) && said.starts_with("ERROR: "),
            "{line}: {output:?}"
        );
    }
}

#[test]
fn under_azs_name_azq_prints_azs_version_in_azs_form() {
    let (_emulator, mut home) = logged_in();
    home.set("PATH", "/nonexistent");
    let shim = home.path().join("shim");
    fs::create_dir(&shim).unwrap();
    let Binaries { azq, azqd, .. } = binaries().unwrap();
    symlink(azq, shim.join("az")).unwrap();
    symlink(azqd, shim.join("azqd")).unwrap();
    let az = |arguments: &[&str]| {
        let limit = Duration::from_secs(60);
        home.run(&shim.join("az"), arguments, b"", limit).unwrap()
    };
    for option in ["--version", "-v"] {
        let text = az(&[option]).success();
        let first: Vec<_> = text.lines().next().unwrap().split_whitespace().collect();
        assert_eq!(first, ["azure-cli", "2.91.0"]);
        assert!(
            text.contains("\ncore                              2.91.0\n"),
            "{text}"
        );
        assert!(
            text.contains("\nazq ") && text.contains(" answers here"),
            "{text}"
        );
    }
    let version = az(&["version"]);
    let says = &version.stderr;
    assert!(
        says.starts_with("azq ") && says.contains("answers here as azure-cli 2.91.0"),
        "{version:?}"
    );
    let expected = "{\n  \"azure-cli\": \"2.91.0\",\n  \"azure-cli-core\": \"2.91.0\",\n  \
                    \"azure-cli-telemetry\": \"1.1.0\",\n  \"extensions\": {}\n}\n";
    assert_eq!((version.code, version.text().as_str()), (Some(0), expected));
    let alone = az(&["version", "--query", "\"azure-cli\"", "-o", "tsv"]);
    assert_eq!((alone.code, alone.text().as_str()), (Some(0), "2.91.0\n"));
    for line in [&[][..], &["--help"], &["help"]] {
        let text = az(line).success();
        assert!(text.starts_with("\nGroup\n    az\n"), "{text}");
        assert!(
            text.contains("\n    aks ") && text.contains("\n    version "),
            "{text}"
        );
        assert!(text.contains("answers here as azure-cli 2.91.0") && !text.contains("daemon"));
    }
    // If there is a real az, it prints its own help.
    let real = home.path().join("real");
    fs::create_dir(&real).unwrap();
    let script = real.join("az");
    let mut file = File::create(&script).unwrap();
    file.write_all(b"#!/bin/sh\necho \"$*\"\nexit 42\n")
        .unwrap();
    drop(file);
    fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    home.set("PATH", &format!("{}:/bin:/usr/bin", real.display()));
    let limit = Duration::from_secs(60);
    let outcome = home
        .run(&shim.join("az"), ["--version"], b"", limit)
        .unwrap();
    assert_eq!(
        (outcome.code, outcome.text().trim()),
        (Some(42), "--version")
    );
}

#[test]
fn a_finished_operation_is_listed_with_its_outcome() {
    let (emulator, home) = logged_in_to(endless_operations());
    home.line(&format!("{UPDATE} --no-wait")).success();
    home.line(&format!("{DELETE} --no-wait")).success();
    let statuses = |home: &Home| -> Vec<String> {
        let listed = list(home).into_iter();
        let mut statuses: Vec<_> = listed
            .map(|row| row["status"].as_str().unwrap().to_owned())
            .collect();
        statuses.sort();
        statuses
    };
    assert_eq!(statuses(&home), ["InProgress", "InProgress"]);
    let_end(&emulator);
    eventually("both have ended", || {
        statuses(&home) == ["Succeeded", "Succeeded"]
    });
    let asked = emulator.request_count("/operations/");
    home.line("daemon restart").success();
    let listed = list(&home);
    assert!(
        listed.iter().all(|row| row["endSeenAt"].is_string()),
        "{listed:?}"
    );
    assert_eq!(emulator.request_count("/operations/"), asked);
    assert!(
        home.line("operation wait")
            .failure(3)
            .contains("No operation is under way")
    );
    let status: Value = home.line("daemon status -o json").json();
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
    let failures: Vec<_> = log
        .lines()
        .filter(|line| line.contains("has failed"))
        .collect();
    assert_eq!(failures.len(), 2, "{log}");
    assert!(
        failures[0].contains(" INFO ") && failures[0].contains("ShowNodePoolRequest"),
        "{log}"
    );
    assert!(failures[0].contains("not found ResourceNotFound"), "{log}");
    assert!(
        failures[1].contains("ListSkusRequest has failed: usage"),
        "{log}"
    );
    assert!(!log.contains("nowhere"), "{log}");
}

#[test]
fn a_batch_reads_a_file_tells_its_lines_and_can_stop_at_the_first_error() {
    let (emulator, home) = logged_in();
    let path = home.path().join("lines.txt");
    let update = "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --labels a=b -o none";
    let text = format!("\u{feff}{LIST_SKUS}\r\n# nothing\n\nvm 'x\n{update}\n{LIST_SKUS}\n");
    fs::write(&path, text).unwrap();
    let all = home.line("batch lines.txt");
    assert_eq!((all.code, all.text()), (Some(2), SKUS.repeat(2)), "{all:?}");
    assert!(
        all.stderr
            .contains("azq batch: line 4 has failed with exit code 2\n"),
        "{all:?}"
    );
    assert_eq!(writes(&emulator), 1);

    let stopped = home.line("batch lines.txt --stop-at-first-error");
    assert_eq!(
        (stopped.code, stopped.text().as_str()),
        (Some(2), SKUS),
        "{stopped:?}"
    );
    assert_eq!(writes(&emulator), 1, "no line after it was begun");
    let objects = home.line("batch --json-lines --stop-at-first-error lines.txt");
    let text = objects.text();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let numbers: Vec<_> = lines
        .iter()
        .map(|object| object["line"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 4]);

    let piped = home
        .azq_reading(["batch", "-"], b"\xef\xbb\xbfaccount show -o none")
        .unwrap();
    piped.success();
    let utf16 = home
        .azq_reading(["batch"], b"\xff\xfev\0m\0\n\0v\0m\0")
        .unwrap();
    assert!(utf16.failure(1).contains("UTF-16"), "{utf16:?}");
    for (file, says) in [
        ("absent.txt", "absent.txt cannot be opened"),
        (".", "cannot be read"),
    ] {
        let refused = home.azq(["batch", file]).unwrap();
        assert!(refused.failure(1).contains(says), "{refused:?}");
    }
}
