//! Machines that share their catalogues through a store: one of them requests Azure for all.
//!
//! A directory is always tested, Azure Storage and S3 only if their stand-ins are there (`stores`).
//! `AZQ_TEST_KILLS=30` sets the number of times that the elected machine is killed.

use super::stores::{Store, azurite, free_port, moto};
use crate::prelude::*;
use azq_tests::faulty_store::s3_variables;

/// The number of machines that want a region at once.
const MACHINES: usize = 50;

/// Waits for look-ups, each of which must be right.
fn all_right(children: impl IntoIterator<Item = Child>) {
    for child in children {
        assert_eq!(child.finish().printed(0), SKUS);
    }
}

fn fifty_machines_ask_once(store: &Store) {
    let emulator = emulator();
    let machines: Vec<_> = (0..MACHINES).map(|_| store.machine(&emulator)).collect();
    let asking = machines.iter().map(|home| home.begin(LIST_SKUS));
    all_right(asking.collect::<Vec<_>>());
    assert_eq!(sku_requests(&emulator), 1);
    // A later machine gets the catalogue from the share, and then from its disk.
    let late = store.machine(&emulator);
    assert_eq!(late.line(LIST_SKUS).success(), SKUS);
    let status = late.status();
    assert_eq!(status["share"]["found"], 1, "{}", status["share"]);
    assert_eq!(sku_requests(&emulator), 1);
}

fn the_elected_one_is_killed(store: impl Fn() -> Store) {
    let times = std::env::var("AZQ_TEST_KILLS").map_or(2, |times| times.parse().unwrap());
    for _ in 0..times {
        let (store, emulator) = (store(), emulator());
        // Azure does not respond before the elected machine is killed.
        emulator.inject(Fault::effect("GET .*/skus", Effect::Silence));
        let elected = store.machine(&emulator);
        let mut asking = elected.begin(LIST_SKUS);
        eventually("the elected one's request", || sku_requests(&emulator) == 1);
        let machines: Vec<_> = (0..8).map(|_| store.machine(&emulator)).collect();
        let waiting: Vec<_> = machines.iter().map(|home| home.begin(LIST_SKUS)).collect();
        // The client is killed first, because it would start another daemon.
        drop(asking.kill());
        asking.ends();
        elected.crash();
        all_right(waiting);
        let asked = sku_requests(&emulator);
        assert!(asked <= 2, "Azure was asked {asked} times");
    }
}

#[test]
fn fifty_machines_with_a_directory_ask_azure_once() {
    fifty_machines_ask_once(&Store::directory());
}

#[test]
fn fifty_machines_with_azure_storage_ask_azure_once() {
    if let Some(store) = azurite() {
        fifty_machines_ask_once(&store);
    }
}

#[test]
fn fifty_machines_with_s3_ask_azure_once() {
    if let Some(store) = moto() {
        fifty_machines_ask_once(&store);
    }
}

#[test]
fn a_killed_machine_is_replaced_through_a_directory() {
    the_elected_one_is_killed(Store::directory);
}

#[test]
fn a_killed_machine_is_replaced_through_azure_storage() {
    if azurite().is_some() {
        the_elected_one_is_killed(|| azurite().unwrap());
    }
}

#[test]
fn a_killed_machine_is_replaced_through_s3() {
    if moto().is_some() {
        the_elected_one_is_killed(|| moto().unwrap());
    }
}

/// No file in the share contains an account's name, a subscription's id or a token.
#[test]
fn a_share_contains_no_identity_of_its_users() {
    let (store, emulator) = (Store::directory(), emulator());
    let home = store.machine(&emulator);
    home.line(LIST_SKUS).success();
    let share = store.place.path().join("share");
    let files = || {
        let mut paths = files_in(&share);
        paths.retain(|path| path.extension().is_none());
        paths
    };
    eventually("the snapshot in the share", || files().len() == 1);
    let bytes = fs::read(&files()[0]).unwrap();
    for secret in [SUBSCRIPTION, "eyJ", "example.com"] {
        let found = memchr::memmem::find(&bytes, secret.as_bytes());
        assert_eq!(found, None, "{secret}");
    }
}

/// With stores that fail in every way, the answer is right, and Azure is asked as without them.
#[test]
fn a_share_that_fails_changes_no_answer() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let down_port = free_port();
    let s3 = |endpoint: &str| {
        let mut variables = s3_variables("s3://bucket", endpoint);
        variables.push(("AZQ_SHARE_TIMEOUT", "500ms".to_owned()));
        variables
    };
    let s3_at = |port: u16| s3(&format!("http://127.0.0.1:{port}"));
    let missing = format!("file://{}/mount/azq", place.path().display());
    let no_directory = format!("file://{}", file.display());
    for (fault, variables) in [
        ("down", s3_at(down_port)),
        ("silent", s3_at(silent_port)),
        ("missing", vec![("AZQ_SHARE", missing)]),
        ("no directory", vec![("AZQ_SHARE", no_directory)]),
        ("in the clear", s3("http://store.example:80")),
    ] {
        let (emulator, mut home) = logged_in();
        home.set_all(variables);
        for _ in 0..2 {
            assert_eq!(home.line(LIST_SKUS).success(), SKUS, "{fault}");
        }
        assert_eq!(sku_requests(&emulator), 1, "{fault}");
        let log = home.log();
        let warnings = log
            .lines()
            .filter(|line| line.contains("WARN") && line.contains("the share"));
        assert!(warnings.count() >= 1, "{fault}: {log}");
        let status = home.line("daemon status").success();
        assert!(status.contains("share's trouble"), "{fault}: {status}");
    }
}
