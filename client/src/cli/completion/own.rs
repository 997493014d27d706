//! The words that are possible in a line of azq's own commands, from clap's grammar.

use clap::{Arg, Command as Clap};

use super::values::{asked, kind};
use super::{Candidate, Question, Values, matching};
use crate::cli::own::{COMMANDS, visible};

/// Returns the candidates, if the line is one of azq's own commands.
pub(super) fn candidates(question: Question<'_>, values: Values<'_>) -> Option<Vec<Candidate>> {
    let word = question.before.first()?;
    let own = COMMANDS.iter().find(|own| own.name == word)?;
    let grammar = own.grammar();
    let deeper = |command, word: &String| Clap::find_subcommand(command, word).unwrap_or(command);
    let command = question.before.iter().fold(&grammar, deeper);
    let waiting = question.before.last().and_then(|word| named(command, word));
    let waiting = waiting.filter(|argument| argument.get_action().takes_values());
    if let Some(argument) = waiting {
        return Some(matching(
            of_value(command, argument, question, values),
            question.typed,
        ));
    }
    let mut candidates = if question.typed.starts_with('-') {
        options(command, question)
    } else {
        let words =
            visible(command).map(|verb| Candidate::new(verb.get_name(), about(verb.get_about())));
        words.collect()
    };
    candidates.retain(|candidate| candidate.word.starts_with(question.typed));
    Some(candidates)
}

fn options(command: &Clap, question: Question<'_>) -> Vec<Candidate> {
    let arguments = command.get_arguments();
    let is_given = |argument: &Arg| question.before.iter().any(|word| is_called(argument, word));
    let left = arguments.filter(|argument| !argument.is_hide_set() && !is_given(argument));
    let names = left.filter_map(|argument| {
        let name = argument.get_long()?;
        Some(Candidate::new(
            format!("--{name}"),
            about(argument.get_help()),
        ))
    });
    names
        .chain([Candidate::new("--help", "Print help")])
        .collect()
}

fn of_value(
    command: &Clap,
    argument: &Arg,
    question: Question<'_>,
    values: Values<'_>,
) -> Vec<String> {
    let choices = argument.get_possible_values();
    if !choices.is_empty() {
        let choices = choices.iter();
        return choices.map(|choice| choice.get_name().to_owned()).collect();
    }
    let Some(name) = argument.get_long().map(|name| format!("--{name}")) else {
        return Vec::new();
    };
    let words = question
        .before
        .iter()
        .take_while(|word| !word.starts_with('-'));
    let path = words.cloned().collect::<Vec<_>>().join(" ");
    let Some(kind) = kind(&path, &[name.as_str()]) else {
        return Vec::new();
    };
    values(asked(kind, |name| given(command, name, question.before)))
}

/// Returns the value that the line gives for the option of this name.
fn given(command: &Clap, name: &str, before: &[String]) -> Option<String> {
    let argument = named(command, name)?;
    let mut pairs = before.iter().zip(before.get(1..).unwrap_or_default());
    let found = pairs.find(|(option, _)| is_called(argument, option));
    found.map(|(_, value)| value.clone())
}

fn named<'c>(command: &'c Clap, word: &str) -> Option<&'c Arg> {
    let mut arguments = command.get_arguments();
    arguments.find(|argument| is_called(argument, word))
}

fn is_called(argument: &Arg, word: &str) -> bool {
    let is_long = |name: &str| word.strip_prefix("--") == Some(name);
    let is_short = |name: char| word.strip_prefix('-') == Some(name.to_string().as_str());
    argument.get_long().is_some_and(is_long) || argument.get_short().is_some_and(is_short)
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}
