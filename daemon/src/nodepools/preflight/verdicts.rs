//! The outcome of the checks, as a document, as a table, as warnings, and as an error.

use azq_document::Value;
use azq_preflight::{Outcome, Verdict};
use serde_json::json;

use azq_command::{CommandError, error};
use azq_schema::select_all;

/// The outcome of the checks of a change.
#[derive(Clone, Debug)]
pub struct Verdicts(Vec<Outcome>);

impl Verdicts {
    pub(super) fn new(outcomes: Vec<Outcome>) -> Self {
        Self(outcomes)
    }

    /// Whether a check has failed.
    pub fn has_failures(&self) -> bool {
        self.failures().next().is_some()
    }

    fn failures(&self) -> impl Iterator<Item = &Outcome> {
        let all = self.0.iter();
        all.filter(|outcome| outcome.finding.verdict == Verdict::Fail)
    }

    /// Returns a list with an object for each check.
    pub fn document(&self) -> Value {
        let entry = |outcome: &Outcome| {
            Value::from(&json!({
                "check": outcome.check,
                "verdict": outcome.finding.verdict.name(),
                "reason": outcome.finding.reason,
                "advice": outcome.finding.advice,
            }))
        };
        self.0.iter().map(entry).collect::<Vec<_>>().into()
    }

    /// Returns the command lines that achieve the same purpose, below the names of the checks that
    /// advise them, to be printed below the table. Empty if there are none.
    pub fn advice(&self) -> String {
        let mut advised: Vec<(&[String], Vec<&str>)> = Vec::new();
        for outcome in &self.0 {
            let advice = outcome.finding.advice.as_slice();
            match advised.iter_mut().find(|(known, _)| *known == advice) {
                _ if advice.is_empty() => {}
                Some((_, checks)) => checks.push(outcome.check),
                None => advised.push((advice, vec![outcome.check])),
            }
        }
        let text = |(commands, checks): &(&[String], Vec<&str>)| {
            let lines = commands.iter().map(|line| format!("    {line}\n"));
            format!("\n{}:\n{}", checks.join(", "), lines.collect::<String>())
        };
        advised.iter().map(text).collect()
    }

    /// Returns a warning for each check that has failed.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.failures().map(|outcome| {
            let instead = match outcome.finding.advice.first() {
                Some(line) => format!(" Instead: {line}"),
                None => String::new(),
            };
            format!("pre-flight, {}{instead}", told(outcome))
        })
    }

    /// Fails if a check has failed.
    ///
    /// # Errors
    /// Each check that has failed, with its advice.
    pub fn require(&self) -> Result<(), CommandError> {
        let told: Vec<String> = self.failures().map(told).collect();
        if told.is_empty() {
            return Ok(());
        }
        let told = told.join("\n");
        let error = error!(
            "pre-flight has failed, and nothing was sent (preflight is 'strict' in azq's \
             configuration).\n{told}"
        );
        let mut instead: Vec<&str> = Vec::new();
        for line in self.failures().flat_map(|outcome| &outcome.finding.advice) {
            if !instead.contains(&line.as_str()) {
                instead.push(line);
            }
        }
        Err(match instead.as_slice() {
            [] => error,
            lines => error.recommend(format!("What works instead:\n{}", lines.join("\n"))),
        })
    }
}

fn told(outcome: &Outcome) -> String {
    format!("{}: {}", outcome.check, outcome.finding.reason)
}

/// Returns the table: everything except the advice, which may be long.
pub fn table(document: &Value) -> Value {
    let columns = [
        ("Check", "check"),
        ("Verdict", "verdict"),
        ("Reason", "reason"),
    ];
    select_all(document, &columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use azq_preflight::Finding;

    fn outcome(check: &'static str, verdict: Verdict, advice: &[&str]) -> Outcome {
        let advice = advice.iter().map(|line| (*line).to_owned()).collect();
        let finding = Finding {
            verdict,
            reason: format!("Reason of {check}."),
            advice,
        };
        Outcome { check, finding }
    }

    fn verdicts() -> Verdicts {
        Verdicts::new(vec![
            outcome("a", Verdict::Pass, &[]),
            outcome("b", Verdict::Fail, &["one", "two"]),
            outcome("c", Verdict::Unknown, &["three"]),
            outcome("d", Verdict::Fail, &["one", "two"]),
            outcome("e", Verdict::Fail, &[]),
        ])
    }

    #[test]
    fn the_same_advice_stands_once_below_all_its_checks() {
        let expected = "\nb, d:\n    one\n    two\n\nc:\n    three\n";
        assert_eq!(verdicts().advice(), expected);
    }

    #[test]
    fn failures_alone_are_warned_of() {
        let warnings: Vec<String> = verdicts().warnings().collect();
        let expected = [
            "pre-flight, b: Reason of b. Instead: one",
            "pre-flight, d: Reason of d. Instead: one",
            "pre-flight, e: Reason of e.",
        ];
        assert_eq!(warnings, expected);
    }

    #[test]
    fn a_refusal_names_each_failure_and_each_command_line_once() {
        let error = verdicts().require().unwrap_err();
        let reasons = "b: Reason of b.\nd: Reason of d.\ne: Reason of e.";
        assert!(error.message.ends_with(reasons), "{}", error.message);
        let expected = "What works instead:\none\ntwo";
        assert_eq!(error.recommendation.as_deref(), Some(expected));
        let passing = Verdicts::new(vec![outcome("c", Verdict::Unknown, &["three"])]);
        assert_eq!(passing.require(), Ok(()));
        assert!(!passing.has_failures() && verdicts().has_failures());
    }

    #[test]
    fn a_table_leaves_the_advice_out() {
        let rows = table(&verdicts().document());
        let row = rows.as_array().and_then(<[_]>::first);
        let cells = ["Check", "Verdict", "Reason", "Advice"].map(|name| row?.get(name)?.as_str());
        let expected = [Some("a"), Some("pass"), Some("Reason of a."), None];
        assert_eq!(cells, expected);
    }
}
