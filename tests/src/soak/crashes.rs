//! `kill -9` at very many random moments under load: while the daemon answers, starts, requests
//! Azure or writes a snapshot.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::questions::{POOL_LINE, Questions};
use super::scene::SoakEnvironment;
use super::snapshots::{Reader, unfinished};
use super::sole::{SingleDaemonWatch, holders};
use super::tally::{Counts, Judged, Tally};
use super::{SoakError, holding};
use crate::harness::{Outcome, signal};

/// The parameters of a run.
#[derive(Clone, Debug, Default)]
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
#[derive(Debug, Default)]
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
        counts: stage.tally.counts().clone(),
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
        let mut report = Report::default();
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
        let judged = Judged {
            line: &question.line(),
            outcome: &outcome.map_err(SoakError::at("running azq"))?,
            answer: &question.answer,
        };
        if !judged.is_clean() {
            self.tally.fail(judged, "the command after a crash");
        }
        Ok((self.sole.standstills() == standstills).then_some(time))
    }

    /// Runs one client until the end: each of its commands must be answered correctly, or fail with
    /// the error that the daemon has ended.
    fn load(&self, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        while !self.ended.load(Ordering::Relaxed) {
            let (line, answer) = self.choose(&mut random);
            match self.scene.home.azq(&line) {
                Ok(outcome) => self.judge(&line, &outcome, answer),
                Err(error) => self.tally.failed(format!("azq {line:?}: {error}")),
            }
        }
    }

    /// Chooses a command line and its answer; some commands only have to succeed.
    fn choose(&self, random: &mut fastrand::Rng) -> (Vec<&str>, Option<&[u8]>) {
        let Questions {
            look_ups, regions, ..
        } = &self.questions;
        let drawn = random.u32(..100);
        let among = if drawn < 10 { regions } else { look_ups };
        let Some(question) = random.choice(among) else {
            return (Vec::new(), None);
        };
        let (mut line, mut answer) = (question.line(), Some(&question.answer[..]));
        match drawn {
            // This bypasses the cache: it requests Azure, and writes a snapshot.
            10..30 => line.extend(["--max-age", "0"]),
            30..40 => {
                line = vec!["cache", "refresh", "--location", question.location()];
                answer = None;
            }
            40..55 => (line, answer) = (POOL_LINE.to_vec(), Some(&*self.questions.pool)),
            _ => {}
        }
        (line, answer)
    }

    fn judge(&self, line: &[&str], outcome: &Outcome, answer: Option<&[u8]>) {
        let answer = answer.unwrap_or(&outcome.stdout);
        let judged = Judged {
            line,
            outcome,
            answer,
        };
        let is_clear = outcome.code == Some(1) && outcome.stderr.starts_with("ERROR: azqd");
        if judged.is_clean() {
            self.tally.count("right answers");
        } else if is_clear && answer.starts_with(&outcome.stdout) {
            self.tally.count("clear errors");
        } else {
            self.tally.fail(judged, "under load");
        }
    }
}

fn pause(milliseconds: u64) {
    thread::park_timeout(Duration::from_millis(milliseconds));
}

impl Report {
    /// Returns the failed conditions; none if all is well. `timed` also requires the commands after
    /// crashes to end within a second, which means little on a machine with other load.
    pub fn failures(&self, timed: bool) -> Vec<String> {
        let (wrong, left, daemons) = (self.counts.failures, self.left_over, self.daemons);
        let late = self.times.iter().filter(|time| **time > SOON).count();
        let took = &format!("{late} commands after a crash took longer than {SOON:?}");
        let pile = &format!("{left} files of dead writers pile up");
        let proven = self.counts.calls.contains_key("right answers");
        let is_proven = proven && self.snapshots_read > 0 && self.looks.0 > 0;
        holding([
            (wrong > 0, &format!("{wrong} answers, errors or snapshots")),
            (timed && late > 0, took),
            (self.looks.1 > 0, "two daemons served"),
            (left > LEFT_OVER, pile),
            (daemons != 1, &format!("{daemons} daemons run at the end")),
            (!is_proven, "nothing was proven"),
        ])
    }

    /// Describes the times of commands after a crash.
    fn pace(&self) -> String {
        let mut times = self.times.clone();
        times.sort();
        let [median, most, longest] = [50, 99, 100].map(|share| {
            let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
            times.get(index).copied().unwrap_or_default()
        });
        format!(
            "the next command takes {median:.0?} (median), {most:.0?} (99 of 100), {longest:.0?} (longest)"
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (crashes, kills) = (self.plan.crashes, self.kills);
        let (clients, seconds) = (self.plan.clients, self.elapsed.as_secs());
        write!(
            out,
            "{crashes} crashes ({kills} kills) under {clients} clients "
        )?;
        writeln!(out, "in {seconds} s, seed {}", self.plan.seed)?;
        writeln!(out, "{}; {} standstills", self.pace(), self.standstills)?;
        writeln!(out, "{}", self.counts)?;
        let ((looks, two), daemons) = (self.looks, self.daemons);
        writeln!(
            out,
            "two daemons served in {two} of {looks} looks; {daemons} run"
        )?;
        let (read, left) = (self.snapshots_read, self.left_over);
        write!(
            out,
            "{read} snapshots read; at most {left} files of dead writers at once"
        )
    }
}
