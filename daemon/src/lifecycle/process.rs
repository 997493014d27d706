//! Becoming a daemon, and reporting the outcome to the client that started it.
//!
//! The client gives the daemon a pipe as stdout and as stderr, and waits for one line: `ready`,
//! `taken`, or `failed` and the reason. Lines with a `warning` may come before it. Afterwards both
//! are `/dev/null`, so that the client's caller (`x=$(azq …)`, `azq … | cat`) never waits for the
//! daemon. As stdin the client gives its start lock, which this process also holds until it is
//! ready, or ends.
//!
//! A daemon whose client has gone ends instead of becoming ready.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener;
use std::time::Duration;

/// The longest start: longer than a client waits for a daemon that reports nothing, after which the
/// client kills it.
pub(crate) const LONGEST_START: Duration = Duration::from_secs(20);

/// Ends the process, by SIGALRM, if it is not ready in time. A start may hang, for example in
/// opening a file, and hold the start lock although its client has gone.
pub fn limit_start() {
    let seconds = u32::try_from(LONGEST_START.as_secs()).unwrap_or(u32::MAX);
    let _none_before = nix::unistd::alarm::set(seconds);
}

/// Detaches from everything that belongs to the client: its descriptors (except a socket that a
/// service manager has given), its session, its directory, its file mode mask.
///
/// Must be called before anything is opened and before there is a second thread.
pub fn detach(given: Option<&UnixListener>) -> io::Result<()> {
    close_inherited(given);
    protect()?;
    // This fails only for a process-group leader, which then has a session of its own already.
    let _already_leader = rustix::process::setsid();
    std::env::set_current_dir("/")
}

/// Closes what a private daemon has inherited, and protects its files and its memory from others. A
/// private daemon calls this instead of [`detach`].
///
/// Must be called before anything is opened and before there is a second thread.
pub fn confine() -> io::Result<()> {
    close_inherited(None);
    protect()
}

fn protect() -> io::Result<()> {
    let _old = rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
    // A core dump would hold tokens; another process of this user could read them by ptrace. The
    // limit, which the az that is asked for tokens inherits, is the only way on macOS.
    let none = rustix::process::Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    rustix::process::setrlimit(rustix::process::Resource::Core, none)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Reports to the client that the daemon now accepts calls, and closes its pipes and its lock; an
/// error if the client has gone.
pub fn report_ready() -> io::Result<()> {
    say("ready")?;
    let _left = nix::unistd::alarm::cancel();
    let null = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdin(null.as_fd())?;
    rustix::stdio::dup2_stdout(null.as_fd())?;
    rustix::stdio::dup2_stderr(null.as_fd())?;
    Ok(())
}

/// Reports a warning to the client, before the daemon is ready.
pub fn report_warning(text: &str) {
    let _client_gone = say(&format!("warning {}", text.replace('\n', " ")));
}

/// Reports to the client that another daemon already runs.
pub fn report_taken() {
    let _client_gone = say("taken");
}

/// Reports to the client why the daemon does not start.
pub fn report_failure(reason: &str) {
    let _client_gone = say(&format!("failed {}", reason.replace('\n', " ")));
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Closes every descriptor except the standard three, because a pipe or a lock of the caller would
/// live as long as the daemon.
fn close_inherited(given: Option<&UnixListener>) {
    let directory = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let given = given.map(std::os::fd::AsRawFd::as_raw_fd);
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let inherited: Vec<i32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|descriptor| *descriptor > 2 && Some(*descriptor) != given)
        .collect();
    for descriptor in inherited {
        // The directory's own descriptor is in the list too and already closed: EBADF.
        let _closed_already = nix::unistd::close(descriptor);
    }
}
