//! What a request says of its caller, checked and cut down to what a client may say.
//!
//! azq's own client sends nothing else; but whoever can connect can write any program, so nothing is believed.

use azq_proto::{environment, v1};
use std::path::Path;

use crate::account::Caller;
use crate::error::CommandError;

/// More variables than az has options for.
pub(super) const MOST_VARIABLES: usize = 512;
/// How long their names and values are together, in bytes: more than any system gives to a variable.
pub(super) const LONGEST_VARIABLES: usize = 256 << 10;
/// What the system allows a path to have, in bytes.
const LONGEST_PATH: usize = 4096;
/// A command line has fewer deprecated options.
const MOST_WARNINGS: usize = 64;

/// Who calls, without the variables that do not travel, and the rest of what was said of the situation.
pub(super) fn checked(sent: Option<v1::Context>) -> Result<(Caller, v1::Context), CommandError> {
    let mut context = sent.unwrap_or_default();
    let directory = std::mem::take(&mut context.azure_config_dir);
    let is_path = directory.len() <= LONGEST_PATH && !directory.contains('\0');
    if !(is_path && Path::new(&directory).is_absolute()) {
        return Err(refused("az's configuration directory is not absolute"));
    }
    let belongs =
        |name: &String, value: &mut String| environment::travels(name) && !value.contains('\0');
    let mut environment = std::mem::take(&mut context.environment);
    environment.retain(belongs);
    if environment.len() > MOST_VARIABLES {
        return Err(refused("it has too many variables"));
    }
    let lengths = environment
        .iter()
        .map(|(name, value)| name.len() + value.len());
    if lengths.sum::<usize>() > LONGEST_VARIABLES {
        return Err(refused("its variables are too long"));
    }
    if context.warning.len() > MOST_WARNINGS {
        return Err(refused("it has too many warnings"));
    }
    let caller = Caller {
        config_dir: directory.into(),
        environment,
    };
    Ok((caller, context))
}

fn refused(reason: &str) -> CommandError {
    CommandError::new(format!("The request is not one of azq's: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(directory: &str, variables: &[(&str, &str)]) -> v1::Context {
        v1::Context {
            azure_config_dir: directory.to_owned(),
            environment: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
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
        let sent = context(
            "/a",
            &[
                ("LD_PRELOAD", "/evil.so"),
                ("PATH", "/evil"),
                ("AZURE_CLIENT_SECRET", "s"),
                ("AZURE_CORE_OUTPUT", "ts\0v"),
                ("AZURE_DEFAULTS_GROUP", "g"),
            ],
        );
        let left = checked(Some(sent)).unwrap().0.environment;
        assert_eq!(left.keys().collect::<Vec<_>>(), ["AZURE_DEFAULTS_GROUP"]);
    }

    #[test]
    fn a_flood_is_refused() {
        let names: Vec<_> = (0..=MOST_VARIABLES)
            .map(|number| format!("AZURE_CORE_{number}"))
            .collect();
        let variables: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert!(checked(Some(context("/a", &variables))).is_err());
        let long = "x".repeat(LONGEST_VARIABLES);
        let variables = [("AZURE_CORE_OUTPUT", long.as_str())];
        assert!(checked(Some(context("/a", &variables))).is_err());
        let mut warnings = context("/a", &[]);
        warnings.warning = vec![String::new(); MOST_WARNINGS + 1];
        assert!(checked(Some(warnings)).is_err());
    }
}
