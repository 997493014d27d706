//! `vm list-skus` and its cache: which commands send requests to Azure, and which failures change
//! no answer.

use crate::prelude::*;

/// The size that is not in [`SKUS`].
const OTHER: &str = "Standard_D2s_v5\n";

/// Returns the files of the cache, all of which are snapshots.
fn snapshots(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.path().join("cache_home/azq")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn azure_is_asked_once_for_a_region() {
    let (emulator, home) = logged_in();
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    let everything = emulator.requests().len();
    for _ in 0..3 {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    let other = "vm list-skus --location EastUS --size D2s_v5 --query [].name -o tsv";
    assert_eq!(home.line(other).success(), OTHER);
    assert_eq!(emulator.requests().len(), everything);
    assert_eq!(sku_requests(&emulator), 1);

    let elsewhere = LIST_SKUS.replace("eastus", "ukwest");
    assert_eq!(home.line(&elsewhere).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 2);
}

/// This holds for any earlier command lines and any data that they left.
#[test]
fn a_warm_daemon_answers_as_one_that_knows_nothing() {
    const SELECTIONS: [&str; 10] = [
        "--size d4s",
        "--size D2S_V5",
        "--size nosuch",
        "--size D --zone",
        "--size D --zone false",
        "--size D --all",
        "--size D --resource-type virtualMachines",
        "--size D --resource-type disks",
        "--size D --query [].name",
        "--resource-type disks",
    ];
    let (_emulator, home) = logged_in();
    // This puts the catalogue on disk, for the private daemons.
    home.line("vm list-skus --query []").success();
    home.line("daemon stop").success();
    let asked = ["eastus -o table", "EastUS -o json", "ukwest -o tsv"].map(|place| {
        SELECTIONS.map(|selection| {
            let line = format!("vm list-skus -l {place} {selection}");
            let alone = home.line(&format!("{line} --no-daemon"));
            (line, alone.success())
        })
    });
    for _ in 0..2 {
        for (line, expected) in asked.as_flattened() {
            assert_eq!(&home.line(line).success(), expected, "{line}");
        }
    }
    assert_eq!(home.daemons().len(), 1);
    let (_, d2s) = &asked[0][1];
    assert!(d2s.contains(OTHER.trim()), "{d2s}");
}

#[test]
fn max_age_0_asks_azure_each_time() {
    let (emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    for times in 2..4 {
        let line = format!("{LIST_SKUS} --max-age 0");
        assert_eq!(home.line(&line).success(), SKUS);
        assert_eq!(sku_requests(&emulator), times);
    }
    let line = format!("{LIST_SKUS} --max-age 3600");
    assert_eq!(home.line(&line).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 3);
}

#[test]
fn a_restarted_daemon_answers_without_azure() {
    let (emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    let (everything, first) = (emulator.requests().len(), home.daemons());
    home.line("daemon stop").success();
    assert!(home.daemons().is_empty());
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_ne!(home.daemons(), first);
    assert_eq!(emulator.requests().len(), everything);
}

#[test]
fn a_lookup_survives_a_killed_daemon() {
    let (emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    for _ in 0..3 {
        home.crash();
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    assert_eq!(sku_requests(&emulator), 1);
    assert_eq!(home.daemons().len(), 1);
}

/// Returns a complete snapshot of another version of the format; its checksum is right, so only the
/// version number differs.
fn of_version(version: u32, good: &[u8]) -> Vec<u8> {
    let mut other = good.to_vec();
    other[8..12].copy_from_slice(&version.to_le_bytes());
    let mut checksum = flate2::Crc::new();
    checksum.update(&other[..12]);
    checksum.update(&other[16..]);
    other[12..16].copy_from_slice(&checksum.sum().to_le_bytes());
    other
}

#[test]
fn a_corrupt_snapshot_is_replaced_silently() {
    let (emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    let [snapshot] = snapshots(&home).try_into().unwrap();
    let good = fs::read(&snapshot).unwrap();
    let noise: Vec<u8> = (0..good.len())
        .map(|index| u8::try_from(index * 7919 % 251).unwrap())
        .collect();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let (older, newer) = (of_version(0, &good), of_version(u32::MAX, &good));
    let half = &good[..good.len() / 2];
    for (times, spoilt) in [half, &noise, &flipped, b"", &older, &newer]
        .into_iter()
        .enumerate()
    {
        home.line("daemon stop").success();
        fs::write(&snapshot, spoilt).unwrap();
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
        assert_eq!(sku_requests(&emulator), times + 2);
        eventually("a good snapshot", || {
            let found = fs::read(&snapshot).unwrap();
            found.len() == good.len() && found[..12] == good[..12]
        });
    }
}

/// The warning is not part of the answer.
#[test]
fn an_expired_catalogue_is_served_while_azure_is_unreachable() {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_CACHE_FRESH", "0");
    home.set("AZQ_CACHE_EXPIRES", "0");
    home.line(LIST_SKUS).success();
    home.line(LIST_SKUS).success();
    assert_eq!(sku_requests(&emulator), 2, "everything expires at once");

    emulator.inject(Fault::effect("GET .*/skus", Effect::Reset).times(100));
    let served = home.line(LIST_SKUS);
    assert_eq!(served.printed(0), SKUS);
    let warning = "WARNING: Azure cannot be reached; these resource SKUs are ";
    assert!(served.stderr.starts_with(warning), "{}", served.stderr);
    assert_eq!(served.stderr.lines().count(), 1, "{}", served.stderr);

    // az's own option silences the warning.
    let quiet = format!("{LIST_SKUS} --only-show-errors");
    assert_eq!(home.line(&quiet).success(), SKUS);
    // A command that limits the age fails instead.
    let strict = home.line(&format!("{LIST_SKUS} --max-age 0"));
    assert!(strict.failure(1).contains("Connection"), "{strict:?}");

    emulator.state().faults.clear();
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
}

#[test]
fn an_unwritable_cache_directory_changes_no_answer() {
    let (emulator, mut home) = logged_in();
    let file = home.path().join("file");
    fs::write(&file, "no directory").unwrap();
    home.set("AZQ_CACHE_DIR", &file.join("cache").display().to_string());
    for _ in 0..2 {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    assert_eq!(sku_requests(&emulator), 1);
}

#[test]
fn a_vanished_cache_directory_is_made_again() {
    let (_emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    fs::remove_dir_all(home.path().join("cache_home")).unwrap();
    let again = format!("{LIST_SKUS} --max-age 0");
    assert_eq!(home.line(&again).success(), SKUS);
    eventually("a snapshot", || {
        home.path().join("cache_home/azq").is_dir() && snapshots(&home).len() == 1
    });
}

/// Puts another catalogue into the emulator, so that an answer shows from which one it comes.
pub(crate) fn now_offering(emulator: &Emulator, names: &str) {
    emulator.state().catalogue = Catalogue::open("three", Path::new(""), Some(names)).unwrap();
}

#[test]
fn a_cache_is_not_shared_between_principals_or_subscriptions() {
    let line = "vm list-skus -l eastus --query [].name -o tsv";
    let (emulator, home) = logged_in();
    now_offering(&emulator, "Standard_D4s_v5");
    assert_eq!(home.line(line).success(), SKUS);

    now_offering(&emulator, "Standard_D2s_v5");
    let other = format!("{line} --subscription {OTHER_SUBSCRIPTION}");
    assert_eq!(home.line(&other).success(), OTHER);
    let same = format!("{line} --subscription {SUBSCRIPTION}");
    assert_eq!(home.line(&same).success(), SKUS);

    let azure = home.path().join("azure");
    let identity = Account::UserAssigned("MSIClient-33333333-3333-3333-3333-333333333333".into());
    emulator
        .write_az_config_for(&azure, &identity, &BTreeMap::new())
        .unwrap();
    assert_eq!(home.line(line).success(), OTHER);
    home.line("daemon stop").success();
    assert_eq!(home.line(line).success(), OTHER, "from the disk");

    emulator.write_az_config(&azure, &BTreeMap::new()).unwrap();
    assert_eq!(home.line(line).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 3);
}

/// This holds even with a file mode mask of 0.
#[test]
fn files_of_azq_are_accessible_to_their_owner_only() {
    let (_emulator, home) = logged_in();
    let azq = home.binaries().azq.display();
    home.shell(&format!("umask 0; exec {azq} {LIST_SKUS}"))
        .success();

    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
    let mut seen = 0;
    for folder in ["cache_home/azq", "state_home/azq", "runtime_dir/azq"] {
        let folder = home.path().join(folder);
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 5, "a snapshot, a log, a socket and two locks");
}
