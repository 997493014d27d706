//! Fetches a catalogue from Azure: page after page, parsed as the bytes arrive, on a thread beside
//! the one that decrypts and decompresses what comes next.
//!
//! A page whose body breaks off or is no JSON is asked for again; every wait has a deadline.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::{sync::mpsc, task::spawn_blocking};

use azq_python::json::JsonError;

use crate::cache::slots::Key;
use crate::catalogue::Catalogue;
use crate::catalogue::pool::Pool;
use crate::ingest::meter::Meter;
use crate::ingest::parse::{ParseError, Parser};
use crate::source::{Body, Page, Source, SourceError};
use azq_arm::Report;
use azq_command::CommandError;
use azq_command::work;

/// The waits before a page is asked for again; then its broken body is an error.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// Azure sends without pause once it has begun; a connection that is silent for so long is dead.
pub const SILENCE: Duration = Duration::from_secs(60);

/// How many chunks of a body, of about 8 KiB, are handed to the parser together: a thread is not
/// woken for each.
const TOGETHER: usize = 32;

/// How often so many chunks may wait for the parser; then Azure does.
const AHEAD: usize = 4;

/// The real catalogue has one page.
pub const MAX_PAGES: usize = 10_000;

/// How long all pages together may take: many times what a slow line needs, for nobody waits
/// longer.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// Asks Azure for a key's SKUs.
pub(crate) async fn fetch(
    source: &impl Source,
    key: &Key,
    now: SystemTime,
    pool: &Arc<Mutex<Pool>>,
    report: &dyn Report,
) -> Result<Catalogue, SourceError> {
    let all = async {
        let provider = key.provider;
        let mut parser = Parser::new(provider, pool);
        let mut meter = Meter::of(key, report);
        let mut followed = HashSet::new();
        let mut page = Page::First {
            provider,
            location: key.location.clone(),
        };
        loop {
            let next;
            (parser, next) = read_page(source, &page, parser, &mut meter, report).await?;
            let Some(next) = next else {
                return Ok(Catalogue::new(parser.finish(), now));
            };
            if followed.len() >= MAX_PAGES || !followed.insert(next.clone()) {
                return Err(broken("its pages do not end"));
            }
            page = Page::Next {
                provider,
                link: next,
            };
        }
    };
    let in_time = tokio::time::timeout(LONGEST, all).await;
    in_time.unwrap_or_else(|_| Err(broken("it goes on for more than an hour")))
}

/// Reads one page; gives the link to the next one.
async fn read_page(
    source: &impl Source,
    page: &Page,
    mut parser: Parser,
    meter: &mut Meter<'_>,
    report: &dyn Report,
) -> Result<(Parser, Option<String>), SourceError> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let body = source.page(page, report).await?;
        let read;
        (parser, read) = read_body(body, parser, meter).await?;
        let error = match read {
            Ok(next) => return Ok((parser, next.filter(|next| !next.is_empty()))),
            Err(error) => error,
        };
        let Some(pause) = pauses.next() else {
            return Err(error);
        };
        report.debug(&format!("Asking again for resource SKUs: {}", error.error));
        parser.restart_page();
        tokio::time::sleep(pause).await;
    }
}

type Read = Result<Option<String>, SourceError>;

/// Reads a body to its end; without its parser, which comes back, there is nothing to go on with.
async fn read_body(
    body: Body,
    parser: Parser,
    meter: &mut Meter<'_>,
) -> Result<(Parser, Read), SourceError> {
    if let Err(stop) = work::check(0) {
        return Err(broken(&stop.to_string()));
    }
    let (sender, chunks) = mpsc::channel(AHEAD);
    let parsing = spawn_blocking(move || parse(parser, chunks));
    let handed_over = hand_over(body, sender, meter).await;
    let Ok((parser, parsed)) = parsing.await else {
        return Err(broken("reading it failed"));
    };
    let read =
        handed_over.and_then(|()| parsed.map_err(|error| no_page(&error, parser.json_error())));
    Ok((parser, read))
}

/// Hands a body over to whoever parses it, until it ends or the parser has seen enough.
async fn hand_over(
    body: Body,
    parser: mpsc::Sender<Vec<Bytes>>,
    meter: &mut Meter<'_>,
) -> Result<(), SourceError> {
    let mut body = body.ready_chunks(TOGETHER);
    loop {
        let chunks = tokio::time::timeout(SILENCE, body.next()).await;
        let Some(chunks) = chunks.map_err(|_| broken("it stopped arriving"))? else {
            return Ok(());
        };
        let chunks: Vec<_> = chunks.into_iter().collect::<Result<_, _>>()?;
        meter.count(chunks.iter().map(Bytes::len).sum());
        if parser.send(chunks).await.is_err() {
            return Ok(());
        }
    }
}

fn parse(
    mut parser: Parser,
    mut chunks: mpsc::Receiver<Vec<Bytes>>,
) -> (Parser, Result<Option<String>, ParseError>) {
    while let Some(chunks) = chunks.blocking_recv() {
        let pushed = chunks.iter().try_for_each(|chunk| parser.push(chunk));
        if let Err(error) = pushed {
            return (parser, Err(error));
        }
    }
    let next = parser.end_page();
    (parser, next)
}

fn no_page(error: &ParseError, worded: Option<JsonError>) -> SourceError {
    match worded {
        Some(worded) => SourceError {
            error: CommandError::new(format!("JSON is invalid: {worded}")),
            unreachable: true,
        },
        None => broken(&error.to_string()),
    }
}

/// A broken answer tells nothing of what Azure knows: what was known before still holds.
fn broken(why: &str) -> SourceError {
    let message = format!("Azure's answer is no list of resource SKUs: {why}.");
    SourceError {
        error: CommandError::new(message),
        unreachable: true,
    }
}
