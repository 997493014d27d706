//! Large answers as JSON, beside `cat` of the same bytes from a file; both write into a pipe.
//!
//! Each document has two rows, because from the second request on it is a file that azq copies
//! itself.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use tempfile::NamedTempFile;

use super::{Bench, EVERYTHING_JSON, REGION_JSON};
use crate::error::BenchError;
use crate::measure::{Expected, Process, Samples, in_turn};
use crate::report::{Figure, Verdict, megabytes};
use crate::site::Site;

/// The most times as long as `cat` that a document may take.
const AT_MOST: f64 = 3.0;
/// A variable that is sent with a request and has no meaning: with a new value the request, and the
/// caller's environment, are new to azqd.
const NEW: &str = "AZURE_CORE_X";

pub(super) fn region(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(5);
    let site = bench.site()?;
    let document = Document::of(site, REGION_JSON)?;
    let [repeated, new, cat] = document.measure(site, REGION_JSON, rounds)?;
    let reference = ("`cat`", &cat);
    let length = document.length();
    let what = format!("a whole region as JSON ({length} into a pipe), repeated");
    Ok(vec![
        Figure::times(what, &repeated, reference, AT_MOST),
        Figure::times("the same, never asked before", &new, reference, AT_MOST),
    ])
}

pub(super) fn catalogue(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    // `cat` has two speeds, about 35 and 90 ms, which depend on whether the system lets its reader
    // run beside it. So a few rounds would show little, and its quickest tenth is all of one kind.
    // Therefore the row of new requests is judged by the medians alone.
    let rounds = bench.rounds(5);
    let site = bench.site()?;
    let document = Document::of(site, EVERYTHING_JSON)?;
    let [repeated, new, cat] = document.measure(site, EVERYTHING_JSON, rounds)?;
    let reference = ("`cat`", &cat);
    let length = document.length();
    let what = format!("the whole catalogue as JSON, warm ({length} into a pipe), repeated");
    let by_medians = "the same, never asked before; by medians alone, for `cat` has two speeds";
    Ok(vec![
        Figure::times(what, &repeated, reference, AT_MOST),
        Figure {
            verdict: Verdict::of(new.median() / cat.median() <= AT_MOST),
            ..Figure::times(by_medians, &new, reference, AT_MOST)
        },
    ])
}

/// An answer in a file, taken untimed.
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

    /// Measures azq, with a repeated and with a new request, and `cat`.
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

    /// Creates a process that must write as many bytes.
    fn written_by(&self, command: Command) -> Process {
        Process::new(command, Expected::Bytes(self.bytes))
    }

    /// Checks, untimed, that a command writes exactly these bytes.
    fn check(&self, command: &mut Command) -> Result<(), BenchError> {
        let written = command.output()?.stdout;
        if written == std::fs::read(self.file.path())? {
            return Ok(());
        }
        BenchError::unexpected(format!("{command:?} does not write what it wrote before"))
    }
}
