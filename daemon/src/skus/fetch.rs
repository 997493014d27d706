//! Fetches a catalogue from Azure: page after page, parsed as the bytes arrive.
//!
//! A page whose body breaks off or is no JSON is asked for again; every wait has a deadline.

use std::{
    collections::HashSet,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use futures_util::StreamExt;

use super::{
    catalogue::Catalogue,
    parse::{ParseError, Parser},
    pool::Pool,
    source::{Page, Source, SourceError},
};
use crate::{error::CommandError, report::Report};

/// How often a page is asked for before its broken body is an error.
const ATTEMPTS: u32 = 3;

/// The wait before the second attempt; four times as long before each further one.
const PAUSE: Duration = Duration::from_millis(200);

/// Azure sends without pause once it has begun; a connection that is silent for so long is dead.
const SILENCE: Duration = Duration::from_secs(60);

/// The real catalogue has one page.
const MAX_PAGES: usize = 10_000;

/// Asks Azure for the SKUs of a location, or for all.
pub(super) async fn fetch(
    source: &impl Source,
    location: Option<&str>,
    now: SystemTime,
    pool: &Mutex<Pool>,
    report: &dyn Report,
) -> Result<Catalogue, SourceError> {
    let mut parser = Parser::new(pool);
    let mut followed = HashSet::new();
    let mut page = Page::First {
        location: location.map(Into::into),
    };
    while let Some(next) = read_page(source, &page, &mut parser, report).await? {
        if followed.len() >= MAX_PAGES || !followed.insert(next.clone()) {
            return Err(broken("its pages do not end"));
        }
        page = Page::Next(next);
    }
    Ok(Catalogue::new(parser.finish(), now))
}

/// Reads one page; gives the link to the next one.
async fn read_page(
    source: &impl Source,
    page: &Page,
    parser: &mut Parser<'_>,
    report: &dyn Report,
) -> Result<Option<String>, SourceError> {
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        let body = source.page(page, report).await?;
        match read_body(body, parser).await {
            Ok(next) => return Ok(next.filter(|next| !next.is_empty())),
            Err(error) => report.debug(&format!("Asking again for resource SKUs: {}", error.error)),
        }
        parser.restart_page();
        tokio::time::sleep(pause).await;
        pause *= 4;
    }
    let body = source.page(page, report).await?;
    Ok(read_body(body, parser)
        .await?
        .filter(|next| !next.is_empty()))
}

async fn read_body(
    mut body: super::source::Body,
    parser: &mut Parser<'_>,
) -> Result<Option<String>, SourceError> {
    loop {
        let chunk = tokio::time::timeout(SILENCE, body.next()).await;
        let chunk = chunk.map_err(|_| broken("it stopped arriving"))?;
        match chunk {
            Some(chunk) => parser.push(&chunk?).map_err(|error| no_page(&error))?,
            None => return parser.end_page().map_err(|error| no_page(&error)),
        }
    }
}

fn no_page(error: &ParseError) -> SourceError {
    broken(&error.to_string())
}

/// A broken answer tells nothing of what Azure knows: what was known before still holds.
fn broken(why: &str) -> SourceError {
    let message = format!("Azure's answer is no list of resource SKUs: {why}.");
    SourceError {
        error: CommandError::new(message),
        unreachable: true,
    }
}
