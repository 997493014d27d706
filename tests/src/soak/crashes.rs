//! `kill -9` at very many random moments under load: while the daemon answers, starts, requests
//! Azure or writes a snapshot.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::SoakError;
use super::questions::{POOL_LINE, Questions};
use super::scene::SoakEnvironment;
use super::snapshots::{Reader, unfinished};
use super::sole::{SingleDaemonWatch, holders};
use super::tally::{Counts, Judged, Tally};
use crate::harness::{Outcome, signal};

/// The parameters of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The number of crashes.
    pub crashes: u64,
    /// The number of clients that send requests meanwhile.
    pub clients: usize,
    /// The seed of the moments and the questions.
    pub seed: u64,
    /// The sizes that Azure lists, a regular expression for whole names; none means all.
    pub sku_names: Option<String>,
}

/// The longest time from an answer to the next crash, in milliseconds.
const LONGEST_CALM: u64 = 50;
/// The longest time from a crash to a second one that is to hit the next daemon while it starts.
const LONGEST_START: u64 = 15;
/// Of this number of crashes one is followed by such a second one.
const TWICE: u64 = 4;
/// The time within which the next command must be answered.
const SOON: Duration = Duration::from_secs(1);
/// The most files of killed writers that may exist at once.
const LEFT_OVER: usize = 8;

/// The daemon's settings: catalogues are refreshed all the time, so that snapshots are written all
/// the time.
const SETTINGS: [(&str, &str); 2] = [("AZQ_CACHE_FRESH", "1s"), ("AZQ_IDLE_TIMEOUT", "0")];

/// The findings of a run.
#[derive(Debug)]
pub struct Report {
    plan: Plan,
    elapsed: Duration,
    kills: u64,
    counts: Counts,
    /// The time of the next command after each crash, without those during which everything stood
    /// still.
    times: Vec<Duration>,
    standstills: u64,
    /// The number of checks for two daemons, and of those that found two.
    looks: (u64, u64),
    snapshots_read: usize,
    /// The most files of killed writers at once.
    left_over: usize,
    daemons: usize,
}

/// Runs a plan. `say` is called now and then with the progress.
pub fn run(plan: &Plan, say: &dyn Fn(&str)) -> Result<Report, SoakError> {
    let names = plan.sku_names.as_deref();
    let questions = Questions::answered(&SoakEnvironment::new(names, &[])?)?;
    let scene = SoakEnvironment::new(names, &SETTINGS)?;
    let stage = Stage {
        reader: Reader::of(&scene)?,
        sole: SingleDaemonWatch::over(scene.home.runtime_dir()),
        cache: scene.home.path().join("cache_home/azq"),
        tally: Tally::default(),
        kills: AtomicU64::new(0),
        ended: AtomicBool::new(false),
        questions,
        scene,
    };
    stage
        .scene
        .must("starting the daemon", &["daemon", "start"])?;
    let started = Instant::now();
    let found = thread::scope(|scope| {
        scope.spawn(|| stage.sole.watch());
        for number in 0..plan.clients {
            let stage = &stage;
            scope.spawn(move || stage.load(plan.seed ^ number as u64));
        }
        let found = stage.crash_all(plan, say);
        // On every path, this ends the load and the watch.
        stage.ended.store(true, Ordering::Relaxed);
        stage.sole.end();
        found
    })?;
    Ok(Report {
        plan: plan.clone(),
        elapsed: started.elapsed(),
        kills: stage.kills.load(Ordering::Relaxed),
        counts: stage.tally.so_far(),
        standstills: stage.sole.standstills(),
        looks: stage.sole.found(),
        daemons: stage.scene.home.daemons().len(),
        ..found
    })
}

/// The environment of the crashes, and the state of the run.
struct Stage {
    scene: SoakEnvironment,
    questions: Questions,
    reader: Reader,
    sole: SingleDaemonWatch,
    /// The directory of snapshots.
    cache: PathBuf,
    tally: Tally,
    kills: AtomicU64,
    ended: AtomicBool,
}

impl Stage {
    fn crash_all(&self, plan: &Plan, say: &dyn Fn(&str)) -> Result<Report, SoakError> {
        let mut random = fastrand::Rng::with_seed(plan.seed);
        let mut report = Report::of(plan);
        for crash in 1..=plan.crashes {
            pause(random.u64(..=LONGEST_CALM));
            self.kill();
            if random.u64(..TWICE) == 0 {
                pause(random.u64(..=LONGEST_START));
                self.kill();
            }
            // The copy is taken before the next daemon can repair anything.
            self.reader.copy(&self.cache)?;
            report.times.extend(self.ask_again(&mut random)?);
            let (count, problems) = self.reader.read(&self.questions)?;
            report.snapshots_read += count;
            report.left_over = report.left_over.max(unfinished(&self.cache));
            for problem in problems {
                self.tally.failed(format!("crash {crash}: {problem}"));
            }
            if crash % 50 == 0 {
                say(&format!("{crash} crashes: {}", report.pace()));
            }
        }
        Ok(report)
    }

    /// Kills the daemon that serves and those that start.
    fn kill(&self) {
        let serving = holders(&self.scene.home.runtime_dir());
        let starting = self.scene.home.daemons();
        for id in serving.into_iter().chain(starting) {
            signal(id, Signal::KILL);
        }
        self.kills.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs the command after a crash; returns its time, unless everything stood still meanwhile.
    fn ask_again(&self, random: &mut fastrand::Rng) -> Result<Option<Duration>, SoakError> {
        let Some(question) = random.choice(&self.questions.look_ups) else {
            return Ok(None);
        };
        let (standstills, started) = (self.sole.standstills(), Instant::now());
        let outcome = self.scene.home.azq(question.line());
        let time = started.elapsed();
        let outcome = outcome.map_err(SoakError::at("running azq"))?;
        let judged = judged(&question.line(), &outcome, &question.answer);
        if !(judged.is_right && outcome.stderr.is_empty()) {
            self.tally.fail(&judged, "the command after a crash");
        }
        Ok((self.sole.standstills() == standstills).then_some(time))
    }

    /// Runs one client until the end: each of its commands must be answered correctly, or fail with
    /// the error that the daemon has ended.
    fn load(&self, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        while !self.ended.load(Ordering::Relaxed) {
            let (line, answer) = self.choose(&mut random);
            let line: Vec<&str> = line.iter().map(String::as_str).collect();
            match self.scene.home.azq(&line) {
                Ok(outcome) => self.judge(&line, &outcome, answer),
                Err(error) => self.tally.failed(format!("azq {line:?}: {error}")),
            }
        }
    }

    /// Chooses a command line and its answer; some commands only have to succeed.
    fn choose(&self, random: &mut fastrand::Rng) -> (Vec<String>, Option<&[u8]>) {
        let Questions {
            look_ups,
            regions,
            pool,
        } = &self.questions;
        let drawn = random.u32(..100);
        let among = if drawn < 10 { regions } else { look_ups };
        let Some(question) = random.choice(among) else {
            return (Vec::new(), None);
        };
        let owned = |line: &[&str]| line.iter().map(|word| (*word).to_owned()).collect();
        let line = question.line();
        match drawn {
            // This bypasses the cache: it requests Azure, and writes a snapshot.
            10..30 => (
                owned(&[line.as_slice(), &["--max-age", "0"]].concat()),
                Some(&question.answer),
            ),
            30..40 => (
                owned(&["cache", "refresh", "--location", question.location()]),
                None,
            ),
            40..55 => (owned(&POOL_LINE), Some(pool)),
            _ => (owned(&line), Some(&question.answer)),
        }
    }

    fn judge(&self, line: &[&str], outcome: &Outcome, answer: Option<&[u8]>) {
        let judged = judged(line, outcome, answer.unwrap_or(&outcome.stdout));
        let is_part = answer.is_none_or(|answer| answer.starts_with(&outcome.stdout));
        let is_clear = outcome.code == Some(1) && outcome.stderr.starts_with("ERROR: azqd");
        if judged.is_right && outcome.stderr.is_empty() {
            self.tally.count("right answers");
        } else if is_clear && is_part {
            self.tally.count("clear errors");
        } else {
            self.tally.fail(&judged, "under load");
        }
    }
}

fn judged<'a>(line: &[&str], outcome: &'a Outcome, answer: &[u8]) -> Judged<'a> {
    let succeeded = outcome.code == Some(0);
    Judged {
        asked: line.join(" "),
        succeeded,
        is_right: succeeded && outcome.stdout == answer,
        stdout: &outcome.stdout,
        stderr: &outcome.stderr,
    }
}

fn pause(milliseconds: u64) {
    thread::park_timeout(Duration::from_millis(milliseconds));
}

impl Report {
    fn of(plan: &Plan) -> Self {
        Self {
            plan: plan.clone(),
            elapsed: Duration::ZERO,
            kills: 0,
            counts: Counts::default(),
            times: Vec::new(),
            standstills: 0,
            looks: (0, 0),
            snapshots_read: 0,
            left_over: 0,
            daemons: 0,
        }
    }

    /// Returns the failed conditions; none if all is well. `timed` also requires the commands after
    /// crashes to end within a second, which means little on a machine with other load.
    pub fn failures(&self, timed: bool) -> Vec<String> {
        let mut failures = Vec::new();
        if self.counts.failures > 0 {
            failures.push(format!(
                "{} answers, errors or snapshots",
                self.counts.failures
            ));
        }
        let late = self.times.iter().filter(|time| **time > SOON).count();
        if timed && late > 0 {
            failures.push(format!(
                "{late} commands after a crash took longer than {SOON:?}"
            ));
        }
        if self.looks.1 > 0 {
            failures.push("two daemons served".to_owned());
        }
        if self.left_over > LEFT_OVER {
            failures.push(format!("{} files of dead writers pile up", self.left_over));
        }
        if self.daemons != 1 {
            failures.push(format!("{} daemons run at the end", self.daemons));
        }
        let proven = self.counts.calls.get("right answers").copied().unwrap_or(0);
        if proven == 0 || self.snapshots_read == 0 || self.looks.0 == 0 {
            failures.push("nothing was proven".to_owned());
        }
        failures
    }

    /// Describes the times of commands after a crash.
    fn pace(&self) -> String {
        let mut times = self.times.clone();
        times.sort();
        let at = |share: usize| {
            let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
            times.get(index).copied().unwrap_or_default()
        };
        format!(
            "the next command takes {:.0?} (median), {:.0?} (99 of 100), {:.0?} (longest)",
            at(50),
            at(99),
            at(100)
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan {
            crashes,
            clients,
            seed,
            ..
        } = self.plan;
        let seconds = self.elapsed.as_secs();
        let kills = self.kills;
        writeln!(
            out,
            "{crashes} crashes ({kills} kills) under {clients} clients in {seconds} s, seed {seed}"
        )?;
        writeln!(out, "{}; {} standstills", self.pace(), self.standstills)?;
        writeln!(out, "{}", self.counts)?;
        let (looks, two) = self.looks;
        writeln!(
            out,
            "two daemons served in {two} of {looks} looks; {} run",
            self.daemons
        )?;
        write!(
            out,
            "{} snapshots read; at most {} files of dead writers at once",
            self.snapshots_read, self.left_over
        )
    }
}
