//! A request's context, checked and reduced to what a client may set.
//!
//! azq's own client sends nothing else, but any program of the user can connect, so no value is
//! trusted.

use azq_proto::{environment, v1};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use azq_account::{Caller, Environment};
use azq_command::CommandError;

/// The most variables of a request: more than az has options for.
pub(super) const MOST_VARIABLES: usize = 512;
/// The longest names and values of variables together, in bytes: more than any system allows for
/// one variable.
pub(super) const LONGEST_VARIABLES: usize = 256 << 10;
/// The longest path, in bytes, as the system limits it.
const LONGEST_PATH: usize = 4096;
/// The most files in a request's context: more than azqd reads for a caller.
const MOST_SEEN: usize = 16;
/// The name of the real az's program.
const AZ: &str = "az";
/// The variables that name files.
const ROOTS: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
/// The most warnings of a request: a command line has fewer deprecated options.
const MOST_WARNINGS: usize = 64;

/// Returns the caller, without the variables that are not forwarded, and the rest of the context.
pub(super) fn checked(sent: Option<v1::Context>) -> Result<(Caller, v1::Context), CommandError> {
    let mut context = sent.unwrap_or_default();
    let directory = std::mem::take(&mut context.azure_config_dir).into();
    let config_dir = absolute(directory)
        .ok_or_else(|| refused("az's configuration directory is not absolute"))?;
    let directory = std::mem::take(&mut context.working_directory);
    let working_directory = absolute(OsString::from_vec(directory));
    let az = absolute(std::mem::take(&mut context.az).into());
    let az = az.filter(|path| path.file_name().is_some_and(|name| name == AZ));
    let mut environment = std::mem::take(&mut context.environment);
    environment.retain(|name, value| environment::is_forwarded(name) && !value.contains('\0'));
    let variables = environment.iter();
    let lengths = variables.map(|(name, value)| name.len() + value.len());
    for (amount, most, reason) in [
        (
            environment.len(),
            MOST_VARIABLES,
            "it has too many variables",
        ),
        (
            lengths.sum(),
            LONGEST_VARIABLES,
            "its variables are too long",
        ),
        (
            context.warning.len(),
            MOST_WARNINGS,
            "it has too many warnings",
        ),
        (context.seen.len(), MOST_SEEN, "it has seen too many files"),
    ] {
        if amount > most {
            return Err(refused(reason));
        }
    }
    resolve(&mut environment, working_directory.as_deref());
    let caller = Caller {
        config_dir,
        environment,
        working_directory,
        az,
    };
    Ok((caller, context))
}

fn absolute(path: OsString) -> Option<PathBuf> {
    let is_path = path.len() <= LONGEST_PATH && !path.as_encoded_bytes().contains(&0);
    let path = PathBuf::from(path);
    (is_path && path.is_absolute()).then_some(path)
}

/// Makes relative paths absolute in the caller's directory; if that is gone, they become empty.
fn resolve(environment: &mut Environment, working_directory: Option<&Path>) {
    for name in ROOTS {
        if let Some(path) = environment.get_mut(name).filter(|path| !path.is_empty()) {
            let resolved = match working_directory {
                Some(directory) => directory.join(&*path),
                None => PathBuf::from(&*path),
            };
            let resolved = Some(resolved).filter(|path| path.is_absolute());
            *path = resolved.unwrap_or_default().to_string_lossy().into_owned();
        }
    }
}

/// Returns the first path of a caller's files at which this process sees another file than the
/// caller, or only one of the two sees a file.
pub(super) fn seen_otherwise(seen: &[v1::SeenFile]) -> Option<&str> {
    let is_other = |file: &&v1::SeenFile| {
        let found = std::fs::metadata(&file.path).ok();
        let found = found.as_ref().map(azq_files::identity);
        found.unwrap_or_default() != (file.device, file.inode)
    };
    seen.iter().find(is_other).map(|file| file.path.as_str())
}

fn refused(reason: &str) -> CommandError {
    CommandError::new(format!("The request is not one of azq's: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;

    fn context(directory: &str, variables: &[(&str, &str)]) -> v1::Context {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        v1::Context {
            azure_config_dir: directory.to_owned(),
            environment: variables.iter().map(owned).collect(),
            ..v1::Context::default()
        }
    }

    #[test]
    fn only_an_absolute_directory_is_read() {
        let too_long = format!("/{}", "x".repeat(LONGEST_PATH));
        for directory in ["", ".azure", "../../etc", "/a\0b", &too_long] {
            assert!(checked(Some(context(directory, &[]))).is_err());
        }
        assert!(checked(None).is_err());
        assert!(checked(Some(context("/home/me/.azure", &[]))).is_ok());
    }

    #[test]
    fn what_does_not_travel_is_left_out() {
        let variables = [
            ("LD_PRELOAD", "/evil.so"),
            ("PATH", "/evil"),
            ("AZURE_CLIENT_SECRET", "s"),
            ("AZURE_CORE_OUTPUT", "ts\0v"),
            ("AZURE_DEFAULTS_GROUP", "g"),
        ];
        let left = checked(Some(context("/a", &variables)))
            .unwrap()
            .0
            .environment;
        assert_eq!(left.keys().collect::<Vec<_>>(), ["AZURE_DEFAULTS_GROUP"]);
    }

    #[test]
    fn relative_paths_are_the_callers() {
        let variables = [
            ("REQUESTS_CA_BUNDLE", "ca.pem"),
            ("CURL_CA_BUNDLE", "/ca.pem"),
        ];
        let resolved = |directory: &str| {
            let mut sent = context("/a", &variables);
            sent.working_directory = directory.into();
            let caller = checked(Some(sent)).unwrap().0;
            let environment = caller.environment;
            variables.map(|(name, _)| environment[name].clone())
        };
        assert_eq!(resolved("/work"), ["/work/ca.pem", "/ca.pem"]);
        assert_eq!(resolved(""), ["", "/ca.pem"], "it names nothing");
    }

    #[test]
    fn only_an_absolute_az_is_run() {
        for (az, is_run) in [
            ("/opt/az", true),
            ("/opt/sh", false),
            ("bin/az", false),
            ("", false),
        ] {
            let mut sent = context("/a", &[]);
            sent.az = az.to_owned();
            let taken = is_run.then(|| PathBuf::from(az));
            assert_eq!(checked(Some(sent)).unwrap().0.az, taken);
        }
    }

    #[test]
    fn another_file_at_the_same_path_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().metadata().unwrap();
        let seen = |name: &str, device, inode| v1::SeenFile {
            path: folder.path().join(name).display().to_string(),
            device,
            inode,
        };
        let same = [seen("", data.dev(), data.ino()), seen("nosuch", 0, 0)];
        assert_eq!(seen_otherwise(&same), None);
        for other in [
            seen("", data.dev(), data.ino() + 1),
            seen("", data.dev() + 1, data.ino()),
            seen("", 0, 0),
            seen("nosuch", data.dev(), data.ino()),
        ] {
            let path = other.path.clone();
            assert_eq!(seen_otherwise(&[other]), Some(&*path));
        }
    }

    #[test]
    fn a_flood_is_refused() {
        let names: Vec<_> = (0..=MOST_VARIABLES)
            .map(|number| format!("AZURE_CORE_{number}"))
            .collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        let long = "x".repeat(LONGEST_VARIABLES);
        let mut warnings = context("/a", &[]);
        warnings.warning = vec![String::new(); MOST_WARNINGS + 1];
        let mut seen = context("/a", &[]);
        seen.seen = vec![v1::SeenFile::default(); MOST_SEEN + 1];
        let long = context("/a", &[("AZURE_CORE_OUTPUT", &long)]);
        for (sent, words) in [
            (context("/a", &many), "too many variables"),
            (long, "variables are too long"),
            (warnings, "too many warnings"),
            (seen, "too many files"),
        ] {
            let error = checked(Some(sent)).unwrap_err().message;
            assert!(error.contains(words), "{error}");
        }
    }
}
