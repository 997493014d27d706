//! `azq completion …`: the scripts for shells, the candidates that they ask for, and the daemon's
//! names.
//!
//! Invariants: TAB starts neither a daemon nor az, and waits for the daemon for [`PATIENCE`] at
//! most. Without a daemon there are only the candidates of the tables. A daemon that TAB
//! started would have no names from Azure, because it has no token before the first command.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use azq_proto::v1::{Context, SuggestValuesReply, SuggestValuesRequest};

use crate::cli::completion::{Candidate, Question, Style};
use crate::cli::{CompletionCommand, caller_context};
use crate::daemon;
use crate::environment::{Environment, Process};
use crate::show;
use crate::transport::unary_until;

/// The longest wait for the daemon's names. The daemon gives Azure less than that.
const PATIENCE: Duration = Duration::from_millis(300);

/// Carries out the command.
pub(super) fn run(command: &CompletionCommand) -> ExitCode {
    let text = match command {
        CompletionCommand::Script(script) => (*script).to_owned(),
        CompletionCommand::Words { words, described } => {
            let candidates = candidates(words, &Process);
            let lines = candidates
                .iter()
                .map(|candidate| line(candidate, *described));
            lines.collect()
        }
    };
    show::exit_code(show::stdout(text.as_bytes()))
}

/// The candidates for the last of these words.
fn candidates(words: &[String], environment: &dyn Environment) -> Vec<Candidate> {
    let Some((typed, before)) = words.split_last() else {
        return Vec::new();
    };
    let question = Question {
        before,
        typed,
        style: Style::Own,
    };
    let values = |request| suggested(request, environment);
    question.answer(environment, &values).unwrap_or_default()
}

fn line(candidate: &Candidate, described: bool) -> String {
    let Candidate { word, about } = candidate;
    if described && !about.is_empty() {
        format!("{word}\t{about}\n")
    } else {
        format!("{word}\n")
    }
}

/// The values that a running daemon knows; none without one, and none that come late.
pub(crate) fn suggested(
    request: SuggestValuesRequest,
    environment: &dyn Environment,
) -> Vec<String> {
    ask(request, environment).unwrap_or_default()
}

fn ask(mut request: SuggestValuesRequest, environment: &dyn Environment) -> Option<Vec<String>> {
    let deadline = Instant::now() + PATIENCE;
    let place = daemon::place();
    // A connection to a service manager's socket would start a daemon.
    if !place.check().ok()? || !daemon::is_held(&place) {
        return None;
    }
    let subscription = request.context.take().and_then(|named| named.subscription);
    request.context = Some(Context {
        subscription,
        ..caller_context(environment)
    });
    let mut connection = daemon::existing_until(&place, deadline).ok()??;
    let reply: SuggestValuesReply =
        unary_until(deadline, &mut connection, "SuggestValues", &request).ok()?;
    Some(reply.value)
}
