//! The start of the daemon: once, by which process, despite the leftovers of a dead one; and why it
//! may fail.

use crate::prelude::*;

#[test]
fn fifty_concurrent_clients_start_one_daemon() {
    let (emulator, home) = logged_in();
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert_eq!(home.line(LIST_SKUS).success(), SKUS));
        }
    });
    assert_eq!(home.daemons().len(), 1);
    assert_eq!(home.log().matches(" serves ").count(), 1, "{}", home.log());
    assert_eq!(sku_requests(&emulator), 1);
}

#[test]
fn a_second_daemon_ends_and_spares_the_first() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let first = home.daemon();
    assert_eq!(home.azqd().finish().printed(3), "taken\n");
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_eq!(home.daemon(), first);
}

/// The daemon itself recovers, not only its client.
#[test]
fn a_daemon_starts_despite_a_killed_daemons_files() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    home.crash();
    assert!(home.socket().exists());
    let mut next = home.azqd().stdout(Stdio::null()).spawn().unwrap();
    let serves = || home.line("daemon status").code == Some(0);
    eventually("the next daemon", serves);
    assert_eq!(home.daemon(), next.id());
    home.line("daemon stop").success();
    assert!(next.ends().success());
}

#[test]
fn a_foreign_process_id_in_the_lock_file_is_ignored() {
    let (_emulator, home) = logged_in();
    let mut bystander = home.command(Path::new("/bin/cat"));
    let mut bystander = bystander.stdin(Stdio::piped()).spawn().unwrap();
    for foreign in [1, bystander.id()] {
        home.crash();
        home.make_runtime_dir();
        fs::write(home.runtime_dir().join("azqd.lock"), format!("{foreign}\n")).unwrap();
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        home.line("daemon restart").success();
    }
    assert!(bystander.try_wait().unwrap().is_none());
    drop(bystander.stdin.take());
    bystander.ends();
}

#[test]
fn status_stop_and_config_start_no_daemon() {
    let (_emulator, home) = logged_in();
    for (line, code, said) in [
        ("daemon status", 3, "no azqd runs\n"),
        ("daemon status -o json", 3, "{}\n"),
        ("daemon stop", 0, "no azqd runs\n"),
    ] {
        assert_eq!(home.line(line).printed(code), said);
    }
    let shown = home.line("config").success();
    shown.assert_contains("idle_timeout = \"3h\"  # default\n");
    home.line("daemon --help").success();
    assert!(home.processes().is_empty() && !home.runtime_dir().exists());

    home.line("daemon start").success();
    assert_eq!(home.status()["pid"], home.daemon());
}

/// The error of a failed start has the reason, and the solution.
#[test]
fn a_failed_start_has_the_reason() {
    let emulator = emulator();
    let long = format!("/tmp/{}", "x".repeat(120));
    let cases = [
        (
            "AZQ_LOG_SIZE",
            "0",
            "bad value '0' for 'log_size' in AZQ_LOG_SIZE: at least 1KB is needed",
        ),
        (
            "AZQ_MAX_REQUESTS",
            "9223372036854775807",
            "in AZQ_MAX_REQUESTS: a number from 1 to 4096 is needed",
        ),
        (
            "AZQ_CACHE_FRESH",
            "2d",
            "in AZQ_CACHE_FRESH: at most cache_expires (24h) can be had",
        ),
        (
            "AZQ_RUNTIME_DIR",
            "run/azq",
            "run/azq is not absolute; set AZQ_RUNTIME_DIR to an absolute path, or unset it",
        ),
        (
            "AZQ_IDLE_TIMEOUT",
            "soon",
            "bad value 'soon' for 'idle_timeout' in AZQ_IDLE_TIMEOUT: a duration such as ",
        ),
        (
            "AZQ_RUNTIME_DIR",
            "/dev/null/azq",
            "the directory /dev/null/azq cannot be used: Not a directory",
        ),
        (
            "AZQ_RUNTIME_DIR",
            "/nonexistent/azq",
            "the directory /nonexistent/azq cannot be used: No such file or directory",
        ),
        (
            "AZQ_RUNTIME_DIR",
            &long,
            "bytes that the system allows; set AZQ_RUNTIME_DIR to a shorter directory",
        ),
    ];
    for (variable, value, says) in cases {
        let mut home = Home::new(&emulator).unwrap();
        home.set(variable, value);
        let outcome = home.line(SHOW_POOL);
        let stderr = outcome.failure(1);
        stderr.assert_starts_with("ERROR: ");
        stderr.assert_contains(says);
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        home.unset(variable);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
    }
    assert!(!Path::new(&long).exists());
}

/// A CI step may set `AZQ_VERSION`, and templates leave variables empty: commands succeed anyway.
#[test]
fn an_unknown_variable_is_warned_of_once() {
    let (_emulator, mut home) = logged_in();
    home.set("AZQ_VERSION", "1.0");
    home.set("AZQ_CACHE_FRESH", "");
    let first = home.line(SHOW_POOL);
    assert_eq!(first.printed(0), POOL);
    let says = "WARNING: the variable AZQ_VERSION is ignored; azq's keys are: cache_dir, ";
    first.stderr.assert_starts_with(says);
    assert_eq!(first.stderr.lines().count(), 1);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let shown = home.line("config").success();
    shown.assert_contains("cache_fresh = \"1h\"  # default");
}

/// Otherwise the attempts would continue until the timeout of a start. The reason of the failure is
/// in the daemon's log alone.
#[test]
fn a_daemon_that_fails_as_soon_as_it_is_ready_is_started_three_times() {
    let (_emulator, home) = logged_in();
    let starts = home.path().join("starts");
    let script = format!(
        "if [ \"$1\" = logs ]; then echo 'now ERROR azqd: a panic in server.rs'; exit; fi; \
         echo >>{}; echo ready; exit 101",
        starts.display()
    );
    let outcome = with_daemon(&home, &script);
    let expected = "ERROR: azqd did not start: it failed 3 times as soon as it was ready (exit status: 101): \
                    now ERROR azqd: a panic in server.rs; look at: azq daemon logs\n";
    assert_eq!(outcome.failure(1), expected);
    assert_eq!(fs::read_to_string(starts).unwrap().lines().count(), 3);
}

/// Permissions that a umask removes from the runtime directory would be missing for ever.
#[test]
fn a_strict_umask_leaves_a_usable_runtime_directory() {
    let (_emulator, home) = logged_in();
    let azq = home.binaries().azq.display();
    let outcome = home.shell(&format!("umask 177; exec {azq} {SHOW_POOL}"));
    assert_eq!(outcome.success(), POOL);
    assert_eq!(mode(&home.runtime_dir()), 0o700);
}

#[test]
fn a_bad_configuration_file_is_named() {
    let (_emulator, home) = logged_in();
    let file = home.path().join("config_home/azq/config.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    for (text, says) in [
        ("fresh = 1", "unknown key 'fresh' in "),
        (
            "cache_fresh = \"late\"",
            "bad value 'late' for 'cache_fresh' in ",
        ),
        ("= 1", " is not valid TOML: "),
    ] {
        fs::write(&file, text).unwrap();
        let outcome = home.line(SHOW_POOL);
        outcome.failure(1).assert_contains(says);
        outcome.failure(1).assert_contains("config.toml");
    }
}

#[test]
fn a_missing_daemon_binary_is_an_error() {
    let (_emulator, home) = logged_in();
    let alone = home.path().join("azq");
    fs::copy(&binaries().unwrap().azq, &alone).unwrap();
    let outcome = home.run(&alone, SHOW_POOL.split(' '), b"");
    let says = format!(
        "ERROR: {} is missing; install azq again\n",
        home.path().join("azqd").display()
    );
    assert_eq!(outcome.failure(1), says);
}

/// Both the client and the daemon refuse it.
#[test]
fn a_runtime_directory_that_others_may_enter_is_refused() {
    let (_emulator, home) = logged_in();
    let place = home.runtime_dir();
    let refused_by_both = |says: &str| {
        let client = home.line(SHOW_POOL);
        client.failure(1).assert_contains(says);
        let said = home.azqd().finish().printed(1);
        said.assert_starts_with("failed ");
        said.assert_contains(says);
    };

    home.make_runtime_dir();
    set_mode(&place, 0o755);
    refused_by_both(&format!(
        "others may enter it (mode 755); run: chmod 700 {}",
        place.display()
    ));

    let real = home.path().join("real");
    fs::rename(&place, &real).unwrap();
    set_mode(&real, 0o700);
    symlink(&real, &place).unwrap();
    refused_by_both(&format!(
        "it is not a directory; remove it: rm {}",
        place.display()
    ));

    fs::remove_file(&place).unwrap();
    fs::rename(&real, &place).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&place, Some(65534), Some(65534)).unwrap();
        refused_by_both("it belongs to uid 65534, not to uid 0");
        std::os::unix::fs::chown(&place, Some(0), Some(0)).unwrap();
    }
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// The start waits neither for a login nor for a catalogue: the first call that needs them does.
#[test]
fn starting_the_daemon_does_not_wait_for_azure() {
    let (emulator, home) = logged_in();
    emulator.inject(Fault::effect(".*", Effect::Silence).times(u32::MAX));
    home.line("daemon start").success();
    home.line("daemon status").success();
    assert!(emulator.requests().is_empty());
}

/// Runs a client whose daemon is a shell script.
fn with_daemon(home: &Home, script: &str) -> Outcome {
    let folder = home.path().join("installed");
    fs::create_dir(&folder).unwrap();
    fs::copy(&binaries().unwrap().azq, folder.join("azq")).unwrap();
    let script = format!("#!/bin/sh\n{script}\n");
    write_script(&folder.join("azqd"), &script);
    home.run(folder.join("azq"), SHOW_POOL.split(' '), b"")
}

#[test]
fn the_output_of_a_daemon_that_dies_at_start_is_reported() {
    let emulator = emulator();
    for (script, says) in [
        ("echo no such library >&2; exit 127", "no such library"),
        ("exit 1", "it ended without a word"),
        ("echo what; exit 1", "it ended without a word"),
        ("echo failed for a reason; exit 1", "for a reason"),
    ] {
        let home = Home::new(&emulator).unwrap();
        let outcome = with_daemon(&home, script);
        let expected = format!("ERROR: azqd did not start: {says}\n");
        assert_eq!(outcome.failure(1), expected, "{script}");
    }
}

/// A user, or the system when memory is short, may kill daemons.
#[test]
fn a_daemon_killed_at_start_is_started_again() {
    let emulator = emulator();
    let azqd = &binaries().unwrap().azqd;
    let home = Home::new(&emulator).unwrap();
    let twice = home.path().join("killed");
    let script = format!(
        "echo >>{twice}; [ $(wc -l <{twice}) -gt 2 ] || kill -9 $$; exec {azqd} \"$@\"",
        twice = twice.display(),
        azqd = azqd.display()
    );
    assert_eq!(with_daemon(&home, &script).success(), POOL);

    let home = Home::new(&emulator).unwrap();
    let outcome = with_daemon(&home, "kill -9 $$");
    let says = "it is killed each time, perhaps for want of memory";
    let expected = format!("ERROR: azqd did not start: {says}\n");
    assert_eq!(outcome.failure(1), expected);
}

/// The error names the step and its limit; and no hanging daemons accumulate.
#[test]
fn a_daemon_that_hangs_at_start_is_an_error_and_ended() {
    let (_emulator, home) = logged_in();
    let outcome = with_daemon(&home, "exec sleep 1000");
    assert_eq!(
        outcome.failure(1),
        "ERROR: waiting for azqd to be ready took longer than 15 s; look at: azq daemon logs\n"
    );
    assert_eq!(home.processes(), [0; 0]);
}

/// While there is a daemon that cannot be found, a client tries again and again; the daemons that
/// it started in vain are reaped.
#[test]
fn daemons_that_find_another_are_reaped() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let first = home.daemon();
    signal(first, Signal::STOP);
    fs::remove_file(home.socket()).unwrap();
    let client = home.begin(SHOW_POOL);
    let children = format!("/proc/{id}/task/{id}/children", id = client.id());
    let mut seen = BTreeSet::new();
    eventually("five tries", || {
        let now = fs::read_to_string(&children).unwrap();
        let now: Vec<_> = now.split_whitespace().map(str::to_owned).collect();
        assert!(now.len() <= 1, "{now:?}");
        seen.extend(now);
        seen.len() >= 5
    });
    signal(first, Signal::CONT);
    assert_eq!(client.finish().text(), POOL);
}

/// The values shown are the running daemon's, not those of the caller's environment.
#[test]
fn config_shows_the_running_daemons_values() {
    let (_emulator, mut home) = logged_in();
    let shown = |home: &Home| home.line("config").text();
    home.set("AZQ_IDLE_TIMEOUT", "2h");
    home.line("daemon start").success();
    home.set("AZQ_IDLE_TIMEOUT", "1h");
    let line = |value| format!("idle_timeout = \"{value}\"  # AZQ_IDLE_TIMEOUT\n");
    shown(&home).assert_contains(&line("2h"));
    home.line("daemon restart").success();
    shown(&home).assert_contains(&line("1h"));
}
