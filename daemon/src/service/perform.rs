//! Carrying out a command: the caller's account, configured defaults, the work, the query, the
//! rendering.

use super::answer::CHUNK;
use super::render::{
    OwnedRendering, Rendered, Stdout, elsewhere, render, render_sizes, render_skus,
};
use super::response_cache::CacheFill;
use super::{
    Answer, Call, Command, DaemonState,
    context::{checked, seen_otherwise},
    reply_reporter::ReplyReporter,
};
use crate::clusters::command;
use crate::nodepools::preflight::{self, Verdicts};
use azq_account::{Caller, CliConfig, Profile};
use azq_arm::RawResponse;
use azq_arm::Report;
use azq_command::CommandError;
use azq_jmespath::Expression;
use azq_output::{Format, Table};
use azq_proto::v1::{self, log::Level, reply::Kind as Part};
use azq_skus::{Found, Question};
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// The outcome of a command.
pub(super) enum Ending {
    Answer(Stdout),
    /// The same as `Answer`, with exit code 1.
    Unmet(Stdout),
    /// These parts of the reply.
    Parts(Vec<Part>),
    /// Bytes for the caller's file, until the channel closes.
    Data(mpsc::Receiver<Bytes>, Rendered),
    Failed(CommandError),
    /// The daemon ends or the client has disconnected. The operation that the command waits for, if
    /// any, continues in Azure.
    Interrupted,
}

impl Ending {
    const NOTHING: Self = Self::Answer(Stdout::Whole(Bytes::new()));
}

impl From<CommandError> for Ending {
    fn from(error: CommandError) -> Self {
        Self::Failed(error)
    }
}

impl From<Part> for Ending {
    fn from(part: Part) -> Self {
        Self::Parts(vec![part])
    }
}

pub(super) fn log(level: Level, text: impl Into<String>) -> Part {
    Part::Log(v1::Log {
        level: level.into(),
        text: text.into(),
    })
}

pub(super) async fn perform<C: Command>(
    daemon: &DaemonState,
    mut request: C,
    said: mpsc::UnboundedSender<Part>,
    client_gone: CancellationToken,
) -> Ending {
    let question = request.question().map(Question::into_owned);
    let (caller, context) = match checked(request.context().take()) {
        Ok(checked) => checked,
        Err(refused) => return refused.into(),
    };
    // The check is not needed for a private daemon, which its only caller has started.
    if daemon.runtime_dir.is_some()
        && let Some(path) = seen_otherwise(&context.seen)
    {
        return Part::Elsewhere(path.to_owned()).into();
    }
    let (phase, phases) = watch::channel(Phase::Free);
    let performance = async {
        try_perform(daemon, &caller, &context, request, question, said, phase)
            .await
            .unwrap_or_else(|ending| ending)
    };
    // A daemon that ends releases the calls that only wait for an operation, because their clients
    // can continue with the next daemon.
    let daemon_ends = async {
        daemon.closing.closed().await;
        reached(phases.clone(), |phase| phase == Phase::Waiting).await;
    };
    let nobody_listens = async {
        client_gone.cancelled().await;
        reached(phases.clone(), |phase| phase != Phase::Writing).await;
    };
    tokio::select! {
        biased;
        ending = performance => ending,
        () = daemon_ends => Ending::Interrupted,
        () = nobody_listens => Ending::Interrupted,
    }
}

/// The loss that an interruption of the command would cause now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing: the command has changed nothing, or has recorded the operations that it has begun.
    Free,
    /// The operation's URL: a request that changes something is on its way, and only its response
    /// contains the URL.
    Writing,
    /// Nothing: the command only waits for an operation.
    Waiting,
}

/// Waits for a phase. Never returns if the command ends before, because then the command's ending
/// is used.
async fn reached(mut phases: watch::Receiver<Phase>, wanted: impl Fn(Phase) -> bool) {
    if phases.wait_for(|phase| wanted(*phase)).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn try_perform<C: Command>(
    daemon: &DaemonState,
    caller: &Caller,
    context: &v1::Context,
    mut request: C,
    question: Option<Question<'static>>,
    said: mpsc::UnboundedSender<Part>,
    phase: watch::Sender<Phase>,
) -> Result<Ending, Ending> {
    let wanted = context.output.clone().unwrap_or_default();
    let query = compiled(daemon, wanted.query.as_deref()).await?;
    let profile = whole_profile(daemon, caller).await?;
    daemon.remembered.follow(daemon.sessions.changes());
    let config = profile.config();
    let missing = request.complete(config);
    if !missing.is_empty() {
        let field = missing.into_iter().map(str::to_owned).collect();
        return Err(Part::Missing(v1::MissingFields { field }).into());
    }
    if context.validate_only {
        return Ok(Ending::NOTHING);
    }
    // The command line takes precedence over the configuration (knack, `log.py`).
    let configured = boolean(config, "only_show_errors")? && !(context.debug || context.verbose);
    let warnings = !(context.only_show_errors || configured);
    let report = ReplyReporter {
        said,
        warnings,
        // az reports an invalid value only when it would show progress.
        progress: warnings && !boolean(config, "disable_progress_bar").unwrap_or(false),
        debug: context.debug,
        daemon,
        command: request.name().to_owned(),
        scope: OnceLock::new(),
        phase,
        anything_said: AtomicBool::new(false),
        told: Mutex::default(),
    };
    profile.notices().for_each(|text| report.notice(text));
    context.warning.iter().for_each(|text| report.warning(text));
    let call = Call {
        daemon,
        profile: &profile,
        subscription: context.subscription.as_deref(),
        report: &report,
        scope: &report.scope,
    };
    let answer = request.carry_out(call).await?;
    let look = OwnedRendering {
        format: format(wanted.format(), config).unwrap_or(C::FORMAT),
        query,
        color: wanted.color && !boolean(config, "no_color")?,
        table: C::TABLE,
    };
    let gather = |found: &Found, look: &OwnedRendering| {
        let question = question.filter(|_| !report.anything_said.load(Ordering::Relaxed));
        daemon.remembered.gather(question, &profile, found, look)
    };
    match said_or_document(answer, &wanted) {
        Answer::Document(document) => {
            let rendered = render(daemon, document, look, CacheFill::none());
            Ok(Ending::Answer(rendered.await?))
        }
        Answer::Unmet(document) => {
            let rendered = render(daemon, document, look, CacheFill::none());
            Ok(Ending::Unmet(rendered.await?))
        }
        Answer::Preflight(verdicts) => {
            let look = OwnedRendering {
                format: format(wanted.format(), config).unwrap_or(Format::Table),
                table: Table::Transform(preflight::table),
                ..look
            };
            checked_in_advance(daemon, &verdicts, look).await
        }
        Answer::Skus(found) => {
            let gathering = gather(&found, &look);
            let rendered = render_skus(daemon, found, look, gathering);
            Ok(Ending::Answer(rendered.await?))
        }
        Answer::Sizes(rows, found) => {
            let gathering = gather(&found, &look);
            let rendered = render_sizes(daemon, rows, look, gathering);
            Ok(Ending::Answer(rendered.await?))
        }
        Answer::HandOver(reason) => Ok(Part::HandOver(reason).into()),
        Answer::Kubeconfig(config) => {
            Ok(Ending::Parts(vec![Part::Kubeconfig(config), Part::Exit(0)]))
        }
        Answer::Text(text) => Ok(Ending::Answer(Stdout::Whole(text.into()))),
        Answer::Data(response) => Ok(passed_on(*response)),
        // `said_or_document` has turned sentences into a text or a document.
        Answer::Said { .. } | Answer::Nothing => Ok(Ending::NOTHING),
        Answer::Confirm(question) => Ok(Part::Confirm(question).into()),
    }
}

/// Replaces sentences that stand for a document: by the document if the caller requests a format,
/// else by a text.
fn said_or_document(answer: Answer, wanted: &v1::OutputOptions) -> Answer {
    let Answer::Said {
        outcome,
        is_colored,
    } = answer
    else {
        return answer;
    };
    match outcome.document {
        Some(document) if wanted.format() != v1::Format::Unspecified => Answer::Document(document),
        _ if is_colored || wanted.color => Answer::Text(outcome.text),
        _ => Answer::Text(command::uncolored(&outcome.text)),
    }
}

/// Prints the outcome of the checks of a pool's change. Below a table it prints the advice.
async fn checked_in_advance(
    daemon: &DaemonState,
    verdicts: &Verdicts,
    look: OwnedRendering,
) -> Result<Ending, Ending> {
    let is_table = look.format == Format::Table && look.query.is_none();
    let mut stdout = render(daemon, verdicts.document(), look, CacheFill::none()).await?;
    if let (true, Stdout::Whole(table)) = (is_table, &stdout) {
        let advice = verdicts.advice();
        stdout = Stdout::Whole([table, advice.as_bytes()].concat().into());
    }
    Ok(if verdicts.has_failures() {
        Ending::Unmet(stdout)
    } else {
        Ending::Answer(stdout)
    })
}

/// Passes a body on as fast as the client reads it.
fn passed_on(mut response: RawResponse) -> Ending {
    let (sender, chunks) = mpsc::channel(1);
    let passed = tokio::spawn(async move {
        while let Some(mut part) = response.next().await? {
            while !part.is_empty() {
                let next = part.split_to(part.len().min(CHUNK / 2));
                if sender.send(next).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    });
    Ending::Data(chunks, passed)
}

/// The number of retries, and the pause between them, for a profile that is being written.
const READ_AGAIN: (usize, Duration) = (600, Duration::from_millis(5));

/// Returns the caller's profile. While it is being written, this waits for a moment.
async fn whole_profile(
    daemon: &DaemonState,
    caller: &Caller,
) -> Result<Arc<Profile>, CommandError> {
    let mut profile = daemon.remembered.profile(caller, daemon)?;
    let (times, pause) = READ_AGAIN;
    for _ in 0..times {
        if !profile.is_being_written() {
            break;
        }
        tokio::time::sleep(pause).await;
        profile = daemon.sessions.profile(caller)?;
    }
    Ok(profile)
}

/// The longest query that is compiled in place, in bytes: some ten microseconds.
const SHORT_QUERY: usize = 4 << 10;

/// Returns the query, compiled.
async fn compiled(
    daemon: &DaemonState,
    query: Option<&str>,
) -> Result<Option<Expression>, CommandError> {
    match query {
        Some(query) if query.len() > SHORT_QUERY => {
            let query = query.to_owned();
            let compiled = elsewhere(move || azq_jmespath::compile(&query)).await?;
            Ok(compiled.map(Some)?)
        }
        query => Ok(daemon.remembered.query(query)?),
    }
}

fn boolean(config: &CliConfig, option: &str) -> Result<bool, CommandError> {
    Ok(config.boolean("core", option, false)?)
}

/// Returns the requested format, else az's configured one (knack, `output.py` and `cli.py`).
fn format(asked: v1::Format, config: &CliConfig) -> Option<Format> {
    Some(match asked {
        v1::Format::Unspecified => return config.get("core", "output")?.parse().ok(),
        v1::Format::Json => Format::Json,
        v1::Format::Jsonc => Format::Jsonc,
        v1::Format::Table => Format::Table,
        v1::Format::Tsv => Format::Tsv,
        v1::Format::Yaml => Format::Yaml,
        v1::Format::Yamlc => Format::Yamlc,
        v1::Format::None => Format::None,
    })
}
