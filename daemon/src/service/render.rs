//! From what a command came to to the bytes for stdout.
//!
//! Invariants: whatever may take long, or wait for the client, does so on a thread where nobody else waits; an answer about resource
//! SKUs is rendered once for as long as their catalogue is the same.

use super::remembered::{Question, Remembered};
use crate::document::Value;
use crate::error::CommandError;
use crate::output::{self, Format, OutputError, Rendering, Table, jmespath};
use crate::skus::{Catalogue, Filter};
use bytes::Bytes;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{block_in_place, spawn_blocking};

/// The longest list that is rendered in place: less than a millisecond.
const SHORT: usize = 256;
/// How many chunks of a long answer are rendered before the client has read the first.
const CHUNKS_AHEAD: usize = 4;

/// What goes to stdout.
pub(super) enum Stdout {
    Whole(Bytes),
    /// Until the channel closes, or with an error at the end.
    Chunks(mpsc::Receiver<Result<Bytes, CommandError>>),
}

/// How an answer is to look; a [`Rendering`] that owns its query.
pub(super) struct Look {
    pub(super) format: Format,
    pub(super) query: Option<jmespath::Expression>,
    pub(super) color: bool,
    pub(super) table: Table,
}

impl Look {
    fn rendering(&self) -> Rendering<'_> {
        Rendering {
            format: self.format,
            query: self.query.as_ref(),
            color: self.color,
            table: self.table,
        }
    }
}

/// Takes an answer that has come out short, to give it again.
pub(super) type Keep = Box<dyn FnOnce(&[u8]) + Send>;

/// Renders the SKUs that a filter selects, unless that was done before.
pub(super) fn render_skus(
    remembered: &Arc<Remembered>,
    catalogue: &Arc<Catalogue>,
    filter: Filter,
    look: Look,
    query: Option<String>,
) -> Result<Stdout, CommandError> {
    let question = Question::new(catalogue, filter, &look, query);
    if let Some(answer) = remembered.answer(&question, catalogue) {
        return Ok(Stdout::Whole(answer));
    }
    let document = if catalogue.len() > SHORT {
        block_in_place(|| question.filter.apply(catalogue))
    } else {
        question.filter.apply(catalogue)
    };
    let (remembered, catalogue) = (Arc::clone(remembered), Arc::downgrade(catalogue));
    let keep = move |answer: &[u8]| remembered.remember(question, catalogue, answer);
    render(document, look, Some(Box::new(keep)))
}

/// Renders an answer: a short one here and now, a long one or a query over it on a thread that may wait for the
/// client.
pub(super) fn render(
    document: Value,
    look: Look,
    keep: Option<Keep>,
) -> Result<Stdout, CommandError> {
    if document.as_array().unwrap_or_default().len() <= SHORT {
        let render = || output::render(&document, &look.rendering());
        // A query may be made to take seconds; other calls go on on other threads meanwhile.
        let rendered: Bytes = match look.query {
            Some(_) => block_in_place(render)?.into(),
            None => render()?.into(),
        };
        if let Some(keep) = keep {
            keep(&rendered);
        }
        return Ok(Stdout::Whole(rendered));
    }
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    spawn_blocking(move || {
        let ended = in_chunks(&document, &look, keep, &|chunk| {
            sender.blocking_send(Ok(chunk)).is_ok()
        });
        match ended {
            Ok(()) | Err(OutputError::Closed) => {}
            Err(error) => drop(sender.blocking_send(Err(error.into()))),
        }
    });
    Ok(Stdout::Chunks(chunks))
}

/// Sends chunk by chunk, as long as somebody takes them. One that comes alone is the whole answer.
fn in_chunks(
    document: &Value,
    look: &Look,
    keep: Option<Keep>,
    send: &dyn Fn(Bytes) -> bool,
) -> Result<(), OutputError> {
    let (mut held, mut is_short) = (None, true);
    output::render_into(document, &look.rendering(), &mut |chunk| {
        let before = held.replace(Bytes::from(chunk));
        is_short &= before.is_none();
        match before.map(send) {
            Some(false) => ControlFlow::Break(()),
            Some(true) | None => ControlFlow::Continue(()),
        }
    })?;
    let last = held.unwrap_or_default();
    if let Some(keep) = keep.filter(|_| is_short) {
        keep(&last);
    }
    send(last);
    Ok(())
}
