//! The harness itself: a test that relies on it must be able to fail.

use std::os::unix::process::ExitStatusExt;

use crate::prelude::*;

fn home() -> (Emulator, Home) {
    let (emulator, home) = logged_in_to(start(Specification::default()));
    (emulator, home)
}

#[test]
fn nothing_of_the_users_environment_shows() {
    let (emulator, home) = home();
    let outcome = home
        .run(
            Path::new("/usr/bin/env"),
            [""; 0],
            b"",
            Duration::from_secs(20),
        )
        .unwrap();
    let text = outcome.text();
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name)
        .collect();
    assert!(
        names
            .iter()
            .all(|name| home.environment().contains_key(*name)),
        "{names:?}"
    );
    assert!(text.contains(&format!(
        "IDENTITY_ENDPOINT={}",
        emulator.identity_endpoint()
    )));
    assert!(!text.contains("/root/.azure"));
}

#[test]
fn input_and_exit_code_pass_through() {
    let (_emulator, home) = home();
    let script = ["-c", "cat; echo said >&2; exit 7"];
    let outcome = home
        .run(
            Path::new("/bin/sh"),
            script,
            b"heard",
            Duration::from_secs(20),
        )
        .unwrap();
    assert_eq!(
        (
            outcome.code,
            outcome.text().as_str(),
            outcome.stderr.as_str()
        ),
        (Some(7), "heard", "said\n")
    );
}

#[test]
fn a_command_that_does_not_end_is_killed() {
    let (_emulator, home) = home();
    let outcome = home
        .run(
            Path::new("/usr/bin/tail"),
            ["-f", "/dev/null"],
            b"",
            Duration::from_millis(200),
        )
        .unwrap();
    assert!(outcome.timed_out && outcome.code.is_none());
}

#[test]
fn a_process_that_is_left_is_found_and_killed() {
    let (_emulator, home) = home();
    let script = [
        "-c",
        "tail -f /dev/null >/dev/null 2>&1 </dev/null & echo $!",
    ];
    let outcome = home
        .run(Path::new("/bin/sh"), script, b"", Duration::from_secs(20))
        .unwrap();
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
    let ended = shell.finish();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(
        ended.status.success() && said.contains("1 passed"),
        "{said}"
    );
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
