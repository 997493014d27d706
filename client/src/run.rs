//! The execution of a command line up to its exit code: decides whether azq or az runs it, and
//! prints the output that needs no daemon.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use crate::argcomplete;
use crate::cli::{self, CommandCall, HandOver, Invocation, OwnCommand, Printing, Reason};
use crate::commands;
use crate::credentials::{self, Destination};
use crate::daemon::Daemon;
use crate::environment::{Environment, WithoutStreams};
use crate::passthrough::{Az, Mode, NoAz};
use crate::serving::Serving;
use crate::transport::{INTERRUPTED, Outcome, Terminal, Transport};
use crate::{output_file, pick, show};

/// Runs a command line, given without the program's name.
pub fn run(argv: &[OsString], environment: &dyn Environment) -> ExitCode {
    if let Some(code) = argcomplete::answer(argv, environment) {
        return code;
    }
    if let Some(code) = by_itself(argv, environment) {
        return code;
    }
    let mode = match Mode::of(environment) {
        Ok(mode) => mode,
        Err(error) => return fail(&format!("ERROR: {error}.\n"), 2),
    };
    let (serving, argv) = match Serving::of(argv, environment) {
        Ok(found) => found,
        Err(error) => return fail(&format!("ERROR: {error}.\n"), 2),
    };
    match decide(&argv, mode, environment) {
        Decision::Answer(invocation) => answer(invocation, serving, mode, environment),
        Decision::HandOver(az) => become_az(&az, &argv),
        Decision::Alone(invocation, none) => {
            let code = answer(invocation, serving, mode, environment);
            if let Some(name) = cli::resembling(&argv) {
                show::line("", &format!("Did you mean azq's own 'azq {name}' ?"));
            }
            show::line("", &alone(&none));
            code
        }
        Decision::Instead(invocation) => {
            let code = answer(invocation, serving, mode, environment);
            show::line("", cli::WHO_ANSWERS);
            code
        }
        Decision::Nobody(none) => fail(&nobody(&none), 1),
    }
}

/// Runs one of azq's own commands that does not concern az's commands. It works even if the
/// variables are invalid that select the program and the daemon for az's commands.
fn by_itself(argv: &[OsString], environment: &dyn Environment) -> Option<ExitCode> {
    match cli::own(argv, environment)? {
        Invocation::Own(own) if !own.is_about_commands() => Some(commands::run(&own)),
        Invocation::Help(text) => Some(show(&text)),
        _ => None,
    }
}

/// The program that runs a command line.
pub(crate) enum Decision {
    /// azq runs it.
    Answer(Invocation),
    /// The real az runs it.
    HandOver(Az),
    /// azq prints az's error, because there is no real az.
    Alone(Invocation, NoAz),
    /// azq prints what a real az would report about itself, and a note that it is azq.
    Instead(Invocation),
    /// Neither runs it: only the real az may, and there is none.
    Nobody(NoAz),
}

/// Returns the note after az's error for a line that az itself might have accepted.
pub(crate) fn alone(none: &NoAz) -> String {
    format!("azq hands over what it does not know, but {none}.")
}

/// Returns the lines for stderr if only the real az may run the line, and there is none.
pub(crate) fn nobody(none: &NoAz) -> String {
    format!("ERROR: AZQ_PASSTHROUGH is 'always', but {none}.\n")
}

/// Decides without reading standard input or pipes, because they are for the program that runs the
/// line.
pub(crate) fn decide(argv: &[OsString], mode: Mode, environment: &dyn Environment) -> Decision {
    let glance = WithoutStreams::new(environment);
    let invocation = cli::parse(argv, &glance);
    let reread = |invocation| {
        if glance.has_withheld() {
            cli::parse(argv, environment)
        } else {
            invocation
        }
    };
    match (invocation, mode) {
        (Invocation::Own(own), _) => Decision::Answer(Invocation::Own(own)),
        (_, Mode::Always) => match Az::find(environment) {
            Ok(az) => Decision::HandOver(az),
            Err(none) => Decision::Nobody(none),
        },
        (Invocation::PassOn(hand_over), Mode::Auto) => match Az::find(environment) {
            Ok(az) => Decision::HandOver(az),
            Err(none) => {
                // An extension cannot be used without az.
                let is_known = matches!(hand_over.reason, Reason::Extension { .. });
                match reread(Invocation::PassOn(hand_over)).alone() {
                    text @ (Invocation::Help(_) | Invocation::Version(_)) => Decision::Answer(text),
                    invocation if is_known => Decision::Answer(invocation),
                    invocation => Decision::Alone(invocation, none),
                }
            }
        },
        // The daemon reports what the real az says about itself.
        (Invocation::Command(call), _) if call.is_about_az() => {
            let call = reread(Invocation::Command(call)).alone();
            if Az::find(environment).is_ok() {
                Decision::Answer(call)
            } else {
                Decision::Instead(call)
            }
        }
        (invocation, _) => Decision::Answer(reread(invocation).alone()),
    }
}

fn answer(
    invocation: Invocation,
    serving: Serving,
    mode: Mode,
    environment: &dyn Environment,
) -> ExitCode {
    match invocation.alone() {
        Invocation::Command(mut call) => carry_out(&mut call, serving, mode, environment),
        Invocation::Help(text) | Invocation::Version(text) => show(&text),
        Invocation::Usage(error) => fail(error.text_for(environment), error.exit_code()),
        Invocation::Own(OwnCommand::Which(argv, printing)) => {
            which(&argv, &printing, mode, environment)
        }
        Invocation::Own(OwnCommand::Batch(options)) => {
            commands::batch::run(&options, serving, mode, environment)
        }
        Invocation::Own(own) => commands::run(&own),
        // `alone` returns no such invocation.
        Invocation::PassOn(_) => ExitCode::FAILURE,
    }
}

/// Names the program that would run the arguments, and the reason if it is not azq. The exit code
/// is 1 if neither would.
fn which(
    argv: &[OsString],
    printing: &Printing,
    mode: Mode,
    environment: &dyn Environment,
) -> ExitCode {
    let glance = WithoutStreams::new(environment);
    let reason = match cli::parse(argv, &glance) {
        Invocation::PassOn(HandOver { reason, .. }) => reason.to_string(),
        _ => "AZQ_PASSTHROUGH is 'always'".to_owned(),
    };
    let document = match decide(argv, mode, &glance) {
        Decision::Answer(_) | Decision::Instead(_) if printing.is_asked_for() => {
            json!({"answeredBy": "azq", "program": null, "reason": null})
        }
        Decision::Answer(_) | Decision::Instead(_) => return show("azq\n"),
        Decision::HandOver(az) if printing.is_asked_for() => {
            json!({"answeredBy": "az", "program": az.to_string(), "reason": reason})
        }
        Decision::HandOver(az) => return show(&format!("{az}: {reason}\n")),
        Decision::Alone(_, none) | Decision::Nobody(none) => {
            return fail(&format!("ERROR: {reason}, but {none}.\n"), 1);
        }
    };
    let printed = commands::printing::document(&document, printing);
    printed.unwrap_or_else(|error| fail(&format!("ERROR: {error}.\n"), 1))
}

fn carry_out(
    call: &mut CommandCall,
    serving: Serving,
    mode: Mode,
    environment: &dyn Environment,
) -> ExitCode {
    let mut transport = Transport::to(Daemon::of(serving));
    let outcome = if let Some(destination) = Destination::of(call, environment) {
        credentials::store(&mut transport, call, &destination)
    } else if let Some(path) = call.output_file().map(PathBuf::from) {
        output_file::write(&mut transport, call, &path)
    } else if call.picks() {
        pick::run(&mut transport, call)
    } else {
        transport.run(call, &mut Terminal::default())
    };
    transport.close();
    match outcome {
        Outcome::Exit(code) => ExitCode::from(code),
        Outcome::Interrupted => ExitCode::from(INTERRUPTED),
        Outcome::HandOver(reason) => match successor(&reason, mode, environment) {
            Ok(az) => become_az(&az, call.arguments()),
            Err(text) => fail(&text, 1),
        },
    }
}

/// Returns the real az for a command that the daemon leaves to it; otherwise the line for stderr.
fn successor(reason: &str, mode: Mode, environment: &dyn Environment) -> Result<Az, String> {
    if mode == Mode::Never {
        return Err(format!(
            "ERROR: {reason}, but AZQ_PASSTHROUGH is 'never'.\n"
        ));
    }
    Az::find(environment).map_err(|none| format!("ERROR: {reason}, but {none}.\n"))
}

/// Replaces this process by the real az; returns only if that fails.
fn become_az(az: &Az, argv: &[OsString]) -> ExitCode {
    let error = az.exec(argv);
    fail(&format!("ERROR: {az} could not be started: {error}.\n"), 1)
}

fn show(text: &str) -> ExitCode {
    show::exit_code(show::stdout(text.as_bytes()))
}

fn fail(text: &str, code: u8) -> ExitCode {
    show::line("", text.trim_end_matches('\n'));
    ExitCode::from(code)
}
