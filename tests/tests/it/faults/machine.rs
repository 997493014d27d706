//! Faults of the machine: full disks, removed directories, a laptop that slept. A command is still
//! answered, or fails with a clear error, and the daemon continues.

use azq_tests::emulator::Parting;

use crate::long_running::until_polled_more;
use crate::prelude::*;

/// The warning about an operation that could not be recorded.
const UNRECORDED: &str = "WARNING: azq cannot go on waiting for this operation";

/// A full disk at a directory of a home; the home's daemon writes to it.
struct FullDisk {
    /// The directory, as the daemon sees it.
    folder: PathBuf,
    /// The file that fills the disk; none if instead the daemon may write no more than a few bytes
    /// to a file.
    filler: Option<PathBuf>,
    /// The system's error of a write.
    refusal: &'static str,
}

/// Runs a script in a mount namespace of its own.
fn unshared(home: &Home, script: &str) -> std::io::Result<Outcome> {
    let arguments = ["--mount", "/bin/sh", "-c", script];
    let limit = Duration::from_secs(60);
    home.run_within(limit, Path::new("/usr/bin/unshare"), arguments, b"")
}

impl FullDisk {
    /// Starts the daemon with a full disk. Only root can mount one, which the daemon alone sees and
    /// which ends with it; another user's daemon gets a limit for the size of its files.
    fn under(home: &Home, directory: &str) -> Self {
        let folder = home.path().join(directory);
        let (azq, shown) = (home.binaries().azq.display(), folder.display());
        let mount = format!(
            "mount -t tmpfs -o size=16k,mode=700 small {shown} && \
             {{ head -c 1M /dev/zero >{shown}/filler 2>&-; exec {azq} daemon start; }}"
        );
        if unshared(home, &mount).is_ok_and(|outcome| outcome.code == Some(0)) {
            let root = format!("/proc/{}/root{shown}", home.daemon());
            return Self {
                filler: Some(Path::new(&root).join("filler")),
                folder: root.into(),
                refusal: "No space left on device",
            };
        }
        Self::by_limit(home, folder)
    }

    /// Starts the daemon so that none of its files may have more than 512 bytes.
    fn by_limit(home: &Home, folder: PathBuf) -> Self {
        let azq = binaries().unwrap().azq.display();
        let started = home.shell(&format!("ulimit -f 1; exec {azq} daemon start"));
        started.printed(0);
        Self {
            folder,
            filler: None,
            refusal: "File too large",
        }
    }

    /// Makes room on the disk, if that is possible.
    fn make_room(&self) -> bool {
        let filler = self.filler.as_ref();
        filler.is_some_and(|filler| fs::remove_file(filler).is_ok())
    }
}

/// A catalogue that cannot be written to a full disk is served from memory, and no partial file is
/// left.
#[test]
fn lookups_are_answered_with_a_full_disk_under_the_cache() {
    let (emulator, home) = logged_in();
    let disk = FullDisk::under(&home, "cache_home");
    let daemon = home.daemon();
    for _ in 0..3 {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    assert_eq!(sku_requests(&emulator), 1);
    eventually("the refusal", || home.log().contains(disk.refusal));
    let shown = "cache show --query [].fileBytes -o tsv";
    let on_disk = || home.line(shown).success();
    assert_eq!(on_disk(), "");
    let left = fs::read_dir(disk.folder.join("azq")).unwrap().count();
    assert_eq!(left, 0, "nothing half-written");
    if disk.make_room() {
        let refresh = "cache refresh --location eastus -o none";
        home.line(refresh).success();
        eventually("a snapshot, now that there is room", || {
            !on_disk().is_empty()
        });
    }
    assert_eq!(home.daemon(), daemon);
}

/// A long answer is the same on a full disk, and under a limit for the size of files, also when it
/// is repeated.
#[test]
fn a_full_disk_keeps_no_long_answer() {
    let disks: [fn(&Home) -> FullDisk; 2] = [
        |home| FullDisk::under(home, "cache_home"),
        |home| FullDisk::by_limit(home, home.path().join("cache_home")),
    ];
    for fill in disks {
        let (_emulator, home) = logged_in_to(emulator_of_everything());
        let disk = fill(&home);
        let line = "vm list-skus -l eastus --all -o table";
        let answer = home.line(line).success();
        for _ in 0..3 {
            assert!(home.line(line).success() == answer);
        }
        assert!(files_in(&disk.folder.join("azq/answers")).is_empty());
    }
}

/// A command succeeds even if the log or the record of its operation cannot be written.
#[test]
fn commands_are_answered_with_a_full_disk_under_the_log() {
    let (_emulator, mut home) = logged_in();
    home.set("AZQ_LOG", "trace");
    let disk = FullDisk::under(&home, "state_home");
    let daemon = home.daemon();
    let file = disk.folder.join("azq/azqd.log");
    let log = || fs::metadata(&file).unwrap().len();
    for _ in 0..3 {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        assert!(log() <= 512, "there is no room: {}", log());
    }
    let updated = home.line(UPDATE_POOL);
    assert_eq!(updated.printed(0), "Standard_D4s_v5\n");
    updated.stderr.assert_contains(UNRECORDED);
    updated.stderr.assert_contains(disk.refusal);
    if disk.make_room() {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
        eventually("the log goes on, now that there is room", || log() > 512);
    }
    assert_eq!(home.daemon(), daemon);
}

/// A client's limit for the size of files applies to its daemon too. Writes beyond it fail, and the
/// daemon continues.
#[test]
fn a_daemon_survives_a_limit_for_the_size_of_files() {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_LOG", "trace");
    FullDisk::by_limit(&home, home.path().to_owned());
    let daemon = home.daemon();
    for _ in 0..2 {
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
    }
    assert_eq!(home.log().len(), 512);
    assert_eq!((sku_requests(&emulator), home.daemon()), (1, daemon));
}

/// Runs a script with a file system of its own at a directory of the home; none if this user may
/// not mount.
fn mounted(home: &Home, options: &str, directory: &str, script: &str) -> Option<Outcome> {
    if !is_root() {
        return None;
    }
    let folder = home.path().join(directory);
    let mount = format!("mount -t tmpfs -o {options} small {}", folder.display());
    let script = script.replace("azq", &home.binaries().azq.display().to_string());
    let outcome = unshared(home, &format!("{mount} || exit 99; {script}"));
    // Some containers allow no mounts.
    outcome.ok().filter(|outcome| outcome.code != Some(99))
}

/// The home is read-only, or without inodes: then there is no log, and one warning about that.
#[test]
fn commands_are_answered_with_an_unwritable_state_directory() {
    for options in ["ro,mode=700", "nr_inodes=1,mode=700"] {
        let (_emulator, home) = logged_in();
        let Some(started) = mounted(&home, options, "state_home", "azq daemon start") else {
            return;
        };
        let warning = started.said(0);
        warning.assert_starts_with("WARNING: there is no log, because the log ");
        assert_eq!(warning.lines().count(), 1, "{options}: {warning}");
        for (line, answer) in [(LIST_SKUS, SKUS), (SHOW_POOL, POOL)] {
            assert_eq!(home.line(line).success(), answer, "{options}");
        }
    }
}

/// The error names the solutions: another directory, or no daemon.
#[test]
fn an_unwritable_runtime_directory_is_an_error_with_its_remedies() {
    for options in ["ro,mode=700", "nr_inodes=1,mode=700"] {
        let (_emulator, home) = logged_in();
        let script = format!("azq {SHOW_POOL} || azq {SHOW_POOL} --no-daemon");
        let Some(outcome) = mounted(&home, options, "runtime_dir", &script) else {
            return;
        };
        assert_eq!(outcome.printed(0), POOL);
        for says in ["ERROR: ", "AZQ_RUNTIME_DIR", "--no-daemon"] {
            outcome.stderr.assert_contains(says);
        }
    }
}

/// A container may run as any uid; without a home nothing is kept on disk.
#[test]
fn without_a_home_commands_are_answered() {
    /// A user id without a passwd entry.
    const NOBODY: u32 = 54_321;
    if !is_root() {
        return;
    }
    let (_emulator, mut home) = logged_in();
    home.give_to(NOBODY).unwrap();
    let place = home.runtime_dir().display().to_string();
    home.set("AZQ_RUNTIME_DIR", &place);
    home.unset("HOME");
    for kind in ["CACHE", "CONFIG", "STATE", "DATA"] {
        home.unset(&format!("XDG_{kind}_HOME"));
    }
    let private = home.line(&format!("{SHOW_POOL} --no-daemon"));
    assert_eq!(private.success(), POOL);
    let first = home.line(SHOW_POOL);
    assert_eq!(first.printed(0), POOL);
    first.stderr.assert_starts_with("WARNING: there is no log");
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    home.line("daemon stop").success();
    // Directories that are set are used.
    let state = home.path().join("state");
    home.set("AZQ_STATE_DIR", &state.display().to_string());
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert!(state.join("azqd.log").exists());
}

/// Directories may be removed, or replaced by a file, while a daemon runs.
#[test]
fn commands_are_answered_after_directories_are_removed() {
    let (_emulator, home) = logged_in();
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    let daemon = home.daemon();
    let refresh = "cache refresh --location eastus -o none";
    let all_is_well = |is_recorded: bool| {
        for (line, answer) in [(LIST_SKUS, SKUS), (refresh, "")] {
            assert_eq!(home.line(line).success(), answer);
        }
        // Its operation is recorded in the state directory, or there is a warning that it is not.
        let updated = home.line(UPDATE_POOL);
        let warned = updated.said(0).contains(UNRECORDED);
        assert_eq!(warned, !is_recorded, "{updated}");
        assert_eq!(home.daemon(), daemon);
    };
    for kind in ["cache_home", "state_home"] {
        let folder = home.path().join(kind).join("azq");
        fs::remove_dir_all(&folder).unwrap();
        all_is_well(true);
        eventually("it is made again", || folder.is_dir());
        fs::remove_dir_all(&folder).unwrap();
        // This prevents every file in the directory, even for root.
        fs::write(&folder, "in the way").unwrap();
        all_is_well(kind != "state_home");
        fs::remove_file(&folder).unwrap();
        all_is_well(true);
    }
}

/// Without az's configuration directory the user is not logged in, and with it again the user is.
#[test]
fn a_removed_az_configuration_is_a_clear_error() {
    let (_emulator, home) = logged_in();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let daemon = home.daemon();
    let (there, aside) = (home.path().join("azure"), home.path().join("aside"));
    fs::rename(&there, &aside).unwrap();
    let outcome = home.line(SHOW_POOL);
    outcome.failure(1).assert_contains("az login");
    fs::rename(&aside, &there).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_eq!(home.daemon(), daemon);
}

/// Simulates a sleep: the daemon stands still, and its connections end meanwhile.
fn sleep(daemon: u32, emulator: &Emulator, parting: Parting) {
    signal(daemon, Signal::STOP);
    emulator.part(parting);
    signal(daemon, Signal::CONT);
}

/// Connections are closed, or stay open without any further data, which keep-alives detect.
#[test]
fn commands_and_operations_survive_a_sleep_of_the_machine() {
    let (emulator, home) = logged_in_to(endless_operations());
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let daemon = home.daemon();
    for _ in 0..3 {
        sleep(daemon, &emulator, Parting::Closed);
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
    }
    let operation = home.begin(UPDATE_POOL);
    for parting in [Parting::Closed, Parting::Silent] {
        until_polled_more(&emulator, 2);
        sleep(daemon, &emulator, parting);
        home.line(SHOW_POOL).success();
        until_polled_more(&emulator, 2);
    }
    emulator.state().faults.clear();
    assert_eq!(operation.finish().success(), "Standard_D4s_v5\n");
    assert_eq!((writes(&emulator), home.daemon()), (1, daemon));
}

/// The daemon checks a token's expiry by the wall clock, which goes on while it stands still.
#[test]
fn a_token_that_expired_during_a_sleep_is_not_sent() {
    /// A token that expires within this time, in seconds, is not sent.
    const MARGIN: u64 = 30;
    let (emulator, home) = logged_in();
    emulator.state().specification.token_lifetime = MARGIN + 3;
    let sent = || {
        let last = last_request(&emulator, "/mynodepool");
        last.header("authorization").unwrap().to_owned()
    };
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let (first, woken) = (sent(), SystemTime::now() + Duration::from_secs(4));
    let daemon = home.daemon();
    signal(daemon, Signal::STOP);
    eventually("the end of the token", || SystemTime::now() > woken);
    signal(daemon, Signal::CONT);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_ne!(sent(), first);
    assert_eq!(home.daemon(), daemon);
}
