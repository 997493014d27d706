//! From what a command came to to the bytes for stdout.
//!
//! Invariants: whatever may take long, or wait for the client, does so on a thread where nobody
//! else waits; clients that do not read hold no more than [`LONG_ANSWERS`] of those; what needs
//! more memory than there is beside others is made again alone, or refused; what nobody waits for
//! any more is given up.

mod list;

use super::DaemonState;
use super::answer::CHUNK;
use super::response_cache::CacheFill;
use azq_command::CommandError;
use azq_command::work::{self, CurrentWork};
use azq_document::Value;
use azq_output::{Format, OutputError, Rendering, Table};
use azq_skus::{Catalogue, Filter, Found};
use bytes::Bytes;
use list::List;
pub(super) use list::render_sizes;
use std::fmt::Display;
use std::fs::File;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The longest list that is rendered in place: less than a millisecond.
const SHORT: usize = 256;
/// How many SKUs are looked at in place to select from them: a region's, some ten microseconds.
const REACH: usize = 4096;
/// The longest list of what takes no longer to render than to hand over: some ten microseconds.
const FEW: usize = 16;
/// The longest answer to a query that is rendered before the client reads it, in bytes; a longer
/// one is begun again.
const LONGEST_AT_ONCE: usize = 256 << 10;
/// How many chunks of a long answer are rendered before the client has read the first.
const CHUNKS_AHEAD: usize = 8;

/// How many long answers are under way at once: each holds a thread, and some megabytes, for as
/// long as its client does not read it.
pub(crate) const LONG_ANSWERS: usize = 32;
/// How long another waits for one of them to end.
const TURN: Duration = Duration::from_secs(30);

/// How many queries are evaluated at once; more wait.
pub(crate) const EVALUATIONS: usize = 16;
/// How often an answer that needs much memory looks whether that is free, and how long it waits to
/// be alone.
const UNTIL_FREE: Duration = Duration::from_millis(50);
const LONGEST_QUEUE: Duration = Duration::from_secs(120);

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

/// Renders the few SKUs to which an index leads, for one message; nothing if it takes more, or
/// fails.
pub(super) fn here_and_now(
    catalogue: &Catalogue,
    filter: &Filter,
    look: &OwnedRendering,
) -> Option<Vec<u8>> {
    if look.query.is_some() || !filter.is_indexed() {
        return None;
    }
    // What fails here fails again where that ends a call with an error.
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
    core: &DaemonState,
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
        return render_here(core, Value::list(&chosen), look, gathering).await;
    }
    // Selected again when its turn has come: many may wait, and their lists would fill the memory.
    drop(chosen);
    if look.query.is_some() {
        return render_selected(core, found, look, gathering).await;
    }
    Ok(listed(core, found, look, gathering))
}

/// Renders a long list.
fn listed(
    core: &DaemonState,
    list: Arc<impl List>,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Stdout {
    let render =
        move |receive: &mut Receive<'_>| ended(list.render_into(&look.rendering(), receive));
    chunks(core, gathering, render)
}

/// Renders what a query selects of a long list: most select little, which need not wait for the
/// client.
async fn render_selected(
    core: &DaemonState,
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
    let Some(rendered) = evaluate(core, render).await? else {
        return Ok(listed(core, list, look, CacheFill::none()));
    };
    let whole = whole(core, rendered, gathering);
    Ok(whole.unwrap_or_else(|gathering| listed(core, list, look, gathering)))
}

/// Renders an answer.
pub(super) async fn render(
    core: &DaemonState,
    document: Value,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Result<Stdout, CommandError> {
    if document.as_array().unwrap_or_default().len() <= SHORT {
        return render_here(core, document, look, gathering).await;
    }
    Ok(streamed(core, document.into(), look, gathering))
}

/// Renders an answer as it is read.
fn streamed(
    core: &DaemonState,
    document: Arc<Value>,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Stdout {
    let render = move |receive: &mut Receive<'_>| {
        ended(azq_output::render_into(
            &document,
            &look.rendering(),
            receive,
        ))
    };
    chunks(core, gathering, render)
}

/// Copies what was rendered earlier, so many bytes.
pub(super) fn copy(core: &DaemonState, mut file: File, length: u64) -> Stdout {
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
    chunks(core, CacheFill::none(), copy)
}

/// Why a long answer broke off.
enum Broken {
    /// Another try, alone, may find memory.
    Memory,
    Failed(CommandError),
}

impl From<CommandError> for Broken {
    fn from(error: CommandError) -> Self {
        Self::Failed(error)
    }
}

/// Whether what was rendered was taken to its end.
fn ended(rendered: Result<(), OutputError>) -> Result<ControlFlow<()>, Broken> {
    match rendered {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(OutputError::Closed) => Ok(ControlFlow::Break(())),
        Err(error) if error.is_out_of_memory() => Err(Broken::Memory),
        Err(error) => Err(CommandError::from(error).into()),
    }
}

/// Renders a short answer, here and now if it has no query.
async fn render_here(
    core: &DaemonState,
    document: Value,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Result<Stdout, CommandError> {
    let document = Arc::new(document);
    // A query may be made to take seconds.
    let rendered = if look.query.is_some() {
        let (document, look) = (Arc::clone(&document), look.clone());
        evaluate(core, move || {
            azq_output::render(&document, &look.rendering())
        })
        .await?
    } else {
        azq_output::render(&document, &look.rendering())?
    };
    let whole = whole(core, rendered, gathering);
    Ok(whole.unwrap_or_else(|gathering| streamed(core, document, look, gathering)))
}

/// An answer that waits for its client as a whole, unless too much waits already.
#[expect(
    clippy::result_large_err,
    reason = "the gathering goes on either way; a box would cost each answer an allocation"
)]
fn whole(
    core: &DaemonState,
    rendered: Vec<u8>,
    mut gathering: CacheFill,
) -> Result<Stdout, CacheFill> {
    let rendered = if rendered.len() <= CHUNK {
        Bytes::from(rendered)
    } else {
        match core.pool.try_reserve(rendered.len()) {
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

/// Takes the next chunk.
type Receive<'r> = dyn FnMut(Vec<u8>) -> ControlFlow<()> + 'r;

/// Renders a long answer on a thread that may take long, or wait for the client. It breaks if not
/// all of it was taken.
fn chunks(
    core: &DaemonState,
    gathering: CacheFill,
    render: impl FnMut(&mut Receive<'_>) -> Result<ControlFlow<()>, Broken> + Send + 'static,
) -> Stdout {
    let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
    let turn = timeout(TURN, Arc::clone(&core.long_answers).acquire_owned());
    let alone = Arc::clone(&core.alone);
    // A task of its own, for the call is over for all others: whoever waits here keeps nobody from
    // being served.
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
            // What is still evaluated for it is given up.
            () = watched.closed() => Ok(()),
        }
    });
    Stdout::Chunks(chunks, rendered)
}

/// Renders into a channel; once more, alone, if there was no memory before anything was sent.
async fn send_all(
    sender: mpsc::Sender<Bytes>,
    gathering: CacheFill,
    mut render: impl FnMut(&mut Receive<'_>) -> Result<ControlFlow<()>, Broken> + Send + 'static,
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
            Err(Broken::Memory) if !has_sent => Err(None),
            Err(Broken::Memory) => Err(Some(out_of_memory())),
            Err(Broken::Failed(error)) => Err(Some(error)),
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

/// Evaluates a query and renders what comes of it; once more, alone, if there was no memory for it
/// beside others.
async fn evaluate<T: Send + 'static>(
    core: &DaemonState,
    work: impl Fn() -> Result<T, OutputError> + Send + Sync + 'static,
) -> Result<T, CommandError> {
    let work = Arc::new(work);
    {
        let place = core.evaluations.acquire().await;
        let _place = place.map_err(|_closed| stopping())?;
        let work = Arc::clone(&work);
        match elsewhere(move || work()).await? {
            Err(error) if error.is_out_of_memory() => {}
            done => return Ok(done?),
        }
    }
    let _alone = when_alone(&core.alone).await?;
    Ok(elsewhere(move || work()).await??)
}

/// Waits until no other answer is made that needs much memory, and most of that is free.
async fn when_alone(alone: &Semaphore) -> Result<SemaphorePermit<'_>, CommandError> {
    let free = async {
        let turn = alone.acquire().await.map_err(|_closed| stopping())?;
        while !work::has_much_room() {
            tokio::time::sleep(UNTIL_FREE).await;
        }
        Ok(turn)
    };
    let turn = timeout(LONGEST_QUEUE, free).await;
    turn.unwrap_or_else(|_elapsed| Err(out_of_memory()))
}

fn out_of_memory() -> CommandError {
    CommandError::new(work::Stop::Memory.to_string())
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

/// Does something on a thread where other calls do not wait for it. It is cancelled when nobody
/// waits for it any more.
pub(super) async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    let wanted = CancellationToken::new();
    let _cancels = wanted.clone().drop_guard();
    match spawn_blocking(move || work::cancelled_by(wanted, work)).await {
        Ok(done) => Ok(done),
        Err(ended) => match ended.try_into_panic() {
            // As if it had come about here.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(stopping()),
        },
    }
}
