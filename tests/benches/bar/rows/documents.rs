//! Large answers as JSON, beside `cat` of the same bytes from a file; both write into a pipe.
//!
//! What is asked for a second time becomes a file that azq copies itself, so both have two rows.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use tempfile::NamedTempFile;

use super::{Bench, EVERYTHING_JSON, REGION_JSON};
use crate::error::BenchError;
use crate::measure::{Expected, Process, Samples, in_turn};
use crate::report::{Figure, Verdict, megabytes};
use crate::site::Site;

/// How many times as long as `cat`.
const AT_MOST: f64 = 3.0;
/// Travels with a request and means nothing: azqd has never had the request, nor a caller with such
/// an environment.
const NEW: &str = "AZURE_CORE_X";

pub(super) fn region(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(5);
    let site = bench.site()?;
    let document = Document::of(site, REGION_JSON)?;
    let [repeated, new, cat] = document.measure(site, REGION_JSON, rounds)?;
    let reference = ("`cat`", &cat);
    let what = format!(
        "a whole region as JSON ({} into a pipe), repeated",
        document.length()
    );
    Ok(vec![
        Figure::times(what, &repeated, reference, AT_MOST),
        Figure::times("the same, never asked before", &new, reference, AT_MOST),
    ])
}

pub(super) fn catalogue(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    // `cat` has two speeds, about 35 and 90 ms, by whether the system lets its reader run beside
    // it: a few rounds would tell nothing, and its quickest tenth is all of one kind. So of what is
    // never asked before the medians decide alone.
    let rounds = bench.rounds(5);
    let site = bench.site()?;
    let document = Document::of(site, EVERYTHING_JSON)?;
    let [repeated, new, cat] = document.measure(site, EVERYTHING_JSON, rounds)?;
    let reference = ("`cat`", &cat);
    let what = format!(
        "the whole catalogue as JSON, warm ({} into a pipe), repeated",
        document.length()
    );
    let by_medians = "the same, never asked before; by medians alone, for `cat` has two speeds";
    Ok(vec![
        Figure::times(what, &repeated, reference, AT_MOST),
        Figure {
            verdict: Verdict::of(new.median() / cat.median() <= AT_MOST),
            ..Figure::times(by_medians, &new, reference, AT_MOST)
        },
    ])
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

    /// How long azq takes for it, repeated and never asked before, and `cat`.
    fn measure(&self, site: &Site, line: &str, rounds: usize) -> Result<[Samples; 3], BenchError> {
        let [mut repeated, mut new] =
            std::array::from_fn(|_| self.written_by(site.azq(line, None)));
        let mut cat = self.cat(site);
        let measured = in_turn(
            rounds,
            &mut [
                &mut |_| repeated.run(),
                &mut |round| new.with(NEW, &round.to_string()).run(),
                &mut |_| cat.run(),
            ],
        )?;
        self.check(&mut site.azq(line, None))?;
        self.check(site.azq(line, None).env(NEW, "check"))?;
        Ok(measured)
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
