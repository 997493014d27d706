//! The daemon keeps nothing of the process that started it; and the client's use of pipes.

use crate::prelude::*;

/// Runs a line of shell in which `azq` is azq; ends when no process has the shell's stdout and
/// stderr open any more.
fn shell(home: &Home, line: &str) -> Outcome {
    let folder = binaries().unwrap().azq.parent().unwrap();
    let line = format!("PATH={}:$PATH; {line}", folder.display());
    home.shell(&line)
}

/// A process that reads the client's output does not wait for the daemon.
#[test]
fn the_daemon_does_not_hold_its_starters_pipes_open() {
    let (_emulator, home) = logged_in();
    for line in [
        format!("azq {LIST_SKUS} | cat"),
        format!("x=$(azq {LIST_SKUS} 2>&1); echo $x"),
        format!("azq {LIST_SKUS} 2>&1"),
    ] {
        assert_eq!(shell(&home, &line).success(), SKUS);
        assert_eq!(home.daemons().len(), 1, "the daemon lives on");
        home.crash();
    }
}

/// The descriptors beyond the standard three may be pipes or locks.
#[test]
fn the_daemon_inherits_no_descriptors() {
    let (_emulator, home) = logged_in();
    // The only other writers to the pipe that is read here end with azq.
    let said = shell(&home, "azq daemon start 7>&1 8>&2 >/dev/null 2>&1");
    assert_eq!(said.success(), "");
    let [id] = home.daemons().try_into().unwrap();
    for descriptor in 0..3 {
        match fs::read_link(format!("/proc/{id}/fd/{descriptor}")) {
            Ok(target) => assert_eq!(target, Path::new("/dev/null")),
            // Only root may read them. The end of the pipes proves the same.
            Err(error) => assert!(!is_root(), "{error}"),
        }
    }
}

#[test]
fn the_daemon_has_its_own_session_and_working_directory() {
    let (_emulator, home) = logged_in();
    let project = home.path().join("project");
    fs::create_dir(&project).unwrap();
    let mut client = home.command(&home.binaries().azq);
    let client = client.args(SHOW_POOL.split(' ')).current_dir(&project);
    assert_eq!(client.finish().text(), POOL);

    let [id] = home.daemons().try_into().unwrap();
    let process = rustix::process::Pid::from_raw(i32::try_from(id).unwrap());
    assert_eq!(rustix::process::getsid(process).unwrap(), process.unwrap());
    match fs::read_link(format!("/proc/{id}/cwd")) {
        Ok(directory) => assert_eq!(directory, Path::new("/")),
        Err(error) => assert!(!is_root(), "only root is shown it: {error}"),
    }
    fs::remove_dir(&project).unwrap();
}

/// Ctrl-C reaches the client and its group, not the daemon; the call is cancelled.
#[test]
fn an_interrupt_cancels_the_clients_call_and_spares_the_daemon() {
    let (emulator, home) = logged_in();
    home.line("daemon start").success();
    let before = home.daemons();
    emulator.inject(Fault::effect("GET .*/mynodepool", Effect::Silence));
    let mut client = home.begin(SHOW_POOL);
    until_requested(&emulator, "/mynodepool", 1);
    let group = rustix::process::Pid::from_child(&client);
    rustix::process::kill_process_group(group, Signal::INT).unwrap();
    assert!(!client.ends().success());
    eventually("the call's end", || home.in_flight() == 0);
    assert_eq!(home.daemons(), before);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// Only names of directories are inherited from the environment of the process that starts it.
#[test]
fn the_daemon_inherits_no_secret_variables() {
    let (emulator, mut home) = logged_in();
    home.set("AZURE_CLIENT_SECRET", "hush-hush");
    home.set("GITHUB_TOKEN", "hush-hush");
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let [id] = home.daemons().try_into().unwrap();
    // Only root may read the environment, which is as good.
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    let environment = String::from_utf8_lossy(&environment);
    environment.assert_lacks("hush");
    environment.assert_lacks(&emulator.identity_endpoint());
}

#[test]
fn a_closed_output_pipe_is_no_error() {
    let (_emulator, home) = logged_in_to(start(Specification {
        skus: Some("three".to_owned()),
        ..Specification::default()
    }));
    for command in ["vm list-skus --all", "daemon status", "config", "--help"] {
        let line = format!("{{ azq {command}; echo $? >&2; }} | head -c 1");
        let outcome = shell(&home, &line);
        assert_eq!(outcome.stdout.len(), 1);
        assert_eq!(outcome.stderr, "0\n", "{command}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let (_emulator, home) = logged_in();
    let outcome = shell(&home, &format!("azq {LIST_SKUS} >/dev/full"));
    let says = "No space left on device";
    outcome.failure(1).assert_contains(says);
}

#[test]
fn logs_are_rotated_at_their_size_limit() {
    let (_emulator, mut home) = logged_in();
    home.set("AZQ_LOG", "trace");
    home.set("AZQ_LOG_SIZE", "4KB");
    for _ in 0..10 {
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
    }
    let sizes = || -> Vec<u64> {
        let files = files_in(&home.path().join("state_home/azq")).into_iter();
        files
            .filter_map(|file| Some(file.metadata().ok()?.len()))
            .collect()
    };
    // A single line may be longer than the limit; and during a rotation there are three files.
    assert!(sizes().iter().all(|size| *size < 64 << 10));
    eventually("two files", || sizes().len() == 2);
    assert!(home.line("daemon logs").success().len() < 64 << 10);
}

/// No line is missed when the file is replaced.
#[test]
fn a_followed_log_goes_on_after_a_rotation() {
    let (_emulator, mut home) = logged_in();
    let nothing = home.line("daemon logs");
    nothing.failure(1).assert_contains("cannot be read");
    home.set("AZQ_LOG", "azqd=debug");
    home.set("AZQ_LOG_SIZE", "2KB");
    home.line("daemon start").success();
    let copy = home.path().join("copy");
    let mut follower = home.command(&home.binaries().azq);
    follower.args(["daemon", "logs", "-f"]);
    follower.stdout(fs::File::create(&copy).unwrap());
    let mut following = follower.spawn().unwrap();
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap_or_default();
    eventually("the first line", || read("copy").contains(" serves "));
    eventually("a rotation", || {
        home.line("daemon status").success();
        home.line("daemon start").success();
        !read("state_home/azq/azqd.log.1").is_empty()
    });
    home.line("daemon stop").success();
    let newest = read("state_home/azq/azqd.log");
    eventually("the last line", || read("copy").ends_with(&newest));
    let whole = read("state_home/azq/azqd.log.1") + &newest;
    assert!(read("copy").ends_with(&whole), "{}", read("copy"));
    following.end_by_force();
}

/// Neither a daemon nor a client leaves a process running or a zombie.
#[test]
fn the_daemon_has_no_child_processes() {
    let (_emulator, home) = logged_in();
    for _ in 0..3 {
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        let [id] = home.daemons().try_into().unwrap();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        assert_eq!(children.unwrap_or_default(), "");
        signal(id, Signal::KILL);
        eventually("its death", || home.daemons().is_empty());
    }
}
