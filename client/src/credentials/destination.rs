//! The destination of credentials, determined as in az (azure-cli, `acs/custom.py`,
//! `aks_get_credentials`).

use std::path::{Path, PathBuf};

use crate::cli::CommandCall;
use crate::environment::Environment;

/// The destination of a cluster's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    /// The file, or `-`.
    pub(crate) path: PathBuf,
    /// The path in `KUBECONFIG`, if it cannot be used.
    pub(crate) invalid_variable: Option<String>,
}

impl Destination {
    /// Returns the destination of a call's answer; `None` if the call is not for credentials.
    pub(crate) fn of(call: &CommandCall, environment: &dyn Environment) -> Option<Self> {
        let request = call.credentials_request()?;
        Some(Self::new(request.path.as_deref(), environment))
    }

    /// Determines the destination. `KUBECONFIG` applies if the path is the default one, whether
    /// given or not. It may name several files, of which the first is used.
    fn new(path: Option<&str>, environment: &dyn Environment) -> Self {
        let usual = expanded("~", environment).join(".kube/config");
        let path = path.map_or_else(|| usual.clone(), |path| expanded(path, environment));
        let variable = environment
            .variable("KUBECONFIG")
            .filter(|_| path == usual)
            .map(|variable| variable.to_string_lossy().into_owned());
        let first = variable
            .as_deref()
            .map(|variable| variable.split(':').next().unwrap_or_default());
        let is_invalid = first == Some("");
        Self {
            path: first.filter(|_| !is_invalid).map_or(path, PathBuf::from),
            invalid_variable: is_invalid.then(String::new),
        }
    }

    /// Whether the credentials are printed.
    pub(crate) fn is_stdout(&self) -> bool {
        self.path == Path::new("-")
    }

    /// Returns the directory of the file.
    pub(crate) fn directory(&self) -> &Path {
        directory(&self.path)
    }
}

/// Returns the directory of a path's last name.
pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Returns the path with the user's home directory in place of `~` (`os.path.expanduser`). Homes of
/// other users are not looked up.
fn expanded(path: &str, environment: &dyn Environment) -> PathBuf {
    let home = || environment.variable("HOME").map(PathBuf::from);
    let rest = match path.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix('/'),
        None => None,
    };
    match (rest, home()) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    fn destination(path: Option<&str>, variable: Option<&str>) -> (String, bool) {
        let mut environment = Fake::default().variable("HOME", "/home/me");
        if let Some(variable) = variable {
            environment = environment.variable("KUBECONFIG", variable);
        }
        let destination = Destination::new(path, &environment);
        let is_invalid = destination.invalid_variable.is_some();
        (destination.path.display().to_string(), is_invalid)
    }

    #[test]
    fn the_variable_counts_for_the_usual_path_alone() {
        let usual = "/home/me/.kube/config";
        for (path, variable, expected) in [
            (None, None, usual),
            (None, Some("/a:/b"), "/a"),
            (Some("~/.kube/config"), Some("rel"), "rel"),
            (Some(usual), Some("/a"), "/a"),
            (Some("other"), Some("/a"), "other"),
            (Some("~/x"), None, "/home/me/x"),
            (Some("~you/x"), None, "~you/x"),
            (Some("-"), Some("/a"), "-"),
        ] {
            let expected = (expected.to_owned(), false);
            assert_eq!(
                destination(path, variable),
                expected,
                "{path:?} {variable:?}"
            );
        }
        for variable in ["", ":/b"] {
            assert_eq!(destination(None, Some(variable)), (usual.to_owned(), true));
        }
    }

    #[test]
    fn a_bare_name_lies_in_the_current_directory() {
        for (path, expected) in [("a", "."), ("a/b", "a"), ("/b", "/"), ("./b", ".")] {
            assert_eq!(directory(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
