//! `azq batch`: many command lines, one process, one connection.
//!
//! ```text
//! stdin or file ─ input ─► line ─ words ─► arguments ─ run::decide ─► task ─ lane, forward or child ─► parts ─ writer ─► stdout
//! ```
//!
//! Invariants: answers come in the order of the lines, and are the same as if each line had been carried out after the one
//! before it: what only looks something up may overlap with its like, everything else is carried out alone. Every answer is
//! written before the next line is waited for, so that another process may ask and listen in turn. Lines under way, and what
//! is kept of each answer until its turn comes, are bounded.
//!
//! JSON is spoken here alone in the client, by a library: it is the caller's form of input and output, not a look into
//! what the daemon answers.

mod answer;
mod child;
mod input;
mod lane;
mod round;
mod surroundings;
mod words;
mod writer;

use crate::cli::{
    BatchForm, BatchOptions, CommandCall, Invocation, OwnCommand, RECOMMENDATION, WHO_ANSWERS,
};
use crate::connect::{self, Daemon};
use crate::environment::Environment;
use crate::forward::{self, Link, Sink as _, operation};
use crate::passthrough::Mode;
use crate::run::{self, Decision};
use crate::serving::Serving;
use crate::show;
use answer::{Answer, Collector, Part, UnderWay};
use input::{Input, Line};
use lane::{Asked, Lane};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use surroundings::Surroundings;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use words::LineError;

/// az's exit code for a command line that it does not understand.
const USAGE: u8 = 2;
/// az's exit code for an error.
const FAILED: u8 = 1;

/// Answers the lines of a file or of standard input.
pub(crate) fn run(
    options: &BatchOptions,
    serving: Serving,
    mode: Mode,
    environment: &dyn Environment,
) -> ExitCode {
    let source = match Source::of(options) {
        Ok(source) => source,
        Err(failure) => {
            show::error(&failure);
            return ExitCode::from(FAILED);
        }
    };
    forward::block_on(async {
        let link = Arc::new(Link::to(Daemon::of(serving)));
        let lane = Lane::to((serving == Serving::Shared).then(connect::place), &link);
        let code = answer_all(options, source, lane, &link, mode, environment).await?;
        if let Some(link) = Arc::into_inner(link) {
            link.leave().await;
        }
        Ok::<_, io::Error>(ExitCode::from(code))
    })
}

/// The source of the lines.
struct Source {
    lines: Box<dyn io::Read + Send>,
    /// What it is called in errors.
    name: String,
}

impl Source {
    fn of(options: &BatchOptions) -> Result<Self, String> {
        let Some(path) = &options.file else {
            return Ok(Self {
                lines: Box::new(io::stdin()),
                name: "standard input".to_owned(),
            });
        };
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Ok(Self {
                lines: Box::new(file),
                name,
            }),
            Err(error) => Err(format!("{name} cannot be opened: {error}")),
        }
    }
}

async fn answer_all(
    options: &BatchOptions,
    source: Source,
    lane: Lane,
    link: &Arc<Link>,
    mode: Mode,
    environment: &dyn Environment,
) -> io::Result<u8> {
    let input = Input::of(source.lines)?;
    let (sender, answers) = mpsc::unbounded_channel();
    let is_shown = matches!(options.form, BatchForm::Text { .. });
    let under_way = Arc::new(UnderWay::default());
    let batch = Batch {
        surroundings: Surroundings::new(environment, is_shown),
        mode,
        link: Arc::clone(link),
        lane: &lane,
        jobs: u32::from(options.jobs),
        places: Arc::new(Semaphore::new(usize::from(options.jobs))),
        under_way: Arc::clone(&under_way),
        answers: sender,
        source: source.name,
    };
    let read = async {
        batch.read(input).await;
        std::future::pending().await
    };
    // In the order in which they have something for each other, so that a round of it all is one poll.
    let work = async {
        tokio::select! {
            biased;
            never = lane.hear() => match never {},
            code = writer::write(answers, options) => Ok(code),
            operation = under_way.interrupted() => {
                if let Some(operation) = operation {
                    show::warning(&operation::farewell(&operation));
                }
                Ok(operation::INTERRUPTED)
            }
            never = read => never,
            never = lane.say() => match never {},
        }
    };
    round::in_rounds(work).await
}

/// Turns lines into answers.
struct Batch<'a> {
    surroundings: Surroundings<'a>,
    mode: Mode,
    link: Arc<Link>,
    lane: &'a Lane,
    jobs: u32,
    /// As many as there are jobs. What looks something up takes one, what is carried out alone takes all. An answer
    /// keeps them until it is written.
    places: Arc<Semaphore>,
    under_way: Arc<UnderWay>,
    answers: mpsc::UnboundedSender<Answer>,
    /// What the lines' source is called.
    source: String,
}

/// What to do about a line.
enum Task {
    /// Say this, and no more.
    Say { parts: Vec<Part>, code: u8 },
    /// Ask the daemon, and say a line after its answer.
    Ask(Box<CommandCall>, Option<String>),
    /// Let another process answer; what it is called in an error.
    Run(Box<Command>, String),
}

impl Batch<'_> {
    /// Reads lines to the end. The answers end with the last one's.
    async fn read(self, mut input: Input) {
        for number in 1_u64.. {
            let task = match self.next(&mut input, number).await {
                Ok(Some(line)) => self.line(line, number).await,
                Ok(None) => return,
                Err(error) => {
                    let task = Task::error(&error, FAILED);
                    return self.give(task, self.place().await, number).await;
                }
            };
            if let Some((task, place)) = task {
                self.give(task, place, number).await;
            }
        }
    }

    /// The next line, or why there can be none.
    async fn next(&self, input: &mut Input, number: u64) -> Result<Option<Line>, String> {
        let line = input.next().await;
        let line = line.map_err(|error| format!("{} cannot be read: {error}", self.source))?;
        match line {
            Some(line) if number == 1 => {
                let line = words::without_mark(line);
                line.map(Some).map_err(|error| error.to_string())
            }
            line => Ok(line),
        }
    }

    /// What to do about a line, when it may be begun; nothing if it is none.
    async fn line(&self, line: Line, number: u64) -> Option<(Task, OwnedSemaphorePermit)> {
        let words = words::words(line);
        if matches!(words, Ok(None)) {
            return None;
        }
        // A file that the line names may be written by the one before, if that is carried out alone.
        let place = self.place().await;
        let task = words.and_then(|words| self.task(&words.unwrap_or_default()));
        let task =
            task.unwrap_or_else(|error| Task::error(&format!("line {number}: {error}"), USAGE));
        Some((task, place))
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        self.places_of(1).await
    }

    async fn places_of(&self, count: u32) -> OwnedSemaphorePermit {
        let places = Arc::clone(&self.places).acquire_many_owned(count);
        match places.await {
            Ok(places) => places,
            // Nobody closes it.
            Err(_closed) => std::future::pending().await,
        }
    }

    fn task(&self, argv: &[OsString]) -> Result<Task, LineError> {
        let decision = run::decide(argv, self.mode, &self.surroundings);
        if self.surroundings.wanted_input() {
            return Err(LineError::StandardInput);
        }
        match decision {
            Decision::Answer(invocation) => self.answer(invocation, argv, None),
            Decision::HandOver(az) => Ok(Task::Run(Box::new(az.command(argv)), az.to_string())),
            Decision::Instead(invocation) => {
                self.answer(invocation, argv, Some(WHO_ANSWERS.to_owned()))
            }
            Decision::Alone(invocation, none) => {
                self.answer(invocation, argv, Some(run::alone(&none)))
            }
            Decision::Nobody(none) => Ok(Task::say(Part::Stderr, run::nobody(&none), FAILED)),
        }
    }

    fn answer(
        &self,
        invocation: Invocation,
        argv: &[OsString],
        after: Option<String>,
    ) -> Result<Task, LineError> {
        let task = match invocation.alone() {
            Invocation::Command(call) => return Ok(Task::Ask(call, after)),
            Invocation::Help(text) | Invocation::Version(text) => Task::say(Part::Stdout, text, 0),
            Invocation::Usage(error) => {
                let after = after.map(|after| format!("{after}\n")).unwrap_or_default();
                let advice = self.surroundings.variable(RECOMMENDATION);
                let text = error.text_for(advice.as_deref().and_then(OsStr::to_str));
                Task::say(Part::Stderr, format!("{text}{after}"), error.exit_code())
            }
            Invocation::Own(OwnCommand::Batch(_)) => return Err(LineError::Nested),
            Invocation::Own(_) => match std::env::current_exe() {
                Ok(azq) => {
                    let mut command = Command::new(&azq);
                    command.args(argv);
                    Task::Run(Box::new(command), azq.display().to_string())
                }
                Err(error) => Task::error(&format!("azq cannot be found: {error}"), FAILED),
            },
            // `alone` leaves none.
            Invocation::PassOn(_) => Task::error("nobody answers this", FAILED),
        };
        Ok(task)
    }

    /// Begins the task; its answer has its place in the order from now on.
    async fn give(&self, task: Task, mut place: OwnedSemaphorePermit, line: u64) {
        if !task.may_overlap() && self.jobs > 1 {
            place.merge(self.places_of(self.jobs - 1).await);
        }
        let (answer, collector) = answer::answer(place, Arc::clone(&self.under_way));
        // The writer ends before this only when all of the batch does.
        let _gone = self.answers.send(answer.of_line(line));
        match task {
            Task::Say { parts, code } => {
                for part in parts {
                    let _gone = collector.give(part).await;
                }
                collector.end(code).await;
            }
            Task::Ask(call, after) if call.only_looks() => {
                self.lane.ask(Asked::new(call, after, collector));
            }
            Task::Ask(call, after) => {
                let shared = Arc::clone(&self.link);
                tokio::spawn(ask(call, after, shared, collector));
            }
            Task::Run(command, name) => {
                tokio::spawn(run_child(command, name, collector));
            }
        }
    }
}

impl Task {
    fn say(part: fn(prost::bytes::Bytes) -> Part, text: String, code: u8) -> Self {
        Self::Say {
            parts: vec![part(text.into())],
            code,
        }
    }

    fn error(text: &str, code: u8) -> Self {
        Self::say(Part::Stderr, format!("ERROR: {text}\n"), code)
    }

    fn may_overlap(&self) -> bool {
        match self {
            Self::Say { .. } => true,
            Self::Ask(call, _) => call.only_looks(),
            Self::Run(..) => false,
        }
    }
}

async fn ask(
    mut call: Box<CommandCall>,
    after: Option<String>,
    link: Arc<Link>,
    collector: Collector,
) {
    let code = forward::answer(&mut call, &link, &collector).await;
    if let Some(after) = after {
        collector.line("", &after).await;
    }
    // Before the answer ends, and with the last one the batch: it then leaves the link.
    drop(link);
    collector.end(code).await;
}

async fn run_child(command: Box<Command>, name: String, collector: Collector) {
    let code = match child::run(*command, &collector).await {
        Ok(code) => code,
        Err(error) => {
            let text = format!("{name} could not be run: {error}.");
            collector.line("ERROR: ", &text).await;
            FAILED
        }
    };
    collector.end(code).await;
}
