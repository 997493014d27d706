//! Large answers as JSON, beside `cat` of the same bytes from a file; both write into a pipe.
//!
//! azqd remembers an answer of a region's length while it is asked for again and again, so a region has two rows.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use tempfile::NamedTempFile;

use super::{Bench, EVERYTHING_JSON, REGION_JSON};
use crate::error::BenchError;
use crate::measure::{Expected, Process, in_turn};
use crate::report::{Figure, Verdict, megabytes};
use crate::site::Site;

/// How many times as long as `cat`.
const AT_MOST: f64 = 3.0;
/// Travels with a request and means nothing: azqd has never had the request, nor a caller with such an environment.
const NEW: &str = "AZURE_CORE_X";

pub(super) fn region(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(5);
    let site = bench.site()?;
    let document = Document::of(site, REGION_JSON)?;
    let [mut repeated, mut new] =
        std::array::from_fn(|_| document.written_by(site.azq(REGION_JSON, None)));
    let mut cat = document.cat(site);
    let [repeated, new, cat] = in_turn(
        rounds,
        &mut [
            &mut |_| repeated.run(),
            &mut |round| new.with(NEW, &round.to_string()).run(),
            &mut |_| cat.run(),
        ],
    )?;
    document.check(&mut site.azq(REGION_JSON, None))?;
    document.check(site.azq(REGION_JSON, None).env(NEW, "check"))?;
    let length = document.length();
    let reference = ("`cat`", &cat);
    Ok(vec![
        Figure::times(
            format!("a whole region as JSON ({length} into a pipe), repeated"),
            &repeated,
            reference,
            AT_MOST,
        ),
        Figure::times("the same, never asked before", &new, reference, AT_MOST),
    ])
}

pub(super) fn catalogue(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    // `cat` has two speeds, about 35 and 90 ms, by whether the system lets its reader run beside it: a few rounds would tell
    // nothing, and its quickest tenth is all of one kind, so the medians decide alone.
    let rounds = bench.rounds(4);
    let site = bench.site()?;
    let document = Document::of(site, EVERYTHING_JSON)?;
    let mut azq = document.written_by(site.azq(EVERYTHING_JSON, None));
    let mut cat = document.cat(site);
    let [azq, cat] = in_turn(rounds, &mut [&mut |_| azq.run(), &mut |_| cat.run()])?;
    document.check(&mut site.azq(EVERYTHING_JSON, None))?;
    let length = document.length();
    let what = format!(
        "the whole catalogue as JSON, warm ({length} into a pipe); by medians alone, for `cat` has two speeds"
    );
    Ok(vec![Figure {
        verdict: Verdict::of(azq.median() / cat.median() <= AT_MOST),
        ..Figure::times(what, &azq, ("`cat`", &cat), AT_MOST)
    }])
}

/// An answer that was taken untimed, in a file.
struct Document {
    file: NamedTempFile,
    bytes: usize,
}

impl Document {
    fn of(site: &Site, line: &str) -> Result<Self, BenchError> {
        let answer = site.answer(line)?;
        let mut file = NamedTempFile::new_in(site.home.path())?;
        file.write_all(&answer)?;
        site.daemon()?.settle()?;
        Ok(Self {
            file,
            bytes: answer.len(),
        })
    }

    fn length(&self) -> String {
        format!("{:.1} MB", megabytes(self.bytes))
    }

    fn cat(&self, site: &Site) -> Process {
        let mut cat = site.home.command(Path::new("/bin/cat"));
        cat.arg(self.file.path());
        self.written_by(cat)
    }

    /// A process that must write as many bytes.
    fn written_by(&self, command: Command) -> Process {
        Process::new(command, Expected::Bytes(self.bytes))
    }

    /// Whether a command writes these very bytes, untimed.
    fn check(&self, command: &mut Command) -> Result<(), BenchError> {
        let written = command.output()?.stdout;
        if written == std::fs::read(self.file.path())? {
            return Ok(());
        }
        BenchError::unexpected(format!("{command:?} does not write what it wrote before"))
    }
}
