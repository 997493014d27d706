//! The conversion of a kubeconfig for device codes, for which az runs `kubelogin`.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::daemon::pause;
use crate::show;

/// The timeout for `kubelogin` to rewrite a file.
const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);
const CONVERT: [&str; 3] = ["convert-kubeconfig", "-l", "azurecli"];

/// Runs `kubelogin` in the kubeconfig's directory. A failure is a warning, as in az.
pub(super) fn convert(directory: &Path, warns: bool) {
    let converted = Command::new("kubelogin")
        .args(CONVERT)
        .current_dir(directory)
        .spawn()
        .and_then(ended);
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

/// Waits until the process ends, and kills it if it takes too long.
fn ended(mut child: Child) -> io::Result<ExitStatus> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            child.kill()?;
            return child.wait();
        }
        pause(PAUSE);
    }
}
