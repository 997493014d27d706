//! The size of a process: resident memory and open descriptors, as the kernel counts them.

use std::fmt;
use std::io;

use crate::harness::fact;

/// The size of a process at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gauge {
    /// Resident memory, in KiB (`VmRSS`).
    pub(super) resident: u64,
    /// The most that it ever was, in KiB (`VmHWM`).
    pub(super) peak: u64,
    /// Open descriptors; none if the kernel does not show them, because only root sees those of a
    /// process that may not be dumped, such as azqd.
    pub(super) descriptors: Option<usize>,
}

impl Gauge {
    /// Measures a process of this user.
    pub(super) fn of(id: u32) -> io::Result<Self> {
        let value = |name| {
            let value = fact(id, name).and_then(|text| text.trim_end_matches(" kB").parse().ok());
            let missing = || format!("the kernel tells nothing of process {id}");
            value.ok_or_else(|| io::Error::other(missing()))
        };
        let descriptors = std::fs::read_dir(format!("/proc/{id}/fd"));
        Ok(Self {
            resident: value("VmRSS")?,
            peak: value("VmHWM")?,
            descriptors: descriptors.ok().map(Iterator::count),
        })
    }
}

impl fmt::Display for Gauge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resident, peak) = (self.resident, self.peak);
        write!(out, "{resident} KiB resident (peak {peak} KiB), ")?;
        match self.descriptors {
            Some(count) => write!(out, "{count} descriptors"),
            None => write!(out, "descriptors not counted: only root sees them"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_size() {
        let before = Gauge::of(std::process::id()).unwrap();
        assert!(before.resident > 100 && before.peak >= before.resident);
        let _held: Vec<_> = (0..50)
            .map(|_| std::fs::File::open("/dev/null").unwrap())
            .collect();
        let after = Gauge::of(std::process::id()).unwrap();
        let more = after.descriptors.unwrap() - before.descriptors.unwrap();
        assert!(more >= 40, "{before}, {after}");
    }
}
