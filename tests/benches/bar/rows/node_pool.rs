//! `aks nodepool show`, which always requests Azure: its time beside the same GET by a warm client,
//! and its number of requests.

use super::Bench;
use crate::error::BenchError;
use crate::measure::in_turn;
use crate::report::{Figure, Verdict, time};
use crate::site::Site;

const SHOW: &str = "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n mynodepool";
/// Number of commands whose requests are counted.
const COUNTED: usize = 20;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(1);
    let site = bench.site()?;
    site.answer(SHOW)?;
    site.daemon()?.settle()?;
    let (count, url) = requests(site)?;
    let (mut azq, mut nothing) = (site.process(SHOW)?, site.nothing());
    let [azq, get, nothing] = in_turn(
        rounds,
        &mut [&mut |_| azq.run(), &mut |_| site.web.get(&url), &mut |_| {
            nothing.run()
        }],
    )?;
    let more = (azq.median() - get.median()) / nothing.median();
    Ok(vec![
        Figure {
            what: "`aks nodepool show` beside a keep-alive GET of the document".to_owned(),
            azq: time(azq.median()),
            reference: format!(
                "GET {}, `/bin/true` {}",
                time(get.median()),
                time(nothing.median())
            ),
            ratio: format!("GET + {more:.2} x `/bin/true`"),
            target: "at most GET + 2 x `/bin/true`".to_owned(),
            verdict: Verdict::of(more <= 2.0),
        },
        Figure {
            what: "its requests to Azure".to_owned(),
            azq: format!("{count} for {COUNTED} commands"),
            reference: "-".to_owned(),
            ratio: "-".to_owned(),
            target: "1 each".to_owned(),
            verdict: Verdict::of(count == COUNTED),
        },
    ])
}

/// Returns the number of requests of any kind that some commands make, and the URL of the last.
fn requests(site: &Site) -> Result<(usize, String), BenchError> {
    site.web.forget()?;
    for _ in 0..COUNTED {
        site.answer(SHOW)?;
    }
    let requests = site.web.requests()?;
    match requests.last() {
        Some(last) => Ok((requests.len(), site.web.url(last))),
        None => BenchError::unexpected("`aks nodepool show` made no request"),
    }
}
