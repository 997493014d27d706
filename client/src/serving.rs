//! The choice between the user's daemon and a private one for a command (`--no-daemon`,
//! `AZQ_NO_DAEMON`).
//!
//! Invariant: az never gets `--no-daemon`, because az 2.91 has no option of that name.

use std::ffi::OsString;

use crate::environment::Environment;

const OPTION: &str = "--no-daemon";
const VARIABLE: &str = "AZQ_NO_DAEMON";

/// The daemon that serves a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serving {
    /// The user's daemon, which is started if there is none.
    Shared,
    /// A daemon of the command's own, which ends with it.
    Private,
}

/// The error that `AZQ_NO_DAEMON` has an unknown value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{VARIABLE} is '{0}'; it can be 1 or 0")]
pub(crate) struct UnknownValue(String);

impl Serving {
    /// Returns the option that selects the same daemon in another azq.
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Shared => &[],
            Self::Private => &[OPTION],
        }
    }

    /// Reads the arguments and the environment, and returns the mode and the arguments without
    /// `--no-daemon`. After `--` it is an ordinary word.
    pub(crate) fn of(
        argv: &[OsString],
        environment: &dyn Environment,
    ) -> Result<(Self, Vec<OsString>), UnknownValue> {
        let options = argv
            .iter()
            .position(|argument| argument == "--")
            .unwrap_or(argv.len());
        let (options, words) = argv.split_at(options);
        let kept = options.iter().filter(|argument| *argument != OPTION);
        let arguments: Vec<_> = kept.chain(words).cloned().collect();
        let is_private = arguments.len() < argv.len() || variable(environment)?;
        let serving = if is_private {
            Self::Private
        } else {
            Self::Shared
        };
        Ok((serving, arguments))
    }
}

fn variable(environment: &dyn Environment) -> Result<bool, UnknownValue> {
    let value = environment.variable(VARIABLE).unwrap_or_default();
    match value.to_string_lossy().to_lowercase().as_str() {
        "" | "0" | "false" | "no" | "off" => Ok(false),
        "1" | "true" | "yes" | "on" => Ok(true),
        _ => Err(UnknownValue(value.to_string_lossy().into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    fn of(line: &str, value: &str) -> Result<(Serving, String), UnknownValue> {
        let argv: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        let environment = Fake::default().variable(VARIABLE, value);
        let (serving, arguments) = Serving::of(&argv, &environment)?;
        let words: Vec<_> = arguments
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        Ok((serving, words.join(" ")))
    }

    #[test]
    fn the_option_is_taken_out_wherever_it_stands() {
        use Serving::{Private, Shared};
        for (line, serving, rest) in [
            ("vm list-skus", Shared, "vm list-skus"),
            ("--no-daemon vm list-skus", Private, "vm list-skus"),
            (
                "vm --no-daemon list-skus -l x",
                Private,
                "vm list-skus -l x",
            ),
            ("vm list-skus --no-daemon", Private, "vm list-skus"),
            (
                "vm list-skus --no-daemons",
                Shared,
                "vm list-skus --no-daemons",
            ),
            ("which -- --no-daemon", Shared, "which -- --no-daemon"),
        ] {
            assert_eq!(of(line, ""), Ok((serving, rest.to_owned())), "{line}");
        }
    }

    #[test]
    fn the_variable_asks_too() {
        for (value, serving) in [
            ("1", Serving::Private),
            ("True", Serving::Private),
            ("0", Serving::Shared),
            ("off", Serving::Shared),
        ] {
            assert_eq!(of("vm", value), Ok((serving, "vm".to_owned())), "{value}");
        }
        assert_eq!(of("vm", "maybe"), Err(UnknownValue("maybe".to_owned())));
    }
}
