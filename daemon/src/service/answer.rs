//! From a request to the stream of its reply.
//!
//! What a running command says goes out at once. A short answer is rendered whole and cut into messages as the client
//! reads them; a long one is rendered only as fast as the client reads. A call counts as in flight until its stream ends
//! or is dropped, and dropping it cancels what only this call needs.

use super::perform::{Ending, Stdout, log, perform};
use super::{Command, Core};
use crate::error::{CommandError, Kind};
use azq_proto::v1::{self, log::Level, reply::Kind as Part};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Response, Status};

/// How many bytes of stdout travel in one message.
const CHUNK: usize = 64 * 1024;

/// What a call's stream carries.
pub(crate) type Replies = Pin<Box<dyn Stream<Item = Result<v1::Reply, Status>> + Send>>;

/// Carries out a command and streams what comes of it.
pub(crate) fn answer<C: Command>(core: &Arc<Core>, request: C) -> Response<Replies> {
    let busy = core.activity.begin();
    let (said, listener) = mpsc::unbounded_channel();
    let task = AbortOnDropHandle::new(tokio::spawn({
        let core = Arc::clone(core);
        async move {
            let Ok(_permit) = core.permits.acquire().await else {
                return Ending::Failed(CommandError::new("azqd is stopping; try again"));
            };
            perform(&core, request, said).await
        }
    }));
    let spoken = stream::unfold(listener, |mut listener| async move {
        Some((listener.recv().await?, listener))
    });
    let ending = stream::once(task).flat_map(|ended| match ended {
        Ok(ending) => parts(ending),
        Err(error) => {
            tracing::error!("a call ended early: {error}");
            stream::iter([Err(Status::internal(
                "the call failed inside azqd; see: azq daemon logs",
            ))])
            .boxed()
        }
    });
    let replies = spoken.map(Ok).chain(ending);
    let core = Arc::clone(core);
    Response::new(Box::pin(replies.map(move |part| {
        let _in_flight = &busy;
        core.tally.note(&part);
        part.map(|kind| v1::Reply { kind: Some(kind) })
    })))
}

type Parts = Pin<Box<dyn Stream<Item = Result<Part, Status>> + Send>>;

/// What is sent once the command has ended.
fn parts(ending: Ending) -> Parts {
    let last = match ending {
        Ending::Answer(Stdout::Whole(bytes)) => return whole(bytes.into()),
        Ending::Answer(Stdout::Chunks(chunks)) => return chunked(chunks),
        Ending::Missing(fields) => {
            let field = fields.into_iter().map(str::to_owned).collect();
            vec![Part::Missing(v1::MissingFields { field })]
        }
        Ending::Confirm(question) => vec![Part::Confirm(question)],
        Ending::Failed(error) => failed(&error),
        Ending::Interrupted => {
            let status = Status::unavailable("azqd is ending; the operation goes on in Azure");
            return stream::iter([Err(status)]).boxed();
        }
    };
    stream::iter(last.into_iter().map(Ok)).boxed()
}

fn failed(error: &CommandError) -> Vec<Part> {
    if error.kind == Kind::Usage {
        // The client adds az's closing lines, which depend on the command.
        return vec![Part::Usage(error.message.clone())];
    }
    vec![
        log(Level::Error, text(error)),
        Part::Exit(error.kind.exit_code()),
    ]
}

fn text(error: &CommandError) -> String {
    match &error.recommendation {
        Some(advice) => format!("{}\n{advice}", error.message),
        None => error.message.clone(),
    }
}

fn whole(bytes: Bytes) -> Parts {
    let chunks = stream::unfold(bytes, |mut rest| async move {
        let size = rest.len().min(CHUNK);
        (size > 0).then(|| (Part::Stdout(rest.split_to(size)), rest))
    });
    chunks.chain(stream::iter([Part::Exit(0)])).map(Ok).boxed()
}

fn chunked(chunks: mpsc::Receiver<Result<Vec<u8>, CommandError>>) -> Parts {
    let parts = stream::unfold(Some(chunks), |chunks| async move {
        let mut chunks = chunks?;
        match chunks.recv().await {
            Some(Ok(chunk)) => Some((vec![Part::Stdout(chunk.into())], Some(chunks))),
            Some(Err(error)) => Some((failed(&error), None)),
            None => Some((vec![Part::Exit(0)], None)),
        }
    });
    parts.flat_map(stream::iter).map(Ok).boxed()
}
