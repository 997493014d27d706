//! Whether one daemon serves and no two, as the kernel tells it: who holds a lock, and who listens
//! at the socket's path.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);
/// A killed process lets go of its lock, then of its socket, one after the other: two listeners are
/// two daemons if they last.
const LASTING: Duration = Duration::from_secs(1);
/// A look that comes so late means that this process, and with it everything here, stood still.
const LATE: Duration = Duration::from_millis(300);

/// A watch over a meeting place.
#[derive(Debug)]
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
            ended: AtomicBool::new(false),
            looks: AtomicU64::new(0),
            violations: AtomicU64::new(0),
            standstills: AtomicU64::new(0),
        }
    }

    /// Looks until [`Self::end`].
    pub(super) fn watch(&self) {
        let mut doubled: Option<Instant> = None;
        let mut looked = Instant::now();
        while !self.ended.load(Ordering::Relaxed) {
            let is_late = looked.elapsed() > LATE;
            self.standstills
                .fetch_add(u64::from(is_late), Ordering::Relaxed);
            looked = Instant::now();
            self.looks.fetch_add(1, Ordering::Relaxed);
            let two_listen = listeners(&self.place.join("azqd.sock")) > 1;
            doubled = two_listen
                .then(|| doubled.unwrap_or(looked))
                .filter(|_| !is_late);
            let lasts = doubled.is_some_and(|since| since.elapsed() > LASTING);
            let two = lasts || holders(&self.place).len() > 1;
            self.violations.fetch_add(u64::from(two), Ordering::Relaxed);
            thread::park_timeout(PAUSE);
        }
    }

    /// Ends the watch.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// How often it has looked, and how often there were two.
    pub(super) fn found(&self) -> (u64, u64) {
        (
            self.looks.load(Ordering::Relaxed),
            self.violations.load(Ordering::Relaxed),
        )
    }

    /// How often everything stood still so far.
    pub(super) fn standstills(&self) -> u64 {
        self.standstills.load(Ordering::Relaxed)
    }
}

/// The daemons of a meeting place that hold a lock, whichever file that lies in: a replaced lock
/// file must not hide one.
pub(super) fn holders(place: &Path) -> BTreeSet<u32> {
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    // `1: FLOCK  ADVISORY  WRITE 23687 fe:00:10024884 0 EOF`; who waits has `->` before the kind.
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

/// How many sockets listen that were bound to this path, whether or not it still leads to them.
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
    fn a_second_listener_is_seen_though_the_path_is_anothers() {
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
