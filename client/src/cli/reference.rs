//! The whole grammar as data: every group, command and option, both az's and azq's own.
//!
//! Manual pages and the tables of the documentation are generated from it (`packaging/reference`).
//! It is built from the tables that the parser, the help and clap read, so that all of them contain
//! the same.

use clap::{Arg, Command as Clap};

use super::command::{Command, Group, Node, OptionRef, group_options, top_options};
use super::groups::TOP;
use super::option::{Required, Shape, Takes};
use super::own::{COMMANDS, names, sentence, visible};

/// A group or a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The words after `azq`; empty for `azq` itself.
    pub path: String,
    /// Whether az also has it.
    pub is_azs: bool,
    /// Its description, in one sentence.
    pub summary: String,
    /// Further text; may be empty.
    pub details: String,
    /// Its options and arguments, the required ones first in each group of the help.
    pub options: Vec<OptionTopic>,
    /// Options that azq leaves to the real az.
    pub left_to_az: Vec<String>,
    /// The description of each example, and its command line without the program.
    pub examples: Vec<(String, String)>,
    /// The last words of the groups and commands below it.
    pub children: Vec<String>,
}

/// An option, or an argument without a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionTopic {
    /// The long names in alphabetical order, then the short ones; none for an argument.
    pub names: Vec<String>,
    /// The placeholder of its value; empty for a flag.
    pub value: String,
    /// The heading under which the help lists it; empty for the command's plain arguments.
    pub group: String,
    /// Whether the command requires it, regardless of the configuration.
    pub is_required: bool,
    /// Whether az lacks it although it has the command.
    pub is_own: bool,
    /// Its description.
    pub about: String,
    /// The values to choose from.
    pub choices: Vec<String>,
    /// The default; may be empty.
    pub default: String,
}

/// Returns all topics, `azq` itself first, and each group before its contents.
pub fn topics() -> Vec<Topic> {
    let mut topics = Vec::new();
    add_group(&TOP, &mut topics);
    for own in &COMMANDS {
        let grammar = own.grammar();
        for command in grammar.get_subcommands() {
            add_own(command, command.get_name(), &mut topics);
        }
    }
    if let Some(top) = topics.first_mut() {
        let own = COMMANDS.iter().map(|own| own.name.to_owned());
        top.children.extend(own);
    }
    topics
}

fn add_group(group: &'static Group, topics: &mut Vec<Topic>) {
    let is_top = group.path.is_empty();
    let options: Vec<_> = if is_top {
        top_options().collect()
    } else {
        group_options().collect()
    };
    topics.push(Topic {
        path: group.path.to_owned(),
        is_azs: is_top || TOP.is_azs(group.path),
        summary: group.summary.to_owned(),
        details: String::new(),
        options: of_shapes(options.into_iter()),
        left_to_az: Vec::new(),
        examples: Vec::new(),
        children: group
            .known
            .iter()
            .map(|node| node.word().to_owned())
            .collect(),
    });
    for node in group.known {
        match node {
            Node::Group(child) => add_group(child, topics),
            Node::Command(child) => topics.push(of_command(child)),
        }
    }
}

fn of_command(command: &'static Command) -> Topic {
    let is_left = |shape: &&Shape| matches!(shape.takes, Takes::HandedOver(_));
    let shapes = command.options().map(|option| option.shape);
    let left = shapes.filter(is_left).flat_map(|shape| shape.names);
    let examples = command.examples.iter();
    Topic {
        path: command.path().to_owned(),
        is_azs: TOP.is_azs(command.path()),
        summary: command.summary.to_owned(),
        details: command.details.to_owned(),
        options: of_shapes(command.options()),
        left_to_az: left.map(|name| (*name).to_owned()).collect(),
        examples: examples
            .map(|(what, line)| ((*what).to_owned(), (*line).to_owned()))
            .collect(),
        children: Vec::new(),
    }
}

/// Returns the options that are shown to users, in the help's order.
fn of_shapes(options: impl Iterator<Item = OptionRef>) -> Vec<OptionTopic> {
    let shown = options.map(|option| option.shape);
    let shown = shown.filter(|shape| !shape.help.is_empty());
    let mut options: Vec<_> = shown.map(of_shape).collect();
    options.sort_by_key(|option| (!option.is_required, option.names.clone()));
    options
}

fn of_shape(shape: &'static Shape) -> OptionTopic {
    let names = shape.sorted_names().into_iter();
    let choices = shape.takes.choices().into_iter();
    OptionTopic {
        names: names.map(str::to_owned).collect(),
        value: shape.takes.placeholder().to_owned(),
        group: shape.group.to_owned(),
        is_required: shape.required == Some(Required::Always),
        is_own: !shape.abbreviates,
        about: shape.help.to_owned(),
        choices: choices.map(str::to_owned).collect(),
        default: shape.default.to_owned(),
    }
}

impl Takes {
    /// Returns the placeholder of a value in a synopsis.
    fn placeholder(self) -> &'static str {
        match self {
            Self::Flag | Self::Help => "",
            Self::File => "FILE",
            Self::Integer | Self::AnyInteger | Self::Float => "NUMBER",
            Self::Seconds => "TIME",
            Self::Boolean(_) => "[VALUE]",
            Self::OptionalText | Self::Ignored => "[TEXT]",
            Self::Words => "[TEXT...]",
            Self::SomeWords | Self::HandedOver(_) => "TEXT...",
            Self::Choice(_) | Self::ChoiceBeside(_) | Self::Lowered(_) => "VALUE",
            Self::Text | Self::SomeText => "TEXT",
        }
    }
}

fn add_own(command: &Clap, path: &str, topics: &mut Vec<Topic>) {
    let options = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set());
    topics.push(Topic {
        path: path.to_owned(),
        is_azs: false,
        summary: sentence(command.get_about()),
        details: String::new(),
        options: options.map(of_argument).collect(),
        left_to_az: Vec::new(),
        examples: Vec::new(),
        children: visible(command)
            .map(|verb| verb.get_name().to_owned())
            .collect(),
    });
    for verb in visible(command) {
        add_own(verb, &format!("{path} {}", verb.get_name()), topics);
    }
}

fn of_argument(argument: &Arg) -> OptionTopic {
    let value = argument.get_value_names().unwrap_or_default();
    let value = value.iter().map(ToString::to_string).collect::<Vec<_>>();
    let is_flag = !argument.get_action().takes_values();
    let choices = if is_flag {
        Vec::new()
    } else {
        argument.get_possible_values()
    };
    OptionTopic {
        names: names(argument),
        value: if is_flag {
            String::new()
        } else {
            value.join(" ")
        },
        is_required: argument.is_required_set(),
        about: sentence(argument.get_help()),
        choices: choices
            .iter()
            .map(|choice| choice.get_name().to_owned())
            .collect(),
        ..OptionTopic::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Invocation, parse};
    use super::*;
    use crate::environment::fake::Fake;

    #[test]
    fn every_help_page_has_what_the_reference_has() {
        for topic in topics() {
            let line = format!("{} --help", topic.path);
            let argv: Vec<_> = line.split_whitespace().map(Into::into).collect();
            let Invocation::Help(help) = parse(&argv, &Fake::default()) else {
                panic!("{line}")
            };
            let words: Vec<_> = help
                .split(|c: char| c.is_whitespace() || ",[]<>".contains(c))
                .collect();
            let names = topic.options.iter().flat_map(|option| &option.names);
            let is_top = topic.path.is_empty();
            let is_group = topic.is_azs && !topic.children.is_empty();
            for name in names.filter(|_| !is_group).chain(&topic.children) {
                assert!(words.contains(&name.as_str()), "{line}: {name}\n{help}");
            }
            assert!(is_top || !topic.summary.is_empty(), "{line}");
        }
    }

    #[test]
    fn everything_that_is_answered_is_in_the_reference() {
        let topics = topics();
        for path in azq_proto::command::COMMANDS {
            assert!(topics.iter().any(|topic| topic.path == *path), "{path}");
        }
        let mut paths: Vec<_> = topics.iter().map(|topic| &topic.path).collect();
        let count = paths.len();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), count, "each once");
    }
}
