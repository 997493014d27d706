//! The site of a measurement: an emulator as a process of its own, a home that is logged in to it,
//! and thereby a daemon.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use azq_tests::demo;
use azq_tests::emulator::Specification;
use azq_tests::harness::{Home, Outcome, binaries};
use azq_tests::program::Ready;
use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::error::BenchError;
use crate::measure::{Expected, Process, in_turn};
use crate::report::{Figure, time};
use crate::web::Web;

/// An emulator and a home beside it. The daemon ends with the home, the emulator with its standard
/// input.
pub(crate) struct Site {
    /// Declared first, so that the daemon ends before the emulator.
    pub(crate) home: Home,
    pub(crate) web: Web,
    pub(crate) emulator: Ready,
    process: Child,
    _folder: TempDir,
}

impl Site {
    /// Starts a site with the demonstration's cluster and a catalogue: its source, and a pattern
    /// for names if not all are wanted.
    pub(crate) fn new(catalogue: &str, names: Option<&str>) -> Result<Self, BenchError> {
        Self::of(&Specification {
            skus: Some(source(catalogue)?),
            sku_names: names.map(str::to_owned),
            ..demo::specification()
        })
    }

    /// Starts a site of this specification.
    pub(crate) fn of(specification: &Specification) -> Result<Self, BenchError> {
        let binaries = binaries()?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("specification.json");
        std::fs::write(&file, serde_json::to_vec(specification)?)?;
        let mut process = Command::new(&binaries.emulator);
        process
            .arg("--specification")
            .arg(&file)
            .arg("--config-dir");
        process
            .arg(folder.path().join("azure"))
            .arg("--until-stdin-closes");
        process.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = process.spawn()?;
        let emulator = announced(&mut process)?;
        let mut home = Home::beside(&emulator)?;
        // Binaries are installed as a user has them, because a file that a linker has just written
        // starts slower than a copy: its pages are kept one by one.
        home.install()?;
        Ok(Self {
            home,
            web: Web::new(&emulator)?,
            emulator,
            process,
            _folder: folder,
        })
    }

    /// Returns an azq command. The line is split at its spaces; the last argument, if any, is taken
    /// whole.
    pub(crate) fn azq(&self, line: &str, last: Option<&str>) -> Command {
        let mut command = self.home.command(&self.home.binaries().azq);
        command.args(line.split_whitespace()).args(last);
        command
    }

    /// Returns the same as a process to be timed, which must repeat the answer that is taken now,
    /// untimed.
    pub(crate) fn process(&self, line: &str) -> Result<Process, BenchError> {
        let answer = self.answer(line)?;
        if answer.is_empty() {
            return BenchError::unexpected(format!("`azq {line}` answers nothing"));
        }
        Ok(self.answering(line, answer))
    }

    /// Returns a command of the real az as a process to be timed, with a known answer.
    pub(crate) fn az(&self, az: &Path, line: &str, answer: Vec<u8>) -> Process {
        let mut command = self.home.command(az);
        command.args(line.split_whitespace());
        Process::new(command, Expected::Text(answer))
    }

    /// Returns the URL of the last request since the emulator's log was cleared.
    pub(crate) fn last_url(&self, line: &str) -> Result<String, BenchError> {
        match self.web.requests()?.last() {
            Some(last) => Ok(self.web.url(last)),
            None => BenchError::unexpected(format!("`{line}` made no request")),
        }
    }

    /// Returns the same with a known answer.
    pub(crate) fn answering(&self, line: &str, answer: Vec<u8>) -> Process {
        Process::new(self.azq(line, None), Expected::Text(answer))
    }

    /// Returns `/bin/true` in the same environment and directory.
    pub(crate) fn nothing(&self) -> Process {
        let command = self.home.command(Path::new("/bin/true"));
        Process::new(command, Expected::Text(Vec::new()))
    }

    /// Returns `curl --compressed` of a Resource Manager document, which is discarded.
    pub(crate) fn curl(&self, url: &str) -> Process {
        let token = format!("Authorization: Bearer {}", self.web.token);
        let certificate = self.emulator.certificate.display().to_string();
        let options = ["--compressed", "--header", &token, "--cacert", &certificate];
        self.plain_curl(&options, url)
    }

    /// Returns `curl` with these options and no others of its own, whose document is discarded.
    pub(crate) fn plain_curl(&self, options: &[&str], url: &str) -> Process {
        let mut command = self.home.command(Path::new("/usr/bin/curl"));
        command.args(["--silent", "--fail", "--output", "/dev/null"]);
        command.args(options).arg(url);
        Process::new(command, Expected::Text(Vec::new()))
    }

    /// Runs azq untimed and returns its stdout; an error if it fails.
    pub(crate) fn answer(&self, line: &str) -> Result<Vec<u8>, BenchError> {
        succeeded(
            format!("azq {line}"),
            self.home.azq(line.split_whitespace())?,
        )
    }

    /// Measures a command beside a GET of this URL by a warm client: it may take at most so many
    /// times as long as `/bin/true` more.
    pub(crate) fn beside_get(
        &self,
        line: &str,
        url: &str,
        rounds: usize,
        at_most: f64,
    ) -> Result<Figure, BenchError> {
        let (mut azq, mut nothing) = (self.process(line)?, self.nothing());
        let (mut azq, mut get, mut nothing) =
            (|_| azq.run(), |_| self.web.get(url), |_| nothing.run());
        let samples = in_turn(rounds, &mut [&mut azq, &mut get, &mut nothing])?;
        let [azq, get, nothing] = samples.map(|samples| samples.median());
        let more = (azq - get) / nothing;
        let command = line.split(" -").next().unwrap_or(line);
        let what = format!("`{command}` beside a keep-alive GET of the document");
        let target = format!("at most GET + {at_most} x `/bin/true`");
        Ok(Figure {
            reference: format!("GET {}, `/bin/true` {}", time(get), time(nothing)),
            ratio: format!("GET + {more:.2} x `/bin/true`"),
            ..Figure::alone(what, time(azq), target, more <= at_most)
        })
    }

    /// Returns the running daemon.
    pub(crate) fn daemon(&self) -> Result<Daemon, BenchError> {
        match self.home.daemons().as_slice() {
            [id] => Ok(Daemon(*id)),
            ids => BenchError::unexpected(format!("not one daemon but {ids:?}")),
        }
    }

    /// Starts a daemon without any data in memory or on disk.
    pub(crate) fn afresh(&self) -> Result<Daemon, BenchError> {
        self.home.stop()?;
        let cache = self.home.path().join("cache_home/azq");
        match std::fs::remove_dir_all(&cache) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.answer("daemon start")?;
        self.daemon()
    }
}

/// Returns the stdout of a command; an error if it has failed.
pub(crate) fn succeeded(command: String, outcome: Outcome) -> Result<Vec<u8>, BenchError> {
    if outcome.code == Some(0) {
        return Ok(outcome.stdout);
    }
    Err(BenchError::Command {
        command,
        code: outcome.code,
        stderr: outcome.stderr,
    })
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _gone = self.process.wait();
    }
}

/// Returns a catalogue's source, as an emulator with another working directory finds it.
fn source(catalogue: &str) -> Result<String, BenchError> {
    let path = Path::new(catalogue);
    if path.is_file() {
        return Ok(std::path::absolute(path)?.display().to_string());
    }
    Ok(catalogue.to_owned())
}

fn announced(process: &mut Child) -> Result<Ready, BenchError> {
    let mut line = String::new();
    if let Some(stdout) = process.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    Ok(serde_json::from_str(&line)?)
}
