//! `aks nodepool show`, which always requests Azure: its time beside the same GET by a warm client,
//! and its number of requests.

use super::Bench;
use crate::error::BenchError;
use crate::report::Figure;

const SHOW: &str = "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n mynodepool";
/// Number of commands whose requests are counted.
const COUNTED: usize = 20;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(1);
    let site = bench.site()?;
    site.answer(SHOW)?;
    site.daemon()?.settle()?;
    // Requests of any kind are counted.
    site.web.forget()?;
    for _ in 0..COUNTED {
        site.answer(SHOW)?;
    }
    let (count, url) = (site.web.requests()?.len(), site.last_url(SHOW)?);
    let requests = format!("{count} for {COUNTED} commands");
    Ok(vec![
        site.beside_get(SHOW, &url, rounds, 2.0)?,
        Figure::alone(
            "its requests to Azure",
            requests,
            "1 each",
            count == COUNTED,
        ),
    ])
}
