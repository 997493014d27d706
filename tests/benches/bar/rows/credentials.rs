//! `aks get-credentials` into a kubeconfig of many contexts, beside the real az.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use azq_tests::demo;

use super::{AZ_ROUNDS, Bench, token::faster};
use crate::error::BenchError;
use crate::measure::{Expected, Process, in_turn};
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
    let mut az = by_az(&site, &az);
    let [azq] = in_turn(AZ_ROUNDS, &mut [&mut |_| azq.run()])?;
    let [az] = in_turn(AZ_ROUNDS, &mut [&mut |_| az.run()])?;
    let kept = std::fs::read_to_string(&file)?
        .matches("- context:")
        .count();
    if kept != CONTEXTS + 1 {
        return BenchError::unexpected(format!("{kept} contexts are left of {CONTEXTS} and one"));
    }
    let what = format!("`aks get-credentials` into {CONTEXTS} contexts, each by itself");
    Ok(vec![faster(&what, &azq, &az, 100.0)])
}

fn by_az(site: &Site, az: &Path) -> Process {
    let mut command = site.home.command(&PathBuf::from(az));
    command.args(LINE.split_whitespace());
    Process::new(command, Expected::Text(Vec::new()))
}

/// Returns a kubeconfig with many contexts.
fn kubeconfig() -> String {
    let certificate = "Q0VSVElGSUNBVEU".repeat(CERTIFICATE / 15);
    let (mut clusters, mut contexts, mut users) = (String::new(), String::new(), String::new());
    for index in 0..CONTEXTS {
        let _infallible = write!(
            clusters,
            "- cluster:\n    certificate-authority-data: {certificate}\n    server: \
             https://c{index}.example:443\n  name: c{index}\n"
        );
        let _infallible = write!(
            contexts,
            "- context:\n    cluster: c{index}\n    user: u{index}\n  name: c{index}\n"
        );
        let _infallible = write!(
            users,
            "- name: u{index}\n  user:\n    client-certificate-data: {certificate}\n    \
             client-key-data: {certificate}\n"
        );
    }
    format!(
        "apiVersion: v1\nclusters:\n{clusters}contexts:\n{contexts}current-context: c0\nkind: \
         Config\npreferences: {{}}\nusers:\n{users}"
    )
}
