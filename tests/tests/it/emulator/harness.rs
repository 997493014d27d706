//! The harness itself: a test that relies on it must be able to fail.

use std::os::unix::process::ExitStatusExt;

use crate::prelude::*;

fn home() -> (Emulator, Home) {
    logged_in_to(start(Specification::default()))
}

#[test]
fn nothing_of_the_users_environment_shows() {
    let (emulator, home) = home();
    let outcome = home.run("/usr/bin/env", [""; 0], b"");
    let text = outcome.text();
    for (name, _) in text.lines().filter_map(|line| line.split_once('=')) {
        assert!(home.environment().contains_key(name), "{name}");
    }
    let endpoint = emulator.identity_endpoint();
    text.assert_contains(&format!("IDENTITY_ENDPOINT={endpoint}"));
    text.assert_lacks("/root/.azure");
}

#[test]
fn input_and_exit_code_pass_through() {
    let (_emulator, home) = home();
    let script = ["-c", "cat; echo said >&2; exit 7"];
    let outcome = home.run("/bin/sh", script, b"heard");
    assert_eq!(outcome.printed(7), "heard");
    assert_eq!(outcome.stderr, "said\n");
}

#[test]
fn a_command_that_does_not_end_is_killed() {
    let (_emulator, home) = home();
    let (limit, tail) = (Duration::from_millis(200), Path::new("/usr/bin/tail"));
    let outcome = home
        .run_within(limit, tail, ["-f", "/dev/null"], b"")
        .unwrap();
    assert!(outcome.timed_out && outcome.code.is_none());
}

#[test]
fn a_process_that_is_left_is_found_and_killed() {
    let (_emulator, home) = home();
    let outcome = home.shell("tail -f /dev/null >/dev/null 2>&1 </dev/null & echo $!");
    let left: u32 = outcome.text().trim().parse().unwrap();
    assert_eq!(home.processes(), [left]);
    assert_eq!(home.end().unwrap(), [left]);
}

/// Tests may be started under `nohup`, or in the background of a script.
#[test]
fn commands_have_default_signals_whatever_the_starter_of_the_tests_ignores() {
    let script = "trap '' HUP INT QUIT; exec \"$0\" --ignored --exact emulator::harness::a_command_ignores_no_signal";
    let mut shell = Command::new("/bin/sh");
    let shell = shell
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap());
    shell.finish().printed(0).assert_contains("1 passed");
}

#[test]
#[ignore = "another test starts it, with signals ignored"]
fn a_command_ignores_no_signal() {
    let (_emulator, home) = home();
    for name in [Signal::HUP, Signal::INT, Signal::QUIT] {
        let mut command = home.command(Path::new("/bin/cat"));
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let _open = child.stdin.take();
        assert!(!ignores(child.id(), name), "{name:?}");
        signal(child.id(), name);
        assert_eq!(child.ends().signal(), Some(name.as_raw()));
    }
}
