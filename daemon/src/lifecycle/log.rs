//! The daemon's log: one file of bounded size and one older one, 0600, in the state directory.
//!
//! The log never contains a token, a header's value, a body or a command's options.

use crate::config::Config;
#[cfg(feature = "otlp")]
use crate::traces;
use file_rotate::{ContentLimit, FileRotate, compression::Compression, suffix::AppendCount};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

/// The log's file name.
const FILE: &str = "azqd.log";

/// The interval between reads of a followed log.
const FOLLOW_PAUSE: Duration = Duration::from_millis(250);

/// The reason why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log cannot be written.
    #[error("the log {} cannot be written: {}; set state_dir (AZQ_STATE_DIR) to a directory of your own", .0.display(), .1)]
    Write(PathBuf, io::Error),
    /// The log cannot be read.
    #[error("the log {} cannot be read: {}", .0.display(), .1)]
    Read(PathBuf, io::Error),
}

/// Prints the log in a state directory. With `follow` it also prints new lines, until the reader is
/// gone.
pub fn print_log(directory: &Path, follow: bool, out: &mut dyn Write) -> Result<(), LogError> {
    let path = directory.join(FILE);
    let failed = |error| LogError::Read(path.clone(), error);
    let mut file = File::open(&path).map_err(failed)?;
    let mut next = None;
    loop {
        match io::copy(&mut file, out).and_then(|_| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            other => other.map_err(failed)?,
        }
        // Lines that were written right before the rotation have been read by now.
        if let Some(next) = next.take() {
            file = next;
            continue;
        }
        if !follow {
            return Ok(());
        }
        let (_never, pause) = std::sync::mpsc::channel::<()>();
        let _elapsed = pause.recv_timeout(FOLLOW_PAUSE);
        next = successor(&file, &path);
    }
}

/// Returns the file at the path, if it is another one after a rotation.
fn successor(file: &File, path: &Path) -> Option<File> {
    let identity = |file: &File| Some(azq_files::identity(&file.metadata().ok()?));
    let next = File::open(path).ok()?;
    (identity(&next)? != identity(file)?).then_some(next)
}

impl LogError {
    /// Whether the system refuses to write (a read-only or full disk, another user's directory), in
    /// which case the daemon runs without a log. A directory that others could write to is an
    /// error.
    pub fn is_of_the_system(&self) -> bool {
        let (Self::Write(_, error) | Self::Read(_, error)) = self;
        error.raw_os_error().is_some()
    }
}

/// Returns the path of the log of a daemon with this configuration.
pub fn log_file(config: &Config) -> PathBuf {
    config.state_dir.join(FILE)
}

/// Sends all traces from now on to the log file.
pub fn start_log(config: &Config) -> Result<PathBuf, LogError> {
    // Only the location is logged, because a panic message may quote data.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!("a panic in {}", place.unwrap_or_default());
    }));
    let path = log_file(config);
    let failed = |error| LogError::Write(path.clone(), error);
    azq_files::prepare(&config.state_dir).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true).mode(0o600);
    let private = Permissions::from_mode(0o600);
    options
        .open(&path)
        .and_then(|file| file.set_permissions(private))
        .map_err(failed)?;
    let size = usize::try_from(config.log_size).unwrap_or(usize::MAX);
    let (limit, older) = (ContentLimit::BytesSurpassed(size), AppendCount::new(1));
    let file = FileRotate::new(&path, older, limit, Compression::None, Some(options));
    let sink = Sink(Arc::new(Mutex::new(file)));
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .with_filter(EnvFilter::new(&config.log));
    let subscriber = tracing_subscriber::registry().with(log);
    #[cfg(feature = "otlp")]
    let (subscriber, refused) = {
        let layer = config.traces.as_ref().map(traces::layer).transpose();
        let refused = layer.as_ref().err().cloned();
        (subscriber.with(layer.ok().flatten()), refused)
    };
    // Only tests start a second log in one process; they keep the first.
    let _started_already = tracing::subscriber::set_global_default(subscriber);
    #[cfg(feature = "otlp")]
    if let Some(why) = refused {
        tracing::warn!("traces are not sent: {why}");
    }
    Ok(path)
}

#[derive(Clone)]
struct Sink(Arc<Mutex<FileRotate<AppendCount>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.locked()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.locked()?.flush()
    }
}

impl Sink {
    fn locked(&self) -> io::Result<MutexGuard<'_, FileRotate<AppendCount>>> {
        let poisoned = |_| io::Error::other("the log's lock is poisoned");
        self.0.lock().map_err(poisoned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::tests::in_another_process;

    /// Runs the test itself as another process, because the hook and the log belong to the process.
    #[test]
    fn a_panic_is_logged_without_its_message() {
        const PANICS: &str = "AZQ_TEST_PANICS";
        const TOKEN: &str = "eyJ0eXAi-not-to-be-seen";
        if let Some(folder) = std::env::var_os(PANICS) {
            let directory = |name: &str| (name.into(), folder.clone());
            let directories = ["AZQ_CACHE_DIR", "AZQ_STATE_DIR"].map(directory);
            let (config, _) = Config::load(directories).unwrap();
            start_log(&config).unwrap();
            let quoted = std::thread::spawn(|| std::panic::panic_any(TOKEN.to_owned()));
            let worded = std::thread::spawn(|| panic!("bad token {TOKEN}"));
            assert!(quoted.join().is_err() && worded.join().is_err());
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut panicking = in_another_process("a_panic_is_logged_without_its_message");
        let panicking = panicking.env(PANICS, folder.path()).output().unwrap();
        assert!(panicking.status.success(), "{panicking:?}");
        let log = std::fs::read_to_string(folder.path().join("azqd.log")).unwrap();
        let told = log
            .lines()
            .filter(|line| line.contains("a panic in ") && line.contains("log.rs:"));
        assert_eq!(told.count(), 2, "{log}");
        let output = String::from_utf8_lossy(&panicking.stderr).into_owned();
        let output = output + &String::from_utf8_lossy(&panicking.stdout);
        assert!(!(log + &output).contains(TOKEN));
    }
}
