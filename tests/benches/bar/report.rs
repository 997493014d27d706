//! The table of figures, for reading and for `docs/benchmarks.md`.

use std::path::Path;

use crate::error::BenchError;
use crate::measure::Samples;

/// The head of the table, in Markdown.
pub(crate) const HEADER: &str = "\
| what | azq | reference | ratio | target | met |
| --- | --- | --- | --- | --- | --- |";

/// Markers of the page between which the table lies.
const BEGIN: &str = "<!-- bar: cargo bench -p azq-tests -- --write-docs -->";
const END: &str = "<!-- /bar -->";

/// Whether a target is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// Measured, but not beside its reference.
    Open,
}

impl Verdict {
    /// Returns `Met` if the condition holds, else `Missed`.
    pub(crate) fn of(holds: bool) -> Self {
        if holds { Self::Met } else { Self::Missed }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Met => "yes",
            Self::Missed => "**no**",
            Self::Open => "-",
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) azq: String,
    pub(crate) reference: String,
    pub(crate) ratio: String,
    pub(crate) target: String,
    pub(crate) verdict: Verdict,
}

impl Figure {
    /// Creates the figure of a time beside a reference's, whose ratio may be at most so much. It
    /// shows the medians, their ratio, in parentheses the 10th and the 90th percentile of the
    /// rounds' ratios, and the ratio of the two 10th percentiles. Both ratios must meet the target,
    /// because on a busy machine either can be too low by chance.
    pub(crate) fn times(
        what: impl Into<String>,
        azq: &Samples,
        (name, reference): (&str, &Samples),
        at_most: f64,
    ) -> Self {
        let ratio = azq.median() / reference.median();
        let undisturbed = azq.undisturbed() / reference.undisturbed();
        let (low, high) = azq.spread(reference);
        let (shown, target) = (time(azq.median()), format!("at most {at_most} x"));
        Self {
            reference: format!("{name} {}", time(reference.median())),
            ratio: format!("{ratio:.2} ({low:.2} to {high:.2}; undisturbed {undisturbed:.2})"),
            ..Self::alone(what, shown, target, ratio.max(undisturbed) <= at_most)
        }
    }

    /// Creates a figure that has no reference and may be at most so much, formatted by `shown`.
    pub(crate) fn bounded(what: &str, value: f64, at_most: f64, shown: fn(f64) -> String) -> Self {
        let target = format!("at most {}", shown(at_most));
        Self::alone(what, shown(value), target, value <= at_most)
    }

    /// Creates a figure that has no reference.
    pub(crate) fn alone(
        what: impl Into<String>,
        azq: String,
        target: impl Into<String>,
        is_met: bool,
    ) -> Self {
        Self {
            what: what.into(),
            azq,
            reference: "-".to_owned(),
            ratio: "-".to_owned(),
            target: target.into(),
            verdict: Verdict::of(is_met),
        }
    }

    /// Creates the figure of a time beside a reference's, whose ratio may be at most so much and
    /// seconds more.
    pub(crate) fn allowed(
        what: impl Into<String>,
        azq: &Samples,
        reference: (&str, &Samples),
        (at_most, allowance): (f64, f64),
    ) -> Self {
        let (median, other) = (azq.median(), reference.1.median());
        let limit = at_most * other + allowance;
        let more = allowance * 1e3;
        Self {
            ratio: format!("{:.2}", median / other),
            target: format!("at most {at_most} x + {more:.0} ms = {}", time(limit)),
            verdict: Verdict::of(median <= limit),
            ..Self::times(what, azq, reference, at_most)
        }
    }

    /// Creates the figure of a command beside az, which must be at least so many times as fast. The
    /// factor is shown with these digits after the point.
    pub(crate) fn faster(
        what: &str,
        azq: &Samples,
        az: &Samples,
        at_least: f64,
        digits: usize,
    ) -> Self {
        let (azq, az) = (azq.median(), az.median());
        let times = az / azq;
        let target = format!("at least {at_least} x faster");
        Self {
            reference: format!("az {}", time(az)),
            ratio: format!("{times:.digits$} x faster"),
            ..Self::alone(what, time(azq), target, times >= at_least)
        }
    }

    /// Returns the line, in Markdown.
    pub(crate) fn line(&self) -> String {
        let (compared, verdict) = (
            [&self.azq, &self.reference, &self.ratio],
            self.verdict.word(),
        );
        let [azq, reference, ratio] = compared;
        let (what, target) = (&self.what, &self.target);
        format!("| {what} | {azq} | {reference} | {ratio} | {target} | {verdict} |")
    }
}

/// Formats a duration in seconds, in a unit that fits.
pub(crate) fn time(seconds: f64) -> String {
    if seconds < 0.1 {
        format!("{:.2} ms", seconds * 1e3)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

/// Formats an amount of memory in kilobytes, in megabytes.
pub(crate) fn memory(kilobytes: f64) -> String {
    format!("{:.1} MB", kilobytes / 1e3)
}

/// Converts a number of bytes to megabytes.
#[expect(clippy::cast_precision_loss, reason = "to be read by people")]
pub(crate) fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// Returns the note below the table, with the number of rounds of the medians.
pub(crate) fn note(quickest: usize, longest: usize, has_az: bool) -> String {
    let rounds = crate::rows::AZ_ROUNDS;
    let az = format!(
        "; az on the small catalogue {rounds} rounds, and on the full one a single time, for it takes a minute"
    );
    let az = if has_az { &*az } else { "" };
    format!(
        "{quickest} rounds of the quickest measurements, fewer the longer one takes, down to {longest} of the whole catalogue{az}."
    )
}

/// Writes the table between the page's markers, and the note under it.
pub(crate) fn write_docs(figures: &[Figure], note: &str) -> Result<(), BenchError> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks.md");
    let text = std::fs::read_to_string(&page)?;
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
        return BenchError::unexpected(format!("docs/benchmarks.md lacks `{BEGIN}` or `{END}`"));
    };
    let lines: Vec<String> = figures.iter().map(Figure::line).collect();
    let head = text.get(..begin + BEGIN.len()).unwrap_or_default();
    let tail = text.get(end..).unwrap_or_default();
    let table = format!("{head}\n{HEADER}\n{}\n\n{note}\n{tail}", lines.join("\n"));
    std::fs::write(&page, table)?;
    Ok(())
}
