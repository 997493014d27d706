//! The operating system's figures of a daemon: memory, processor time, wake-ups.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant};

use azq_tests::harness::fact;

use crate::error::BenchError;

/// Pause between two readings of the daemon's processor time.
const PAUSE: Duration = Duration::from_millis(30);
/// Number of readings without a change after which the daemon counts as at rest.
const QUIET: usize = 4;
/// Timeout for the daemon to come to rest.
const LIMIT: Duration = Duration::from_secs(60);

/// A running daemon, by its process id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Daemon(pub(crate) u32);

impl Daemon {
    /// Returns the memory that it holds now, in kilobytes.
    pub(crate) fn resident(self) -> Result<f64, BenchError> {
        self.kilobytes("VmRSS")
    }

    /// Returns the most memory that it ever held, in kilobytes.
    pub(crate) fn peak(self) -> Result<f64, BenchError> {
        self.kilobytes("VmHWM")
    }

    fn kilobytes(self, name: &str) -> Result<f64, BenchError> {
        let Self(id) = self;
        match fact(id, name).and_then(|text| first(&text)) {
            Some(kilobytes) => Ok(kilobytes),
            None => BenchError::unexpected(format!("/proc/{id}/status has no {name}")),
        }
    }

    /// Returns how often each of its threads has been switched to, by thread id.
    pub(crate) fn switches(self) -> Result<HashMap<OsString, f64>, BenchError> {
        let Self(id) = self;
        let mut switches = HashMap::new();
        for task in fs::read_dir(format!("/proc/{id}/task"))? {
            let task = task?;
            // A thread may end between the listing and the reading.
            let text = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let names = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
            let sum = names.iter().filter_map(|name| number(&text, name)).sum();
            switches.insert(task.file_name(), sum);
        }
        Ok(switches)
    }

    /// Waits until the daemon does nothing, so that its work in the background does not disturb the
    /// next measurement.
    pub(crate) fn settle(self) -> Result<(), BenchError> {
        let deadline = Instant::now() + LIMIT;
        let (mut last, mut quiet) = (self.ticks()?, 0);
        while quiet < QUIET {
            if Instant::now() > deadline {
                return BenchError::unexpected("azqd does not come to rest");
            }
            std::thread::park_timeout(PAUSE);
            let now = self.ticks()?;
            quiet = if now == last { quiet + 1 } else { 0 };
            last = now;
        }
        Ok(())
    }

    /// Returns its processor time so far, user's and system's, as the operating system writes it.
    fn ticks(self) -> Result<String, BenchError> {
        let Self(id) = self;
        let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
        // The fields follow the name, which is in parentheses and may contain spaces.
        let fields = text.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = fields.split_whitespace().skip(11).take(2).collect();
        Ok(fields.join(" "))
    }
}

/// Returns the number of a line `name: number …`.
fn number(text: &str, name: &str) -> Option<f64> {
    let mut lines = text.lines();
    first(lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?)
}

/// Returns the number with which a text begins.
pub(crate) fn first(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}
