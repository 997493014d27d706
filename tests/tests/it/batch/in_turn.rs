//! `azq batch` in a conversation with another process: lines and answers in turn, and the ends of
//! daemons, readers and waits.

use crate::long_running::until_polled_more;
use crate::prelude::*;

const SHOW_WINDOWS_POOL: &str =
    "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n npwin --query name -o tsv";

#[test]
fn reads_of_a_batch_overlap_and_survive_a_killed_daemon() {
    let (emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    emulator.inject(Fault::effect("GET .*/mynodepool", Effect::Silence));
    let mut batch = Conversation::begin(&home, "batch");
    batch.say(SHOW_POOL);
    until_requested(&emulator, "/mynodepool", 1);
    batch.say(LIST_SKUS);
    batch.say(SHOW_WINDOWS_POOL);
    until_requested(&emulator, "/npwin", 1);
    home.crash();
    assert_eq!(batch.hear(), POOL);
    assert_eq!(batch.hear(), SKUS);
    assert_eq!(batch.hear(), "npwin\n");
    assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    assert_eq!(emulator.request_count("/mynodepool"), 2);
}

/// Each line has one answer, its own, in its turn, when daemons end in any way while many lines are
/// in flight.
#[test]
fn each_line_is_answered_once_when_daemons_end_meanwhile() {
    const LINES: usize = 200;
    let (_emulator, home) = logged_in();
    let fates: [fn(&Home); 4] = [
        Home::crash,
        |home| drop(home.line("daemon stop").success()),
        |home| {
            // Requests that are sent to it meanwhile are never answered.
            let stop = |daemon| signal(daemon, Signal::STOP);
            home.daemons().into_iter().for_each(stop);
            home.crash();
        },
        |home| {
            for daemon in home.daemons() {
                signal(daemon, Signal::STOP);
                signal(daemon, Signal::CONT);
            }
        },
    ];
    for jobs in [8, 64] {
        let mut batch = Conversation::begin(&home, &format!("batch --jobs {jobs}"));
        let mut heard = 0;
        for (round, fate) in fates.iter().enumerate() {
            let lines = round * LINES..(round + 1) * LINES;
            let lines = lines.map(|line| format!("account show --query \"'{line}'\" -o tsv\n"));
            batch.write(&lines.collect::<String>());
            for _ in 0..LINES / 2 {
                assert_eq!(batch.hear(), format!("{heard}\n"));
                heard += 1;
            }
            // A daemon that is killed before it has started fails to start, which is reported.
            drop(home.line("daemon start").success());
            fate(&home);
        }
        let rest: Vec<_> = (heard..fates.len() * LINES)
            .map(|line| line.to_string())
            .collect();
        let (code, stdout, stderr) = batch.end();
        assert_eq!((code, stderr), (Some(0), String::new()));
        assert_eq!(stdout.lines().collect::<Vec<_>>(), rest);
    }
}

/// A script may write a line, wait for the answer, and continue.
#[test]
fn a_line_is_answered_before_the_next_is_written() {
    let (_emulator, home) = logged_in();
    for options in ["batch", "batch --jobs 1"] {
        let mut batch = Conversation::begin(&home, options);
        assert_eq!(batch.ask(LIST_SKUS), SKUS);
        assert_eq!(batch.ask(SHOW_POOL), POOL);
        assert_eq!(batch.ask("which account show"), "azq\n");
        assert_eq!(batch.ask("operation list -o json"), "[]\n");
        // An unfinished line is not run yet.
        batch.write("account show --query");
        let rest = " name -o none\naccount show --query length(@) -o tsv";
        assert_eq!(batch.ask(rest), "9\n");
        assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    }
}

/// The connection is dead, which shows only when it is used; a write is nevertheless sent, once.
#[test]
fn a_daemon_that_has_ended_between_two_lines_is_replaced() {
    let (emulator, home) = logged_in();
    let ends: [fn(&Home); 2] = [|home| drop(home.line("daemon stop").success()), Home::crash];
    for end in ends {
        let mut batch = Conversation::begin(&home, "batch");
        assert_eq!(batch.ask(LIST_SKUS), SKUS);
        end(&home);
        assert_eq!(batch.ask(UPDATE_POOL), "Standard_D4s_v5\n");
        end(&home);
        assert_eq!(batch.ask(LIST_SKUS), SKUS);
        assert_eq!(batch.ask("daemon stop").split(' ').next(), Some("azqd,"));
        assert_eq!(batch.ask(SHOW_POOL), "Standard_D4s_v5\n");
        assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    }
    assert_eq!(writes(&emulator), 2);
}

#[test]
fn a_batch_without_a_daemon_has_one_private_daemon() {
    let (_emulator, home) = logged_in();
    let mut batch = Conversation::begin(&home, "batch --no-daemon");
    assert_eq!(batch.ask(LIST_SKUS), SKUS);
    let private = home.daemons();
    assert_eq!(private.len(), 1);
    assert_eq!(batch.ask(SHOW_POOL), POOL);
    assert_eq!(batch.ask(UPDATE_POOL), "Standard_D4s_v5\n");
    assert_eq!(home.daemons(), private);
    assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    assert_eq!(home.processes(), [0; 0]);
    assert!(!home.runtime_dir().exists());
}

#[test]
fn a_reader_that_closes_the_pipe_ends_the_batch_without_an_error() {
    let (_emulator, home) = logged_in();
    let mut batch = Conversation::begin(&home, "batch");
    assert_eq!(batch.ask(LIST_SKUS), SKUS);
    batch.turn_away();
    batch.say(SHOW_POOL);
    // The input stays open.
    let quietly = (Some(0), String::new(), String::new());
    assert_eq!(batch.ended(), quietly);
}

#[test]
fn an_operation_outlives_the_daemon() {
    let (emulator, home) = logged_in_to(endless_operations());
    let mut batch = Conversation::begin(&home, "batch");
    batch.say(UPDATE_POOL);
    batch.say(SHOW_POOL);
    until_polled_more(&emulator, 2);
    home.crash();
    until_polled_more(&emulator, 2);
    emulator.state().faults.clear();
    assert_eq!([batch.hear(), batch.hear()], ["Standard_D4s_v5\n"; 2]);
    assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn ctrl_c_ends_the_batch_and_tells_of_the_operation() {
    let (emulator, home) = logged_in_to(endless_operations());
    for options in ["batch", "batch --json-lines"] {
        let mut batch = Conversation::begin(&home, options);
        batch.say(UPDATE_POOL);
        batch.say(SHOW_POOL);
        until_polled_more(&emulator, 2);
        signal(batch.id(), Signal::INT);
        let (code, stdout, stderr) = batch.ended();
        assert_eq!((code, stdout.as_str()), (Some(130), ""));
        assert!(
            stderr.starts_with("WARNING: interrupted; the operation goes on in Azure. To wait for it, run: azq operation wait ")
                && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
}

/// Once an operation was waited for, the signal no longer kills azq at once, but azq ends.
#[test]
fn ctrl_c_ends_the_batch_between_operations_too() {
    let (_emulator, home) = logged_in();
    for (lines, expected) in [
        (&[LIST_SKUS][..], None),
        (&[LIST_SKUS, UPDATE_POOL, LIST_SKUS], Some(130)),
    ] {
        let mut batch = Conversation::begin(&home, "batch");
        for line in lines {
            batch.ask(line);
        }
        signal(batch.id(), Signal::INT);
        let silently = (expected, String::new(), String::new());
        assert_eq!(batch.ended(), silently);
    }
}
