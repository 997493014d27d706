//! One command from request to exit code: to the daemon, and its reply to the terminal or to another [`Sink`].
//!
//! Invariants: a request that may have reached Azure and changed something is never sent twice; the daemon answers
//! or the command ends with an error within a deadline; what az would report before a usage error of the client is
//! asked of the daemon first.

mod link;
pub(crate) mod operation;
mod sink;

use crate::cli::{
    CommandCall, DaemonCommand, OwnCommand, RECOMMENDATION, StatusFormat, UsageError,
};
use crate::connect::{self, ANSWER_DEADLINE, ConnectError, Connection, Daemon, is_gone};
use crate::direct;
use crate::own;
use crate::serving::Serving;
use crate::show::{self, Answered, Closed};
use azq_proto::pieces::{Assembly, BadPieces};
use azq_proto::v1::{self, commands_client::CommandsClient, reply::Kind};
use link::Connected;
pub(crate) use link::Link;
pub(crate) use sink::{Sink, Terminal};
use std::convert::Infallible;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

/// When a command that only reads is asked again after its daemon has vanished: a killed process accepts connections until it
/// is all gone, and one that ends hangs up on who has asked for nothing yet; with daemons ended one after the other, that may be several.
/// The tries end, because the command may be what ends the daemon.
const AGAIN: [Duration; 8] = [
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
    Duration::from_millis(160),
    Duration::from_millis(320),
    Duration::from_millis(320),
    Duration::from_millis(320),
    Duration::from_millis(320),
];
/// The largest message that is taken, in bytes; the daemon's have
/// [64 KiB](azq_proto::pieces::LONGEST_MESSAGE) at most.
pub(crate) const LARGEST_REPLY: usize = 1 << 20;

/// az's exit code for an error.
const FAILED: u8 = 1;

/// Carries out a call and returns az's exit code.
pub(crate) fn run(call: &mut CommandCall, serving: Serving) -> ExitCode {
    if serving == Serving::Shared
        && let Some(code) = direct::answer(call, &connect::place())
    {
        return code;
    }
    ordinarily(call, serving)
}

/// The ordinary way. On its own, for its state fills a dozen pages of stack, which each look-up would have to be given too.
#[inline(never)]
fn ordinarily(call: &mut CommandCall, serving: Serving) -> ExitCode {
    block_on(async {
        let link = Link::to(Daemon::of(serving));
        let code = answer(call, &link, &Terminal::new()).await;
        link.leave().await;
        Ok::<_, Infallible>(ExitCode::from(code))
    })
}

/// Carries out a call, whatever comes of it goes to the sink; az's exit code.
pub(crate) async fn answer(call: &mut CommandCall, link: &Link, sink: &impl Sink) -> u8 {
    match converse(call, link, sink).await {
        Ok(code) => code,
        Err(failure) => {
            sink.line("ERROR: ", &failure.to_string()).await;
            FAILED
        }
    }
}

async fn converse(call: &mut CommandCall, link: &Link, sink: &impl Sink) -> Result<u8, Failure> {
    match carry_out(call, link, sink).await? {
        Ended::Exit(code) => Ok(code),
        Ended::Elsewhere(path) => Err(Failure::Elsewhere(path)),
        Ended::Confirm(question) => match sink.ask(&question) {
            Answered::No => Ok(0),
            Answered::Nobody => {
                // azure-cli-core words knack's `NoTTYException` so.
                let text = "Unable to prompt for confirmation as no tty available. Use --yes.";
                sink.line("ERROR: ", text).await;
                Ok(FAILED)
            }
            Answered::Yes => {
                call.confirm();
                match carry_out(call, link, sink).await? {
                    Ended::Exit(code) => Ok(code),
                    Ended::Elsewhere(path) => Err(Failure::Elsewhere(path)),
                    Ended::Confirm(_) => Err(Failure::CutShort),
                }
            }
        },
    }
}

/// Carries out one of azq's own commands.
pub(crate) fn own(command: &OwnCommand) -> ExitCode {
    match command {
        OwnCommand::Demo { keep } => block_on(own::demo::run(*keep)),
        OwnCommand::Config => block_on(own::daemon::config()),
        OwnCommand::Daemon(DaemonCommand::Start) => block_on(own::daemon::start()),
        OwnCommand::Daemon(DaemonCommand::Stop) => block_on(own::daemon::stop()),
        OwnCommand::Daemon(DaemonCommand::Restart) => block_on(own::daemon::restart()),
        OwnCommand::Daemon(DaemonCommand::Status(format)) => {
            block_on(own::daemon::status(*format == StatusFormat::Json))
        }
        OwnCommand::Daemon(DaemonCommand::Logs { follow }) => {
            block_on(async { own::daemon::logs(*follow) })
        }
        OwnCommand::Which(_) | OwnCommand::Batch(_) => ExitCode::FAILURE,
    }
}

/// Runs to the end what needs the runtime; a failure is printed.
pub(crate) fn block_on<E: std::fmt::Display>(
    work: impl Future<Output = Result<ExitCode, E>>,
) -> ExitCode {
    let outcome = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime
            .block_on(work)
            .map_err(|failure| failure.to_string()),
        Err(error) => Err(format!("the client could not start: {error}")),
    };
    outcome.unwrap_or_else(|failure| {
        show::error(&failure);
        ExitCode::FAILURE
    })
}

/// How a call ended.
enum Ended {
    /// With az's exit code.
    Exit(u8),
    /// Nothing was done; this must be agreed to first.
    Confirm(String),
    /// Nothing was done; the daemon sees another file at this path.
    Elsewhere(String),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("azqd did not take the command within {} s; if this goes on, run: azq daemon restart", ANSWER_DEADLINE.as_secs())]
    Silent,
    #[error("{}", .0.message())]
    Refused(Status),
    #[error(
        "azqd ended while it carried out the command; {}",
        operation::advice(.0)
    )]
    LostOperation(v1::Operation),
    #[error("{why}; {}", operation::advice(operation))]
    NotResumed {
        why: String,
        operation: v1::Operation,
    },
    #[error(
        "azqd ended while it carried out the command, so whether Azure has it is not known; look before you repeat it"
    )]
    Lost,
    #[error(
        "azqd sees another file at {0} than this process; \
         set AZQ_RUNTIME_DIR to a directory of this container's own"
    )]
    Elsewhere(String),
    #[error(transparent)]
    BadPieces(#[from] BadPieces),
    #[error("azqd's answer ended early; run the command again, or look at: azq daemon logs")]
    CutShort,
}

async fn carry_out(call: &CommandCall, link: &Link, sink: &impl Sink) -> Result<Ended, Failure> {
    let mut pauses = AGAIN.into_iter();
    let mut connected = if call.only_reads() {
        link.connected().await?
    } else {
        link.answering().await?
    };
    loop {
        let ended = match ask(call, link, &mut connected).await {
            Ok(replies) => copy(call, replies, sink).await,
            Err(failure) => Err((failure, 0)),
        };
        match (ended, pauses.len()) {
            (Err((Failure::LostOperation(begun), 0)), _) => {
                return operation::carry_on(call, link, connected, begun, sink).await;
            }
            (Ok(Ended::Elsewhere(_)), _) if link.becomes_private(&connected).await => {
                connected = link.connected().await?;
            }
            (Err((Failure::CutShort, 0)), 1..) if call.only_reads() => {
                tokio::time::sleep(pauses.next().unwrap_or_default()).await;
                connected = link.other_than(Some(&connected)).await?;
            }
            (ended, _) => return ended.map_err(|(failure, _)| failure),
        }
    }
}

async fn ask(
    call: &CommandCall,
    link: &Link,
    connected: &mut Connected,
) -> Result<Streaming<v1::Reply>, Failure> {
    match send(call, connected.connection.clone()).await {
        Err(Failure::Refused(status))
            if matches!(
                status.code(),
                Code::FailedPrecondition | Code::Unimplemented
            ) =>
        {
            *connected = link.replace(connected.clone(), status.code()).await?;
            send(call, connected.connection.clone()).await
        }
        sent => sent,
    }
}

async fn send(call: &CommandCall, connection: Connection) -> Result<Streaming<v1::Reply>, Failure> {
    let mut client = CommandsClient::new(connection).max_decoding_message_size(LARGEST_REPLY);
    match timeout(ANSWER_DEADLINE, call.request.clone().send(&mut client)).await {
        Err(_elapsed) => Err(Failure::Silent),
        Ok(sent) => sent.map_err(|status| lost(status, None, call)),
    }
}

/// Copies the reply; a failure comes with the number of bytes that stdout has already.
async fn copy(
    call: &CommandCall,
    mut replies: Streaming<v1::Reply>,
    sink: &impl Sink,
) -> Result<Ended, (Failure, usize)> {
    let mut operation: Option<v1::Operation> = None;
    // Stands for the operation from when a write is sent until Azure names it.
    let mut sent: Option<v1::Operation> = None;
    let mut written = 0;
    let mut assembly = Assembly::default();
    loop {
        let message = tokio::select! {
            biased;
            message = replies.message() => message,
            () = sink.turn() => continue,
            begun = operation::interrupted(operation.as_ref().or(sent.as_ref()), sink) => {
                return Ok(operation::leave(begun, sink).await);
            }
        };
        let kind = match message {
            Ok(Some(reply)) => reply.kind,
            Ok(None) => return Err((Failure::CutShort, written)),
            Err(status) => return Err((lost(status, operation, call), written)),
        };
        let kind = match kind.map(|kind| assembly.take(kind)).transpose() {
            Ok(whole) => whole.flatten(),
            Err(bad) => return Err((bad.into(), written)),
        };
        match kind {
            Some(Kind::Progress(progress)) => sink.progress(progress.text),
            Some(Kind::Writing(_)) => sent = Some(v1::Operation::default()),
            Some(Kind::Operation(started)) => operation = Some(started),
            Some(Kind::Confirm(question)) => return Ok(Ended::Confirm(question)),
            Some(Kind::Elsewhere(path)) => return Ok(Ended::Elsewhere(path)),
            Some(other) => {
                if let Some(code) = end(call, other, sink, &mut written).await {
                    return Ok(Ended::Exit(code));
                }
            }
            None => {}
        }
    }
}

/// Shows one part of the reply; the exit code if it is the last.
pub(crate) async fn end(
    call: &CommandCall,
    kind: Kind,
    sink: &impl Sink,
    written: &mut usize,
) -> Option<u8> {
    match kind {
        Kind::Stdout(bytes) => {
            *written += bytes.len();
            match sink.stdout(bytes).await {
                Ok(()) => None,
                Err(closed) => Some(code_of(closed)),
            }
        }
        // A request that is only validated has nothing to say.
        Kind::Log(_) if call.pending().is_some() => None,
        Kind::Log(entry) => {
            sink.line(show::level(&entry), &entry.text).await;
            None
        }
        Kind::Exit(code) => Some(match call.pending() {
            Some(error) => usage(call, error, sink).await,
            None => u8::try_from(code).unwrap_or(FAILED),
        }),
        Kind::Missing(missing) => Some(usage(call, &call.missing(&missing.field), sink).await),
        Kind::Usage(message) => Some(usage(call, &call.usage(&message), sink).await),
        // Pieces are put together before they come here.
        Kind::Progress(_)
        | Kind::Writing(_)
        | Kind::Operation(_)
        | Kind::Confirm(_)
        | Kind::Elsewhere(_)
        | Kind::Piece(_) => None,
        Kind::File(_) => {
            sink.line(
                "ERROR: ",
                "azqd has answered with a file, for which nobody has asked",
            )
            .await;
            Some(FAILED)
        }
    }
}

/// The exit code of a command whose stdout takes no more.
pub(crate) fn code_of(closed: Closed) -> u8 {
    match closed {
        Closed::Pipe => 0,
        Closed::Failed => FAILED,
    }
}

async fn usage(call: &CommandCall, error: &UsageError, sink: &impl Sink) -> u8 {
    let context = call.request.context();
    let advice = context.and_then(|context| context.environment.get(RECOMMENDATION));
    let text = error.text_for(advice.map(String::as_str));
    sink.line("", text.trim_end_matches('\n')).await;
    error.exit_code()
}

fn lost(status: Status, operation: Option<v1::Operation>, call: &CommandCall) -> Failure {
    match operation {
        _ if !is_gone(&status) => Failure::Refused(status),
        Some(operation) => Failure::LostOperation(operation),
        None if call.only_reads() => Failure::CutShort,
        None => Failure::Lost,
    }
}
