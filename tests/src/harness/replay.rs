//! The replay of goldens with the real binaries, which compares azq with az.
//!
//! A golden holds when exit code, stdout (byte for byte) and the requests that change something are
//! az's. The `WARNING:` lines and the first `ERROR:` line of stderr are compared and counted
//! separately.

use std::fmt;
use std::num::NonZero;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use regex::Regex;

use super::golden::{FileState, Golden, Mutation, Presets};
use super::home::Home;
use crate::emulator::Emulator;

/// A replay of goldens with its settings.
#[derive(Debug)]
pub struct Replay {
    presets: Presets,
    threads: usize,
    variables: Vec<(String, String)>,
}

/// The result of one golden.
#[derive(Debug)]
pub struct Verdict {
    /// The golden's name.
    pub name: String,
    /// Its command line.
    pub argv: Vec<String>,
    /// The differences; none if it holds.
    pub differences: Vec<Difference>,
    /// The difference of the messages on stderr, if there is one.
    pub talk: Option<Difference>,
    /// The time it took.
    pub took: Duration,
}

/// A difference between azq and az.
#[derive(Debug)]
pub struct Difference {
    /// `exit code`, `stdout`, `requests`, `file`, `stderr`, `processes` or `test`.
    pub what: &'static str,
    /// The value for az.
    pub az: String,
    /// The value for azq.
    pub azq: String,
}

/// The results of a suite.
#[derive(Debug)]
pub struct Report {
    /// The suite's name.
    pub suite: String,
    /// Every golden's verdict, in order.
    pub verdicts: Vec<Verdict>,
    /// The number of failed goldens that are shown in full.
    pub shown: usize,
}

impl Replay {
    /// Creates a replay with these presets, on as many threads as there are cores.
    pub fn new(presets: Presets) -> Self {
        Self {
            presets,
            threads: std::thread::available_parallelism().map_or(2, NonZero::get),
            variables: Vec::new(),
        }
    }

    /// Returns the same with a variable that az did not have.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replays all goldens of a suite.
    pub fn run(&self, suite: &str, goldens: &[Golden]) -> Report {
        let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(golden) = goldens.get(index) else {
                            return;
                        };
                        let verdict = self.one(golden);
                        verdicts
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((index, verdict));
                    }
                });
            }
        });
        let mut verdicts = verdicts
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        verdicts.sort_by_key(|(index, _)| *index);
        Report {
            suite: suite.to_owned(),
            verdicts: verdicts.into_iter().map(|(_, verdict)| verdict).collect(),
            shown: 5,
        }
    }

    fn one(&self, golden: &Golden) -> Verdict {
        let start = Instant::now();
        let (differences, talk) = self
            .compare(golden)
            .unwrap_or_else(|error| (vec![Difference::new("test", "", error.to_string())], None));
        Verdict {
            name: golden.name.clone(),
            argv: golden.argv.clone(),
            differences,
            talk,
            took: start.elapsed(),
        }
    }

    fn compare(
        &self,
        golden: &Golden,
    ) -> Result<(Vec<Difference>, Option<Difference>), Box<dyn std::error::Error>> {
        let emulator = Emulator::start(self.presets.specification(golden)?)?;
        let mut home = Home::with(&emulator, &golden.config)?;
        home.set_all(self.variables.iter().cloned());
        let folder = home.path().display().to_string();
        for (name, value) in &golden.env {
            home.set(name, &value.replace("{home}", &folder));
        }
        write_files(golden, home.path())?;
        let port = emulator.port().to_string();
        let argv = golden.argv.iter();
        let argv = argv.map(|word| word.replace("{home}", &folder).replace("{port}", &port));
        let outcome = home.azq_reading(argv, golden.stdin.as_bytes())?;
        let mutations = Mutation::of(&emulator.requests());
        let mut differences = Vec::new();
        if outcome.code != Some(golden.expect.exit_code) {
            let azq = if outcome.timed_out {
                "did not end".to_owned()
            } else {
                format!("{:?}", outcome.code)
            };
            let az = golden.expect.exit_code.to_string();
            differences.push(Difference::new("exit code", az, azq));
        }
        let is_same = if golden.argv.iter().any(|word| word == "get-access-token") {
            without_times(&outcome.text()) == without_times(&golden.expect.stdout)
        } else {
            outcome.stdout == golden.expect.stdout.as_bytes()
        };
        if !is_same {
            let az = &golden.expect.stdout;
            differences.push(Difference::new("stdout", az, outcome.text()));
        }
        if !same_mutations(&golden.expect.mutations, &mutations) {
            let az = format!("{:#?}", golden.expect.mutations);
            let azq = format!("{mutations:#?}");
            differences.push(Difference::new("requests", az, azq));
        }
        for (name, expected) in &golden.expect.files {
            let found = FileState::of(&home.path().join(name));
            if found != *expected {
                let [az, azq] =
                    [expected, &found].map(|state| format!("{state:#?}").replace("\\n", "\n"));
                differences.push(Difference::new("file", az, azq));
            }
        }
        let left = home.end()?;
        if !left.is_empty() {
            let azq = format!("{left:?} left over");
            differences.push(Difference::new("processes", "", azq));
        }
        let said = outcome
            .stderr
            .replace(&port, "{port}")
            .replace(&folder, "{home}");
        let az = &golden.expect.stderr;
        let talk = (talk(&said) != talk(az)).then(|| Difference::new("stderr", az, said));
        Ok((differences, talk))
    }
}

impl Difference {
    fn new(what: &'static str, az: impl Into<String>, azq: impl Into<String>) -> Self {
        Self {
            what,
            az: az.into(),
            azq: azq.into(),
        }
    }
}

/// Writes the files and links that a golden begins with.
fn write_files(golden: &Golden, folder: &Path) -> std::io::Result<()> {
    for (name, text) in &golden.files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(&path, text)?;
        let mode = golden.modes.get(name).map_or("600", String::as_str);
        let mode = u32::from_str_radix(mode, 8).map_err(std::io::Error::other)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    for (name, target) in &golden.links {
        std::os::unix::fs::symlink(target, folder.join(name))?;
    }
    Ok(())
}

/// Returns a text without the times at which tokens expire, which differ from run to run.
fn without_times(text: &str) -> String {
    static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let date = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.000000";
        Regex::new(&format!(r"{date}|\b[0-9]{{10}}\b")).ok()
    });
    match &*TIME {
        Some(time) => time.replace_all(text, "{time}").into_owned(),
        None => text.to_owned(),
    }
}

fn same_mutations(one: &[Mutation], other: &[Mutation]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.same(other))
}

/// Returns the lines of stderr that are compared.
fn talk(stderr: &str) -> Vec<&str> {
    let warnings = stderr.lines().filter(|line| line.starts_with("WARNING:"));
    warnings
        .chain(stderr.lines().find(|line| line.starts_with("ERROR:")))
        .collect()
}

impl Report {
    /// Returns the number of goldens that hold.
    pub fn held(&self) -> usize {
        self.verdicts
            .iter()
            .filter(|verdict| verdict.differences.is_empty())
            .count()
    }

    /// Returns the number of goldens with az's messages on stderr.
    pub fn spoken(&self) -> usize {
        self.verdicts
            .iter()
            .filter(|verdict| verdict.talk.is_none())
            .count()
    }

    /// Whether all hold and all have az's messages.
    pub fn is_clean(&self) -> bool {
        self.held() == self.verdicts.len() && self.spoken() == self.verdicts.len()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.verdicts.len();
        let slowest = self.verdicts.iter().map(|verdict| verdict.took).max();
        let slowest = slowest.unwrap_or_default();
        writeln!(
            formatter,
            "{}: {} of {all} hold, stderr {} of {all}, slowest {:.1} s",
            self.suite,
            self.held(),
            self.spoken(),
            slowest.as_secs_f64()
        )?;
        let bad = self
            .verdicts
            .iter()
            .filter(|verdict| !verdict.differences.is_empty() || verdict.talk.is_some());
        for (index, verdict) in bad.enumerate() {
            writeln!(formatter, "--- {}: {:?}", verdict.name, verdict.argv)?;
            for difference in verdict.differences.iter().chain(&verdict.talk) {
                if index < self.shown {
                    write!(formatter, "{difference}")?;
                } else {
                    writeln!(formatter, "  {}", difference.what)?;
                }
            }
        }
        Ok(())
    }
}

/// Number of lines that are shown around the first difference.
const CONTEXT: usize = 3;

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = self
            .az
            .lines()
            .zip(self.azq.lines())
            .take_while(|(az, azq)| az == azq)
            .count();
        writeln!(formatter, "  {} (line {})", self.what, same + 1)?;
        for (who, text) in [("az ", &self.az), ("azq", &self.azq)] {
            let around = text
                .lines()
                .enumerate()
                .skip(same.saturating_sub(CONTEXT))
                .take(2 * CONTEXT + 1);
            for (_, line) in around {
                writeln!(formatter, "    {who} | {line}")?;
            }
            if text.lines().nth(same).is_none() {
                writeln!(
                    formatter,
                    "    {who} | (ends{})",
                    if text.ends_with('\n') || text.is_empty() {
                        ""
                    } else {
                        " without a line break"
                    }
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_and_the_first_error_count() {
        let stderr = "WARNING: a\nnoise\nERROR: b\nWARNING: c\nERROR: d\n";
        assert_eq!(talk(stderr), ["WARNING: a", "WARNING: c", "ERROR: b"]);
    }

    #[test]
    fn a_difference_shows_where_it_starts() {
        let difference = Difference::new("stdout", "1\n2\n3\n", "1\n2\nx\n");
        let shown = difference.to_string();
        assert!(
            shown.contains("stdout (line 3)")
                && shown.contains("az  | 3")
                && shown.contains("azq | x"),
            "{shown}"
        );
    }
}
