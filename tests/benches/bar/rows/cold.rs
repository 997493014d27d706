//! A fetch of a region, and of the whole catalogue, that are not cached, beside `curl --compressed`
//! of the same URL.

use azq_tests::emulator::LoggedRequest;

use super::{Bench, EVERYWHERE, LONGEST, LOOKUP, REGION};
use crate::error::BenchError;
use crate::measure::{Samples, in_turn};
use crate::report::{Figure, Verdict, megabytes, memory, time};
use crate::site::Site;

/// Seconds allowed in addition to the ratio, for connecting, parsing and answering.
const ALLOWANCE: f64 = 0.020;
/// The most times as long as curl that the fetch may take.
const AT_MOST: f64 = 1.3;
/// The alternative target for the whole catalogue, in megabytes of body a second.
const SPEED: f64 = 400.0;
/// The most memory while the whole catalogue arrives, and afterwards, in kilobytes.
const PEAK: f64 = 120e3;
const AFTERWARDS: f64 = 40e3;

pub(super) fn region(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(10);
    let site = bench.site()?;
    site.answer(LOOKUP)?;
    let clear = format!("cache clear -l {REGION}");
    site.web.forget()?;
    let url = url_after(site, &clear, LOOKUP)?;
    let body = megabytes(site.web.length(&url)?);
    let (mut azq, mut curl) = (site.process(LOOKUP)?, site.curl(&url));
    let daemon = site.daemon()?;
    let mut cold = |_| {
        daemon.settle()?;
        site.answer(&clear)?;
        daemon.settle()?;
        site.web.forget()?;
        let took = azq.run()?;
        asked_once(site)?;
        Ok(took)
    };
    let mut reference = |_| {
        daemon.settle()?;
        curl.run()
    };
    let [cold, curl] = in_turn(rounds, &mut [&mut cold, &mut reference])?;
    let what = format!("a cold region ({body:.1} MB, gzip)");
    let limits = (AT_MOST, ALLOWANCE);
    let reference = ("`curl --compressed`", &curl);
    Ok(vec![Figure::allowed(what, &cold, reference, limits)])
}

pub(super) fn catalogue(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(LONGEST);
    let site = bench.site()?;
    site.afresh()?;
    site.web.forget()?;
    let url = url_after(site, "cache clear", EVERYWHERE)?;
    let body = megabytes(site.web.length(&url)?);
    let (mut azq, mut curl) = (site.process(EVERYWHERE)?, site.curl(&url));
    let (mut peak, mut afterwards) = (Samples::default(), Samples::default());
    let mut cold = |_| {
        let daemon = site.afresh()?;
        site.web.forget()?;
        let took = azq.run()?;
        asked_once(site)?;
        daemon.settle()?;
        peak.add(daemon.peak()?);
        afterwards.add(daemon.resident()?);
        Ok(took)
    };
    let [cold, curl] = in_turn(rounds, &mut [&mut cold, &mut |_| curl.run()])?;
    let speed = body / cold.median();
    let within = cold.median() <= AT_MOST * curl.median();
    let what = format!("the whole catalogue, cold ({body:.1} MB, gzip)");
    let [peak, afterwards] = [peak, afterwards].map(|samples| samples.median());
    Ok(vec![
        Figure {
            azq: format!("{}, {speed:.0} MB/s", time(cold.median())),
            target: format!("at most {AT_MOST} x, or at least {SPEED:.0} MB/s"),
            verdict: Verdict::of(within || speed >= SPEED),
            ..Figure::times(what, &cold, ("`curl --compressed`", &curl), AT_MOST)
        },
        Figure::bounded("its peak RSS", peak, PEAK, memory),
        Figure::bounded("RSS afterwards, at rest", afterwards, AFTERWARDS, memory),
    ])
}

/// Returns the URL that a command requests from Azure once the cache is cleared.
fn url_after(site: &Site, clear: &str, line: &str) -> Result<String, BenchError> {
    site.answer(clear)?;
    site.answer(line)?;
    let requests = sku_requests(site)?;
    let none = || BenchError::Unexpected(format!("`{line}` asked Azure for no SKUs"));
    Ok(site.web.url(requests.last().ok_or_else(none)?))
}

/// Checks that there was one request: without any, nothing was cold; with two, azq did more than
/// curl.
fn asked_once(site: &Site) -> Result<(), BenchError> {
    match sku_requests(site)?.len() {
        1 => Ok(()),
        count => BenchError::unexpected(format!("{count} requests for SKUs instead of one")),
    }
}

/// Returns the emulator's requests for SKUs since its log was cleared.
fn sku_requests(site: &Site) -> Result<Vec<LoggedRequest>, BenchError> {
    let mut requests = site.web.requests()?;
    requests.retain(|request| request.path.to_lowercase().ends_with("/skus"));
    Ok(requests)
}
