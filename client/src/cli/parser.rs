//! Python's argparse, as far as az uses it, over tables of options.
//!
//! Own code, where azq's own commands use clap: what az accepts and how it refuses are argparse's semantics
//! (abbreviated options, values glued to short ones, optional values, lists that end at the next option,
//! negative numbers, unknown arguments collected and reported last), which no Rust parser has.
//!
//! az's parsers form a tree: the top one, one per group, one per command. Each classifies all arguments that
//! it gets, those of its subcommands too, before it reads any: hence an abbreviation that the top parser finds
//! ambiguous is an error even where the command's own parser would understand it. Source: Python 3.11
//! `argparse.py` (`_parse_known_args`, `_parse_optional`, `_get_option_tuples`), knack `invocation.py`
//! (`_rudimentary_get_command`), azure-cli-core `commands/__init__.py` (`execute`) and `parser.py`.
//!
//! Not parsed here: values (see [`super::reading`]); queries, which the daemon knows.

use super::command::{Command, Group, Node, OptionRef, group_options, top_options};
use super::option::{Given, Takes};
use super::reading::{self, Refusal};
use super::suggest::closest;
use super::usage::UsageError;
use super::values::{is_negative_number, repr};

/// What the arguments said, up to where reading them ended.
#[derive(Default)]
pub(super) struct Parsed {
    /// The command whose options were being read.
    pub(super) command: Option<&'static Command>,
    /// What each option was given, in order.
    pub(super) given: Vec<(OptionRef, Given)>,
    /// The names under which they were given.
    pub(super) handed_over: Vec<&'static str>,
    /// Arguments that no parser took.
    pub(super) extras: Vec<String>,
    /// What az warns of, once the command runs.
    pub(super) warnings: Vec<String>,
}

/// Why reading ended before the last argument.
pub(super) enum Stop {
    Help(Node),
    /// The arguments are wrong.
    Usage(UsageError),
    /// They are wrong for all that azq knows, but another version of az, or an extension, may know more.
    Unknown(Unknown, UsageError),
}

/// What azq does not know.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    Command(String),
    Value { option: &'static str, value: String },
}

/// The leading arguments that name groups and a command.
#[derive(Default)]
struct Leading {
    groups: usize,
    command: bool,
    /// The start of a word, typed instead of the whole.
    beginning: Option<String>,
}

/// Reads the arguments after `az`.
pub(super) fn parse(
    top: &'static Group,
    mut arguments: Vec<String>,
    parsed: &mut Parsed,
) -> Result<&'static Command, Stop> {
    let leading = lead(top, &mut arguments);
    Parser { leading, parsed }.group(top, 0, &arguments)
}

/// az first looks for the longest run of leading words that begins the name of a command; these are
/// compared, and then kept, in lower case.
fn lead(top: &'static Group, arguments: &mut [String]) -> Leading {
    let mut leading = Leading::default();
    let mut group = top;
    for argument in arguments {
        if argument.is_empty() || argument.starts_with('-') {
            break;
        }
        let word = argument.to_lowercase();
        if !group.words.contains(&word.as_str()) {
            // For a word that az does not know, it loads no command at all.
            let begins = |known: &&str| known.starts_with(&word);
            if !group.path.is_empty() && group.words.iter().any(begins) {
                argument.clone_from(&word);
                leading.beginning = Some(word);
            }
            break;
        }
        argument.clone_from(&word);
        match group.child(&word) {
            Some(Node::Group(child)) => group = child,
            Some(Node::Command(_)) | None => {
                leading.command = true;
                break;
            }
        }
        leading.groups += 1;
    }
    leading
}

struct Parser<'a> {
    leading: Leading,
    parsed: &'a mut Parsed,
}

/// What an argument is to a parser.
enum Kind {
    Value,
    /// `--`, after which there are only values.
    Dashes,
    /// Looks like an option; none that the parser knows.
    Unknown,
    Option(Match),
}

/// An option found in an argument.
#[derive(Clone)]
struct Match {
    option: OptionRef,
    name: &'static str,
    /// The value in the same argument.
    explicit: Option<String>,
}

/// One parser at work.
struct Scope<'a> {
    /// What errors call it.
    program: String,
    node: Node,
    options: Vec<OptionRef>,
    arguments: &'a [String],
    kinds: Vec<Kind>,
}

impl Parser<'_> {
    fn group(
        &mut self,
        group: &'static Group,
        depth: usize,
        arguments: &[String],
    ) -> Result<&'static Command, Stop> {
        let options = if depth == 0 {
            top_options().collect()
        } else {
            group_options().collect()
        };
        let scope = Scope::new(group.path, Node::Group(group), options, arguments)?;
        let mut at = 0;
        while let (Some(kind), Some(argument)) = (scope.kinds.get(at), arguments.get(at)) {
            let is_last = at + 1 == arguments.len();
            at = match kind {
                Kind::Option(found) => self.option(&scope, at, found.clone())?,
                Kind::Value => {
                    return self.subcommand(group, depth, argument, &arguments[at + 1..]);
                }
                Kind::Dashes if !is_last => {
                    return self.subcommand(group, depth, argument, &arguments[at + 1..]);
                }
                Kind::Dashes | Kind::Unknown => self.extra(argument, at),
            };
        }
        let missing = if depth == 0 {
            "_command_package"
        } else {
            "_subcommand"
        };
        let message = format!("the following arguments are required: {missing}");
        Err(Stop::Usage(UsageError::argparse(&message)))
    }

    fn subcommand(
        &mut self,
        group: &'static Group,
        depth: usize,
        word: &str,
        arguments: &[String],
    ) -> Result<&'static Command, Stop> {
        let choices = self.choices(group, depth);
        if !choices.contains(&word) {
            let suggestion = match depth {
                0 => None,
                _ => closest(word, choices.into_iter()),
            };
            let error = UsageError::misspelled(word, suggestion);
            return Err(Stop::Unknown(Unknown::Command(word.to_owned()), error));
        }
        match group.child(word) {
            Some(Node::Group(child)) => self.group(child, depth + 1, arguments),
            Some(Node::Command(command)) => self.command(command, arguments),
            None => {
                let name = format!("{} {word}", group.path);
                let error = UsageError::unanswered(&format!("'az {}'", name.trim_start()));
                Err(Stop::Unknown(Unknown::Command(word.to_owned()), error))
            }
        }
    }

    /// The subcommands that az's parser of the group has: all of them on the path of the leading words,
    /// cut down to those that begin as typed; else the first alone ("Trim down the command table").
    fn choices(&self, group: &'static Group, depth: usize) -> Vec<&'static str> {
        let words = group.words.iter().copied();
        match &self.leading {
            Leading { groups, .. } if depth > *groups => words.take(1).collect(),
            Leading {
                groups,
                beginning: Some(beginning),
                ..
            } if depth == *groups => words
                .filter(|word| word.starts_with(beginning.as_str()))
                .collect(),
            _ => words.collect(),
        }
    }

    fn command(
        &mut self,
        command: &'static Command,
        arguments: &[String],
    ) -> Result<&'static Command, Stop> {
        self.parsed.command = Some(command);
        // Without its name in the leading words, az has not loaded the command's own options.
        let options = if self.leading.command {
            command.options().collect()
        } else {
            command.shared_options().collect()
        };
        let scope = Scope::new(command.path, Node::Command(command), options, arguments)?;
        let mut at = 0;
        while let (Some(kind), Some(argument)) = (scope.kinds.get(at), arguments.get(at)) {
            at = match kind {
                Kind::Option(found) => self.option(&scope, at, found.clone())?,
                Kind::Value | Kind::Dashes | Kind::Unknown => self.extra(argument, at),
            };
        }
        Ok(command)
    }

    fn extra(&mut self, argument: &str, at: usize) -> usize {
        self.parsed.extras.push(argument.to_owned());
        at + 1
    }

    /// Reads the option at a place and its values; the place after them. `-ab` is `-a -b` if `-a` takes
    /// no value.
    fn option(&mut self, scope: &Scope<'_>, at: usize, mut found: Match) -> Result<usize, Stop> {
        let mut flags = Vec::new();
        let (values, next) = loop {
            let takes = found.option.shape.takes;
            let Some(explicit) = found.explicit.take() else {
                let count = scope
                    .count(takes, at + 1)
                    .ok_or_else(|| expected(&found.option))?;
                break (&scope.arguments[at + 1..=at + count], at + 1 + count);
            };
            if takes.some() {
                flags.push(found);
                self.take_all(scope, flags, std::slice::from_ref(&explicit))?;
                return Ok(at + 1);
            }
            let next = scope.next_in_cluster(found.name, &explicit);
            let error = || argument_error(&found.option, &ignored_explicit(&explicit));
            let next = next.ok_or_else(error)?;
            flags.push(std::mem::replace(&mut found, next));
        };
        flags.push(found);
        self.take_all(scope, flags, values)?;
        Ok(next)
    }

    /// The values belong to the last of the options.
    fn take_all(
        &mut self,
        scope: &Scope<'_>,
        options: Vec<Match>,
        values: &[String],
    ) -> Result<(), Stop> {
        let last = options.len().saturating_sub(1);
        for (index, found) in options.into_iter().enumerate() {
            self.take(scope, &found, if index == last { values } else { &[] })?;
        }
        Ok(())
    }

    fn take(&mut self, scope: &Scope<'_>, found: &Match, values: &[String]) -> Result<(), Stop> {
        let shape = found.option.shape;
        let given = match shape.takes {
            Takes::Help => return Err(Stop::Help(scope.node)),
            Takes::Ignored => {
                let value = values.first().map_or("", String::as_str);
                let message = format!("unrecognized argument: {} {value}", found.name);
                return Err(Stop::Usage(UsageError::argparse(&message)));
            }
            takes => reading::read(takes, values, |name| scope.mentions(name)),
        };
        let given = given.map_err(|refusal| scope.refuse(&found.option, refusal))?;
        if given == Given::HandedOver {
            self.parsed.handed_over.push(found.name);
        }
        if let Some((name, instead)) = shape.deprecated.filter(|(name, _)| *name == found.name) {
            self.parsed.warnings.push(format!(
                "Option '{name}' has been deprecated and will be removed in a future release. \
                 Use '{instead}' instead."
            ));
        }
        self.parsed.given.push((found.option, given));
        Ok(())
    }
}

impl<'a> Scope<'a> {
    fn new(
        path: &str,
        node: Node,
        options: Vec<OptionRef>,
        arguments: &'a [String],
    ) -> Result<Self, Stop> {
        let program = format!("az {path}").trim_end().to_owned();
        let mut scope = Self {
            program,
            node,
            options,
            arguments,
            kinds: Vec::new(),
        };
        for argument in arguments {
            let kind = match scope.kinds.last() {
                Some(Kind::Dashes) => Kind::Value,
                _ if scope.kinds.iter().any(|kind| matches!(kind, Kind::Dashes)) => Kind::Value,
                _ if argument == "--" => Kind::Dashes,
                _ => scope.classify(argument)?,
            };
            scope.kinds.push(kind);
        }
        Ok(scope)
    }

    fn classify(&self, argument: &str) -> Result<Kind, Stop> {
        if !argument.starts_with('-') || argument == "-" {
            return Ok(Kind::Value);
        }
        if let Some(found) = self.exact(argument, None) {
            return Ok(Kind::Option(found));
        }
        if let Some((name, value)) = argument.split_once('=')
            && let Some(found) = self.exact(name, Some(value))
        {
            return Ok(Kind::Option(found));
        }
        let mut candidates = self.abbreviated(argument);
        if candidates.len() > 1 {
            let names: Vec<_> = candidates.iter().map(|found| found.name).collect();
            let names = names.join(", ");
            let message = format!("ambiguous option: {argument} could match {names}");
            return Err(Stop::Usage(UsageError::argparse(&message)));
        }
        Ok(match candidates.pop() {
            Some(found) => Kind::Option(found),
            None if is_negative_number(argument) || argument.contains(' ') => Kind::Value,
            None => Kind::Unknown,
        })
    }

    fn exact(&self, name: &str, explicit: Option<&str>) -> Option<Match> {
        self.named(|known| known == name)
            .next()
            .map(|(option, name)| Match {
                option,
                name,
                explicit: explicit.map(str::to_owned),
            })
    }

    /// A long option's beginning, with or without `=value`; or a short option with its value glued on.
    fn abbreviated(&self, argument: &str) -> Vec<Match> {
        if argument.starts_with("--") {
            let (beginning, explicit) = match argument.split_once('=') {
                Some((beginning, value)) => (beginning, Some(value)),
                None => (argument, None),
            };
            return self
                .named(|known| known.starts_with(beginning))
                .filter(|(option, _)| option.shape.abbreviates)
                .map(|(option, name)| Match {
                    option,
                    name,
                    explicit: explicit.map(str::to_owned),
                })
                .collect();
        }
        let glued = argument
            .char_indices()
            .nth(2)
            .map_or(argument.len(), |(place, _)| place);
        let (short, value) = argument.split_at(glued);
        self.exact(short, Some(value)).into_iter().collect()
    }

    fn named(
        &self,
        matches: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = (OptionRef, &'static str)> {
        self.options
            .iter()
            .flat_map(|option| option.shape.names.iter().map(|name| (*option, *name)))
            .filter(move |(_, name)| matches(name))
    }

    /// How many of the arguments from a place on belong to an option.
    fn count(&self, takes: Takes, from: usize) -> Option<usize> {
        let values = self.kinds.get(from..).unwrap_or_default();
        let values = values
            .iter()
            .take_while(|kind| matches!(kind, Kind::Value))
            .count();
        takes.of(values)
    }

    /// In `-xyz`, where `-x` takes no value: the option `-y` with what is left.
    fn next_in_cluster(&self, name: &str, explicit: &str) -> Option<Match> {
        let first = explicit
            .chars()
            .next()
            .filter(|_| !name.starts_with("--"))?;
        let rest = &explicit[first.len_utf8()..];
        self.exact(&format!("-{first}"), (!rest.is_empty()).then_some(rest))
    }

    /// Whether an option is anywhere on the line.
    fn mentions(&self, name: &str) -> bool {
        self.kinds.iter().any(
            |kind| matches!(kind, Kind::Option(found) if found.option.shape.names.contains(&name)),
        )
    }

    fn refuse(&self, option: &OptionRef, refusal: Refusal) -> Stop {
        let name = option.shape.names.first().copied().unwrap_or_default();
        match refusal {
            Refusal::Invalid { kind, value } => {
                argument_error(option, &format!("invalid {kind} value: {}", repr(&value)))
            }
            Refusal::Choice { value, choices } => {
                let suggestion = closest(&value, choices.iter().copied());
                let error = UsageError::choice(&self.program, &value, name, &choices, suggestion);
                Stop::Unknown(
                    Unknown::Value {
                        option: name,
                        value,
                    },
                    error,
                )
            }
        }
    }
}

fn expected(option: &OptionRef) -> Stop {
    let count = match option.shape.takes {
        Takes::SomeWords => "at least one argument",
        _ => "one argument",
    };
    argument_error(option, &format!("expected {count}"))
}

fn ignored_explicit(value: &str) -> String {
    format!("ignored explicit argument {}", repr(value))
}

fn argument_error(option: &OptionRef, message: &str) -> Stop {
    let names = option.shape.names.join("/");
    Stop::Usage(UsageError::argparse(&format!(
        "argument {names}: {message}"
    )))
}
