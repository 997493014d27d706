//! Rendering: from a command's answer to the bytes for stdout.
//!
//! Invariants: work that may take long, or wait for the client, runs on a thread where no other
//! call waits; clients that do not read occupy at most [`LONG_ANSWERS`] of those threads; an answer
//! that needs more memory than is free beside others is rendered again alone, or refused; work for
//! a call that has gone is cancelled.

mod evaluate;
mod list;

use super::DaemonState;
use super::answer::CHUNK;
use super::response_cache::CacheFill;
use azq_command::CommandError;
use azq_command::work::CurrentWork;
use azq_document::Value;
use azq_output::{Format, OutputError, Rendering, Table};
use azq_skus::{Catalogue, Filter, Found};
use bytes::Bytes;
pub(crate) use evaluate::EVALUATIONS;
pub(super) use evaluate::{elsewhere, stopping};
use evaluate::{evaluate, out_of_memory, when_alone};
use list::List;
pub(super) use list::render_sizes;
use std::fmt::Display;
use std::fs::File;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

/// The longest list that is rendered in place: less than a millisecond.
const SHORT: usize = 256;
/// The most SKUs that are scanned in place for a selection: a region's, some ten microseconds.
const REACH: usize = 4096;
/// The longest list that is rendered in place of being handed to a thread: some ten microseconds.
const FEW: usize = 16;
/// The longest answer to a query that is rendered before the client reads it, in bytes; a longer
/// one is rendered again from the start.
const LONGEST_AT_ONCE: usize = 256 << 10;
/// How many chunks of a long answer are rendered before the client has read the first.
const CHUNKS_AHEAD: usize = 8;

/// The most long answers in flight: each occupies a thread, and some megabytes, until its client
/// has read it.
pub(crate) const LONG_ANSWERS: usize = 32;
/// How long a further long answer waits for one of them to end.
const TURN: Duration = Duration::from_secs(30);

/// The bytes for stdout.
pub(super) enum Stdout {
    Whole(Bytes),
    /// Chunks, until the channel closes.
    Chunks(mpsc::Receiver<Bytes>, Rendered),
}

/// A task that reports, once the channel is closed, whether everything was rendered.
pub(super) type Rendered = JoinHandle<Result<(), CommandError>>;

/// The format, query, colour and table of an answer; a [`Rendering`] that owns its query.
#[derive(Clone)]
pub(super) struct OwnedRendering {
    pub(super) format: Format,
    pub(super) query: Option<azq_jmespath::Expression>,
    pub(super) color: bool,
    pub(super) table: Table,
}

impl OwnedRendering {
    fn rendering(&self) -> Rendering<'_> {
        Rendering {
            format: self.format,
            query: self.query.as_ref(),
            color: self.color,
            table: self.table,
            checkpoint: &CurrentWork,
        }
    }
}

/// Renders the few SKUs that an index finds, for one message. `None` if that is not enough, or
/// fails.
pub(super) fn here_and_now(
    catalogue: &Catalogue,
    filter: &Filter,
    look: &OwnedRendering,
) -> Option<Vec<u8>> {
    if look.query.is_some() || !filter.is_indexed() {
        return None;
    }
    // A failure here is repeated on the usual path, where it ends the call with an error.
    let rendered = catch_unwind(AssertUnwindSafe(|| {
        let chosen = filter.apply(catalogue);
        let is_few = chosen.len() <= FEW;
        is_few.then(|| azq_output::render(&Value::list(&chosen), &look.rendering()))
    }));
    let rendered = rendered.ok()??.ok()?;
    (rendered.len() <= CHUNK).then_some(rendered)
}

/// Renders the SKUs that a filter selects.
pub(super) async fn render_skus(
    daemon: &DaemonState,
    found: Found,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Result<Stdout, CommandError> {
    let reach = found.filter.reach(&found.catalogue);
    let found = Arc::new(found);
    let select = {
        let found = Arc::clone(&found);
        move || found.filter.apply(&found.catalogue)
    };
    let chosen = if reach > REACH {
        elsewhere(select).await?
    } else {
        select()
    };
    if chosen.len() <= SHORT {
        return render_here(daemon, Value::list(&chosen), look, gathering).await;
    }
    // The list is dropped and selected again later, because the lists of many waiting calls would
    // fill the memory.
    drop(chosen);
    if look.query.is_some() {
        return render_selected(daemon, found, look, gathering).await;
    }
    Ok(listed(daemon, found, look, gathering))
}

/// Renders a long list, or a document, as fast as the client reads.
fn listed(
    daemon: &DaemonState,
    list: Arc<impl List>,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Stdout {
    let render =
        move |receive: &mut Receive<'_>| ended(list.render_into(&look.rendering(), receive));
    chunks(daemon, gathering, render)
}

/// Renders the result of a query on a long list. Most results are short, and need not wait for the
/// client.
async fn render_selected(
    daemon: &DaemonState,
    list: Arc<impl List>,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Result<Stdout, CommandError> {
    let render = {
        let (list, look) = (Arc::clone(&list), look.clone());
        move || {
            let mut rendered = Vec::new();
            let ended = list.render_into(&look.rendering(), &mut |chunk| {
                rendered.extend(chunk);
                if rendered.len() <= LONGEST_AT_ONCE {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            match ended {
                Ok(()) => Ok(Some(rendered)),
                Err(OutputError::Closed) => Ok(None),
                Err(error) => Err(error),
            }
        }
    };
    let Some(rendered) = evaluate(daemon, render).await? else {
        return Ok(listed(daemon, list, look, CacheFill::none()));
    };
    let whole = whole(daemon, rendered, gathering);
    Ok(whole.unwrap_or_else(|gathering| listed(daemon, list, look, gathering)))
}

/// Renders an answer.
pub(super) async fn render(
    daemon: &DaemonState,
    document: Value,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Result<Stdout, CommandError> {
    if document.as_array().unwrap_or_default().len() <= SHORT {
        return render_here(daemon, document, look, gathering).await;
    }
    Ok(listed(daemon, Arc::new(document), look, gathering))
}

/// Copies a kept answer of this length from its file.
pub(super) fn copy(daemon: &DaemonState, mut file: File, length: u64) -> Stdout {
    let unreadable =
        |error: &dyn Display| CommandError::new(format!("a kept answer cannot be read: {error}"));
    let copy = move |receive: &mut Receive<'_>| {
        let mut left = length;
        while left > 0 {
            let mut chunk = Vec::with_capacity(CHUNK);
            let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk);
            match read.map_err(|error| unreadable(&error))? {
                0 => return Err(unreadable(&"it is not whole").into()),
                read => left = left.saturating_sub(read as u64),
            }
            if receive(chunk).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    chunks(daemon, CacheFill::none(), copy)
}

/// Whether the whole of a long answer was received, or why it was not rendered to its end: `None`
/// if there was no memory, of which another attempt, alone, may find some.
type Ended = Result<ControlFlow<()>, Option<CommandError>>;

/// Returns whether the whole rendering was received.
fn ended(rendered: Result<(), OutputError>) -> Ended {
    match rendered {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(OutputError::Closed) => Ok(ControlFlow::Break(())),
        Err(error) if error.is_out_of_memory() => Err(None),
        Err(error) => Err(CommandError::from(error).into()),
    }
}

/// Renders a short answer, in place if it has no query.
async fn render_here(
    daemon: &DaemonState,
    document: Value,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Result<Stdout, CommandError> {
    let document = Arc::new(document);
    // A query may be written so that it takes seconds.
    let rendered = if look.query.is_some() {
        let (document, look) = (Arc::clone(&document), look.clone());
        evaluate(daemon, move || {
            azq_output::render(&document, &look.rendering())
        })
        .await?
    } else {
        azq_output::render(&document, &look.rendering())?
    };
    let whole = whole(daemon, rendered, gathering);
    Ok(whole.unwrap_or_else(|gathering| listed(daemon, document, look, gathering)))
}

/// Returns an answer that is kept whole until its client reads it, unless too much memory is
/// reserved already.
#[expect(
    clippy::result_large_err,
    reason = "the gathering goes on either way; a box would cost each answer an allocation"
)]
fn whole(
    daemon: &DaemonState,
    rendered: Vec<u8>,
    mut gathering: CacheFill,
) -> Result<Stdout, CacheFill> {
    let rendered = if rendered.len() <= CHUNK {
        Bytes::from(rendered)
    } else {
        match daemon.pool.try_reserve(rendered.len()) {
            Some(reservation) => reservation.hold(rendered),
            None => return Err(gathering),
        }
    };
    let waits_for_a_disk = gathering.writes(rendered.len());
    let whole = rendered.clone();
    let gather = move || {
        gathering.add(&whole);
        gathering.end();
    };
    if waits_for_a_disk {
        drop(spawn_blocking(gather));
    } else {
        gather();
    }
    Ok(Stdout::Whole(rendered))
}

/// A function that takes the next chunk.
type Receive<'r> = dyn FnMut(Vec<u8>) -> ControlFlow<()> + 'r;

/// Renders a long answer on a thread that may take long, or wait for the client. The rendering
/// stops if its chunks are no longer received.
fn chunks(
    daemon: &DaemonState,
    gathering: CacheFill,
    render: impl FnMut(&mut Receive<'_>) -> Ended + Send + 'static,
) -> Stdout {
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    let turn = timeout(TURN, Arc::clone(&daemon.long_answers).acquire_owned());
    let alone = Arc::clone(&daemon.alone);
    // A task of its own waits for the turn, so that the wait does not keep other calls from being
    // served.
    let rendered = tokio::spawn(async move {
        let turn = tokio::select! {
            turn = turn => turn,
            () = sender.closed() => return Ok(()),
        };
        let Ok(Ok(_turn)) = turn else {
            return Err(crowded());
        };
        let watched = sender.clone();
        tokio::select! {
            rendered = send_all(sender, gathering, render, &alone) => rendered,
            // Dropping `send_all` cancels the evaluation.
            () = watched.closed() => Ok(()),
        }
    });
    Stdout::Chunks(chunks, rendered)
}

/// Renders into a channel. It does so once more, alone, if there was no memory before the first
/// chunk was sent.
async fn send_all(
    sender: mpsc::Sender<Bytes>,
    gathering: CacheFill,
    mut render: impl FnMut(&mut Receive<'_>) -> Ended + Send + 'static,
    alone: &Semaphore,
) -> Result<(), CommandError> {
    let (mut gathering, mut has_sent) = (Some(gathering), false);
    let mut try_it = move || {
        let ended = render(&mut |chunk| {
            has_sent = true;
            let chunk = Bytes::from(chunk);
            if let Some(gathering) = &mut gathering {
                gathering.add(&chunk);
            }
            match sender.blocking_send(chunk) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_gone) => ControlFlow::Break(()),
            }
        });
        match ended {
            Ok(ended) => {
                if let Some(gathering) = gathering.take().filter(|_| ended.is_continue()) {
                    gathering.end();
                }
                Ok(())
            }
            Err(None) if has_sent => Err(Some(out_of_memory())),
            Err(error) => Err(error),
        }
    };
    let (tried, try_it) = elsewhere(move || (try_it(), try_it)).await?;
    match tried {
        Err(None) => {}
        Err(Some(error)) => return Err(error),
        Ok(()) => return Ok(()),
    }
    let _alone = when_alone(alone).await?;
    let tried = elsewhere(try_it).await?;
    tried.map_err(|error| error.unwrap_or_else(out_of_memory))
}

/// Returns the error for too many long answers.
fn crowded() -> CommandError {
    CommandError::new(format!(
        "{LONG_ANSWERS} long answers under way are blocked on clients that do not read them; stop those \
         clients, or run: azq daemon restart"
    ))
}
