//! `azq demo`: the guide without an Azure account, and without leftovers.

use rustix::process::{Pid, kill_process_group};

use crate::prelude::*;

#[test]
fn the_demo_shows_the_guide_and_cleans_up() {
    let (_emulator, mut home) = logged_in();
    // A machine without any login.
    for name in [
        "AZURE_CONFIG_DIR",
        "REQUESTS_CA_BUNDLE",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
    ] {
        home.unset(name);
    }
    fs::remove_dir_all(home.path().join("azure")).unwrap();
    let before = content(home.path());

    let demo = home.begin("demo");
    let folder = format!("/tmp/azq-demo-{}", demo.id());
    let output = demo.finish();
    let stdout = output.printed(0);
    let log = format!("The log is {folder}/state/migrations/");
    output.stderr.assert_starts_with(&log);
    assert_eq!(output.stderr.lines().count(), 1, "{output}");
    let first = format!(
        "$ {} vm list-skus --location eastus --size Standard_D4s_v5 --output table",
        binaries().unwrap().azq.display()
    );
    for says in [
        &first,
        "virtualMachines  eastus       Standard_D4s_v5",
        "mynodepool  Standard_D2_v2  AKSUbuntu-2204containerd-",
        "mynodepool  Standard_D4s_v5  AKSUbuntu-2204gen2containerd-",
        "npwin   Standard_D2_v2  AKSWindows-2022-containerd-20348",
        "npwin   Standard_D4s_v5  AKSWindows-2022-containerd-gen2-20348",
        "on Generation 1, its size cannot run Generation 2",
        "migrated to webg2",
    ] {
        stdout.assert_contains(says);
    }
    let is_time = |line: &&str| line.starts_with("# ") && line.ends_with(" ms");
    assert_eq!(stdout.lines().filter(is_time).count(), 13, "{stdout}");
    assert_eq!(home.processes(), [0; 0]);
    assert!(!Path::new(&folder).exists());
    assert_eq!(
        content(home.path()),
        before,
        "nothing of the user's is touched"
    );
}

/// Returns the files below a folder.
fn content(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        }
        found.insert(path.display().to_string());
    }
    found
}

/// Ctrl-C, a closed terminal, or a request to end (SIGTERM). No operation is left that could be
/// waited for.
#[test]
fn an_interrupted_demo_cleans_up_and_names_no_operation() {
    for name in [Signal::INT, Signal::HUP, Signal::TERM] {
        let (_emulator, home) = logged_in();
        let demo = home.begin("demo");
        let folder = format!("/tmp/azq-demo-{}", demo.id());
        eventually("the demo's daemon", || !home.daemons().is_empty());
        // A terminal also signals the whole process group.
        kill_process_group(Pid::from_child(&demo), name).unwrap();
        let ended = demo.finish();
        assert_eq!(
            ended.said(128 + name.as_raw()),
            "WARNING: interrupted; the demo and all that belongs to it are gone\n"
        );
        assert_eq!(home.processes(), [0; 0]);
        assert!(!Path::new(&folder).exists());
    }
}

#[test]
fn a_demo_that_is_killed_takes_its_emulator_along() {
    let (_emulator, home) = logged_in();
    let mut demo = home.command(&binaries().unwrap().azq);
    let mut demo = demo.arg("demo").stdout(Stdio::null()).spawn().unwrap();
    let is_emulator = |id: &u32| {
        let name = fs::read_to_string(format!("/proc/{id}/comm"));
        name.is_ok_and(|name| name.starts_with("azq-emulator"))
    };
    let emulators = || home.processes().iter().filter(|id| is_emulator(id)).count();
    eventually("the demo's daemon", || !home.daemons().is_empty());
    assert_eq!(emulators(), 1);
    demo.end_by_force();
    eventually("the emulator's end", || emulators() == 0);
    // The command that was running may still start a daemon.
    eventually("the end of the rest", || {
        home.crash();
        home.processes().is_empty()
    });
    fs::remove_dir_all(format!("/tmp/azq-demo-{}", demo.id())).unwrap();
}

/// Runs a script in this home's shell and returns its output.
fn shell(home: &Home, script: &str) -> Outcome {
    let azq = home.binaries().azq.to_str().unwrap();
    home.run("/bin/sh", ["-c", script, azq], b"")
}

#[test]
fn a_demo_whose_output_is_closed_cleans_up() {
    let (_emulator, home) = logged_in();
    let shown = shell(&home, "\"$0\" demo --keep | head -n 3");
    assert_eq!((shown.text().lines().count(), &*shown.stderr), (3, ""));
    eventually("the end of everything", || home.processes().is_empty());
}

/// The lines of the steps can be pasted, too.
#[test]
fn the_commands_that_a_kept_demo_prints_can_be_run() {
    let (_emulator, home) = logged_in();
    let kept = shell(&home, "\"$0\" demo --keep");
    let text = kept.printed(0);
    let starting = |beginning: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(beginning));
        lines.map(str::to_owned).collect()
    };
    let exports = starting("export ").join(" ");
    let steps = starting("$ ");
    let end = text.lines().last().unwrap();
    let show = steps.iter().find(|line| line.contains("--query")).unwrap();
    let pasted = shell(&home, &format!("export {exports}\n{show}\n{end}"));
    let row = "mynodepool  Standard_D4s_v5  AKSUbuntu-2204gen2containerd-";
    pasted.printed(0).assert_contains(row);
    eventually("the end of everything", || home.processes().is_empty());
}
