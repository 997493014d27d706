//! Fetching of a catalogue from Azure, page after page. A page is parsed while its bytes arrive, on
//! another thread than the one that decrypts and decompresses them.
//!
//! A page whose body breaks off or is not JSON is requested again; every wait has a deadline.

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
use azq_command::work;

/// The waits before a page is requested again. After them a broken body is an error.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// The time after which a silent connection counts as dead, because Azure sends without a pause
/// once it has begun.
pub const SILENCE: Duration = Duration::from_secs(60);

/// The number of chunks of a body, of about 8 KiB each, that are passed to the parser together, so
/// that its thread is not woken for each one.
const TOGETHER: usize = 32;

/// The number of such groups that may wait for the parser. When it is reached, reading from Azure
/// pauses.
const AHEAD: usize = 4;

/// The maximum number of pages; the real catalogue has one.
pub const MAX_PAGES: usize = 10_000;

/// The time limit for all pages together: many times the time that a slow line needs, and longer
/// than any caller waits.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// Fetches a key's SKUs from Azure.
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
            let Some(link) = next else {
                return Ok(Catalogue::new(parser.finish(), now));
            };
            if followed.len() >= MAX_PAGES || !followed.insert(link.clone()) {
                return Err(broken("its pages do not end"));
            }
            page = Page::Next { provider, link };
        }
    };
    let in_time = tokio::time::timeout(LONGEST, all).await;
    in_time.unwrap_or_else(|_| Err(broken("it goes on for more than an hour")))
}

/// Reads one page, and returns the link to the next one.
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

/// Reads a body to its end, and returns the parser. If the parser is lost, the fetch fails.
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

/// Passes a body to the parser, until the body ends or the parser stops.
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
        Some(worded) => SourceError::unreachable(format!("JSON is invalid: {worded}")),
        None => broken(&error.to_string()),
    }
}

/// Returns the error of a broken response. It counts as unreachable, because the response does not
/// invalidate a catalogue that is held.
fn broken(why: &str) -> SourceError {
    SourceError::unreachable(format!(
        "Azure's answer is no list of resource SKUs: {why}."
    ))
}
