//! What the checks came to, as a document, as a table, as warnings, and as a refusal.

use azq_document::Value;
use azq_preflight::{Outcome, Verdict};
use serde_json::json;

use crate::error::CommandError;
use crate::schema::select;

/// What the checks of a change came to.
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

    /// A list with an object for each check.
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

    /// The command lines that do instead what was wanted, below the checks that advise them: what
    /// stands below the table. Empty if there are none.
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

    /// A warning for each check that has failed.
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
    /// Names each check that has failed, with what to do instead.
    pub fn require(&self) -> Result<(), CommandError> {
        let told: Vec<String> = self.failures().map(told).collect();
        if told.is_empty() {
            return Ok(());
        }
        let told = told.join("\n");
        let error = CommandError::new(format!(
            "pre-flight has failed, and nothing was sent (preflight is 'strict' in azq's \
             configuration).\n{told}"
        ));
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

/// The table: all but the advice, which may be long.
pub fn table(document: &Value) -> Value {
    let columns = [
        ("Check", "check"),
        ("Verdict", "verdict"),
        ("Reason", "reason"),
    ];
    let entries = document.as_array().unwrap_or_default().iter();
    let rows: Vec<Value> = entries.map(|entry| select(entry, &columns)).collect();
    rows.into()
}
