//! `aks get-credentials` into a kubeconfig of many contexts, beside the real az.

use azq_tests::demo;

use super::{AZ_ROUNDS, Bench};
use crate::error::BenchError;
use crate::measure::alone;
use crate::report::Figure;
use crate::site::Site;

const LINE: &str =
    "aks get-credentials -g myResourceGroup -n myAKSCluster --overwrite-existing -f kubeconfig";
const CONTEXTS: usize = 200;
/// Length of a certificate in characters, as in a real cluster.
const CERTIFICATE: usize = 2_000;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let Some(az) = bench.az() else {
        return Ok(Vec::new());
    };
    let site = Site::of(&demo::specification())?;
    let file = site.home.path().join("kubeconfig");
    std::fs::write(&file, kubeconfig())?;
    site.answer(LINE)?;
    site.daemon()?.settle()?;
    let mut azq = site.answering(LINE, Vec::new());
    let azq = alone(AZ_ROUNDS, &mut azq)?;
    let az = alone(AZ_ROUNDS, &mut site.az(&az, LINE, Vec::new()))?;
    let kept = std::fs::read_to_string(&file)?;
    let kept = kept.matches("- context:").count();
    if kept != CONTEXTS + 1 {
        return BenchError::unexpected(format!("{kept} contexts are left of {CONTEXTS} and one"));
    }
    let what = format!("`aks get-credentials` into {CONTEXTS} contexts, each by itself");
    Ok(vec![Figure::faster(&what, &azq, &az, 100.0, 0)])
}

/// Returns a kubeconfig with many contexts.
fn kubeconfig() -> String {
    let certificate = "Q0VSVElGSUNBVEU".repeat(CERTIFICATE / 15);
    let each = |entry: &str| -> String {
        let entry = entry.replace("{certificate}", &certificate);
        let entries = (0..CONTEXTS).map(|index| entry.replace("{index}", &index.to_string()));
        entries.collect()
    };
    let clusters = each(
        "- cluster:\n    certificate-authority-data: {certificate}\n    server: \
         https://c{index}.example:443\n  name: c{index}\n",
    );
    let contexts =
        each("- context:\n    cluster: c{index}\n    user: u{index}\n  name: c{index}\n");
    let users = each(
        "- name: u{index}\n  user:\n    client-certificate-data: {certificate}\n    \
         client-key-data: {certificate}\n",
    );
    format!(
        "apiVersion: v1\nclusters:\n{clusters}contexts:\n{contexts}current-context: c0\nkind: \
         Config\npreferences: {{}}\nusers:\n{users}"
    )
}
