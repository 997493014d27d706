//! `azq batch`: many command lines, one process, one connection.
//!
//! ```text
//! input ─► line ─ words ─► arguments ─ run::decide ─► task ─ transport or child ─► writer ─► stdout
//! ```
//!
//! | module | what it does |
//! | --- | --- |
//! | `input` | cuts standard input, or a file, into lines |
//! | `words` | splits a line into arguments |
//! | `environment` | the process as a line sees it |
//! | `queue` | the lines whose answers are under way, in order |
//! | `writer` | writes answers as text or as JSON objects |
//! | `child` | lines that another process answers |
//!
//! Invariants: answers come in the order of the lines, and are the same as if each line had been
//! carried out after the one before it. Lines that only read may overlap; all others are carried
//! out alone. Every answer is written before the next line is waited for, so that another process
//! may write lines and read answers in turn. The lines under way and the bytes kept of their
//! answers are bounded.
//!
//! Only this module of the client uses JSON, by a library: as a form of input and output, not to
//! read the daemon's answers.

mod child;
mod environment;
mod input;
mod queue;
mod words;
mod writer;

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::cli::{BatchForm, BatchOptions, CommandCall, Invocation, OwnCommand, WHO_ANSWERS};
use crate::daemon::Daemon;
use crate::environment::Environment;
use crate::passthrough::Mode;
use crate::run::{self, Decision};
use crate::serving::Serving;
use crate::show::{self, Closed};
use crate::transport::{FAILED, INTERRUPTED, Outcome, Sink as _, Transport};
use environment::BatchEnvironment;
use input::{Input, Line};
use queue::Queue;
use words::LineError;
use writer::{LineSink, Part, Stream, Writer};

/// az's exit code for a command line that it does not understand.
const USAGE: u8 = 2;

/// Answers the lines of a file or of standard input.
pub(crate) fn run(
    options: &BatchOptions,
    serving: Serving,
    mode: Mode,
    environment: &dyn Environment,
) -> ExitCode {
    let input = match Input::of(options) {
        Ok(input) => input,
        Err(error) => {
            show::error(&error);
            return ExitCode::from(FAILED);
        }
    };
    let writer = Writer::new(options);
    let is_shown = matches!(options.form, BatchForm::Text { .. });
    let mut batch = Batch {
        input,
        number: 0,
        has_ended: false,
        alone: None,
        environment: BatchEnvironment::new(environment, is_shown),
        mode,
        serving,
        transport: Transport::to(Daemon::of(serving)),
        queue: Queue::new(usize::from(options.jobs), writer.encoding()),
        writer,
    };
    let code = match batch.answer_all() {
        Ok(()) | Err(End::Stopped | End::Closed(Closed::Pipe)) => batch.writer.exit_code(),
        Err(End::Interrupted) => INTERRUPTED,
        Err(End::Closed(Closed::Failed)) => FAILED,
    };
    batch.transport.close();
    ExitCode::from(code)
}

/// The reason why a batch ends before its input does.
enum End {
    /// The user interrupted it.
    Interrupted,
    /// A line has failed that is to be the last.
    Stopped,
    /// Stdout takes no more.
    Closed(Closed),
}

impl From<Closed> for End {
    fn from(closed: Closed) -> Self {
        Self::Closed(closed)
    }
}

/// Turns lines into answers.
struct Batch<'a> {
    input: Input,
    /// The number of the last line that was read.
    number: u64,
    /// Whether there are no more lines.
    has_ended: bool,
    /// The task that waits until everything before it is answered, with its line's number.
    alone: Option<(u64, Task)>,
    environment: BatchEnvironment<'a>,
    mode: Mode,
    serving: Serving,
    transport: Transport,
    queue: Queue,
    writer: Writer<'a>,
}

/// The way in which a line is answered.
enum Task {
    /// Print this, and no more.
    Print { parts: Vec<Part>, code: u8 },
    /// Ask the daemon, and print a line after its answer.
    Ask(Box<CommandCall>, Option<String>),
    /// Let another process answer; the name is for an error.
    Run(Box<Command>, String),
    /// The same, for an answer that is wiped from memory when it is written.
    Secret(Box<Command>, String),
}

impl Batch<'_> {
    fn answer_all(&mut self) -> Result<(), End> {
        loop {
            self.begin_lines();
            self.queue.ask(&mut self.transport);
            let stopped = self.queue.write(&mut self.transport, &mut self.writer)?;
            if stopped {
                self.writer.flush()?;
                return Err(End::Stopped);
            }
            if self.queue.is_empty() {
                if let Some((number, task)) = self.alone.take() {
                    self.carry_out(number, task)?;
                    continue;
                }
                if self.has_ended {
                    return Ok(self.writer.flush()?);
                }
            }
            if self.wants_line() && self.input.has_line() {
                continue;
            }
            self.writer.flush()?;
            self.wait()?;
        }
    }

    fn wants_line(&self) -> bool {
        !self.has_ended && self.alone.is_none() && self.queue.has_room()
    }

    /// Begins the lines that have come, as far as they may overlap with those under way.
    fn begin_lines(&mut self) {
        while self.wants_line() {
            let task = match self.next_line() {
                Ok(Some(line)) => self.task_of_line(line),
                Ok(None) => return,
                Err(error) => {
                    self.has_ended = true;
                    Some(Task::error(&error, FAILED))
                }
            };
            if let Some(task) = task {
                self.begin(self.number, task);
            }
        }
    }

    /// The next line that has come, if there is one; an error ends the batch.
    fn next_line(&mut self) -> Result<Option<Line>, String> {
        let next = self.input.next();
        if let Ok(None) = next {
            self.has_ended = self.input.is_over();
            return Ok(None);
        }
        self.number += 1;
        match next? {
            Some(line) if self.number == 1 => {
                let line = words::without_mark(line);
                line.map(Some).map_err(|error| error.to_string())
            }
            line => Ok(line),
        }
    }

    /// Begins a task, or keeps it until everything before it is answered.
    fn begin(&mut self, number: u64, task: Task) {
        match task {
            Task::Print { parts, code } => self.queue.push_answer(number, parts, code),
            Task::Ask(call, after) if call.only_looks() => {
                self.queue.push_call(number, call, after);
            }
            task => self.alone = Some((number, task)),
        }
    }

    /// The way in which a line is answered; none if it is blank or a comment.
    fn task_of_line(&self, line: Line) -> Option<Task> {
        let arguments = match words::words(line) {
            Ok(arguments) => arguments?,
            Err(error) => return Some(self.refused(&error)),
        };
        let task = self.task(&arguments);
        Some(task.unwrap_or_else(|error| self.refused(&error)))
    }

    fn refused(&self, error: &LineError) -> Task {
        Task::error(&format!("line {}: {error}", self.number), USAGE)
    }

    fn task(&self, argv: &[OsString]) -> Result<Task, LineError> {
        let decision = run::decide(argv, self.mode, &self.environment);
        if self.environment.wanted_input() {
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
            Decision::Nobody(none) => Ok(Task::print(Stream::Stderr, run::nobody(&none), FAILED)),
        }
    }

    fn answer(
        &self,
        invocation: Invocation,
        argv: &[OsString],
        after: Option<String>,
    ) -> Result<Task, LineError> {
        let task = match invocation.alone() {
            Invocation::Command(call) if call.needs_own_process() => {
                self.by_own_process(argv, true)
            }
            Invocation::Command(call) => return Ok(Task::Ask(call, after)),
            Invocation::Help(text) | Invocation::Version(text) => {
                Task::print(Stream::Stdout, text, 0)
            }
            Invocation::Usage(error) => {
                let after = after.map(|after| format!("{after}\n")).unwrap_or_default();
                let text = error.text_for(&self.environment);
                Task::print(Stream::Stderr, format!("{text}{after}"), error.exit_code())
            }
            Invocation::Own(OwnCommand::Batch(_)) => return Err(LineError::Nested),
            Invocation::Own(_) => self.by_own_process(argv, false),
            // `alone` leaves none of these.
            Invocation::PassOn(_) => Task::error("nobody answers this", FAILED),
        };
        Ok(task)
    }

    /// A line that another azq answers, so that a token never comes into this process's buffers of
    /// its connection.
    fn by_own_process(&self, argv: &[OsString], is_secret: bool) -> Task {
        let azq = match std::env::current_exe() {
            Ok(azq) => azq,
            Err(error) => return Task::error(&format!("azq cannot be found: {error}"), FAILED),
        };
        let mut command = Command::new(&azq);
        command.args(self.serving.arguments()).args(argv);
        let name = azq.display().to_string();
        if is_secret {
            Task::Secret(Box::new(command), name)
        } else {
            Task::Run(Box::new(command), name)
        }
    }

    /// Carries out a task while no other is under way.
    fn carry_out(&mut self, number: u64, task: Task) -> Result<(), End> {
        let mut sink = LineSink::of(&mut self.writer);
        let outcome = match task {
            Task::Print { parts, code } => {
                for Part(stream, bytes) in parts {
                    sink.part(stream, &bytes)?;
                }
                Outcome::Exit(code)
            }
            Task::Ask(mut call, after) => {
                let outcome = self.transport.run(&mut call, &mut sink);
                if let (Some(after), Outcome::Exit(_)) = (after, &outcome) {
                    sink.line("", &after);
                }
                outcome
            }
            Task::Secret(command, name) => {
                sink.expect_secret();
                Outcome::Exit(run_child(*command, &name, &mut sink))
            }
            Task::Run(command, name) => Outcome::Exit(run_child(*command, &name, &mut sink)),
        };
        let Outcome::Exit(code) = outcome else {
            self.writer.abandon()?;
            return Err(End::Interrupted);
        };
        if sink.end(number, code)? {
            self.writer.flush()?;
            return Err(End::Stopped);
        }
        Ok(())
    }

    /// Waits for the daemon, for lines, or for an interrupt.
    fn wait(&mut self) -> Result<(), End> {
        let input = self.wants_line().then(|| self.input.descriptor());
        let ready = self.queue.wait(&mut self.transport, input);
        if self.transport.interrupts.take() {
            return Err(End::Interrupted);
        }
        if ready {
            self.input.fill();
        }
        Ok(())
    }
}

impl Task {
    fn print(stream: Stream, text: String, code: u8) -> Self {
        let parts = vec![Part(stream, text.into())];
        Self::Print { parts, code }
    }

    fn error(text: &str, code: u8) -> Self {
        Self::print(Stream::Stderr, format!("ERROR: {text}\n"), code)
    }
}

/// Runs a program whose output belongs to a line; its exit code.
fn run_child(command: Command, name: &str, sink: &mut LineSink<'_, '_>) -> u8 {
    child::run(command, sink).unwrap_or_else(|error| {
        sink.line("ERROR: ", &format!("{name} could not be run: {error}."));
        FAILED
    })
}
