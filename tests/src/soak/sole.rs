//! Checks that no two daemons serve, by the kernel's lists of lock holders and of listeners at the
//! socket's path.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Pause between two checks.
const PAUSE: Duration = Duration::from_millis(2);
/// Time after which two listeners count as two daemons, because a killed process releases its lock
/// first and its socket later.
const LASTING: Duration = Duration::from_secs(1);
/// The delay of a check from which on this process, and everything here, counts as having stood
/// still.
const LATE: Duration = Duration::from_millis(300);

/// A watch over a runtime directory.
#[derive(Debug, Default)]
pub(super) struct SingleDaemonWatch {
    place: PathBuf,
    ended: AtomicBool,
    looks: AtomicU64,
    violations: AtomicU64,
    standstills: AtomicU64,
}

impl SingleDaemonWatch {
    pub(super) fn over(place: PathBuf) -> Self {
        Self {
            place,
            ..Self::default()
        }
    }

    /// Checks repeatedly until [`Self::end`].
    pub(super) fn watch(&self) {
        let mut doubled: Option<Instant> = None;
        let mut looked = Instant::now();
        while !self.ended.load(Ordering::Relaxed) {
            let is_late = looked.elapsed() > LATE;
            let add = |to: &AtomicU64, is: bool| to.fetch_add(u64::from(is), Ordering::Relaxed);
            add(&self.standstills, is_late);
            looked = Instant::now();
            add(&self.looks, true);
            let two_listen = listeners(&self.place.join("azqd.sock")) > 1;
            doubled = (two_listen && !is_late).then(|| doubled.unwrap_or(looked));
            let lasts = doubled.is_some_and(|since| since.elapsed() > LASTING);
            add(&self.violations, lasts || holders(&self.place).len() > 1);
            thread::park_timeout(PAUSE);
        }
    }

    /// Ends the watch.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Returns the number of checks, and of those that found two daemons.
    pub(super) fn found(&self) -> (u64, u64) {
        let load = |from: &AtomicU64| from.load(Ordering::Relaxed);
        (load(&self.looks), load(&self.violations))
    }

    /// Returns how often everything has stood still so far.
    pub(super) fn standstills(&self) -> u64 {
        self.standstills.load(Ordering::Relaxed)
    }
}

/// Returns the daemons of a runtime directory that hold a lock, on any file, so that a replaced
/// lock file does not hide one.
pub(super) fn holders(place: &Path) -> BTreeSet<u32> {
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    // `1: FLOCK  ADVISORY  WRITE 23687 fe:00:10024884 0 EOF`; a waiter has `->` before the kind.
    let held = locks.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        (words.next()? == "FLOCK").then_some(())?;
        words.nth(2)?.parse().ok()
    });
    held.filter(|id| is_daemon(*id, place)).collect()
}

fn is_daemon(id: u32, place: &Path) -> bool {
    let text =
        |file: &str| std::fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
    text("comm").trim_end() == "azqd"
        && text("cmdline")
            .split('\0')
            .any(|word| Path::new(word) == place)
}

/// Returns the number of listening sockets that were bound to this path, whether or not it still
/// leads to them.
fn listeners(socket: &Path) -> usize {
    /// `__SO_ACCEPTCON` of the kernel.
    const LISTENS: &str = "00010000";
    let sockets = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let path = socket.display().to_string();
    let here = sockets
        .lines()
        .filter(|line| line.split_whitespace().nth(3) == Some(LISTENS) && line.ends_with(&path));
    here.count()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_second_listener_is_seen_after_its_path_was_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("azqd.sock");
        let _first = UnixListener::bind(&socket).unwrap();
        assert_eq!(listeners(&socket), 1);
        std::fs::remove_file(&socket).unwrap();
        let second = UnixListener::bind(&socket).unwrap();
        assert_eq!(listeners(&socket), 2);
        drop(second);
        assert_eq!(listeners(&socket), 1);
    }
}
