//! `azq demo`: the Generation 2 guide from end to end, without an Azure account.
//!
//! It runs the emulator that lies beside azq and, for every step, azq itself as a user would, with
//! a daemon, a cache and an account of their own in a temporary directory. Nothing of the user's is
//! touched, and all of it is removed at the end, also after Ctrl-C or when the reader of stdout has
//! gone. With `--keep` the emulator stays, and the demo prints how to use it.

mod children;
mod stage;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use crate::show::{self, Closed};
use crate::transport::exit_code;
use children::Children;
use stage::Stage;
use steps::{STEPS, Step};

/// The reasons why the demo was not played to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("{} is missing; build it with: cargo build --bins", .0.display())]
    NoEmulator(PathBuf),
    #[error("the emulator did not start within {0} s")]
    NotReady(u64),
    #[error("{step}: {error}")]
    System {
        step: &'static str,
        error: std::io::Error,
    },
    #[error("the demo's command failed: {0}")]
    Command(String),
    #[error("the demo was interrupted")]
    Interrupted(u8),
    #[error("stdout is closed")]
    Closed(Closed),
}

impl DemoError {
    fn at(step: &'static str) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::System { step, error }
    }
}

/// Plays the guide.
pub(crate) fn run(keep: bool) -> Result<ExitCode, DemoError> {
    // A package may have put a link elsewhere; the emulator lies beside the program itself.
    let own = std::env::current_exe()
        .and_then(std::fs::canonicalize)
        .map_err(DemoError::at("finding azq"))?;
    let mut children = Children::watch();
    let mut stage = Stage::build(&own, keep)?;
    let outcome = play(&mut stage, &mut children, keep);
    if keep && outcome.is_ok() {
        stage.leave();
    } else {
        stage.clear(&mut children);
    }
    match outcome {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(DemoError::Interrupted(code)) => {
            show::warning("interrupted; the demo and all that belongs to it are gone");
            Ok(ExitCode::from(code))
        }
        Err(DemoError::Closed(closed)) => Ok(ExitCode::from(exit_code(closed))),
        Err(error) => Err(error),
    }
}

fn play(stage: &mut Stage, children: &mut Children, keep: bool) -> Result<(), DemoError> {
    stage.until_ready(children)?;
    for step in STEPS {
        play_step(stage, children, step)?;
    }
    if keep { stage.explain() } else { Ok(()) }
}

fn play_step(stage: &Stage, children: &mut Children, step: &Step) -> Result<(), DemoError> {
    let line = step.line();
    say(&format!("\n# {}\n$ {} {line}", step.why, stage.program()))?;
    let started = Instant::now();
    let status = stage.run(&line, children)?;
    let taken = started.elapsed();
    if !status.success() {
        return Err(DemoError::Command(line));
    }
    say(&format!("# {} ms", taken.as_millis()))
}

/// Prints a line between the commands' answers. A reader that has gone ends the demo.
fn say(text: &str) -> Result<(), DemoError> {
    show::stdout(format!("{text}\n").as_bytes()).map_err(DemoError::Closed)
}
