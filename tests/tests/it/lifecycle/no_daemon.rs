//! `--no-daemon` and `AZQ_NO_DAEMON=1`: one command, served by the same code, which leaves nothing
//! behind.

use crate::prelude::*;

const LIST: [&str; 6] = [
    "vm",
    "list-skus",
    "-l",
    "eastus",
    "--size",
    "Standard_D4s_v5",
];

fn emulator() -> Emulator {
    start(demo::specification())
}

#[test]
fn a_private_daemon_answers_the_same_and_leaves_nothing() {
    let (_emulator, home) = logged_in_to(emulator());
    let private = home.azq(LIST.iter().chain(&["--no-daemon"])).expect("azq");
    assert_eq!((private.code, private.stderr.as_str()), (Some(0), ""));
    assert_eq!(home.processes(), Vec::<u32>::new());
    let runtime = home.path().join("runtime_dir/azq");
    assert!(!runtime.exists(), "{} was made", runtime.display());
    let shared = home.azq(LIST).expect("azq");
    assert_eq!(private.text(), shared.text());
    assert!(runtime.join("azqd.sock").exists());
}

#[test]
fn a_catalogue_on_disk_outlives_a_private_daemon() {
    let (emulator, mut home) = logged_in_to(emulator());
    home.set("AZQ_NO_DAEMON", "1");
    let first = home.azq(LIST).expect("azq");
    let asked = emulator.request_count("/skus");
    let second = home.azq(LIST).expect("azq");
    assert_eq!((first.code, second.code), (Some(0), Some(0)));
    assert_eq!(first.text(), second.text());
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
    let refused = home.azq(LIST).expect("azq");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    let private = home.azq(LIST.iter().chain(&["--no-daemon"])).expect("azq");
    assert_eq!((private.code, private.stderr.as_str()), (Some(0), ""));
}

#[test]
fn the_real_az_never_sees_the_option() {
    let (_emulator, mut home) = logged_in_to(start(Specification::default()));
    let bin = home.path().join("bin");
    fs::create_dir(&bin).expect("a directory");
    let az = bin.join("az");
    fs::write(&az, "#!/bin/sh\necho \"$@\"\n").expect("a script");
    fs::set_permissions(&az, PermissionsExt::from_mode(0o755)).expect("executable");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    home.set("PATH", &path);
    let outcome = home
        .azq(["disk", "--no-daemon", "list", "--", "--no-daemon"])
        .expect("azq");
    assert_eq!(outcome.text(), "disk list -- --no-daemon\n");
}

#[test]
fn a_private_daemon_ends_with_a_killed_client() {
    let emulator = emulator();
    emulator.inject(Fault::effect("GET .*/skus.*", Effect::Silence).times(9));
    let home = Home::new(&emulator).expect("a home");
    let mut client = Command::new(&binaries().expect("binaries").azq)
        .args(LIST.iter().chain(&["--no-daemon"]))
        .env_clear()
        .envs(home.environment())
        .stdout(Stdio::null())
        .spawn()
        .expect("azq");
    eventually("Azure is asked", || emulator.request_count("/skus") > 0);
    let processes = home.processes();
    assert_eq!(processes.len(), 2);
    client.kill().expect("killed");
    client.ends();
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
    let outcome = home.azq(LIST).expect("azq");
    assert_eq!(outcome.code, Some(2));
    assert_eq!(
        outcome.stderr,
        "ERROR: AZQ_NO_DAEMON is 'maybe'; it can be 1 or 0.\n"
    );
    home.unset("AZQ_NO_DAEMON");
}
