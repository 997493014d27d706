//! Usage errors in az's words: the `ERROR:` line, the lines after it, and the exit code.
//!
//! Source: azure-cli-core `parser.py` (`error`, `_check_value`) and `azclierror.py`
//! (`print_error`). az also shows up to three examples taken from the command's help; they are
//! omitted because they are Microsoft's texts.

use crate::az_config::core_option;
use crate::environment::Environment;

/// A command line that az refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct UsageError {
    text: String,
    exit_code: u8,
}

/// The address of az's documentation: the last lines of most usage errors.
const REFERENCE: &str = "\nhttps://aka.ms/cli_ref\nRead more about the command in reference docs\n";

const QUERY_REFERENCE: &str = "To learn more about --query, please visit: \
                               'https://learn.microsoft.com/cli/azure/query-azure-cli'\n";

impl UsageError {
    /// Returns the lines for stderr, with their final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the lines for stderr, without the link if az's option `error_recommendation` is
    /// `off` (azure-cli-core, `command_recommender.py`).
    pub(crate) fn text_for(&self, environment: &dyn Environment) -> &str {
        let recommendation = core_option(environment, "error_recommendation");
        let is_off = recommendation.is_some_and(|value| value.eq_ignore_ascii_case("off"));
        match self.text.strip_suffix(REFERENCE) {
            Some(without) if is_off => without,
            _ => &self.text,
        }
    }

    /// Returns the exit code: 2, az's code for a usage error, except for a few errors that az finds
    /// earlier.
    pub const fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// Returns an error with az's exit code for a usage error.
    fn new(text: String) -> Self {
        let exit_code = 2;
        Self { text, exit_code }
    }

    /// Returns an error that argparse reports (`parser.error`).
    pub(crate) fn argparse(message: &str) -> Self {
        let closing = if message.contains("--query") {
            QUERY_REFERENCE
        } else {
            REFERENCE
        };
        Self::new(format!("ERROR: {message}\n{closing}"))
    }

    /// Returns the error for a command that does not exist.
    pub(crate) fn misspelled(word: &str, suggestion: Option<&str>) -> Self {
        let message = format!("'{word}' is misspelled or not recognized by the system.");
        Self::refused(&message, suggestion, REFERENCE)
    }

    /// Returns the error for a value that is none of the choices.
    pub(crate) fn choice(
        program: &str,
        value: &str,
        option: &str,
        choices: &[&str],
        suggestion: Option<&str>,
    ) -> Self {
        let choices = choices.join(", ");
        let message = format!(
            "{program}: '{value}' is not a valid value for '{option}'. Allowed values: {choices}."
        );
        Self::refused(&message, suggestion, REFERENCE)
    }

    /// Returns the error for missing required options.
    pub(crate) fn missing<'a>(options: impl Iterator<Item = &'a [&'static str]>) -> Self {
        let names: Vec<_> = options.map(|names| names.join("/")).collect();
        Self::argparse(&format!(
            "the following arguments are required: {}",
            names.join(", ")
        ))
    }

    /// Returns the error for arguments that no parser took.
    pub(crate) fn unrecognized(arguments: &[String]) -> Self {
        Self::argparse(&format!("unrecognized arguments: {}", arguments.join(" ")))
    }

    /// Returns the error for `--only-show-errors` beside `--verbose` or `--debug`. az prints it
    /// twice, before its logging is set up.
    pub(crate) fn conflicting_log_levels() -> Self {
        let line = "--only-show-errors can't be used together with --debug or --verbose\n";
        Self {
            text: line.repeat(2),
            exit_code: 1,
        }
    }

    /// Returns the error for an option or command that only the real az implements, in azq's own
    /// words.
    pub(crate) fn unanswered(what: &str) -> Self {
        Self::new(format!("ERROR: azq does not answer {what} itself.\n"))
    }

    /// Returns the error for a mistake in one of azq's own commands, in clap's words.
    pub(crate) fn own(message: &str) -> Self {
        let message = message
            .strip_prefix("error: ")
            .unwrap_or(message)
            .trim_end();
        Self::new(format!("ERROR: {message}\n"))
    }

    /// Returns the error for a word that none of azq's own commands has, in az's words.
    pub(crate) fn misspelled_own(word: &str, suggestion: Option<&str>, advice: &str) -> Self {
        let message = format!("'{word}' is misspelled or not recognized by azq.");
        Self::refused(&message, suggestion, &format!("\n{advice}\n"))
    }

    /// Returns the error for an option that one of azq's own commands does not have, in az's words.
    pub(crate) fn unrecognized_own(word: &str, suggestion: Option<&str>, advice: &str) -> Self {
        let message = format!("unrecognized arguments: {word}");
        Self::refused(&message, suggestion, &format!("\n{advice}\n"))
    }

    /// Appends a sentence of azq to az's words.
    pub(crate) fn with(mut self, advice: &str) -> Self {
        self.text.push_str(advice);
        self.text.push('\n');
        self
    }

    fn refused(message: &str, suggestion: Option<&str>, closing: &str) -> Self {
        let suggestion = suggestion.map(|word| format!("Did you mean '{word}' ?\n"));
        let suggestion = suggestion.unwrap_or_default();
        Self::new(format!("ERROR: {message}\n{suggestion}{closing}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    #[test]
    fn no_link_follows_where_recommendations_are_off() {
        let with = |value: &str| {
            let environment = Fake::default();
            environment.variable("AZURE_CORE_ERROR_RECOMMENDATION", value)
        };
        let error = UsageError::argparse("unrecognized arguments: x");
        let bare = "ERROR: unrecognized arguments: x\n";
        assert_eq!(error.text_for(&with("OFF")), bare);
        for other in [with("on"), with(""), Fake::default()] {
            assert_eq!(error.text_for(&other), error.text());
        }
        let file = Fake::default().variable("HOME", "/home/me");
        let file = file.file(
            "/home/me/.azure/config",
            "[core]\nerror_recommendation = off\n",
        );
        assert_eq!(error.text_for(&file), bare);
        let suggested = UsageError::misspelled("shwo", Some("show"));
        let text = suggested.text_for(&with("off"));
        assert!(text.ends_with("\nDid you mean 'show' ?\n"), "{text}");
        let query = UsageError::argparse("argument --query: invalid");
        assert_eq!(query.text_for(&with("off")), query.text());
    }
}
