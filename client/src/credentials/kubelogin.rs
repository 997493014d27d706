//! The conversion of a kubeconfig for device codes, for which az runs `kubelogin`.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::daemon::end_or_kill;
use crate::show;

/// The timeout for `kubelogin` to rewrite a file.
const DEADLINE: Duration = Duration::from_secs(60);
const CONVERT: [&str; 3] = ["convert-kubeconfig", "-l", "azurecli"];

/// Runs `kubelogin` in the kubeconfig's directory. A failure is a warning, as in az.
pub(super) fn convert(directory: &Path, warns: bool) {
    let converted = Command::new("kubelogin")
        .args(CONVERT)
        .current_dir(directory)
        .spawn()
        .and_then(|mut child| end_or_kill(&mut child, Instant::now() + DEADLINE));
    let text = match converted {
        Ok(status) if status.success() => {
            "Converted kubeconfig to use Azure CLI authentication.".to_owned()
        }
        Ok(status) => format!("Failed to convert kubeconfig with kubelogin: {status}"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => MISSING.to_owned(),
        Err(error) => format!("Error running kubelogin: {error}"),
    };
    if warns {
        show::warning(&text);
    }
}

const MISSING: &str = "The kubeconfig uses devicecode authentication which requires kubelogin. \
    Please install kubelogin from https://github.com/Azure/kubelogin or run 'az aks install-cli' \
    to install both kubectl and kubelogin. If devicecode login fails, try running 'kubelogin \
    convert-kubeconfig -l azurecli' to unblock yourself.";
