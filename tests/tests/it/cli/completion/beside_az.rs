//! The same lines, completed by the real az and by azq under az's name.
//!
//! Needs azure-cli 2.91.0, as the tests of the extension do (`AZQ_TEST_AZ`).

use super::{of_protocol, set};
use crate::prelude::*;

/// Lines with the cursor at their end, all of which azq completes.
const LINES: [&str; 24] = [
    "az ",
    "az v",
    "az -",
    "az vm ",
    "az vm list-s",
    "az vm -",
    "az vm list-skus ",
    "az vm list-skus --",
    "az vm list-skus -o ",
    "az vm list-skus --output=t",
    "az vm list-skus --zone ",
    "az vm list-skus --zone true ",
    "az vm list-skus -z t",
    "az vm list-sizes ",
    "az vm list-usage -",
    "az aks nodepool ",
    "az aks nodepool add --",
    "az aks nodepool add --os-sku ",
    "az aks nodepool update --mode s",
    "az aks nodepool add --no-wait --os-sku w",
    "az aks command ",
    "az account list --",
    "az group exists -",
    "az resource show --",
];

#[test]
fn az_and_azq_offer_the_same() {
    let Some(az) = std::env::var_os("AZQ_TEST_AZ").map(PathBuf::from) else {
        let said = b"LEFT OUT: TAB beside the real az, for AZQ_TEST_AZ is not set\n";
        rustix::io::write(rustix::stdio::stderr(), said).unwrap();
        return;
    };
    let (_emulator, mut home) = logged_in();
    let extensions = home.path().join("extensions");
    home.set("AZURE_EXTENSION_DIR", extensions.to_str().unwrap());
    home.set("AZURE_CORE_COLLECT_TELEMETRY", "no");
    // There is no az behind it that could answer instead.
    let shim = install_as_az(&mut home);
    for line in LINES {
        let (theirs, mut ours) = (
            of_protocol(&home, &az, line),
            of_protocol(&home, &shim, line),
        );
        assert!(!theirs.is_empty(), "{line}: az offers nothing");
        for own in set(["--max-age", "--preflight"]) {
            ours.remove(&own);
        }
        let more: Vec<_> = ours.difference(&theirs).collect();
        let less: Vec<_> = theirs.difference(&ours).collect();
        assert!(
            more.is_empty() && less.is_empty(),
            "{line}: azq has {more:?} and lacks {less:?}"
        );
    }
}
