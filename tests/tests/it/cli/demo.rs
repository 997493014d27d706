//! `azq demo`: the guide without an Azure account, and nothing left of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use azq_tests::harness::sample::emulator;
use azq_tests::harness::{Home, binaries, eventually};
use rustix::process::{Pid, Signal, kill_process_group};

#[test]
fn the_demo_shows_the_guide_and_cleans_up() {
    let emulator = emulator().unwrap();
    let mut home = Home::new(&emulator).unwrap();
    // A machine where nobody has ever logged in.
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

    let mut demo = home.command(&binaries().unwrap().azq);
    let demo = demo
        .arg("demo")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let folder = format!("/tmp/azq-demo-{}", demo.id());
    let output = demo.wait_with_output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
    for says in [
        "$ az vm list-skus --location eastus --size Standard_D4s_v5 --output table",
        "virtualMachines  eastus       Standard_D4s_v5",
        "mynodepool  Standard_D2_v2  AKSUbuntu-2204containerd-",
        "mynodepool  Standard_D4s_v5  AKSUbuntu-2204gen2containerd-",
        "npwin   Standard_D2_v2  AKSWindows-2022-containerd-20348",
        "npwin   Standard_D4s_v5  AKSWindows-2022-containerd-gen2-20348",
    ] {
        assert!(stdout.contains(says), "{says} is not in:\n{stdout}");
    }
    assert_eq!(home.processes(), [0; 0]);
    assert!(!Path::new(&folder).exists());
    assert_eq!(
        content(home.path()),
        before,
        "nothing of the user's is touched"
    );
}

/// The files below a folder.
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

#[test]
fn an_interrupted_demo_cleans_up_too() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let mut demo = home.command(&binaries().unwrap().azq);
    let mut demo = demo
        .arg("demo")
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let folder = format!("/tmp/azq-demo-{}", demo.id());
    eventually("the demo's daemon", || !home.daemons().is_empty());
    // As a terminal does it.
    kill_process_group(Pid::from_child(&demo), Signal::INT).unwrap();
    assert!(!demo.wait().unwrap().success());
    eventually("the end of everything", || {
        home.processes().is_empty() && !Path::new(&folder).exists()
    });
}
