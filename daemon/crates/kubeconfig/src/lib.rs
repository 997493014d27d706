//! Kubeconfig files: merging a cluster's credentials as `az aks get-credentials` does (azure-cli,
//! `acs/custom.py`).
//!
//! A caller passes two texts and gets the merged text, or the question that the user must answer
//! first.
//!
//! Invariants: nothing of the existing kubeconfig is lost, except an item that has the name of a
//! new one and may be overwritten. A text is refused if it is not certain that az reads it the same
//! way. No error and no `Debug` output shows a text's content.
//!
//! Deliberately absent: files, locks and questions to a user, which belong to the client, and the
//! network.

mod merge;
mod read;

pub use merge::{Addition, MergeError, Merged, merge};
pub use read::{Names, Unsupported};

use azq_document::Value;

/// Whether the first user of a kubeconfig logs in by `kubelogin` with a device code, for which az
/// converts the file. It is false for a text that cannot be read.
pub fn uses_device_code(kubeconfig: &str) -> bool {
    let Ok(document) = read::read(kubeconfig, None) else {
        return false;
    };
    device_code_arguments(&document).is_some_and(|arguments| {
        ["--login devicecode", "-l devicecode"]
            .iter()
            .any(|wanted| arguments.contains(wanted))
    })
}

/// Returns the arguments of the first user's `kubelogin`, joined by spaces.
fn device_code_arguments(document: &Value) -> Option<String> {
    let first = document.get("users")?.as_array()?.first()?;
    let exec = first.get("user")?.get("exec")?;
    if !exec.get("command")?.as_str()?.contains("kubelogin") {
        return None;
    }
    let arguments = exec.get("args")?.as_array()?.iter();
    let arguments: Option<Vec<&str>> = arguments.map(Value::as_str).collect();
    Some(arguments?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::uses_device_code;

    fn kubeconfig(command: &str, arguments: &str) -> String {
        format!(
            "users:\n- name: u\n  user:\n    exec:\n      command: {command}\n      args: {arguments}\n"
        )
    }

    #[test]
    fn a_device_code_is_known_by_the_first_users_command() {
        for (command, arguments, expected) in [
            ("kubelogin", "[get-token, --login, devicecode]", true),
            ("/usr/bin/kubelogin", "[get-token, -l, devicecode]", true),
            ("kubelogin", "[get-token, --login, azurecli]", false),
            ("kubelogin", "[get-token, --login, devicecode, 1]", false),
            ("other", "[--login, devicecode]", false),
        ] {
            let text = kubeconfig(command, arguments);
            assert_eq!(uses_device_code(&text), expected, "{text}");
        }
        for text in ["", "users: []", "users: [", "a: 1"] {
            assert!(!uses_device_code(text), "{text}");
        }
    }
}
