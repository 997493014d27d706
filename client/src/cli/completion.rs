//! The words that may stand at the cursor, from the tables of the parser and the help.
//!
//! A shell asks for them by `azq completion words`, once for each TAB. Nothing but the tables is
//! looked at, so that no daemon is started and the answer takes milliseconds.
//!
//! Deliberately absent: values that only Azure knows, and the options of commands that azq hands
//! over to az.

use clap::Command as Clap;

use super::command::{Command, Group, Node, group_options};
use super::groups::TOP;
use super::option::{Shape, Takes};
use super::own::COMMANDS;

/// The candidates for the last of these words, which follow the program's name, in the order in
/// which they are shown.
pub(crate) fn candidates(words: &[String]) -> Vec<String> {
    let Some((typed, before)) = words.split_last() else {
        return Vec::new();
    };
    let azs = || {
        let candidates = az_candidates(before, typed);
        candidates.into_iter().map(str::to_owned).collect()
    };
    let own = |grammar| own_candidates(&grammar, before, typed);
    let mut candidates: Vec<_> = own_grammar(before).map_or_else(azs, own);
    candidates.retain(|candidate| candidate.starts_with(typed.as_str()));
    candidates
}

/// The grammar of azq's own command that these words begin with.
fn own_grammar(words: &[String]) -> Option<Clap> {
    let word = words.first()?;
    let own = COMMANDS.iter().find(|own| own.name == word)?;
    Some(own.grammar())
}

fn own_candidates(grammar: &Clap, before: &[String], typed: &str) -> Vec<String> {
    let deeper = |command, word| Clap::find_subcommand(command, word).unwrap_or(command);
    let command = before.iter().fold(grammar, deeper);
    let values = before.last().and_then(|option| {
        let name = option.strip_prefix("--")?;
        let mut arguments = command.get_arguments();
        let argument = arguments.find(|argument| argument.get_long() == Some(name))?;
        Some(argument.get_possible_values())
    });
    match values.filter(|values| !values.is_empty()) {
        Some(values) => values
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect(),
        None if typed.starts_with('-') => command
            .get_arguments()
            .filter_map(|argument| Some(format!("--{}", argument.get_long()?)))
            .chain(["--help".to_owned()])
            .collect(),
        None => command
            .get_subcommands()
            .map(|command| command.get_name().to_owned())
            .collect(),
    }
}

fn az_candidates(before: &[String], typed: &str) -> Vec<&'static str> {
    let mut node = Node::Group(&TOP);
    let mut words = before.iter();
    for word in words.by_ref() {
        let Node::Group(group) = node else {
            break;
        };
        match group.child(word) {
            Some(child) => node = child,
            // The command is az's.
            None => return Vec::new(),
        }
        if matches!(node, Node::Command(_)) {
            break;
        }
    }
    match node {
        Node::Group(group) => of_group(group, typed),
        Node::Command(command) => of_command(command, words.as_slice(), typed),
    }
}

fn of_group(group: &'static Group, typed: &str) -> Vec<&'static str> {
    if typed.starts_with('-') {
        return long_names(group_options().map(|option| option.shape)).collect();
    }
    let own = if group.path.is_empty() {
        &COMMANDS[..]
    } else {
        &[]
    };
    let mut words: Vec<_> = own.iter().map(|own| own.name).collect();
    words.extend(group.words);
    words.extend(group.known.iter().map(|node| node.word()));
    words.sort_unstable();
    words.dedup();
    words
}

fn of_command(command: &'static Command, before: &[String], typed: &str) -> Vec<&'static str> {
    let shapes: Vec<_> = command.options().map(|option| option.shape).collect();
    let named = |word: &String| {
        let mut shapes = shapes.iter();
        shapes.find(|shape| shape.names.contains(&word.as_str()))
    };
    if let Some(shape) = before.last().and_then(named)
        && !typed.starts_with('-')
        && !matches!(shape.takes, Takes::Flag | Takes::Help)
    {
        return shape.takes.choices();
    }
    let given: Vec<_> = before.iter().filter_map(named).collect();
    let left = shapes
        .iter()
        .copied()
        .filter(|shape| !given.iter().any(|given| std::ptr::eq(**given, *shape)));
    long_names(left).collect()
}

/// The long names of the options that have a help: the others are not for people.
fn long_names(shapes: impl Iterator<Item = &'static Shape>) -> impl Iterator<Item = &'static str> {
    shapes
        .filter(|shape| !shape.help.is_empty())
        .filter_map(|shape| {
            shape
                .names
                .iter()
                .copied()
                .find(|name| name.starts_with("--"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Vec<String> {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        candidates(&words)
    }

    #[test]
    fn words_are_commands_groups_and_azqs_own() {
        assert_eq!(of("aks nodepool sho"), ["show"]);
        assert_eq!(of("which"), ["which"]);
        assert_eq!(of("daemon st"), ["start", "stop", "status"]);
        assert!(of("").contains(&"vm".to_owned()) && of("").contains(&"daemon".to_owned()));
        assert!(
            of("vm ").contains(&"list-skus".to_owned()) && of("vm ").contains(&"create".to_owned())
        );
    }

    #[test]
    fn options_are_those_of_the_command_that_are_not_given() {
        assert_eq!(of("vm list-skus --si"), ["--size"]);
        assert_eq!(of("vm list-skus --size x --si"), [""; 0]);
        assert!(of("vm list-skus ").contains(&"--location".to_owned()));
        assert!(!of("vm list-skus -l eastus ").contains(&"--location".to_owned()));
        assert_eq!(of("daemon logs --fo"), ["--follow"]);
        assert_eq!(of("vm create --na"), [""; 0]);
    }

    #[test]
    fn values_are_those_that_the_option_takes() {
        assert_eq!(of("vm list-skus -o t"), ["table", "tsv"]);
        let skus = of("aks nodepool add --os-sku Windows");
        assert!(skus.contains(&"Windows2022".to_owned()), "{skus:?}");
        assert_eq!(of("vm list-skus --size "), [""; 0]);
        assert_eq!(of("daemon status --output js"), ["json", "jsonc"]);
    }
}
