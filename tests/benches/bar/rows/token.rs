//! `account get-access-token` of a user: as a process, beside the real az, through the Python SDK,
//! and the first one of a new daemon.

use std::path::{Path, PathBuf};
use std::time::Duration;

use azq_tests::demo;
use azq_tests::emulator::{Fault, Specification, UserSpecification};

use super::{AZ_ROUNDS, Bench};
use crate::error::BenchError;
use crate::measure::{Samples, alone, both};
use crate::report::{Figure, time};
use crate::site::Site;

const TOKEN: &str = "account get-access-token -o json";
/// A query with the same answer as az's, because the tokens themselves differ.
const KIND: &str = "account get-access-token --query tokenType -o tsv";
const USER: &str = "user@example.com";
/// The emulated Entra ID's delay before it issues a token.
const ENTRA: Duration = Duration::from_millis(200);
/// Rounds of a measurement that starts a daemon, or Python.
const FEW: usize = 7;
/// Prints the seconds in which the SDK gets a token; imports are not timed.
const SDK: &str = "
import time
from azure.identity import AzureCliCredential
credential = AzureCliCredential()
begin = time.perf_counter()
credential.get_token('https://management.azure.com/.default')
print(time.perf_counter() - begin)
";

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let (rounds, az) = (bench.rounds(1), bench.az());
    let site = site(None)?;
    site.answer(TOKEN)?;
    site.daemon()?.settle()?;
    let (mut azq, mut nothing) = (site.process(TOKEN)?, site.nothing());
    let [warm, reference] = both(rounds, [&mut azq, &mut nothing])?;
    let (what, reference) = (
        "warm `account get-access-token`",
        ("`/bin/true`", &reference),
    );
    let warm = Figure::times(what, &warm, reference, 1.4);
    let mut figures = vec![warm, first_token()?];
    if let Some(az) = az {
        figures.push(beside_az(&site, &az)?);
        if let Some(python) = std::env::var_os("AZQ_TEST_PYTHON").map(PathBuf::from) {
            figures.push(by_sdk(&site, &az, &python)?);
        }
    }
    Ok(figures)
}

/// Creates a site with a user's login, and an Entra ID with this delay.
fn site(entra: Option<Duration>) -> Result<Site, BenchError> {
    let user = UserSpecification {
        object_id: "33333333-3333-3333-3333-333333333333".to_owned(),
        refresh_tokens: vec!["emulated".to_owned()],
    };
    let delay = entra.map(|delay| Fault {
        delay: Some(delay.as_secs_f64()),
        ..Fault::of("POST .*/oauth2/v2.0/token").times(u32::MAX)
    });
    Site::of(&Specification {
        account: format!("user={USER}"),
        users: [(USER.to_owned(), user)].into(),
        faults: delay.into_iter().collect(),
        ..demo::specification()
    })
}

fn first_token() -> Result<Figure, BenchError> {
    let site = site(Some(ENTRA))?;
    let mut azq = site.answering(KIND, b"Bearer\n".to_vec());
    let mut samples = Samples::default();
    for _ in 0..FEW {
        site.afresh()?.settle()?;
        samples.push(azq.run()?);
    }
    let (median, entra) = (samples.median(), ENTRA.as_secs_f64());
    let is_met = median <= entra * 1.2 + 0.015;
    let (what, target) = (
        "the first token of a new daemon",
        "at most 1.2 x Entra ID and 15 ms",
    );
    Ok(Figure {
        reference: format!("Entra ID {}", time(entra)),
        ratio: format!("{:.2}", median / entra),
        ..Figure::alone(what, time(median), target, is_met)
    })
}

fn beside_az(site: &Site, az: &Path) -> Result<Figure, BenchError> {
    let azq = alone(AZ_ROUNDS, &mut site.process(KIND)?)?;
    let az = alone(AZ_ROUNDS, &mut site.az(az, KIND, b"Bearer\n".to_vec()))?;
    let what = "the same beside az, each by itself";
    Ok(Figure::faster(what, &azq, &az, 300.0, 0))
}

fn by_sdk(site: &Site, az: &Path, python: &Path) -> Result<Figure, BenchError> {
    let shim = site.home.path().join("shim");
    std::fs::create_dir_all(&shim)?;
    std::os::unix::fs::symlink(&site.home.binaries().azq, shim.join("az"))?;
    let real = az.parent().unwrap_or(az);
    let samples = |directory: &Path| {
        let mut samples = Samples::default();
        for _ in 0..FEW {
            samples.push(timed_by_sdk(site, python, directory)?);
        }
        Ok::<_, BenchError>(samples)
    };
    let (azq, az) = (samples(&shim)?, samples(real)?);
    let what = "`get_token` of the Python SDK, by azq as `az`";
    Ok(Figure::faster(what, &azq, &az, 50.0, 0))
}

fn timed_by_sdk(site: &Site, python: &Path, directory: &Path) -> Result<Duration, BenchError> {
    let path = format!("{}:/usr/bin:/bin", directory.display());
    let mut command = site.home.command(python);
    let output = command.args(["-c", SDK]).env("PATH", path).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.trim().parse() {
        Ok(seconds) => Ok(Duration::from_secs_f64(seconds)),
        Err(_) => BenchError::unexpected(format!(
            "the SDK got no token: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}
