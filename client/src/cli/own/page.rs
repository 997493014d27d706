//! The help and the usage errors of azq's own commands, in the layout of az's.

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command as Clap};

use crate::cli::help::{Entry, Page, described};
use crate::cli::suggest::closest;
use crate::cli::usage::UsageError;

/// Returns the help of the command that the words name in the grammar.
pub(super) fn help(grammar: &Clap, words: &[String]) -> String {
    let (path, command) = find(grammar, words);
    let about = sentence(command.get_about());
    let mut page = Page::new("azq");
    let verbs: Vec<_> = visible(command).collect();
    page.title(
        if verbs.is_empty() { "Command" } else { "Group" },
        &path,
        &about,
    );
    if !verbs.is_empty() {
        page.list(
            "Commands:",
            verbs
                .iter()
                .map(|verb| Entry::new(verb.get_name(), &sentence(verb.get_about())))
                .collect(),
        );
    }
    let arguments = command.get_arguments().filter(|of| !of.is_hide_set());
    let mut entries: Vec<_> = arguments.map(entry).collect();
    if !entries.is_empty() || verbs.is_empty() {
        entries.push(Entry::new(
            "--help -h",
            "Show this help and do nothing else.",
        ));
        page.list("Arguments", entries);
    }
    if let Some(rules) = command.get_after_help() {
        page.paragraphs(&rules.to_string());
    }
    page.finish()
}

/// Returns the command that these words name, and its words after the program's name.
fn find<'a>(grammar: &'a Clap, words: &[String]) -> (String, &'a Clap) {
    let (mut path, mut command) = (Vec::new(), grammar);
    for word in words {
        let Some(child) = command.find_subcommand(word) else {
            break;
        };
        path.push(child.get_name());
        command = child;
    }
    (path.join(" "), command)
}

/// Iterates over the subcommands that the help shows.
pub(in crate::cli) fn visible(command: &Clap) -> impl Iterator<Item = &Clap> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set())
}

fn entry(argument: &Arg) -> Entry {
    let mut about = sentence(argument.get_help());
    if matches!(argument.get_action(), ArgAction::Set | ArgAction::Append) {
        let choices = argument.get_possible_values();
        let choices: Vec<_> = choices.iter().map(PossibleValue::get_name).collect();
        let defaults = argument.get_default_values().iter();
        let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
        about = described(&about, &choices.join(", "), &defaults.join(" "));
    }
    let required = if argument.is_required_set() {
        " [Required]"
    } else {
        ""
    };
    Entry::new(&format!("{}{required}", label(argument)), about.trim())
}

/// Returns the long name, then the short one; none for a positional argument.
pub(in crate::cli) fn names(argument: &Arg) -> Vec<String> {
    let long = argument.get_long().map(|name| format!("--{name}"));
    let short = argument.get_short().map(|name| format!("-{name}"));
    long.into_iter().chain(short).collect()
}

/// Returns the names; a positional argument's value.
fn label(argument: &Arg) -> String {
    let names = names(argument);
    if names.is_empty() {
        let value = argument.get_value_names().and_then(|names| names.first());
        value.map_or_else(|| argument.get_id().to_string(), ToString::to_string)
    } else {
        names.join(" ")
    }
}

/// Returns the text with a full stop, which clap's own style omits.
pub(in crate::cli) fn sentence(about: Option<&clap::builder::StyledStr>) -> String {
    let text = about.map(ToString::to_string).unwrap_or_default();
    if text.is_empty() || text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    }
}

/// Returns the usage error for a mistake, with the word that was perhaps meant.
pub(super) fn mistake(grammar: &Clap, words: &[String], error: &clap::Error) -> UsageError {
    let (path, command) = find(grammar, words);
    let advice = format!("To see what there is, run: azq {path} --help");
    let advice = advice.replace("  ", " ");
    let told = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let verbs: Vec<_> = visible(command).map(Clap::get_name).collect();
    match (error.kind(), told(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, Some(word)) => {
            return UsageError::misspelled_own(word, closest(word, verbs.into_iter()), &advice);
        }
        (ErrorKind::UnknownArgument, _) => {}
        _ => return UsageError::own(&error.to_string()),
    }
    let Some(word) = told(ContextKind::InvalidArg) else {
        return UsageError::own(&error.to_string());
    };
    // If a command has only verbs, an unknown word is a misspelled verb.
    if !verbs.is_empty() && !word.starts_with('-') {
        return UsageError::misspelled_own(word, closest(word, verbs.into_iter()), &advice);
    }
    let names: Vec<_> = command
        .get_arguments()
        .filter_map(|argument| Some(format!("--{}", argument.get_long()?)))
        .collect();
    let suggestion = closest(word, names.iter().map(String::as_str));
    UsageError::unrecognized_own(word, suggestion, &advice)
}
