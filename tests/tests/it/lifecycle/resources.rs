//! The daemon's use of the machine: processor time, descriptors, ports, connections, az's files.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use crate::prelude::*;

/// Returns the processor time that a process has used, in ticks of 10 ms, and how often its threads
/// have woken up.
fn effort(id: u32) -> (u64, u64) {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<_> = fields.split(' ').collect();
    let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let wakeups = |task: PathBuf| {
        let status = fs::read_to_string(task.join("status")).unwrap();
        let mut lines = status.lines();
        let count = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        count.unwrap().trim().parse::<u64>().unwrap()
    };
    let tasks = files_in(Path::new(&format!("/proc/{id}/task")));
    (ticks, tasks.into_iter().map(wakeups).sum())
}

#[test]
fn an_idle_daemon_uses_no_processor_time() {
    let (_emulator, home) = logged_in();
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let id = home.daemon();
    // The work after an answer (a snapshot is written) ends first, and so do its threads.
    let mut before = effort(id);
    eventually("rest", || {
        thread::park_timeout(Duration::from_millis(500));
        let is_alone = fs::read_dir(format!("/proc/{id}/task")).unwrap().count() == 1;
        std::mem::replace(&mut before, effort(id)).1 == before.1 && is_alone
    });
    // This waits for no condition: the test checks that nothing happens in this time.
    thread::park_timeout(Duration::from_secs(3));
    let after = effort(id);
    let is_idle = after.0 - before.0 <= 1 && after.1 - before.1 <= 10;
    assert!(is_idle, "{before:?}, {after:?}");
}

/// Half of the descriptors are for clients. Further clients wait, and use none of the descriptors
/// that the calls of others need.
#[test]
fn a_daemon_with_few_descriptors_reserves_half_for_its_calls() {
    let (_emulator, home) = logged_in();
    let (azqd, place) = (&home.binaries().azqd, home.runtime_dir());
    let mut daemon = home.command(Path::new("/bin/sh"));
    daemon.args(["-c", "ulimit -n 40; exec \"$0\" --runtime-dir \"$1\""]);
    daemon.arg(azqd).arg(place).stdout(Stdio::null());
    let mut daemon = daemon.spawn().unwrap();
    eventually("the daemon", || home.line("daemon status").code == Some(0));
    let silent = Peers::connect(&home, 60);
    eventually("all places are taken", || silent.taken() >= 20);
    assert_eq!(silent.taken(), 20);
    drop(silent);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_eq!(home.daemon(), daemon.id());
    home.line("daemon stop").success();
    assert!(daemon.ends().success());
}

/// Without any free descriptor a command fails with an error; a command that waits until there are
/// some again gets its answer.
#[test]
fn a_daemon_recovers_from_a_lack_of_descriptors() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let daemon = home.daemon();
    let id = Pid::from_raw(daemon.try_into().unwrap());
    let none = Rlimit {
        current: Some(3),
        ..getrlimit(Resource::Nofile)
    };
    let before = prlimit(id, Resource::Nofile, none).unwrap();
    let outcome = home.line(SHOW_POOL);
    outcome.failure(1).assert_starts_with("ERROR: azqd");
    let waiting = home.begin(SHOW_POOL);
    prlimit(id, Resource::Nofile, before).unwrap();
    assert_eq!(waiting.finish().text(), POOL);
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_eq!(home.daemon(), daemon);
    let log = home.log();
    let complaints = log.matches("accepting failed: Too many open files").count();
    assert!((1..2_000).contains(&complaints), "{complaints} complaints");
}

/// An answer is streamed in parts, so its size is not limited by that of a message.
#[test]
fn an_answer_may_be_larger_than_a_grpc_message() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let outcome = home.line("vm list-skus --all");
    let answer = outcome.success();
    assert!(answer.len() > 4 << 20, "{} bytes", answer.len());
    let skus: Vec<Value> = serde_json::from_str(&answer).unwrap();
    assert!(skus.len() > 1000);
}

/// Returns the inodes of all listening sockets of this user.
fn ports() -> BTreeSet<String> {
    let own = rustix::process::getuid().as_raw().to_string();
    let mut found = BTreeSet::new();
    for (table, listening) in [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")] {
        let rows = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        for row in rows.lines().skip(1) {
            let cells: Vec<_> = row.split_whitespace().collect();
            if cells[3] == listening && cells[7] == own {
                found.insert(cells[9].to_owned());
            }
        }
    }
    found
}

/// Returns the inodes of a process's sockets; none if this user may not read them.
fn sockets(process: &Path) -> Vec<String> {
    let descriptors = files_in(&process.join("fd")).into_iter();
    let inodes = descriptors.filter_map(|descriptor| {
        let target = fs::read_link(descriptor).ok()?;
        let inode = target.to_str()?.strip_prefix("socket:[")?;
        Some(inode.trim_end_matches(']').to_owned())
    });
    inodes.collect()
}

/// Returns the listening sockets that belong to no other process than this one, except for
/// processes that only root may inspect.
fn ports_but_for_others(id: Option<u32>) -> BTreeSet<String> {
    let mut left = ports();
    let excepted = id.map(|id| format!("/proc/{id}").into());
    for process in files_in(Path::new("/proc")) {
        if Some(&process) != excepted.as_ref() {
            let others = sockets(&process);
            left.retain(|inode| !others.contains(inode));
        }
    }
    left
}

/// There is no port that other users of the machine could connect to.
#[test]
fn the_daemon_listens_on_no_network_port() {
    let (_emulator, home) = logged_in();
    assert!(ports().len() >= 2, "the emulator's");
    let before = ports_but_for_others(None);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let daemon = home.daemon();
    eventually("none is the daemon's", || {
        ports_but_for_others(Some(daemon)).is_subset(&before)
    });
}

/// Returns every file below a folder, with its content and its times.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let state = |path: PathBuf| {
        let modified = path.metadata().unwrap().modified().unwrap();
        let content = fs::read(&path).unwrap();
        (path.display().to_string(), (content, modified))
    };
    files_in(folder).into_iter().map(state).collect()
}

#[test]
fn azs_files_are_never_written() {
    let (_emulator, home) = logged_in();
    let azure = home.path().join("azure");
    let before = files(&azure);
    assert!(before.len() >= 2, "{before:?}");
    let commands = [LIST_SKUS, SHOW_POOL, UPDATE_POOL];
    for line in commands.iter().chain(&["account show", "account list"]) {
        home.line(line).success();
    }
    home.line("daemon restart").success();
    assert_eq!(files(&azure), before);
}

/// A kept connection that has died costs one more attempt, but the command succeeds.
#[test]
fn a_dead_pooled_connection_is_replaced() {
    let (emulator, home) = logged_in();
    for effect in [Effect::Drop, Effect::Reset] {
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        emulator.inject(Fault::effect("GET .*/mynodepool", effect));
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
    }
}
