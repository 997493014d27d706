//! Counts of calls that have failed, by kind.

use azq_proto::v1::reply::Kind as Part;
use std::sync::atomic::{AtomicU64, Ordering};
use tonic::{Code, Status};

/// Returns the code with which Azure's error begins, such as `(ResourceNotFound) …`. It returns
/// nothing else of the error, which may quote data that must not be logged.
pub(super) fn code(error: &str) -> Option<&str> {
    const LONGEST: usize = 64;
    let (code, _) = error.strip_prefix('(')?.split_once(')')?;
    let is_code = code.len() <= LONGEST && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then_some(code)
}

/// The counts of calls that have failed.
#[derive(Debug, Default)]
pub(crate) struct FailureCounts {
    error: AtomicU64,
    usage: AtomicU64,
    not_found: AtomicU64,
    internal: AtomicU64,
}

impl FailureCounts {
    /// Counts a failure by a part of a reply; the last part of a call shows how it has ended.
    /// Returns the kind of failure, if it is one.
    pub(super) fn note(&self, part: &Result<Part, Status>) -> Option<&'static str> {
        let (kind, counter) = match part {
            Ok(Part::Exit(0)) => return None,
            Ok(Part::Exit(3)) => ("not found", &self.not_found),
            Ok(Part::Exit(_)) => ("error", &self.error),
            Ok(Part::Missing(_) | Part::Usage(_)) => ("usage", &self.usage),
            Err(status) if status.code() == Code::Internal => ("internal", &self.internal),
            _ => return None,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Some(kind)
    }

    /// Returns the counts with their names.
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
        let tally = FailureCounts::default();
        let mut kinds = Vec::new();
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
            kinds.extend(tally.note(&part));
        }
        assert_eq!(kinds, ["not found", "error", "error", "usage", "internal"]);
        let expected = [("error", 2), ("usage", 1), ("notFound", 1), ("internal", 1)];
        assert_eq!(tally.counts(), expected);
    }

    #[test]
    fn of_an_error_nothing_but_its_code_is_logged() {
        let found = code("(ResourceNotFound) No pool.");
        assert_eq!(found, Some("ResourceNotFound"));
        for error in [
            "Please run 'az login' to setup account.",
            "(eyJ0eXAi.abc-1) x",
            "(Unclosed",
            &format!("({}) x", "x".repeat(65)),
        ] {
            assert_eq!(code(error), None, "{error}");
        }
    }
}
