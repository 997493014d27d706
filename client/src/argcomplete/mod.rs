//! TAB as az has it: the protocol of Python's `argcomplete` 3, which az's completion in bash, zsh,
//! fish and PowerShell speaks.
//!
//! The shell calls the program with the line in the environment and reads candidates from file
//! descriptor 8, or from a file that it names. azq answers for the commands that it knows. For the
//! others it becomes the real az, with environment and descriptors as the shell has left them.
//!
//! Invariants: nothing is printed elsewhere, also no error, because the shell would print it into
//! the line that is being typed.
//!
//! Deliberately absent: `_ARC_DEBUG`, and the places of argcomplete at which a program adds words.

mod line;
mod quoting;

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;

use crate::cli::completion::{Candidate, Question, Style};
use crate::commands::completion::suggested;
use crate::environment::Environment;
use crate::passthrough::{Az, Mode};
use line::split;
use quoting::{Shell, quoted};

/// The shell's question, from its variables.
struct Request {
    line: String,
    /// The cursor's place, in characters.
    point: usize,
    /// The number of words before the arguments: the program, and an interpreter that runs it.
    programs: usize,
    word_breaks: String,
    shell: Shell,
    separator: String,
    /// The separator of a word and its description, if the shell shows descriptions.
    description: Option<String>,
    appends_space: bool,
    file: Option<OsString>,
}

/// Answers, if it is a shell that calls.
pub(crate) fn answer(argv: &[OsString], environment: &dyn Environment) -> Option<ExitCode> {
    let request = Request::of(environment)?;
    let is_called_az = environment.is_called_az();
    let mode = Mode::of(environment).unwrap_or_default();
    let candidates = match mode {
        Mode::Always => None,
        Mode::Auto | Mode::Never => request.candidates(is_called_az, environment),
    };
    if candidates.is_none()
        && is_called_az
        && mode != Mode::Never
        && let Ok(az) = Az::find(environment)
    {
        // `exec` returns only if az cannot be run; then there are no candidates.
        let _error = az.exec(argv);
    }
    let written = request.write(&candidates.unwrap_or_default());
    Some(match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

impl Request {
    fn of(environment: &dyn Environment) -> Option<Self> {
        let text = |name: &str| environment.variable(name)?.into_string().ok();
        let set = |name: &str| text(name).filter(|value| !value.is_empty());
        let programs = text("_ARGCOMPLETE")?.parse().ok()?;
        let line = text("COMP_LINE")?;
        let point = text("COMP_POINT")?.parse().ok()?;
        Some(Self {
            line,
            point,
            programs,
            word_breaks: text("_ARGCOMPLETE_COMP_WORDBREAKS").unwrap_or_default(),
            shell: Shell::of(&text("_ARGCOMPLETE_SHELL").unwrap_or_default()),
            separator: set("_ARGCOMPLETE_IFS").unwrap_or_else(|| "\u{b}".to_owned()),
            description: set("_ARGCOMPLETE_DFS"),
            appends_space: text("_ARGCOMPLETE_SUPPRESS_SPACE").as_deref() != Some("1"),
            file: environment.variable("_ARGCOMPLETE_STDOUT_FILENAME"),
        })
    }

    /// None if only the real az may know.
    fn candidates(
        &self,
        is_called_az: bool,
        environment: &dyn Environment,
    ) -> Option<Vec<Candidate>> {
        let typed = split(&self.line, self.point, &self.word_breaks);
        let question = Question {
            before: typed.before.get(self.programs..).unwrap_or_default(),
            typed: &typed.word,
            style: if is_called_az { Style::Az } else { Style::Own },
        };
        let values = |request| suggested(request, environment);
        let candidates = question.answer(environment, &values)?;
        Some(quoted(candidates, &typed, self.shell, self.appends_space))
    }

    fn write(&self, candidates: &[Candidate]) -> std::io::Result<()> {
        let lines = candidates.iter().map(|Candidate { word, about }| {
            let about = about.replace(&self.separator, " ");
            match (&self.description, self.shell) {
                (Some(between), _) => format!("{word}{between}{about}"),
                (None, Shell::Zsh) if !about.is_empty() => format!("{word}:{about}"),
                (None, _) => word.clone(),
            }
        });
        let text = lines.collect::<Vec<_>>().join(&self.separator);
        let mut options = OpenOptions::new();
        let mut stream = match &self.file {
            Some(file) => options.write(true).create(true).truncate(true).open(file)?,
            None => options.write(true).open("/dev/fd/8")?,
        };
        stream.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
