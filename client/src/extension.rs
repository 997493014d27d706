//! az's extensions, which determine whether azq or the real az runs a command that an extension
//! provides.
//!
//! azq runs such a command whether or not the extension is installed. The command is left to the
//! real az only if the installed version is newer than the one that azq implements, because its
//! rules may have changed. An unknown version counts as newer.
//!
//! Deliberately absent: directories of extensions that only the real az knows
//! (`extension.dev_sources`, and the one in its Python installation).

use std::path::PathBuf;

use crate::az_config;
use crate::environment::{Environment, azure_config_dir};

/// An extension of az whose commands azq implements.
pub(crate) struct Extension {
    /// Its name in az, which is also the name of its directory.
    pub(crate) name: &'static str,
    /// The newest version whose rules azq follows.
    pub(crate) known: &'static str,
}

/// The extension with the preview commands of AKS. 21.0.0b9 is the newest version that was seen in
/// the middle of 2026, when the rules of `aks list-vm-skus` were read from the extension's source
/// (API version 2026-04-02-preview). Which version was the first to have them is not known.
pub(crate) static AKS_PREVIEW: Extension = Extension {
    name: "aks-preview",
    known: "21.0.0b9",
};

/// The suffix of the directory name that contains the installed version.
const METADATA: &str = ".dist-info";

impl Extension {
    /// Returns the installed version, if it is newer than the known one.
    pub(crate) fn newer(&self, environment: &dyn Environment) -> Option<String> {
        let directory = directory(environment).join(self.name);
        let installed = environment
            .entries(&directory)
            .iter()
            .find_map(|entry| version(entry.to_str()?).map(str::to_owned))?;
        let is_newer = Version::of(&installed) > Version::of(self.known);
        is_newer.then_some(installed)
    }
}

/// Returns the directory of az's extensions (azure-cli-core, `extension/__init__.py`).
pub(crate) fn directory(environment: &dyn Environment) -> PathBuf {
    let configured = az_config::option(environment, "extension", "dir");
    let Some(configured) = configured.filter(|directory| !directory.is_empty()) else {
        return azure_config_dir(environment).join("cliextensions");
    };
    match configured.strip_prefix("~/") {
        Some(below) => PathBuf::from(environment.variable("HOME").unwrap_or_default()).join(below),
        None => environment.current_directory().join(configured),
    }
}

/// Returns the version in a name such as `aks_preview-21.0.0b9.dist-info`.
fn version(entry: &str) -> Option<&str> {
    let (_, version) = entry.strip_suffix(METADATA)?.rsplit_once('-')?;
    Some(version)
}

/// A version of the forms that az's extensions have, in Python's order: `1.2.3` is newer than
/// `1.2.3b4`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    Numbers {
        /// The numbers without trailing zeros.
        release: Vec<u64>,
        /// The number of the beta version; the maximum for a release.
        beta: u64,
    },
    /// Any other form.
    Unknown,
}

impl Version {
    fn of(text: &str) -> Self {
        let (release, beta) = match text.split_once('b') {
            Some((release, beta)) => (release, beta.parse().ok()),
            None => (text, Some(u64::MAX)),
        };
        let numbers = release.split('.').map(|number| number.parse().ok());
        match (numbers.collect::<Option<Vec<u64>>>(), beta) {
            (Some(mut release), Some(beta)) => {
                while release.last() == Some(&0) {
                    release.pop();
                }
                Self::Numbers { release, beta }
            }
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    const HERE: &str = "/home/me/.azure/cliextensions/aks-preview";

    fn installed(directory: &str, version: &str) -> Fake {
        Fake::default()
            .variable("HOME", "/home/me")
            .directory(&format!("{directory}/azext_aks_preview"))
            .directory(&format!("{directory}/aks_preview-{version}.dist-info"))
    }

    #[test]
    fn only_a_newer_extension_or_one_of_no_known_version_counts() {
        for (version, is_newer) in [
            ("20.0.0", false),
            ("9.0.0b30", false),
            ("21.0.0b8", false),
            ("21.0.0b9", false),
            ("21.0.0b10", true),
            ("21.0.0", true),
            ("21", true),
            ("21.0.1b1", true),
            ("22.0.0b1", true),
            ("100.0", true),
            ("1.0.dev1", true),
            ("unknown", true),
        ] {
            let newer = AKS_PREVIEW.newer(&installed(HERE, version));
            assert_eq!(newer.is_some(), is_newer, "{version}");
        }
        let nothing = Fake::default().variable("HOME", "/home/me");
        assert_eq!(AKS_PREVIEW.newer(&nothing), None);
        let broken = nothing.directory(&format!("{HERE}/azext_aks_preview"));
        assert_eq!(AKS_PREVIEW.newer(&broken), None);
    }

    #[test]
    fn extensions_are_where_az_has_them() {
        let newer = "22.0.0";
        let is_found = |environment: &Fake| AKS_PREVIEW.newer(environment).is_some();
        let elsewhere = || installed("/elsewhere/aks-preview", newer);
        assert!(!is_found(&elsewhere()));
        assert!(is_found(
            &elsewhere().variable("AZURE_EXTENSION_DIR", "/elsewhere")
        ));
        assert!(is_found(&elsewhere().file(
            "/home/me/.azure/config",
            "[extension]\ndir = /elsewhere\n"
        )));
        let configured = installed("/azure/cliextensions/aks-preview", newer);
        assert!(is_found(&configured.variable("AZURE_CONFIG_DIR", "/azure")));
        let relative = installed("/work/here/aks-preview", newer);
        assert!(is_found(&relative.variable("AZURE_EXTENSION_DIR", "here")));
        let home = installed("/home/me/extensions/aks-preview", newer);
        assert!(is_found(
            &home.variable("AZURE_EXTENSION_DIR", "~/extensions")
        ));
    }
}
