//! The end of the daemon: lost, idle, stopped, wedged; and the outcome for its clients.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::prelude::*;

#[test]
fn a_daemon_whose_socket_is_gone_is_replaced() {
    let (_emulator, home) = logged_in();
    for lost in [home.socket(), home.runtime_dir()] {
        home.line("daemon start").success();
        let first = home.daemon();
        if lost.is_dir() {
            fs::remove_dir_all(&lost).unwrap();
        } else {
            fs::remove_file(&lost).unwrap();
        }
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        eventually("the lost daemon's end", || !home.daemons().contains(&first));
        assert_eq!(home.daemons().len(), 1);
    }
}

#[test]
fn a_frozen_daemon_causes_an_error_and_is_not_killed() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let id = home.daemon();
    signal(id, Signal::STOP);
    let started = Instant::now();
    let silent = home.line(SHOW_POOL);
    let status = home.line("daemon status");
    signal(id, Signal::CONT);
    assert!(started.elapsed() < Duration::from_secs(40));
    for outcome in [silent, status] {
        outcome.failure(1).assert_starts_with("ERROR: azqd d");
    }
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_eq!(home.daemon(), id);
}

#[test]
fn stop_returns_when_the_process_has_ended() {
    let (_emulator, home) = logged_in();
    for _ in 0..10 {
        home.line("daemon start").success();
        let id = home.daemon();
        let said = home.line("daemon stop").success();
        assert_eq!(home.processes(), [0; 0]);
        assert_eq!(said, format!("azqd, pid {id}, has ended\n"));
    }
    assert_eq!(home.line("daemon stop").success(), "no azqd runs\n");
}

/// A second `stop`, or one after a signal, waits for the daemon that is ending.
#[test]
fn stop_waits_for_a_daemon_that_is_ending() {
    let (emulator, home) = logged_in();
    emulator.inject(Fault::delayed("GET .*/mynodepool", 3.0));
    let client = home.begin(SHOW_POOL);
    until_requested(&emulator, "/mynodepool", 1);
    let id = home.daemon();
    signal(id, Signal::TERM);
    let socket = home.socket();
    eventually("the end's begin", || !socket.exists());
    let said = home.line("daemon stop").success();
    assert_eq!(home.daemons(), [0; 0]);
    assert_eq!(said, format!("azqd, pid {id}, has ended\n"));
    assert_eq!(client.finish().text(), POOL);
}

/// The client was killed while its daemon was starting, so that the daemon has no lock and no
/// socket yet.
#[test]
fn stop_waits_for_a_daemon_that_is_starting() {
    let (_emulator, mut home) = logged_in();
    home.install().unwrap();
    let daemon = &home.binaries().azqd;
    let (real, gate) = (home.path().join("azqd"), home.path().join("gate"));
    fs::rename(daemon, &real).unwrap();
    let script = format!(
        "#!/bin/sh\n>{gate}.reached\nuntil [ -e {gate} ]; do sleep 0.01; done\nexec {real} \"$@\"\n",
        gate = gate.display(),
        real = real.display()
    );
    write_script(daemon, &script);

    let mut client = home.begin(SHOW_POOL);
    eventually("the start", || gate.with_extension("reached").exists());
    client.end_by_force();
    let mut stop = home.begin("daemon stop");
    let lock = home.runtime_dir().join("start.lock");
    eventually("stop's wait", || {
        assert_eq!(stop.try_wait().unwrap(), None);
        opens(stop.id(), &lock)
    });
    fs::write(&gate, "").unwrap();
    assert_eq!(stop.finish().said(0), "");
    assert_eq!(home.processes(), [0; 0]);
}

/// Whether a process has this file open.
fn opens(id: u32, file: &Path) -> bool {
    let descriptors = files_in(Path::new(&format!("/proc/{id}/fd")));
    let leads_there = |path: &PathBuf| fs::read_link(path).is_ok_and(|open| open == file);
    descriptors.iter().any(leads_there)
}

/// Until it ends, it keeps others from starting one.
#[test]
fn a_daemon_that_hangs_at_start_ends_without_its_client() {
    let (_emulator, home) = logged_in();
    home.make_runtime_dir();
    let never_opens = home.runtime_dir().join("azqd.lock");
    Command::new("mkfifo").arg(&never_opens).finish().success();
    let mut client = home.begin(SHOW_POOL);
    eventually("the start", || !home.daemons().is_empty());
    client.end_by_force();
    let hanging = home.daemon();
    fs::remove_file(&never_opens).unwrap();
    // The command waits for its turn, and then has its full time.
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_ne!(home.daemon(), hanging);
}

#[test]
fn restart_replaces_the_daemon() {
    let (_emulator, home) = logged_in();
    home.line("daemon restart").success();
    let first = home.daemon();
    home.line("daemon restart").success();
    assert_ne!(home.daemon(), first);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// A command that comes during the end gets another daemon; one from before gets its answer.
#[test]
fn an_ending_daemon_finishes_calls_in_flight() {
    let ends: [fn(&Home); 2] = [
        |home| signal(home.daemon(), Signal::TERM),
        |home| drop(home.line("daemon stop").success()),
    ];
    for end in ends {
        let (emulator, home) = logged_in();
        home.line("account show").success();
        let first = home.daemon();
        emulator.inject(Fault::delayed("GET .*/mynodepool", 1.0));
        thread::scope(|scope| {
            let client = scope.spawn(|| home.line(SHOW_POOL));
            until_requested(&emulator, "/mynodepool", 1);
            end(&home);
            let socket = home.socket();
            eventually("the end's begin", || !socket.exists());
            let meanwhile = home.line(SHOW_POOL);
            assert_eq!(meanwhile.success(), POOL);
            assert_eq!(client.join().unwrap().success(), POOL);
        });
        eventually("the first one's end", || !home.daemons().contains(&first));
        assert_eq!(home.daemons().len(), 1);
        // Nothing was repeated.
        assert_eq!(emulator.request_count("/mynodepool"), 2);
    }
}

#[test]
fn an_idle_daemon_ends_but_a_busy_one_does_not() {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_IDLE_TIMEOUT", "2s");
    emulator.inject(Fault::delayed("GET .*/mynodepool", 4.0));
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    home.log().assert_lacks("ending");
    eventually("the idle daemon's end", || home.processes().is_empty());
    home.log().assert_contains("ended: idle");
    assert!(!home.socket().exists());
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// A client that connects and sends nothing delays neither the others nor the end.
#[test]
fn silent_connections_delay_neither_others_nor_the_end() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let connect = |_| UnixStream::connect(home.socket()).unwrap();
    let mut peers: Vec<_> = (0..100).map(connect).collect();
    for peer in peers.iter_mut().step_by(2) {
        peer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM").unwrap();
    }
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    home.line("daemon stop").success();
    assert!(home.processes().is_empty());
    assert!(!home.log().contains("ending the process"), "{}", home.log());
}

/// Without its lock it would soon not be the only daemon.
#[test]
fn a_daemon_whose_lock_file_is_removed_ends() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let first = home.daemon();
    fs::remove_file(home.runtime_dir().join("azqd.lock")).unwrap();
    eventually("its end", || !home.daemons().contains(&first));
    home.log().assert_contains("no longer this daemon's");
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// A command never kills a daemon, but `stop` does, because the user wants it to end.
#[test]
fn stop_kills_a_daemon_that_does_not_respond() {
    let (_emulator, home) = logged_in();
    for (line, code) in [("daemon stop", 3), ("daemon restart", 0)] {
        home.line("daemon start").success();
        let wedged = home.daemon();
        signal(wedged, Signal::STOP);
        let ended = home.line(line);
        ended.said(0);
        let says = format!("azqd, pid {wedged}, did not answer and was killed\n");
        ended.all_text().assert_contains(&says);
        assert!(!home.daemons().contains(&wedged));
        assert_eq!(home.line("daemon status").code, Some(code));
    }
}

/// The grace time is a limit, after which calls are cut off.
#[test]
fn a_call_in_flight_is_cut_off_after_the_grace_time() {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_STOP_GRACE", "1s");
    emulator.inject(Fault::effect("PUT .*", Effect::Silence));
    thread::scope(|scope| {
        let client = scope.spawn(|| home.line(UPDATE_POOL));
        eventually("the write", || writes(&emulator) > 0);
        home.line("daemon stop").success();
        assert_eq!(home.daemons(), [0; 0]);
        let outcome = client.join().unwrap();
        let says = "ERROR: azqd ended while";
        outcome.failure(1).assert_starts_with(says);
    });
    home.log().assert_contains("1 calls were cut off");
}

/// Clients do not notice that daemons are stopped one after the other.
#[test]
fn clients_do_not_notice_daemons_stopped_under_load() {
    const STOPS: usize = 20;
    let (_emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    let (ended, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let load = || {
            while !ended.load(Ordering::Relaxed) {
                assert_eq!(home.line(LIST_SKUS).success(), SKUS);
                answered.fetch_add(1, Ordering::Relaxed);
            }
        };
        let clients: Vec<_> = (0..6).map(|_| scope.spawn(load)).collect();
        for stop in 1..=STOPS {
            eventually("some answers", || {
                answered.load(Ordering::Relaxed) >= 3 * stop
                    || clients.iter().any(thread::ScopedJoinHandle::is_finished)
            });
            assert_eq!(home.line("daemon stop").said(0), "");
        }
        ended.store(true, Ordering::Relaxed);
    });
    assert!(!home.log().contains("were cut off"), "{}", home.log());
}

#[test]
fn signals_end_the_daemon_and_the_next_command_starts_another() {
    let (_emulator, home) = logged_in();
    for name in [Signal::HUP, Signal::TERM, Signal::INT] {
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        let id = home.daemon();
        signal(id, name);
        eventually("its end", || !home.daemons().contains(&id));
        assert!(!home.socket().exists());
    }
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}
