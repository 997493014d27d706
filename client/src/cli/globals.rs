//! The options of every command (az's "Global Arguments"), and the context of a request.

use azq_proto::v1::{Context, Format, OutputOptions};
use std::os::unix::ffi::OsStringExt as _;

use super::Argument;
use super::option::{Opt, handed_over, help, ignored, lowered, noted, text};
use crate::environment::Environment;

/// The names of the option whose value only the daemon can check.
pub(super) const QUERY: &[&str] = &["--query"];

const GROUP: &str = "Global Arguments";
const VERBOSE: &str = "--verbose";
const DEBUG: &str = "--debug";
const ONLY_SHOW_ERRORS: &str = "--only-show-errors";

/// The amount of az's logging, which az derives from the raw arguments: the options count at any
/// place, but only unabbreviated (knack `log.py`, `_determine_log_level`).
#[derive(Clone, Copy)]
pub(super) struct Logging {
    verbose: bool,
    debug: bool,
    only_show_errors: bool,
}

impl Logging {
    pub(super) fn of(arguments: &[Argument<'_>]) -> Self {
        let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
        Self {
            verbose: has(VERBOSE),
            debug: has(DEBUG),
            only_show_errors: has(ONLY_SHOW_ERRORS),
        }
    }

    pub(super) const fn is_contradictory(self) -> bool {
        self.only_show_errors && (self.verbose || self.debug)
    }

    /// Whether an argument concerns only logging.
    pub(super) fn is_flag(argument: &str) -> bool {
        [VERBOSE, DEBUG, ONLY_SHOW_ERRORS].contains(&argument)
    }
}

pub(crate) static HELP: [Opt<Context>; 1] =
    [help(&["-h", "--help"], "Show this help and do nothing else.").group(GROUP)];

pub(crate) static GLOBAL: [Opt<Context>; 5] = [
    noted(&[VERBOSE], "Log more; --debug logs everything.").group(GROUP),
    noted(&[DEBUG], "Log everything that happens.").group(GROUP),
    noted(&[ONLY_SHOW_ERRORS], "Leave out warnings.").group(GROUP),
    lowered(
        &["--output", "-o"],
        &FORMAT_NAMES,
        set_format,
        "How to print the answer.",
    )
    .default("json")
    .group(GROUP),
    text(
        QUERY,
        |context| &mut output(context).query,
        "A JMESPath expression that selects what to print; see https://jmespath.org.",
    )
    .group(GROUP),
];

pub(crate) static SUBSCRIPTION: [Opt<Context>; 1] = [text(
    &["--subscription"],
    |context: &mut Context| &mut context.subscription,
    "Name or ID of the subscription. Without it, the one chosen by `az account set`.",
)
.group(GROUP)];

/// The option under whose name az's `account` commands keep the place of `--subscription`.
pub(crate) static NO_SUBSCRIPTION: [Opt<Context>; 1] = [ignored(&["--___SUBSCRIPTION"])];

/// az's "Global Policy" options, which azq leaves to the real az.
pub(crate) static POLICY: [Opt<Context>; 2] = [
    handed_over(&["--change-reference"], 1),
    handed_over(&["--acquire-policy-token"], 0),
];

/// The names of the output formats, in az's order.
pub(crate) const FORMAT_NAMES: [&str; 7] =
    ["json", "jsonc", "yaml", "yamlc", "table", "tsv", "none"];

/// Returns the format of a name in any case; unspecified if there is none.
pub(super) fn format(name: &str) -> Format {
    let name = format!("FORMAT_{}", name.to_ascii_uppercase());
    Format::from_str_name(&name).unwrap_or_default()
}

fn set_format(context: &mut Context, name: &str) {
    output(context).set_format(format(name));
}

fn output(context: &mut Context) -> &mut OutputOptions {
    context.output.get_or_insert_default()
}

/// Returns the caller's context, before any option is read.
///
/// az shows colours only if both output streams are terminals (knack `cli.py`,
/// `_should_enable_color`). The daemon applies `[core] no_color`, and az does not know `NO_COLOR`.
pub(super) fn context(logging: Logging, environment: &dyn Environment) -> Context {
    let color = environment.is_terminal() || environment.variable("PYCHARM_HOSTED").is_some();
    let caller = environment.caller();
    // A path that is not UTF-8 is not sent.
    let az = caller
        .az
        .and_then(|path| path.into_os_string().into_string().ok());
    Context {
        azure_config_dir: caller.azure_config_dir,
        environment: caller.variables,
        working_directory: caller.working_directory.into_os_string().into_vec(),
        seen: caller.seen,
        az: az.unwrap_or_default(),
        output: Some(OutputOptions {
            color,
            ..OutputOptions::default()
        }),
        only_show_errors: logging.only_show_errors,
        verbose: logging.verbose,
        debug: logging.debug,
        ..Context::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    #[test]
    fn the_context_is_the_callers() {
        let environment = Fake {
            terminal: true,
            ..Fake::default()
        }
        .variable("HOME", "/home/me")
        .variable("AZURE_DEFAULTS_GROUP", "rg")
        .variable("AZURE_CLIENT_SECRET", "s3cret");
        let logging = Logging::of(&["x".into(), "--debug".into()]);
        let context = context(logging, &environment);
        assert!(context.debug && !context.verbose && !context.only_show_errors);
        assert_eq!(context.azure_config_dir, "/home/me/.azure");
        assert_eq!(context.environment.len(), 1);
        assert_eq!(context.environment["AZURE_DEFAULTS_GROUP"], "rg");
        assert!(context.output.is_some_and(|output| output.color));
    }

    #[test]
    fn a_relative_configuration_directory_is_the_callers() {
        let environment = Fake::default().variable("AZURE_CONFIG_DIR", "azure");
        assert_eq!(
            context(Logging::of(&[]), &environment).azure_config_dir,
            "/work/azure"
        );
    }
}
