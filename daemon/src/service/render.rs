//! From what a command came to to the bytes for stdout.
//!
//! Invariant: whatever may take long, or wait for the client, does so on a thread where nobody else waits.

use super::remembered::Gathering;
use crate::document::{Composed, Value};
use crate::error::CommandError;
use crate::output::{self, Format, OutputError, Rendering, Table, jmespath};
use crate::skus::Found;
use bytes::Bytes;
use std::ops::ControlFlow;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

/// The longest list that is rendered in place: less than a millisecond.
const SHORT: usize = 256;
/// How many chunks of a long answer are rendered before the client has read the first.
const CHUNKS_AHEAD: usize = 8;

/// What goes to stdout.
pub(super) enum Stdout {
    Whole(Bytes),
    /// Until the channel closes, or with an error at the end.
    Chunks(mpsc::Receiver<Result<Bytes, CommandError>>, Rendered),
}

/// Tells, once the channel is closed, whether everything was rendered.
pub(super) type Rendered = JoinHandle<()>;

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
pub(super) async fn render_skus(
    found: Found,
    look: Look,
    gathering: Gathering,
) -> Result<Stdout, CommandError> {
    let is_long = found.catalogue.len() > SHORT;
    let select = move || found.filter.apply(&found.catalogue);
    let chosen = if is_long {
        elsewhere(select).await?
    } else {
        select()
    };
    if chosen.len() <= SHORT {
        let documents = chosen.iter().map(Composed::document).collect();
        return render_here(Value::Array(documents), look, gathering).await;
    }
    Ok(chunks(gathering, move |receive| {
        output::render_list_into(&chosen, &look.rendering(), receive)
    }))
}

/// Renders an answer.
pub(super) async fn render(document: Value, look: Look) -> Result<Stdout, CommandError> {
    if document.as_array().unwrap_or_default().len() <= SHORT {
        return render_here(document, look, Gathering::none()).await;
    }
    Ok(chunks(Gathering::none(), move |receive| {
        output::render_into(&document, &look.rendering(), receive)
    }))
}

/// Renders a short answer, here and now if it has no query.
async fn render_here(
    document: Value,
    look: Look,
    mut gathering: Gathering,
) -> Result<Stdout, CommandError> {
    // A query may be made to take seconds.
    let takes_long = look.query.is_some();
    let render = move || output::render(&document, &look.rendering());
    let rendered: Bytes = if takes_long {
        elsewhere(render).await??.into()
    } else {
        render()?.into()
    };
    gathering.add(&rendered);
    gathering.end();
    Ok(Stdout::Whole(rendered))
}

/// Renders a long answer on a thread that may take long, or wait for the client.
fn chunks(
    mut gathering: Gathering,
    render: impl FnOnce(&mut dyn FnMut(Vec<u8>) -> ControlFlow<()>) -> Result<(), OutputError>
    + Send
    + 'static,
) -> Stdout {
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    let rendered = spawn_blocking(move || {
        let ended = render(&mut |chunk| {
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
    Stdout::Chunks(chunks, rendered)
}

/// Why nothing is begun any more.
pub(super) fn stopping() -> CommandError {
    CommandError::new("azqd is stopping; try again")
}

/// Does something on a thread where other calls do not wait for it.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    match spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(ended) => match ended.try_into_panic() {
            // As if it had come about here.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(stopping()),
        },
    }
}
