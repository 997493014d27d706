//! Starting a daemon, once, however many clients want one; and waiting until one is gone.

use super::{
    ConnectError, Connection, LONGEST_END, PAUSE, START_DEADLINE, channel, hello, kill, stream,
};
use crate::show;
use azq_proto::meeting::{MeetingPlace, own_uid};
use rustix::process::Signal;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::{UnixStream, unix::pipe};
use tokio::time::{Instant, timeout_at};

/// The daemon's binary, which lies beside the client's.
const DAEMON: &str = "azqd";

/// How long to wait before another daemon is tried while the old one ends.
const WHILE_TAKEN: Duration = Duration::from_millis(50);

/// What a daemon that has reported its end may take for it.
const LAST_STEPS: Duration = Duration::from_secs(1);

/// How often a daemon that was killed while it started is followed by another.
const TRIES_AFTER_KILLS: usize = 3;

/// How often a daemon that has failed as soon as it was ready is followed by another.
const TRIES_AFTER_FAILURES: usize = 3;

/// The longest report that a starting daemon is listened to, in bytes.
const LONGEST_REPORT: u64 = 16 * 1024;

/// What a daemon inherits of the environment of the client that starts it: where things lie and which programs there
/// are. What concerns a call travels with the call.
const INHERITED: [&str; 9] = [
    "HOME",
    "LANG",
    "PATH",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
];

/// What azqd asks of glibc's malloc, before it runs; other C libraries ignore it, and `install.sh` says the same to systemd.
///
/// Each arena keeps the memory that its threads needed at most, and by default there are eight for each processor: the daemon would
/// grow to three times its size under many clients before those are all filled. And the buffers of a long answer would be given back
/// to the system and asked for again one by one, a tenth of the answer's time, were less than 4 MB left standing.
const MALLOC: [(&str, &str); 2] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_TRIM_THRESHOLD_", "4194304"),
];

/// Starts a daemon unless another client or a service manager has meanwhile, and connects to it.
pub(super) async fn start(
    place: &MeetingPlace,
    mut deadline: Instant,
) -> Result<Connection, ConnectError> {
    place.prepare()?;
    let last_deadline = Instant::now() + LONGEST_END;
    let start_lock = starting(place, last_deadline).await?;
    // However long others have taken, this one has its time.
    deadline = deadline.max(Instant::now() + START_DEADLINE);
    let (mut kills, mut failures) = (0, 0);
    let mut ready = None;
    loop {
        if let Some(stream) = stream(place, deadline).await? {
            match said_hello(stream).await {
                Err(error) if error.is_of_the_end() && Instant::now() < deadline => {
                    // The next turn finds nobody; or, in a service manager's socket, the next daemon when this has ended.
                    if kill::is_held(place) {
                        deadline = last_deadline;
                    }
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                greeted => return greeted,
            }
        }
        if let Some(child) = ready.take()
            && let Some(ended) = failed(child).await
        {
            failures += 1;
            if failures >= TRIES_AFTER_FAILURES {
                return Err(ConnectError::Failed(always_failed(ended)));
            }
        }
        match spawn(place, &start_lock, deadline).await? {
            Spawned::Ready(child) => ready = Some(child),
            // A daemon holds the lock but does not listen; it is about to listen, or to end when its calls have.
            Spawned::Taken => {
                deadline = last_deadline;
                tokio::time::sleep(WHILE_TAKEN).await;
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

/// Takes the lock for starting, which whoever starts a daemon holds, and that daemon until it serves: no start is under way then.
pub(super) async fn starting(
    place: &MeetingPlace,
    deadline: Instant,
) -> Result<File, ConnectError> {
    let step = "waiting for another azq to start azqd";
    locked(&place.start_lock(), deadline, step).await
}

async fn said_hello(stream: UnixStream) -> Result<Connection, ConnectError> {
    let connection = channel(stream).await?;
    hello(&connection).await?;
    Ok(connection)
}

/// Waits until the daemon of this pid no longer holds the lock for life. Another may hold it by then, which some other
/// client has started meanwhile: the lock file tells.
pub(super) async fn gone(
    place: &MeetingPlace,
    pid: u32,
    deadline: Instant,
) -> Result<(), ConnectError> {
    let path = place.life_lock();
    let held = locked(&path, deadline, "waiting for azqd to end");
    let succeeded = async {
        loop {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            if holder.trim().parse::<u32>().is_ok_and(|other| other != pid) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        held = held => held.map(drop),
        () = succeeded => Ok(()),
    }
}

/// The daemon's binary beside this one.
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

/// The path of a program that was replaced while it ran, for which Linux has another name: the new one lies there.
fn where_it_was(path: PathBuf) -> PathBuf {
    let text = path
        .to_str()
        .and_then(|text| text.strip_suffix(" (deleted)"));
    match text.map(PathBuf::from) {
        Some(was) if !path.exists() => was,
        _ => path,
    }
}

async fn locked(path: &Path, deadline: Instant, step: &'static str) -> Result<File, ConnectError> {
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .and_then(own)
        .map_err(|error| ConnectError::Lock {
            path: path.to_owned(),
            error,
        })?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(ConnectError::TooLong {
                    step,
                    limit: LONGEST_END,
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(ConnectError::System {
                    step: "locking",
                    error,
                });
            }
        }
    }
}

/// Somebody else's lock file could be held for ever.
fn own(file: File) -> io::Result<File> {
    let owner = file.metadata()?.uid();
    if owner == own_uid() {
        return Ok(file);
    }
    let words = format!("it belongs to uid {owner}, not to you; remove it");
    Err(io::Error::other(words))
}

/// What a starting daemon said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Report {
    Ready,
    Taken,
}

/// What became of a daemon that was started.
enum Spawned {
    Ready(Child),
    /// Another holds the lock.
    Taken,
    /// By somebody else, before it could say anything.
    Killed,
}

async fn spawn(
    place: &MeetingPlace,
    start_lock: &File,
    deadline: Instant,
) -> Result<Spawned, ConnectError> {
    // As its standard input the daemon holds the lock as well, until it is ready: should this process be killed meanwhile, others
    // still see that a daemon is on its way.
    let start_lock = start_lock
        .try_clone()
        .map_err(ConnectError::at("handing on the lock"))?;
    let mut child = daemon()?
        .arg("--runtime-dir")
        .arg(place.directory())
        .stdin(start_lock)
        .spawn()
        .map_err(ConnectError::at("running azqd"))?;
    let reported = timeout_at(deadline, report(&mut child)).await;
    if let Ok(Ok(Report::Ready)) = reported {
        return Ok(Spawned::Ready(child));
    }
    let ended = dismiss(child).await;
    let was_killed = ended.is_some_and(|ended| ended.signal() == Some(Signal::KILL.as_raw()));
    match reported {
        Ok(Err(_)) if was_killed => Ok(Spawned::Killed),
        Ok(reported) => reported.map(|_| Spawned::Taken),
        Err(_) => Err(ConnectError::TooLong {
            step: "waiting for azqd to be ready",
            limit: START_DEADLINE,
        }),
    }
}

/// How a daemon has failed that was ready and does not answer: neither by an orderly end nor killed by somebody.
async fn failed(mut child: Child) -> Option<ExitStatus> {
    // One that still ends has calls to finish: it is left alone.
    let ended = end_of(&mut child, Instant::now() + LAST_STEPS).await?;
    let is_somebodys = [Signal::KILL, Signal::TERM, Signal::INT]
        .map(|signal| Some(signal.as_raw()))
        .contains(&ended.signal());
    (!ended.success() && !is_somebodys).then_some(ended)
}

/// What is said of it, with the reason that its log has.
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

/// Sees a daemon off that does not serve: it is about to end by itself, else it is ended, so that none piles up, running or dead.
/// How it ended, if not by this process.
async fn dismiss(mut child: Child) -> Option<ExitStatus> {
    let ended = end_of(&mut child, Instant::now() + LAST_STEPS).await;
    if ended.is_none() {
        // It is this process's own child, so its id is still its own; and it has never answered anybody.
        let _ended_meanwhile = child.kill().and_then(|()| child.wait());
    }
    ended
}

/// How a daemon has ended, if it does by then.
async fn end_of(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    while let Ok(ended) = child.try_wait() {
        if ended.is_some() || Instant::now() >= deadline {
            return ended;
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

/// The daemon's command line, with what it inherits and the pipes by which it reports.
pub(crate) fn daemon() -> Result<Command, ConnectError> {
    let mut command = Command::new(daemon_binary()?);
    command
        .env_clear()
        .envs(environment())
        .envs(MALLOC)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        INHERITED.contains(&&*name) || name.starts_with("AZQ_") || name.starts_with("LC_")
    })
}

/// What a daemon that was just started says of itself. What it warns of is told at once.
pub(super) async fn report(child: &mut Child) -> Result<Report, ConnectError> {
    let line = match child.stdout.take() {
        Some(stdout) => last_line(stdout.into()).await?,
        None => String::new(),
    };
    match line.trim_end().split_once(' ') {
        Some(("failed", reason)) => Err(ConnectError::Failed(reason.to_owned())),
        None if line.trim_end() == "ready" => Ok(Report::Ready),
        None if line.trim_end() == "taken" => Ok(Report::Taken),
        _ => Err(ConnectError::Failed(last_words(child).await)),
    }
}

/// The line that ends a report.
async fn last_line(pipe: OwnedFd) -> Result<String, ConnectError> {
    let failed = ConnectError::at("listening to azqd");
    let pipe = pipe::Receiver::from_owned_fd(pipe).map_err(&failed)?;
    let mut lines = BufReader::new(pipe.take(LONGEST_REPORT));
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).await.map_err(&failed)?;
        match line.strip_prefix("warning ") {
            Some(text) => show::warning(text.trim_end()),
            None => return Ok(line),
        }
    }
}

/// What a daemon that died without a report wrote to stderr.
async fn last_words(child: &mut Child) -> String {
    let mut text = Vec::new();
    if let Some(Ok(pipe)) = child
        .stderr
        .take()
        .map(|stderr| pipe::Receiver::from_owned_fd(stderr.into()))
    {
        // Whatever could be read is better than nothing.
        let _incomplete = pipe.take(LONGEST_REPORT).read_to_end(&mut text).await;
    }
    match String::from_utf8_lossy(&text).trim() {
        "" => "it ended without a word".to_owned(),
        words => words.to_owned(),
    }
}
