//! `azq demo`: the Generation 2 guide from end to end, without an Azure account.
//!
//! It runs the emulator that lies beside azq and, for every step, azq itself as a user would, with a daemon, a cache and an
//! account of their own in a temporary directory; nothing of the user's is touched, and all of it is gone afterwards,
//! also after Ctrl-C or where nobody reads any further. With `--keep` the emulator stays, and what to type is printed.

mod stage;
mod steps;

use std::future::poll_fn;
use std::path::PathBuf;
use std::process::ExitCode;
use std::task::Poll;
use std::time::Instant;

use tokio::signal::unix::{Signal, SignalKind};

use crate::show::{self, Closed};
use crate::signals;
use stage::Stage;
use steps::{STEPS, Step};

/// Why the demo was not played to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("{} is missing; build it with: cargo build --release", .0.display())]
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

/// Plays the guide. Needs a tokio runtime.
pub(crate) async fn run(keep: bool) -> Result<ExitCode, DemoError> {
    let own = std::env::current_exe().map_err(DemoError::at("finding azq"))?;
    let mut interruptions = Interruptions::listen();
    let mut stage = Stage::build(&own, keep)?;
    let outcome = tokio::select! {
        biased;
        code = interruptions.next() => Err(DemoError::Interrupted(code)),
        played = play(&mut stage, keep) => played,
    };
    if keep && outcome.is_ok() {
        stage.leave();
    } else {
        stage.clear().await;
    }
    match outcome {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(DemoError::Interrupted(code)) => {
            show::warning("interrupted; the demo and all that belongs to it are gone");
            Ok(ExitCode::from(code))
        }
        Err(DemoError::Closed(closed)) => Ok(ExitCode::from(crate::forward::code_of(closed))),
        Err(error) => Err(error),
    }
}

async fn play(stage: &mut Stage, keep: bool) -> Result<(), DemoError> {
    stage.until_ready().await?;
    for step in &STEPS {
        play_step(stage, step).await?;
    }
    if keep { stage.explain() } else { Ok(()) }
}

async fn play_step(stage: &Stage, step: &Step) -> Result<(), DemoError> {
    let line = step.line();
    say(&format!("\n# {}\n$ {} {line}", step.why, stage.program()))?;
    let started = Instant::now();
    let status = stage.run(&line).await?;
    let taken = started.elapsed();
    if !status.success() {
        return Err(DemoError::Command(line));
    }
    say(&format!("# {} ms", taken.as_millis()))
}

/// The signals that tell the demo to end.
struct Interruptions(Vec<(SignalKind, Signal)>);

impl Interruptions {
    fn listen() -> Self {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let listeners = kinds.map(|kind| Some((kind, signals::listen(kind)?)));
        Self(listeners.into_iter().flatten().collect())
    }

    /// Waits for one; the exit code, as shells have it.
    async fn next(&mut self) -> u8 {
        let kind = poll_fn(|context| {
            let mut listeners = self.0.iter_mut();
            let come = listeners.find_map(|(kind, signal)| {
                let is_ready = signal.poll_recv(context).is_ready();
                is_ready.then_some(*kind)
            });
            come.map_or(Poll::Pending, Poll::Ready)
        });
        u8::try_from(128 + kind.await.as_raw_value()).unwrap_or(u8::MAX)
    }
}

/// A line between the commands' answers, on stdout as they are. A reader that has gone ends the demo.
fn say(text: &str) -> Result<(), DemoError> {
    show::stdout(format!("{text}\n").as_bytes()).map_err(DemoError::Closed)
}
