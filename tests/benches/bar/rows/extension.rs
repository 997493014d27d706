//! The real az with its extension, which goes through azqd, beside the same az without.
//!
//! Without the real az there are no rows, because all of them start az itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use azq_tests::harness::{Outcome, binaries};

use super::lookup::SMALL;
use super::{Bench, LOOKUP};
use crate::error::BenchError;
use crate::measure::Samples;
use crate::report::{Figure, memory, time};
use crate::site::{Site, succeeded};

/// Rounds of a measurement that starts Python.
const FEW: usize = 7;
/// The most times as long as `az version` that the extension may take, apart from the module `vm`.
const AT_MOST: f64 = 1.3;
/// The least times as fast that the extension must be on the full catalogue.
const TIMES: f64 = 40.0;
/// The most memory that it may take, in kilobytes.
const PEAK: f64 = 120e3;

/// Runs a command and prints its seconds and kilobytes on a line, then its output.
const RUN: &str = "
import resource, subprocess, sys, time
begin = time.perf_counter()
printed = subprocess.run(sys.argv[1:], check=True, stdout=-1, stderr=subprocess.DEVNULL).stdout
took = time.perf_counter() - begin
print(took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, flush=True)
sys.stdout.buffer.write(printed)
";
/// Prints the seconds in which az loads its module `vm`, which it does before it imports an
/// extension.
const START_OF_VM: &str = "
import time
from azure.cli.core import get_default_cli
cli = get_default_cli()
begin = time.perf_counter()
from azure.cli.command_modules.vm import COMMAND_LOADER_CLS
COMMAND_LOADER_CLS(cli_ctx=cli).load_command_table(None)
print(time.perf_counter() - begin)
";

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let Some(az) = bench.az() else {
        return Ok(Vec::new());
    };
    let mut figures = on_small(&az)?;
    figures.extend(on_full(&az, &bench.options.catalogue)?);
    Ok(figures)
}

fn on_small(az: &Path) -> Result<Vec<Figure>, BenchError> {
    let (catalogue, names) = SMALL;
    let plain = Az::new(az, Site::new(catalogue, Some(names))?);
    let extended = Az::with_extension(az, Site::new(catalogue, Some(names))?)?;
    let [mut version, mut module] = [Samples::default(), Samples::default()];
    let [mut with, mut without] = [Samples::default(), Samples::default()];
    for _ in 0..FEW {
        version.push(plain.run("version")?.took);
        module.push(plain.start_of_vm()?);
        without.push(plain.look_up()?.took);
        with.push(extended.look_up()?.took);
    }
    let what = "the same beside az without it, small catalogue";
    Ok(vec![
        beside_version(&with, &version, &module),
        Figure::faster(what, &with, &without, 1.0, 1),
    ])
}

/// Measures on the full catalogue, where az without the extension takes a minute or more and so
/// runs once.
fn on_full(az: &Path, catalogue: &str) -> Result<Vec<Figure>, BenchError> {
    let plain = Az::new(az, Site::new(catalogue, None)?);
    let alone = plain.look_up()?;
    let extended = Az::with_extension(az, plain.site)?;
    let [mut with, mut without, mut peak] = std::array::from_fn(|_| Samples::default());
    without.push(alone.took);
    for _ in 0..FEW {
        let run = extended.look_up()?;
        with.push(run.took);
        peak.add(run.kilobytes);
    }
    let what = "the same beside az without it, full catalogue";
    let peak = Figure {
        reference: format!("az {}", memory(alone.kilobytes)),
        ..Figure::bounded("its peak RSS", peak.median(), PEAK, memory)
    };
    Ok(vec![Figure::faster(what, &with, &without, TIMES, 1), peak])
}

fn beside_version(with: &Samples, version: &Samples, module: &Samples) -> Figure {
    let [took, version, module] = [with, version, module].map(Samples::median);
    let most = AT_MOST * version + module;
    let what = "`vm list-skus -l R --size S` in az with the extension";
    let limit = time(most);
    let target = format!("at most {AT_MOST} x `az version` and the module = {limit}");
    Figure {
        reference: format!(
            "`az version` {}, module `vm` {}",
            time(version),
            time(module)
        ),
        ratio: format!("{:.2}", took / most),
        ..Figure::alone(what, time(took), target, took <= most)
    }
}

/// The real az at a site.
struct Az {
    az: PathBuf,
    site: Site,
}

/// The figures and the output of a command.
struct Run {
    took: Duration,
    kilobytes: f64,
    printed: Vec<u8>,
}

impl Az {
    fn new(az: &Path, site: Site) -> Self {
        let az = az.to_owned();
        Self { az, site }
    }

    /// Installs the extension, and runs a first command so that az writes its index of commands.
    fn with_extension(az: &Path, mut site: Site) -> Result<Self, BenchError> {
        let extensions = site.home.path().join("extensions");
        site.home
            .set("AZURE_EXTENSION_DIR", &extensions.display().to_string());
        let extended = Self::new(az, site);
        let wheel = extended.wheel()?;
        let mut add = extended.site.home.command(az);
        add.args(["extension", "add", "--yes", "--source"]);
        finish(add.arg(wheel))?;
        extended.run("vm azq")?;
        Ok(extended)
    }

    /// Builds a wheel from the measured binaries.
    fn wheel(&self) -> Result<PathBuf, BenchError> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let place = self.site.home.path();
        let stage = place.join("stage");
        let binaries = binaries()?.azq.with_file_name("");
        let mut staging = Command::new(root.join("packaging/stage"));
        finish(staging.arg(binaries).arg(&stage))?;
        let mut build = Command::new(self.python());
        build.arg(root.join("packaging/wheel/build.py"));
        let wheel = finish(build.arg(stage).arg(place))?;
        Ok(String::from_utf8_lossy(&wheel).trim().into())
    }

    fn python(&self) -> PathBuf {
        self.az.with_file_name("python3")
    }

    fn script(&self, script: &str) -> Command {
        let mut command = self.site.home.command(&self.python());
        command.args(["-c", script]);
        command
    }

    fn start_of_vm(&self) -> Result<Duration, BenchError> {
        let printed = finish(&mut self.script(START_OF_VM))?;
        seconds(&String::from_utf8_lossy(&printed))
    }

    fn run(&self, line: &str) -> Result<Run, BenchError> {
        let mut command = self.script(RUN);
        command.arg(&self.az).args(line.split_whitespace());
        let output = finish(&mut command)?;
        let mut parts = output.splitn(2, |byte| *byte == b'\n');
        let figures = String::from_utf8_lossy(parts.next().unwrap_or_default());
        let (took, kilobytes) = figures.split_once(' ').unwrap_or_default();
        Ok(Run {
            took: seconds(took)?,
            kilobytes: number(kilobytes)?,
            printed: parts.next().unwrap_or_default().to_owned(),
        })
    }

    /// Runs the look-up, whose answer must be azq's.
    fn look_up(&self) -> Result<Run, BenchError> {
        let run = self.run(LOOKUP)?;
        if run.printed == self.site.answer(LOOKUP)? {
            return Ok(run);
        }
        BenchError::unexpected("az has answered something else than azq")
    }
}

fn seconds(text: &str) -> Result<Duration, BenchError> {
    number(text).map(Duration::from_secs_f64)
}

fn number(text: &str) -> Result<f64, BenchError> {
    match text.trim().parse() {
        Ok(number) => Ok(number),
        Err(_) => BenchError::unexpected(format!("`{text}` is no number")),
    }
}

/// Returns the output of a command; an error if it fails.
fn finish(command: &mut Command) -> Result<Vec<u8>, BenchError> {
    let outcome = Outcome::from(command.output()?);
    succeeded(format!("{command:?}"), outcome)
}
