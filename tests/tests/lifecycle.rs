//! The daemon's life as its users see it: found, started, replaced, lost, idle, stopped.
//!
//! A number in brackets is a pitfall of local daemons that the test answers; `docs/reliability.md` has the list.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use azq_tests::emulator::Fault;
use azq_tests::harness::sample::{LIST_SKUS, POOL, SHOW_POOL, SKUS, emulator, sku_requests};
use azq_tests::harness::{Home, binaries, eventually, signal};
use rustix::process::Signal;

/// The only daemon of a home.
#[track_caller]
fn daemon(home: &Home) -> u32 {
    let [id] = home.daemons().try_into().unwrap();
    id
}

/// A fault that only delays what matches.
fn delay(pattern: &str, seconds: f64) -> Fault {
    Fault {
        pattern: pattern.to_owned(),
        delay: Some(seconds),
        ..Fault::default()
    }
}

/// Pitfalls 9, 10 and 11.
#[test]
fn fifty_clients_start_one_daemon() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| home.line(LIST_SKUS).unwrap()))
            .collect();
        for client in clients {
            assert_eq!(client.join().unwrap().success(), SKUS);
        }
    });
    assert_eq!(home.daemons().len(), 1);
    assert_eq!(home.log().matches(" serves ").count(), 1, "{}", home.log());
    assert_eq!(sku_requests(&emulator), 1);
}

/// Pitfalls 1, 4 and 5.
#[test]
fn a_second_daemon_leaves_the_first_alone() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line("daemon start").unwrap().success();
    let first = daemon(&home);
    let mut second = home.command(&binaries().unwrap().azqd);
    let second = second.arg("--runtime-dir").arg(home.meeting_place());
    let ended = second.output().unwrap();
    assert_eq!(
        (ended.status.code(), &*ended.stdout),
        (Some(3), &b"taken\n"[..])
    );
    assert_eq!(home.line(LIST_SKUS).unwrap().success(), SKUS);
    assert_eq!(daemon(&home), first);
}

/// Pitfall 1: the daemon recovers by itself, not only through its client.
#[test]
fn what_a_killed_daemon_left_does_not_stop_the_next() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line("daemon start").unwrap().success();
    home.crash();
    assert!(home.meeting_place().join("azqd.sock").exists());
    let mut next = home.command(&binaries().unwrap().azqd);
    let next = next.arg("--runtime-dir").arg(home.meeting_place());
    let mut next = next.stdout(Stdio::null()).spawn().unwrap();
    eventually("the next daemon", || {
        home.line("daemon status").unwrap().code == Some(0)
    });
    assert_eq!(daemon(&home), next.id());
    home.line("daemon stop").unwrap().success();
    assert!(next.wait().unwrap().success());
}

/// Pitfalls 7, 8 and 19.
#[test]
fn a_foreign_process_id_in_the_lock_file_means_nothing() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let mut bystander = home.command(Path::new("/bin/cat"));
    let mut bystander = bystander.stdin(Stdio::piped()).spawn().unwrap();
    for foreign in [1, bystander.id()] {
        home.crash();
        private_directory(&home.meeting_place());
        fs::write(
            home.meeting_place().join("azqd.lock"),
            format!("{foreign}\n"),
        )
        .unwrap();
        assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
        home.line("daemon restart").unwrap().success();
    }
    assert!(bystander.try_wait().unwrap().is_none());
    drop(bystander.stdin.take());
    bystander.wait().unwrap();
}

fn private_directory(path: &Path) {
    let mut directory = fs::DirBuilder::new();
    directory.mode(0o700).recursive(true).create(path).unwrap();
}

/// Pitfalls 2 and 17.
#[test]
fn a_daemon_that_cannot_be_found_makes_room() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    for lost in [home.meeting_place().join("azqd.sock"), home.meeting_place()] {
        home.line("daemon start").unwrap().success();
        let first = daemon(&home);
        if lost.is_dir() {
            fs::remove_dir_all(&lost).unwrap();
        } else {
            fs::remove_file(&lost).unwrap();
        }
        assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
        eventually("the lost daemon's end", || !home.daemons().contains(&first));
        assert_eq!(home.daemons().len(), 1);
    }
}

/// Pitfalls 2 and 45.
#[test]
fn a_stopped_daemon_costs_a_deadline_and_is_not_shot() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line("daemon start").unwrap().success();
    let id = daemon(&home);
    signal(id, Signal::STOP);
    let started = Instant::now();
    let silent = home.line(SHOW_POOL).unwrap();
    let status = home.line("daemon status").unwrap();
    signal(id, Signal::CONT);
    assert!(started.elapsed() < Duration::from_secs(40));
    for outcome in [silent, status] {
        let stderr = outcome.failure(1);
        assert!(stderr.starts_with("ERROR: azqd d"), "{stderr}");
    }
    assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
    assert_eq!(daemon(&home), id);
}

/// Pitfall 36.
#[test]
fn stop_returns_when_the_process_is_gone() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    for _ in 0..10 {
        home.line("daemon start").unwrap().success();
        let id = daemon(&home);
        let said = home.line("daemon stop").unwrap().success();
        assert_eq!(home.processes(), [0; 0]);
        assert_eq!(said, format!("azqd, pid {id}, has ended\n"));
    }
    assert_eq!(
        home.line("daemon stop").unwrap().success(),
        "no azqd runs\n"
    );
}

#[test]
fn restart_puts_a_new_daemon_in_the_place_of_the_old() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line("daemon restart").unwrap().success();
    let first = daemon(&home);
    home.line("daemon restart").unwrap().success();
    assert_ne!(daemon(&home), first);
    assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
}

/// Pitfalls 25 and 38: who asks during the end gets another daemon, and who asked before gets an answer.
#[test]
fn a_daemon_that_ends_finishes_what_it_does() {
    let ends: [fn(&Home); 2] = [
        |home| signal(daemon(home), Signal::TERM),
        |home| drop(home.line("daemon stop").unwrap().success()),
    ];
    for end in ends {
        let emulator = emulator().unwrap();
        let home = Home::new(&emulator).unwrap();
        home.line("account show").unwrap().success();
        let first = daemon(&home);
        emulator.inject(delay("GET .*/mynodepool", 1.0));
        thread::scope(|scope| {
            let client = scope.spawn(|| home.line(SHOW_POOL).unwrap());
            eventually("the request", || emulator.request_count("/mynodepool") == 1);
            end(&home);
            let socket = home.meeting_place().join("azqd.sock");
            eventually("the end's begin", || !socket.exists());
            let meanwhile = home.line(SHOW_POOL).unwrap();
            assert_eq!(meanwhile.success(), POOL);
            assert_eq!(client.join().unwrap().success(), POOL);
        });
        eventually("the first one's end", || !home.daemons().contains(&first));
        assert_eq!(home.daemons().len(), 1);
        assert_eq!(
            emulator.request_count("/mynodepool"),
            2,
            "nothing was repeated"
        );
    }
}

/// Pitfall 39.
#[test]
fn an_idle_daemon_ends_but_not_while_it_works() {
    let emulator = emulator().unwrap();
    let mut home = Home::new(&emulator).unwrap();
    home.set("AZQ_IDLE_TIMEOUT", "2s");
    emulator.inject(delay("GET .*/mynodepool", 4.0));
    assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
    assert!(!home.log().contains("ending"), "{}", home.log());
    eventually("the idle daemon's end", || home.processes().is_empty());
    assert!(home.log().contains("ended: idle"), "{}", home.log());
    assert!(!home.meeting_place().join("azqd.sock").exists());
    assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
}

/// Pitfall 20.
#[test]
fn looking_starts_nothing() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    for (line, code, said) in [
        ("daemon status", 3, "no azqd runs\n"),
        ("daemon status -o json", 3, "{}\n"),
        ("daemon stop", 0, "no azqd runs\n"),
    ] {
        let outcome = home.line(line).unwrap();
        assert_eq!((outcome.code, outcome.text().as_str()), (Some(code), said));
    }
    assert!(
        home.line("config")
            .unwrap()
            .success()
            .contains("idle_timeout = \"3h\"  # default\n")
    );
    home.line("daemon --help").unwrap().success();
    assert!(home.processes().is_empty() && !home.meeting_place().exists());

    home.line("daemon start").unwrap().success();
    let status: serde_json::Value =
        serde_json::from_str(&home.line("daemon status -o json").unwrap().success()).unwrap();
    assert_eq!(status["pid"], daemon(&home));
}

/// Pitfalls 13, 14, 18 and 27: a start that fails says why, and what to do.
#[test]
fn a_start_that_fails_says_why() {
    let emulator = emulator().unwrap();
    let long = format!("/tmp/{}", "x".repeat(120));
    let cases = [
        (
            "AZQ_NONSENSE",
            "1",
            "unknown key 'nonsense' in the environment (AZQ_NONSENSE); the keys are: ",
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
        (
            "AZQ_STATE_DIR",
            "/dev/null/azq",
            "the log /dev/null/azq/azqd.log cannot be written: Not a directory",
        ),
    ];
    for (variable, value, says) in cases {
        let mut home = Home::new(&emulator).unwrap();
        home.set(variable, value);
        let outcome = home.line(SHOW_POOL).unwrap();
        let stderr = outcome.failure(1);
        assert!(
            stderr.starts_with("ERROR: ") && stderr.contains(says),
            "{stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        home.unset(variable);
        assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
    }
    assert!(!Path::new(&long).exists());
}

#[test]
fn a_bad_configuration_file_is_named() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
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
        let outcome = home.line(SHOW_POOL).unwrap();
        let stderr = outcome.failure(1);
        assert!(
            stderr.contains(says) && stderr.contains("config.toml"),
            "{stderr}"
        );
    }
}

#[test]
fn a_client_without_its_daemon_says_so() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let alone = home.path().join("azq");
    fs::copy(&binaries().unwrap().azq, &alone).unwrap();
    let arguments = SHOW_POOL.split(' ');
    let outcome = home
        .run(&alone, arguments, b"", Duration::from_secs(60))
        .unwrap();
    let says = format!(
        "ERROR: {} is missing; install azq again\n",
        home.path().join("azqd").display()
    );
    assert_eq!(outcome.failure(1), says);
}

/// Pitfalls 34 and 47, on both sides.
#[test]
fn a_directory_that_others_may_enter_is_refused() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let place = home.meeting_place();
    let refused_by_both = |says: &str| {
        let client = home.line(SHOW_POOL).unwrap();
        assert!(client.failure(1).contains(says), "{client:?}");
        let mut daemon = home.command(&binaries().unwrap().azqd);
        let ended = daemon.arg("--runtime-dir").arg(&place).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(said.starts_with("failed ") && said.contains(says), "{said}");
        assert_eq!(ended.status.code(), Some(1));
    };

    private_directory(&place);
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    refused_by_both(&format!(
        "others may enter it (mode 755); run: chmod 700 {}",
        place.display()
    ));

    let real = home.path().join("real");
    fs::rename(&place, &real).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o700)).unwrap();
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
    assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
}

/// Pitfall 37: who holds a connection and says nothing holds up neither the others nor the end.
#[test]
fn silent_peers_hold_nothing_up() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line("daemon start").unwrap().success();
    let connect = |_| UnixStream::connect(home.meeting_place().join("azqd.sock")).unwrap();
    let mut peers: Vec<_> = (0..100).map(connect).collect();
    for peer in peers.iter_mut().step_by(2) {
        peer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM").unwrap();
    }
    assert_eq!(home.line(SHOW_POOL).unwrap().success(), POOL);
    home.line("daemon stop").unwrap().success();
    assert!(home.processes().is_empty());
    assert!(!home.log().contains("ending the process"), "{}", home.log());
}
