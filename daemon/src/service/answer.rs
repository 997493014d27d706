//! The stream of replies to a request.
//!
//! Messages of a running command are sent at once. A short answer is rendered whole and cut into
//! messages as the client reads them; a long one is rendered only as fast as the client reads. A
//! call counts as in flight until its stream ends or is dropped. Dropping it cancels everything
//! that only this call needs, but a write that is on its way to Azure continues until the operation
//! that it has begun is known and recorded.

use super::observed::Observed;
use super::perform::{Ending, log, perform};
use super::render::{self, Rendered, Stdout, stopping};
use super::response_cache::Known;
use super::{Command, DaemonState, failure_counts};
use crate::lifecycle::InFlightGuard;
use crate::server::RequestMemory;
use azq_command::{CommandError, ErrorKind};
use azq_proto::pieces;
use azq_proto::v1::{self, log::Level, reply::Kind as Part};
use bytes::Bytes;
use futures_util::future::poll_immediate;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use tracing::Instrument as _;

/// How many bytes of stdout are in memory together.
pub(super) const CHUNK: usize = pieces::LONGEST_MESSAGE;

/// The stream of replies to a call.
pub(crate) type Replies = Pin<Box<dyn Stream<Item = Result<v1::Reply, Status>> + Send>>;

/// Carries out a command and streams its replies. A command that has nothing to wait for is done
/// when this returns, so that headers, bytes and trailers leave the daemon together. The request's
/// reserved memory is kept until its call ends.
pub(crate) async fn answer<C: Command>(
    daemon: &Arc<DaemonState>,
    request: C,
    memory: Option<RequestMemory>,
) -> Response<Replies> {
    let observed = Observed::begin(C::COMMAND, daemon.metrics.as_ref());
    let busy = daemon.activity.begin();
    let is_too_many = daemon.activity.in_flight() > daemon.most_in_flight();
    if !is_too_many
        && let Some(question) = request.question()
        && let Some(known) = daemon.remembered.at_once(&question, daemon)
    {
        let takes_file = question.request.takes_file;
        let replies = finished::<C>(daemon, known, takes_file, busy, observed);
        return Response::new(replies);
    }
    let busy = Arc::new((busy, memory));
    let (said, listener) = mpsc::unbounded_channel();
    let client_gone = CancellationToken::new();
    let performance = {
        let (daemon, busy, client_gone) =
            (Arc::clone(daemon), Arc::clone(&busy), client_gone.clone());
        async move {
            let _in_flight = busy;
            if is_too_many {
                return Ending::Failed(too_many(daemon.most_in_flight()));
            }
            let permit = client_gone.run_until_cancelled(daemon.permits.acquire());
            let Some(Ok(_permit)) = permit.await else {
                return Ending::Failed(stopping());
            };
            perform(&daemon, request, said, client_gone).await
        }
    };
    let performance = performance.instrument(observed.span());
    // A panic leaves only values of this call, and locks whose users expect that.
    let mut performance = Box::pin(AssertUnwindSafe(performance).catch_unwind());
    let stage = match poll_immediate(&mut performance).await {
        Some(ended) => Stage::Ended(listener, parts_of(ended)),
        // The command runs as a task of its own, because it may have to outlive its client.
        None => Stage::Working(listener, tokio::spawn(performance)),
    };
    let client = (busy, client_gone.drop_guard());
    let parts = stream::unfold(stage, next);
    Response::new(noted::<C>(parts, daemon, client, observed))
}

/// Returns the error for a request beyond the limit.
fn too_many(most: u64) -> CommandError {
    CommandError::new(format!(
        "azqd has {most} requests under way and takes no more; try again, or look at: azq daemon status"
    ))
}

/// Returns the replies of a successful answer that came from the cache or took no more than a
/// look-up.
fn finished<C: Command>(
    daemon: &Arc<DaemonState>,
    known: Known,
    takes_file: bool,
    busy: InFlightGuard,
    mut observed: Observed,
) -> Replies {
    observed.note_remembered();
    let stdout = match known {
        Known::Short(bytes) => Part::Stdout(bytes),
        Known::Long(answer, _) if takes_file => Part::File(v1::AnswerFile {
            path: answer.path().to_string_lossy().into_owned(),
            length: answer.length(),
        }),
        Known::Long(answer, file) => {
            let copied = render::copy(daemon, file, answer.length());
            return noted::<C>(parts(Ending::Answer(copied)), daemon, busy, observed);
        }
    };
    let exit = Ok(Part::Exit(0));
    observed.note(&exit);
    let parts = stream::iter([Ok(stdout), exit]);
    replies(parts, (busy, observed))
}

/// Turns parts into messages that every client accepts; the call is in flight until the stream is
/// dropped.
fn replies(
    parts: impl Stream<Item = Result<Part, Status>> + Send + 'static,
    in_flight: impl Send + 'static,
) -> Replies {
    let messages = parts.flat_map(|part| {
        let (messages, failure) = match part {
            Ok(part) => (Some(pieces::cut(part)), None),
            Err(status) => (None, Some(Err(status))),
        };
        stream::iter(messages.into_iter().flatten().map(Ok).chain(failure))
    });
    Box::pin(messages.map(move |message| {
        let _in_flight = &in_flight;
        message.map(|kind| v1::Reply { kind: Some(kind) })
    }))
}

/// Turns the parts of a call that may still fail into messages; counts and logs a failure.
fn noted<C: Command>(
    parts: impl Stream<Item = Result<Part, Status>> + Send + 'static,
    daemon: &Arc<DaemonState>,
    in_flight: impl Send + 'static,
    mut observed: Observed,
) -> Replies {
    let daemon = Arc::clone(daemon);
    let mut azures_code = String::new();
    let note = move |part: &Result<Part, Status>| {
        if let Ok(Part::Log(said)) = part
            && said.level() == Level::Error
        {
            failure_counts::code(&said.text)
                .unwrap_or_default()
                .clone_into(&mut azures_code);
        }
        observed.note(part);
        if let Some(kind) = daemon.tally.note(part) {
            tracing::info!("{} has failed: {kind} {azures_code}", request_name::<C>());
        }
    };
    replies(parts.inspect(note), in_flight)
}

/// Returns the name of a request, such as `UpdateNodePoolRequest`.
fn request_name<C>() -> &'static str {
    let path = std::any::type_name::<C>();
    path.rsplit("::").next().unwrap_or(path)
}

type WorkResult = Result<Ending, Box<dyn Any + Send>>;
type PartReceiver = mpsc::UnboundedReceiver<Part>;

/// The progress of a call: messages of the running command come before its ending.
enum Stage {
    Working(PartReceiver, JoinHandle<WorkResult>),
    Ended(PartReceiver, Parts),
}

async fn next(mut stage: Stage) -> Option<(Result<Part, Status>, Stage)> {
    loop {
        stage = match stage {
            Stage::Working(mut said, mut performance) => tokio::select! {
                biased;
                Some(part) = said.recv() => {
                    return Some((Ok(part), Stage::Working(said, performance)));
                }
                ended = &mut performance => {
                    let ended = ended.unwrap_or_else(|error| Err(Box::new(error)));
                    Stage::Ended(said, parts_of(ended))
                }
            },
            Stage::Ended(mut said, mut parts) => {
                let part = match said.try_recv() {
                    Ok(part) => Ok(part),
                    Err(_all_said) => parts.next().await?,
                };
                return Some((part, Stage::Ended(said, parts)));
            }
        };
    }
}

fn parts_of(ended: WorkResult) -> Parts {
    match ended {
        Ok(ending) => parts(ending),
        Err(_panic) => stream::iter([Err(panicked())]).boxed(),
    }
}

fn panicked() -> Status {
    tracing::error!("a call ended early, by a panic");
    Status::internal("the call failed inside azqd; see: azq daemon logs")
}

type Parts = Pin<Box<dyn Stream<Item = Result<Part, Status>> + Send>>;

/// Returns the last parts, which are sent once the command has ended.
fn parts(ending: Ending) -> Parts {
    let last = match ending {
        Ending::Answer(Stdout::Whole(bytes)) => vec![Part::Stdout(bytes), Part::Exit(0)],
        Ending::Answer(Stdout::Chunks(chunks, rendered)) => {
            return chunked(chunks, rendered, Part::Stdout);
        }
        // The same parts with exit code 1.
        Ending::Unmet(stdout) => {
            let exit = |part| match part {
                Ok(Part::Exit(0)) => Ok(Part::Exit(1)),
                other => other,
            };
            return parts(Ending::Answer(stdout)).map(exit).boxed();
        }
        Ending::Parts(parts) => parts,
        Ending::Data(chunks, passed) => return chunked(chunks, passed, Part::Data),
        Ending::Failed(error) => failed(&error),
        Ending::Interrupted => {
            let status = Status::unavailable("azqd is ending; the operation goes on in Azure");
            return stream::iter([Err(status)]).boxed();
        }
    };
    stream::iter(last.into_iter().map(Ok)).boxed()
}

fn failed(error: &CommandError) -> Vec<Part> {
    if error.kind == ErrorKind::Usage {
        // The client adds az's closing lines, which depend on the command.
        return vec![Part::Usage(error.message.clone())];
    }
    let mut parts = vec![log(Level::Error, text(error))];
    parts.extend(error.hint.clone().map(Part::Hint));
    parts.push(Part::Exit(error.kind.exit_code()));
    parts
}

fn text(error: &CommandError) -> String {
    match &error.recommendation {
        Some(advice) => format!("{}\n{advice}", error.message),
        None => error.message.clone(),
    }
}

fn chunked(chunks: mpsc::Receiver<Bytes>, rendered: Rendered, part: fn(Bytes) -> Part) -> Parts {
    let parts = stream::unfold(Some((chunks, rendered)), move |under_way| async move {
        let (mut chunks, rendered) = under_way?;
        if let Some(chunk) = chunks.recv().await {
            return Some((vec![Ok(part(chunk))], Some((chunks, rendered))));
        }
        let last = match rendered.await {
            Ok(Ok(())) => vec![Ok(Part::Exit(0))],
            Ok(Err(error)) => failed(&error).into_iter().map(Ok).collect(),
            Err(_panic) => vec![Err(panicked())],
        };
        Some((last, None))
    });
    parts.flat_map(stream::iter).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tests::daemon_state_in;
    use crate::service::{Answer, Call};
    use azq_proto::command::CommandRequest;
    use std::time::Duration;

    /// A command that panics.
    #[derive(prost::Message)]
    struct Panicking {
        #[prost(message, optional, tag = "1")]
        context: Option<v1::Context>,
    }

    impl CommandRequest for Panicking {
        const RPC: &'static str = "/azq.v1.Commands/Panic";
        const COMMAND: &'static str = "panic";
        const EFFECT: v1::Effect = v1::Effect::Read;

        fn context(&mut self) -> &mut Option<v1::Context> {
            &mut self.context
        }
    }

    impl Command for Panicking {
        async fn carry_out(self, _: Call<'_>) -> Result<Answer, CommandError> {
            panic!("a mistake")
        }
    }

    #[tokio::test]
    async fn what_was_rendered_in_part_does_not_pass_for_the_whole() {
        let (sender, chunks) = mpsc::channel(2);
        sender.send(Bytes::from("[")).await.unwrap();
        let rendered = tokio::spawn(async move {
            let _closes = sender;
            panic!("a mistake")
        });
        let parts: Vec<_> = chunked(chunks, rendered, Part::Stdout).collect().await;
        let [Ok(Part::Stdout(_)), Err(status)] = &parts[..] else {
            panic!("{parts:?}")
        };
        assert_eq!(status.code(), tonic::Code::Internal);
    }

    #[tokio::test]
    async fn a_panic_ends_only_its_call() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = Arc::new(daemon_state_in(folder.path()));
        for _ in 0..2 {
            let context = Some(v1::Context {
                azure_config_dir: "/nonexistent".to_owned(),
                ..v1::Context::default()
            });
            let replies = answer(&daemon, Panicking { context }, None).await;
            let replies: Vec<_> = replies.into_inner().collect().await;
            let [Err(status)] = &replies[..] else {
                panic!("{replies:?}")
            };
            assert_eq!(status.code(), tonic::Code::Internal);
            assert!(!status.message().contains("mistake"), "{status}");
        }
        let drained = tokio::time::timeout(Duration::from_secs(30), daemon.activity.drained());
        drained.await.unwrap();
        let internal = daemon.tally.counts()[3];
        assert_eq!(internal, ("internal", 2));
    }
}
