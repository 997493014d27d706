//! Starts a daemon exactly once, no matter how many clients need one, and waits until a daemon has
//! ended.

mod environment;

use super::{
    ConnectError, Connection, LONGEST_END, PAUSE, START_DEADLINE, connection, end_of, hello, kill,
    pause, stream,
};
use crate::show;
use crate::transport::time_until;
use azq_proto::runtime_dir::{RuntimeDir, own_uid};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The daemon's binary, which is in the directory of the client's.
const DAEMON: &str = "azqd";

/// The pause before another daemon is started while the old one ends.
const WHILE_TAKEN: Duration = Duration::from_millis(50);

/// The timeout for a daemon to end after it has reported its end.
const LAST_STEPS: Duration = Duration::from_secs(1);

/// The number of times that another daemon is started after one was killed during its start.
const TRIES_AFTER_KILLS: usize = 3;

/// The number of times that a daemon is started if each fails as soon as it is ready.
const TRIES_AFTER_FAILURES: usize = 3;

/// The prefix of a line in a report that is a warning.
const WARNING: &str = "warning ";

/// The maximum length of a starting daemon's report, in bytes.
const LONGEST_REPORT: usize = 16 * 1024;

/// Starts a daemon unless another client or a service manager has done so meanwhile, and connects
/// to it.
pub(super) fn start(place: &RuntimeDir, mut deadline: Instant) -> Result<Connection, ConnectError> {
    place.prepare()?;
    let last_deadline = Instant::now() + LONGEST_END;
    let start_lock = starting(place, last_deadline)?;
    // This client has its full time, no matter how long others have taken.
    deadline = deadline.max(Instant::now() + START_DEADLINE);
    let (mut kills, mut failures) = (0, 0);
    let mut ready = None;
    loop {
        if let Some(stream) = stream(place, deadline)? {
            match said_hello(stream) {
                Err(error) if error.is_of_the_end() && Instant::now() < deadline => {
                    // The next iteration finds no daemon; or, if a service manager owns the socket,
                    // the next daemon after this one has ended.
                    if kill::is_held(place) {
                        deadline = last_deadline;
                    }
                    pause(PAUSE);
                    continue;
                }
                greeted => return greeted,
            }
        }
        if let Some(child) = ready.take()
            && let Some(ended) = failed(child)
        {
            failures += 1;
            if failures >= TRIES_AFTER_FAILURES {
                return Err(ConnectError::Failed(always_failed(ended)));
            }
        }
        match spawn(place, &start_lock, deadline)? {
            Spawned::Ready(child) => ready = Some(child),
            // A daemon holds the lock but does not listen: it is about to listen, or to end after
            // its calls.
            Spawned::Taken => {
                deadline = last_deadline;
                pause(WHILE_TAKEN);
            }
            Spawned::Killed if kills < TRIES_AFTER_KILLS => kills += 1,
            Spawned::Killed => {
                let reason = "it is killed each time, perhaps for want of memory";
                return Err(ConnectError::Failed(reason.to_owned()));
            }
        }
        if Instant::now() >= deadline {
            return Err(ConnectError::TooLong {
                step: "starting azqd",
                limit: LONGEST_END,
            });
        }
    }
}

/// Takes the start lock, which means that no start is in progress. A client that starts a daemon
/// holds the lock, and so does that daemon until it serves.
pub(super) fn starting(place: &RuntimeDir, deadline: Instant) -> Result<File, ConnectError> {
    let lock = lock_file(&place.start_lock())?;
    let step = "waiting for another azq to start azqd";
    wait_for(&lock, deadline, step, || false)?;
    Ok(lock)
}

fn said_hello(stream: UnixStream) -> Result<Connection, ConnectError> {
    let mut connection = connection(stream)?;
    hello(&mut connection)?;
    Ok(connection)
}

/// Waits until the daemon of this pid no longer holds the lifetime lock. A new daemon of another
/// client may hold it by then, which the pid in the lock file shows.
pub(super) fn gone(place: &RuntimeDir, pid: u32, deadline: Instant) -> Result<(), ConnectError> {
    let lock = lock_file(&place.life_lock())?;
    let is_anothers = || kill::written(place).is_some_and(|holder| holder != pid);
    wait_for(&lock, deadline, "waiting for azqd to end", is_anothers)
}

/// Returns the path of the daemon's binary, in the directory of this binary.
pub(crate) fn daemon_binary() -> Result<PathBuf, ConnectError> {
    let own = std::env::current_exe()
        .map(where_it_was)
        .and_then(std::fs::canonicalize)
        .map_err(ConnectError::at("finding azqd beside azq"))?;
    let path = own.with_file_name(DAEMON);
    if path.is_file() {
        Ok(path)
    } else {
        Err(ConnectError::NoDaemonBinary(path))
    }
}

/// Returns the original path of a program that was replaced while it ran, because the new one is
/// there. Linux appends a suffix to the path in that case.
fn where_it_was(path: PathBuf) -> PathBuf {
    let text = path
        .to_str()
        .and_then(|text| text.strip_suffix(" (deleted)"));
    match text.map(PathBuf::from) {
        Some(was) if !path.exists() => was,
        _ => path,
    }
}

/// Waits until a lock can be taken, or need not be, until a deadline.
fn wait_for(
    lock: &File,
    deadline: Instant,
    step: &'static str,
    is_needless: impl Fn() -> bool,
) -> Result<(), ConnectError> {
    while !try_lock(lock)? && !is_needless() {
        if Instant::now() >= deadline {
            let limit = LONGEST_END;
            return Err(ConnectError::TooLong { step, limit });
        }
        pause(PAUSE);
    }
    Ok(())
}

fn lock_file(path: &Path) -> Result<File, ConnectError> {
    let mut options = OpenOptions::new();
    options
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .and_then(own)
        .map_err(|error| ConnectError::Lock {
            path: path.to_owned(),
            error,
        })
}

/// Takes the lock if it is free.
fn try_lock(file: &File) -> Result<bool, ConnectError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(ConnectError::at("locking")(error)),
    }
}

/// Checks the owner of a lock file, because another user could hold their file's lock for ever.
fn own(file: File) -> io::Result<File> {
    let owner = file.metadata()?.uid();
    if owner == own_uid() {
        return Ok(file);
    }
    let words = format!("it belongs to uid {owner}, not to you; remove it");
    Err(io::Error::other(words))
}

/// The report of a starting daemon.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Report {
    Ready,
    Taken,
}

/// The outcome of a daemon's start.
enum Spawned {
    Ready(Child),
    /// Another daemon holds the lock.
    Taken,
    /// The daemon was killed before it reported anything.
    Killed,
}

fn spawn(
    place: &RuntimeDir,
    start_lock: &File,
    deadline: Instant,
) -> Result<Spawned, ConnectError> {
    // The daemon holds the lock as its standard input, too, until it is ready. If this process is
    // killed meanwhile, other clients still see that a daemon is starting.
    let start_lock = start_lock
        .try_clone()
        .map_err(ConnectError::at("handing on the lock"))?;
    let mut child = daemon()?
        .arg("--runtime-dir")
        .arg(place.directory())
        .stdin(start_lock)
        .spawn()
        .map_err(ConnectError::at("running azqd"))?;
    let reported = report(&mut child, deadline);
    if let Ok(Report::Ready) = reported {
        return Ok(Spawned::Ready(child));
    }
    let ended = dismiss(child);
    let was_killed = ended.is_some_and(|ended| ended.signal() == Some(Signal::KILL.as_raw()));
    match reported {
        Err(_) if was_killed => Ok(Spawned::Killed),
        reported => reported.map(|_| Spawned::Taken),
    }
}

/// Returns the exit status of a daemon that was ready and then failed; `None` if it ended in order
/// or by a signal of another process.
fn failed(mut child: Child) -> Option<ExitStatus> {
    // A daemon that does not end now still has calls to finish, so it is not ended.
    let ended = end_of(&mut child, Instant::now() + LAST_STEPS).ok()??;
    let is_somebodys = [Signal::KILL, Signal::TERM, Signal::INT]
        .map(|signal| Some(signal.as_raw()))
        .contains(&ended.signal());
    (!ended.success() && !is_somebodys).then_some(ended)
}

/// Returns the error for such a daemon, with the reason in its log.
fn always_failed(ended: ExitStatus) -> String {
    let log = daemon_binary().ok().and_then(|azqd| {
        let output = Command::new(azqd).arg("logs").output().ok()?;
        let log = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_reason = |line: &&str| line.contains(" ERROR ") || line.contains(" ended: ");
        log.lines().rev().find(is_reason).map(str::to_owned)
    });
    let reason = log.map(|line| format!(": {line}")).unwrap_or_default();
    format!(
        "it failed {TRIES_AFTER_FAILURES} times as soon as it was ready ({ended}){reason}; \
         look at: azq daemon logs"
    )
}

/// Waits until a daemon that does not serve ends by itself, and kills it otherwise, so that no
/// daemons or zombies accumulate. Returns its exit status, if it was not killed here.
fn dismiss(mut child: Child) -> Option<ExitStatus> {
    let ended = end_of(&mut child, Instant::now() + LAST_STEPS)
        .ok()
        .flatten();
    if ended.is_none() {
        // It is this process's own child, so its pid cannot have been reused, and it has never
        // served a client.
        let _ended_meanwhile = child.kill().and_then(|()| child.wait());
    }
    ended
}

/// Returns the daemon's command line, with the variables that it inherits and the pipes for its
/// report.
pub(crate) fn daemon() -> Result<Command, ConnectError> {
    let mut command = Command::new(daemon_binary()?);
    command
        .env_clear()
        .envs(environment::inherited())
        .envs(environment::MALLOC)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

/// Waits for the report of a daemon that was just started. Its warnings are shown immediately.
pub(super) fn report(child: &mut Child, deadline: Instant) -> Result<Report, ConnectError> {
    let line = match child.stdout.take() {
        Some(stdout) => last_line(&stdout, deadline)?,
        None => String::new(),
    };
    match line.trim_end().split_once(' ') {
        Some(("failed", reason)) => Err(ConnectError::Failed(reason.to_owned())),
        None if line.trim_end() == "ready" => Ok(Report::Ready),
        None if line.trim_end() == "taken" => Ok(Report::Taken),
        _ => Err(ConnectError::Failed(last_words(child, deadline))),
    }
}

/// Returns the line that ends a report.
fn last_line(pipe: impl AsFd, deadline: Instant) -> Result<String, ConnectError> {
    let mut text = Vec::new();
    let is_whole = |text: &[u8]| {
        let mut lines = text.split_inclusive(|byte| *byte == b'\n');
        lines.any(|line| line.ends_with(b"\n") && !line.starts_with(WARNING.as_bytes()))
    };
    match read_until(pipe, deadline, &mut text, is_whole) {
        Ok(()) => {
            let text = String::from_utf8_lossy(&text);
            let (warnings, rest): (Vec<_>, Vec<_>) =
                text.lines().partition(|line| line.starts_with(WARNING));
            for warning in warnings {
                show::warning(warning.trim_start_matches(WARNING));
            }
            Ok(rest
                .first()
                .map(|line| (*line).to_owned())
                .unwrap_or_default())
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(ConnectError::TooLong {
            step: "waiting for azqd to be ready",
            limit: START_DEADLINE,
        }),
        Err(error) => Err(ConnectError::at("listening to azqd")(error)),
    }
}

/// Returns the stderr of a daemon that ended without a report.
fn last_words(child: &mut Child, deadline: Instant) -> String {
    let mut text = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        // An incomplete text is better than none.
        let _incomplete = read_until(stderr, deadline, &mut text, |_| false);
    }
    match String::from_utf8_lossy(&text).trim() {
        "" => "it ended without a word".to_owned(),
        words => words.to_owned(),
    }
}

/// Reads a pipe until its end, the maximum length of a report, or the condition holds.
fn read_until(
    pipe: impl AsFd,
    deadline: Instant,
    text: &mut Vec<u8>,
    is_enough: impl Fn(&[u8]) -> bool,
) -> io::Result<()> {
    while text.len() < LONGEST_REPORT && !is_enough(text) {
        let mut polled = [PollFd::new(&pipe, PollFlags::IN)];
        match poll(&mut polled, Some(&time_until(deadline))) {
            Ok(0) if Instant::now() >= deadline => return Err(io::ErrorKind::TimedOut.into()),
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut chunk = [0; 4096];
        match rustix::io::read(&pipe, &mut chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => text.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
