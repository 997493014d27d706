//! The amount of a catalogue that has arrived, for a terminal that waits for it.

use std::time::Duration;

use tokio::time::Instant;

use crate::cache::slots::Key;
use crate::provider::Provider;
use azq_arm::Report;
use azq_document::units;

/// The interval between two reports. A fetch that takes less time is not reported.
const INTERVAL: Duration = Duration::from_millis(500);

/// A counter of a catalogue's bytes.
pub(crate) struct Meter<'a> {
    report: &'a dyn Report,
    what: String,
    bytes: u64,
    due: Instant,
}

impl<'a> Meter<'a> {
    pub(crate) fn of(key: &Key, report: &'a dyn Report) -> Self {
        let kind = match key.provider {
            Provider::Compute => "resource SKUs",
            Provider::ContainerService => "VM SKUs for AKS",
        };
        let location = key.location.as_deref().unwrap_or("all regions");
        Self {
            report,
            what: format!("Downloading {kind} of {location}"),
            bytes: 0,
            due: Instant::now() + INTERVAL,
        }
    }

    /// Adds bytes that have arrived, after decompression.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        let now = Instant::now();
        if now >= self.due {
            self.due = now + INTERVAL;
            let arrived = units::bytes(self.bytes);
            self.report.activity(&format!("{}  {arrived}", self.what));
        }
    }
}
