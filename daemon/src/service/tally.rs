//! How many calls have ended badly, by kind.

use azq_proto::v1::reply::Kind as Part;
use std::sync::atomic::{AtomicU64, Ordering};
use tonic::{Code, Status};

/// Counts the ends of calls that were no success.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    error: AtomicU64,
    usage: AtomicU64,
    not_found: AtomicU64,
    internal: AtomicU64,
}

impl Tally {
    /// Looks at a part of a reply, of which the last says how the call has ended.
    pub(super) fn note(&self, part: &Result<Part, Status>) {
        let counter = match part {
            Ok(Part::Exit(0)) => return,
            Ok(Part::Exit(3)) => &self.not_found,
            Ok(Part::Exit(_)) => &self.error,
            Ok(Part::Missing(_) | Part::Usage(_)) => &self.usage,
            Err(status) if status.code() == Code::Internal => &self.internal,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts with their names.
    pub(super) fn counts(&self) -> [(&'static str, u64); 4] {
        [
            ("error", &self.error),
            ("usage", &self.usage),
            ("notFound", &self.not_found),
            ("internal", &self.internal),
        ]
        .map(|(name, counter)| (name, counter.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_of_a_failure_counts() {
        let tally = Tally::default();
        for part in [
            Ok(Part::Stdout(Vec::new().into())),
            Ok(Part::Exit(0)),
            Ok(Part::Exit(3)),
            Ok(Part::Exit(1)),
            Ok(Part::Exit(1)),
            Ok(Part::Usage(String::new())),
            Err(Status::internal("")),
            Err(Status::unavailable("")),
        ] {
            tally.note(&part);
        }
        let expected = [("error", 2), ("usage", 1), ("notFound", 1), ("internal", 1)];
        assert_eq!(tally.counts(), expected);
    }
}
