//! From what a command came to to the bytes for stdout.
//!
//! Invariants: whatever may take long, or wait for the client, does so on a thread where nobody else waits; clients that do not read
//! hold no more than [`LONG_ANSWERS`] of those.

use super::Core;
use super::answer::CHUNK;
use super::remembered::Gathering;
use crate::document::Value;
use crate::error::CommandError;
use crate::output::{self, Format, OutputError, Rendering, Table, jmespath};
use crate::skus::{Catalogue, Filter, Found, Sku};
use bytes::Bytes;
use std::fmt::Display;
use std::fs::File;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

/// The longest list that is rendered in place: less than a millisecond.
const SHORT: usize = 256;
/// How many SKUs are looked at in place to select from them: a region's, some ten microseconds.
const REACH: usize = 4096;
/// The longest list of what takes no longer to render than to hand over: some ten microseconds.
const FEW: usize = 16;
/// The longest answer to a query that is rendered before the client reads it, in bytes; a longer one is begun again.
const LONGEST_AT_ONCE: usize = 256 << 10;
/// How many chunks of a long answer are rendered before the client has read the first.
const CHUNKS_AHEAD: usize = 8;

/// How many long answers are under way at once: each holds a thread, and some megabytes, for as long as its client does not read it.
pub(crate) const LONG_ANSWERS: usize = 32;
/// How long another waits for one of them to end.
const TURN: Duration = Duration::from_secs(30);

/// What goes to stdout.
pub(super) enum Stdout {
    Whole(Bytes),
    /// Until the channel closes.
    Chunks(mpsc::Receiver<Bytes>, Rendered),
}

/// Tells, once the channel is closed, whether everything was rendered.
pub(super) type Rendered = JoinHandle<Result<(), CommandError>>;

/// How an answer is to look; a [`Rendering`] that owns its query.
#[derive(Clone)]
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

/// Renders the few SKUs to which an index leads, for one message; nothing if it takes more, or fails.
pub(super) fn here_and_now(catalogue: &Catalogue, filter: &Filter, look: &Look) -> Option<Vec<u8>> {
    if look.query.is_some() || !filter.is_indexed() {
        return None;
    }
    // What fails here fails again where that ends a call with an error.
    let rendered = catch_unwind(AssertUnwindSafe(|| {
        let chosen = filter.apply(catalogue);
        let is_few = chosen.len() <= FEW;
        is_few.then(|| output::render(&Value::list(&chosen), &look.rendering()))
    }));
    let rendered = rendered.ok()??.ok()?;
    (rendered.len() <= CHUNK).then_some(rendered)
}

/// Renders the SKUs that a filter selects.
pub(super) async fn render_skus(
    core: &Core,
    found: Found,
    look: Look,
    gathering: Gathering,
) -> Result<Stdout, CommandError> {
    let reach = found.filter.reach(&found.catalogue);
    let select = move || found.filter.apply(&found.catalogue);
    let chosen = if reach > REACH {
        elsewhere(select).await?
    } else {
        select()
    };
    if chosen.len() <= SHORT {
        return render_here(Value::list(&chosen), look, gathering).await;
    }
    if look.query.is_some() {
        return render_selected(core, chosen, look, gathering).await;
    }
    Ok(listed(core, chosen, look, gathering))
}

/// Renders a long list of SKUs.
fn listed(core: &Core, chosen: Vec<Sku>, look: Look, gathering: Gathering) -> Stdout {
    let render = move |receive: &mut Receive<'_>| {
        ended(output::render_list_into(
            &chosen,
            &look.rendering(),
            receive,
        ))
    };
    chunks(core, gathering, render)
}

/// Renders what a query selects of many SKUs: most select little, which need not wait for the client.
async fn render_selected(
    core: &Core,
    chosen: Vec<Sku>,
    look: Look,
    gathering: Gathering,
) -> Result<Stdout, CommandError> {
    let render = move || {
        let mut rendered = Vec::new();
        let ended = output::render_list_into(&chosen, &look.rendering(), &mut |chunk| {
            rendered.extend(chunk);
            if rendered.len() <= LONGEST_AT_ONCE {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        (ended.map(|()| rendered), chosen, look)
    };
    let (rendered, chosen, look) = elsewhere(render).await?;
    match rendered {
        Ok(rendered) => Ok(whole(rendered, gathering)),
        Err(OutputError::Closed) => Ok(listed(core, chosen, look, gathering)),
        Err(error) => Err(error.into()),
    }
}

/// Renders an answer.
pub(super) async fn render(
    core: &Core,
    document: Value,
    look: Look,
) -> Result<Stdout, CommandError> {
    if document.as_array().unwrap_or_default().len() <= SHORT {
        return render_here(document, look, Gathering::none()).await;
    }
    let render = move |receive: &mut Receive<'_>| {
        ended(output::render_into(&document, &look.rendering(), receive))
    };
    Ok(chunks(core, Gathering::none(), render))
}

/// Copies what was rendered earlier, so many bytes.
pub(super) fn copy(core: &Core, mut file: File, length: u64) -> Stdout {
    let unreadable =
        |error: &dyn Display| CommandError::new(format!("a kept answer cannot be read: {error}"));
    let copy = move |receive: &mut Receive<'_>| {
        let mut left = length;
        while left > 0 {
            let mut chunk = Vec::with_capacity(CHUNK);
            let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk);
            match read.map_err(|error| unreadable(&error))? {
                0 => return Err(unreadable(&"it is not whole")),
                read => left = left.saturating_sub(read as u64),
            }
            if receive(chunk).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    chunks(core, Gathering::none(), copy)
}

/// Whether what was rendered was taken to its end.
fn ended(rendered: Result<(), OutputError>) -> Result<ControlFlow<()>, CommandError> {
    match rendered {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(OutputError::Closed) => Ok(ControlFlow::Break(())),
        Err(error) => Err(error.into()),
    }
}

/// Renders a short answer, here and now if it has no query.
async fn render_here(
    document: Value,
    look: Look,
    gathering: Gathering,
) -> Result<Stdout, CommandError> {
    // A query may be made to take seconds.
    let takes_long = look.query.is_some();
    let render = move || output::render(&document, &look.rendering());
    let rendered = if takes_long {
        elsewhere(render).await??
    } else {
        render()?
    };
    Ok(whole(rendered, gathering))
}

fn whole(rendered: Vec<u8>, mut gathering: Gathering) -> Stdout {
    let rendered = Bytes::from(rendered);
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
    Stdout::Whole(rendered)
}

/// Takes the next chunk.
type Receive<'r> = dyn FnMut(Vec<u8>) -> ControlFlow<()> + 'r;

/// Renders a long answer on a thread that may take long, or wait for the client. It breaks if not all of it was taken.
fn chunks(
    core: &Core,
    mut gathering: Gathering,
    render: impl FnOnce(&mut Receive<'_>) -> Result<ControlFlow<()>, CommandError> + Send + 'static,
) -> Stdout {
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    let turn = timeout(TURN, Arc::clone(&core.long_answers).acquire_owned());
    // A task of its own, for the call is over for all others: whoever waits here keeps nobody from being served.
    let rendered = tokio::spawn(async move {
        let turn = tokio::select! {
            turn = turn => turn,
            () = sender.closed() => return Ok(()),
        };
        let Ok(Ok(turn)) = turn else {
            return Err(crowded());
        };
        let render = move || {
            let _turn = turn;
            let ended = render(&mut |chunk| {
                let chunk = Bytes::from(chunk);
                gathering.add(&chunk);
                match sender.blocking_send(chunk) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_gone) => ControlFlow::Break(()),
                }
            });
            if ended?.is_continue() {
                gathering.end();
            }
            Ok(())
        };
        elsewhere(render).await?
    });
    Stdout::Chunks(chunks, rendered)
}

/// Why there is no turn.
fn crowded() -> CommandError {
    CommandError::new(format!(
        "azqd has {LONG_ANSWERS} long answers under way that nobody reads; end who does not read them, or run: azq daemon restart"
    ))
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
