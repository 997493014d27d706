//! What the system knows of a daemon: memory, processor time, wake-ups.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant};

use crate::error::BenchError;

/// Between two looks at the daemon's processor time.
const PAUSE: Duration = Duration::from_millis(30);
/// So many looks without a change mean that it is at rest.
const QUIET: usize = 4;
/// When to give up waiting for rest.
const LIMIT: Duration = Duration::from_secs(60);

/// A running daemon, by its process id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Daemon(pub(crate) u32);

impl Daemon {
    /// What it holds in memory now, in kilobytes.
    pub(crate) fn resident(self) -> Result<f64, BenchError> {
        self.kilobytes("VmRSS")
    }

    /// The most it ever held, in kilobytes.
    pub(crate) fn peak(self) -> Result<f64, BenchError> {
        self.kilobytes("VmHWM")
    }

    fn kilobytes(self, name: &str) -> Result<f64, BenchError> {
        let Self(id) = self;
        let text = fs::read_to_string(format!("/proc/{id}/status"))?;
        number(&text, name).map_or_else(
            || BenchError::unexpected(format!("/proc/{id}/status has no {name}")),
            Ok,
        )
    }

    /// How often each of its threads has been switched to, by thread id.
    pub(crate) fn switches(self) -> Result<HashMap<OsString, f64>, BenchError> {
        let Self(id) = self;
        let mut switches = HashMap::new();
        for task in fs::read_dir(format!("/proc/{id}/task"))? {
            let task = task?;
            // A thread may end meanwhile.
            let text = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let names = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
            let sum = names.iter().filter_map(|name| number(&text, name)).sum();
            switches.insert(task.file_name(), sum);
        }
        Ok(switches)
    }

    /// The processor time of all its threads so far, in seconds.
    pub(crate) fn processor_time(self) -> Result<f64, BenchError> {
        let Self(id) = self;
        let mut nanoseconds = 0.0;
        for task in fs::read_dir(format!("/proc/{id}/task"))? {
            // A thread may end meanwhile.
            let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            let running: f64 = text
                .split_whitespace()
                .next()
                .and_then(|number| number.parse().ok())
                .unwrap_or_default();
            nanoseconds += running;
        }
        Ok(nanoseconds / 1e9)
    }

    /// Waits until it does nothing, so that what it does behind a caller burdens no other
    /// measurement.
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

    /// Processor time so far, user's and system's, as the system writes it.
    fn ticks(self) -> Result<String, BenchError> {
        let Self(id) = self;
        let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
        // After the name, which may have spaces, in parentheses.
        let fields = text.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = fields.split_whitespace().skip(11).take(2).collect();
        Ok(fields.join(" "))
    }
}

/// The number of a line `name: number …`.
fn number(text: &str, name: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}
