//! From what a command came to to the bytes for stdout.
//!
//! Invariant: whatever may take long, or wait for the client, does so on a thread where nobody else waits.

use super::remembered::Gathering;
use crate::document::Value;
use crate::error::CommandError;
use crate::output::{self, Format, OutputError, Rendering, Table, jmespath};
use crate::skus::Found;
use bytes::Bytes;
use std::ops::ControlFlow;
use tokio::sync::mpsc;
use tokio::task::{block_in_place, spawn_blocking};

/// The longest list that is rendered in place: less than a millisecond.
const SHORT: usize = 256;
/// How many chunks of a long answer are rendered before the client has read the first.
const CHUNKS_AHEAD: usize = 8;

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

/// Renders the SKUs that a filter selects.
pub(super) fn render_skus(
    found: &Found,
    look: Look,
    gathering: Gathering,
) -> Result<Stdout, CommandError> {
    let select = || found.filter.apply(&found.catalogue);
    let document = if found.catalogue.len() > SHORT {
        block_in_place(select)
    } else {
        select()
    };
    render(document, look, gathering)
}

/// Renders an answer: a short one here and now, a long one or a query over it on a thread that may wait for the
/// client.
pub(super) fn render(
    document: Value,
    look: Look,
    mut gathering: Gathering,
) -> Result<Stdout, CommandError> {
    if document.as_array().unwrap_or_default().len() <= SHORT {
        let render = || output::render(&document, &look.rendering());
        // A query may be made to take seconds; other calls go on on other threads meanwhile.
        let rendered: Bytes = match look.query {
            Some(_) => block_in_place(render)?.into(),
            None => render()?.into(),
        };
        gathering.add(&rendered);
        gathering.end();
        return Ok(Stdout::Whole(rendered));
    }
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    spawn_blocking(move || {
        let ended = output::render_into(&document, &look.rendering(), &mut |chunk| {
            let chunk = Bytes::from(chunk);
            gathering.add(&chunk);
            match sender.blocking_send(Ok(chunk)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_gone) => ControlFlow::Break(()),
            }
        });
        match ended {
            Ok(()) => gathering.end(),
            Err(OutputError::Closed) => {}
            Err(error) => drop(sender.blocking_send(Err(error.into()))),
        }
    });
    Ok(Stdout::Chunks(chunks))
}
