//! Faulty clients, and very many clients: the others are served, and the daemon continues.

use crate::prelude::*;

/// The number of commands in the loop; `tests/README.md` describes how to run more.
const COMMANDS: (&str, usize) = ("AZQ_TEST_COMMANDS", 300);

#[test]
fn a_fetch_continues_for_others_when_its_client_is_killed() {
    let (emulator, home) = logged_in();
    emulator.inject(Fault::delayed("GET .*/skus", 1.0));
    let mut first = home.begin(LIST_SKUS);
    eventually("the request", || sku_requests(&emulator) == 1);
    thread::scope(|scope| {
        let second = scope.spawn(|| home.line(LIST_SKUS));
        first.end_by_force();
        assert_eq!(second.join().unwrap().success(), SKUS);
    });
    assert_eq!(sku_requests(&emulator), 1);
}

#[test]
fn the_call_of_a_client_killed_while_reading_ends() {
    // The answer is larger than all buffers between the daemon and a client that does not read.
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    for _ in 0..3 {
        let mut client = home.begin("vm list-skus --all -o json");
        let mut answer = Bounded(client.stdout.take().unwrap());
        answer.read_exact(&mut [0; 1]).unwrap();
        assert_eq!(home.in_flight(), 1);
        client.end_by_force();
        eventually("the call's end", || home.in_flight() == 0);
    }
    assert_eq!(home.daemons().len(), 1);
    home.log().assert_lacks("panic");
}

/// A write is never sent twice.
#[test]
fn a_write_whose_daemon_dies_is_not_sent_again() {
    let (emulator, home) = logged_in();
    home.line(SHOW_POOL).success();
    emulator.inject(Fault::effect("PUT .*", Effect::Silence));
    let client = home.begin(UPDATE_POOL);
    eventually("the write", || writes(&emulator) == 1);
    home.crash();
    let says = "whether Azure has acted on it is not known";
    client.finish().said(1).assert_contains(says);
    assert!(home.daemons().is_empty() && writes(&emulator) == 1);
}

#[test]
fn two_hundred_concurrent_commands_are_answered() {
    let (emulator, home) = logged_in();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..200)
            .map(|number| {
                let (line, answer) = [(LIST_SKUS, SKUS), (SHOW_POOL, POOL)][number % 2];
                let home = &home;
                scope.spawn(move || assert_eq!(home.line(line).success(), answer))
            })
            .collect();
        clients
            .into_iter()
            .for_each(|client| client.join().unwrap());
    });
    assert_eq!(home.daemons().len(), 1);
    assert_eq!(sku_requests(&emulator), 1);
    assert_eq!(emulator.request_count("/msi/token"), 1, "a token for all");
}

/// A script's loop runs as many processes as it has rounds, one after the other.
#[test]
fn a_loop_of_commands_leaves_the_daemon_as_it_was() {
    let (emulator, home) = logged_in();
    for (line, answer) in [(SHOW_POOL, POOL), (LIST_SKUS, SKUS)] {
        assert_eq!(home.line(line).success(), answer);
    }
    let daemon = home.daemon();
    // None if this user may not read them.
    let descriptors = || {
        let files = fs::read_dir(format!("/proc/{daemon}/fd"));
        files.map(Iterator::count).ok()
    };
    let before = descriptors();
    let (variable, usual) = COMMANDS;
    let commands = std::env::var(variable).map_or(usual, |text| text.parse().unwrap());
    for number in 0..commands {
        let (line, answer) = if number % 10 == 9 {
            (SHOW_POOL, POOL)
        } else {
            (LIST_SKUS, SKUS)
        };
        assert_eq!(home.line(line).success(), answer, "{number}");
    }
    assert_eq!(home.in_flight(), 0);
    assert_eq!(home.daemon(), daemon);
    assert_eq!(sku_requests(&emulator), 1);
    assert_eq!(emulator.request_count("/msi/token"), 1);
    eventually("no more descriptors than before", || {
        descriptors() <= before
    });
}
