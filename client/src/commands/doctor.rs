//! `azq doctor`: checks everything that azq needs, and gives advice on each fault.
//!
//! Invariants: every probe has a deadline; no token, password or header is shown; nothing is
//! changed, except that a daemon is started as by any command. A row of [`CHECKS`] defines a check
//! completely.

mod ask;
mod checks;
mod network;

use std::process::ExitCode;

use serde_json::{Value, json};

use super::daemon::{OwnError, say};
use super::printing;
use crate::cli::Printing;
use checks::CHECKS;

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    status: Status,
    detail: String,
    /// The advice; empty where there is nothing to do.
    advice: String,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ok,
    Warning,
    Error,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Finding {
    fn ok(detail: impl Into<String>) -> Self {
        Self::new(Status::Ok, detail, "")
    }

    fn warning(detail: impl Into<String>, advice: &str) -> Self {
        Self::new(Status::Warning, detail, advice)
    }

    fn error(detail: impl Into<String>, advice: &str) -> Self {
        Self::new(Status::Error, detail, advice)
    }

    fn new(status: Status, detail: impl Into<String>, advice: &str) -> Self {
        Self {
            status,
            detail: detail.into(),
            advice: advice.to_owned(),
        }
    }
}

/// Makes all checks. Exit code 1 if one of them has found an error.
pub(crate) fn run(printing: &Printing) -> Result<ExitCode, OwnError> {
    let is_for_people = !printing.is_asked_for();
    let mut rows = Vec::new();
    for (name, probe) in CHECKS {
        let finding = probe();
        if is_for_people {
            say(&lines(name, &finding));
        }
        rows.push((name, finding));
    }
    let printed = if is_for_people {
        ExitCode::SUCCESS
    } else {
        printing::document(&document(&rows), printing)?
    };
    let is_error = |(_, finding): &(&str, Finding)| finding.status == Status::Error;
    Ok(if rows.iter().any(is_error) {
        ExitCode::FAILURE
    } else {
        printed
    })
}

/// A finding as a line for people, and its advice as another.
fn lines(name: &str, finding: &Finding) -> String {
    let Finding {
        status,
        detail,
        advice,
    } = finding;
    let status = status.name();
    let line = format!("{status:7}  {name:12}  {detail}\n");
    if advice.is_empty() {
        return line;
    }
    format!("{line}{:23}→ {advice}\n", "")
}

fn document(rows: &[(&str, Finding)]) -> Value {
    let row = |(name, finding): &(&str, Finding)| {
        let status = finding.status.name();
        json!({"check": name, "status": status, "detail": finding.detail, "advice": finding.advice})
    };
    rows.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_stands_below_its_finding() {
        assert_eq!(
            lines("azq", &Finding::ok("0.1.0")),
            "ok       azq           0.1.0\n"
        );
        let error = Finding::error("none", "run: az login");
        assert_eq!(
            lines("login", &error),
            "error    login         none\n                       → run: az login\n"
        );
        let document = document(&[("login", error)]);
        assert_eq!(document[0]["advice"], "run: az login");
    }
}
