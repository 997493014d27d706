//! `--no-daemon` and `AZQ_NO_DAEMON=1`: one command, served by the same code, which leaves nothing
//! behind.

use crate::prelude::*;

const LIST: &str = "vm list-skus -l eastus --size Standard_D4s_v5";
const PRIVATE: &str = "vm list-skus -l eastus --size Standard_D4s_v5 --no-daemon";

fn emulator() -> Emulator {
    start(demo::specification())
}

#[test]
fn a_private_daemon_answers_the_same_and_leaves_nothing() {
    let (_emulator, home) = logged_in_to(emulator());
    let private = home.line(PRIVATE);
    private.success();
    assert_eq!(home.processes(), Vec::<u32>::new());
    let runtime = home.path().join("runtime_dir/azq");
    assert!(!runtime.exists(), "{} was made", runtime.display());
    let shared = home.line(LIST);
    assert_eq!(private.text(), shared.text());
    assert!(runtime.join("azqd.sock").exists());
}

#[test]
fn a_catalogue_on_disk_outlives_a_private_daemon() {
    let (emulator, mut home) = logged_in_to(emulator());
    home.set("AZQ_NO_DAEMON", "1");
    let first = home.line(LIST);
    let asked = emulator.request_count("/skus");
    let second = home.line(LIST);
    assert_eq!(first.printed(0), second.printed(0));
    assert!(asked > 0);
    assert_eq!(emulator.request_count("/skus"), asked);
}

#[test]
fn a_private_daemon_needs_no_runtime_or_state_directory() {
    let (_emulator, mut home) = logged_in_to(emulator());
    let file = home.path().join("file");
    fs::write(&file, "").expect("a file");
    let file = file.to_str().expect("UTF-8").to_owned();
    for name in ["AZQ_RUNTIME_DIR", "AZQ_STATE_DIR", "AZQ_CACHE_DIR"] {
        home.set(name, &file);
    }
    let refused = home.line(LIST);
    refused.said(1);
    let private = home.line(PRIVATE);
    private.success();
}

#[test]
fn the_real_az_never_sees_the_option() {
    let (_emulator, mut home) = logged_in_to(start(Specification::default()));
    install_az(&mut home, "echo \"$@\"");
    let outcome = home.line("disk --no-daemon list -- --no-daemon");
    assert_eq!(outcome.text(), "disk list -- --no-daemon\n");
}

#[test]
fn a_private_daemon_ends_with_a_killed_client() {
    let (emulator, home) = logged_in_to(emulator());
    emulator.inject(Fault::effect("GET .*/skus.*", Effect::Silence).times(9));
    let mut client = home.begin(PRIVATE);
    until_requested(&emulator, "/skus", 1);
    let processes = home.processes();
    assert_eq!(processes.len(), 2);
    client.end_by_force();
    // A process that has ended has no arguments, even if it is not reaped yet.
    let is_there = |id: &u32| {
        let arguments = fs::read(format!("/proc/{id}/cmdline"));
        arguments.is_ok_and(|arguments| !arguments.is_empty())
    };
    eventually("the private daemon ends", || {
        !processes.iter().any(is_there)
    });
}

#[test]
fn an_invalid_value_of_no_daemon_is_an_error() {
    let (_emulator, mut home) = logged_in_to(start(Specification::default()));
    home.set("AZQ_NO_DAEMON", "maybe");
    let outcome = home.line(LIST);
    let says = "ERROR: AZQ_NO_DAEMON is 'maybe'; it can be 1 or 0.\n";
    assert_eq!(outcome.said(2), says);
    home.unset("AZQ_NO_DAEMON");
}
