//! Python's argparse, as far as az uses it, on tables of options.
//!
//! The parser is written by hand, although azq's own commands use clap, because az accepts and
//! refuses lines by argparse's semantics (abbreviated options, values glued to short ones, optional
//! values, lists that end at the next option, negative numbers, unknown arguments collected and
//! reported last), which no Rust parser has.
//!
//! az's parsers form a tree: the top one, one per group, one per command. Each classifies all
//! arguments that it gets, including those of its subcommands, before it reads any. An abbreviation
//! that the top parser finds ambiguous is therefore an error even where the command's own parser
//! would accept it. Source: Python 3.11 `argparse.py` (`_parse_known_args`), knack `invocation.py`
//! (`_rudimentary_get_command`), azure-cli-core `commands/__init__.py` (`execute`) and `parser.py`.
//!
//! Not parsed here: values (see [`super::reading`]); queries, which only the daemon parses.

use std::borrow::Cow;

use super::Argument;
use super::command::{Command, Group, Node, OptionRef, group_options, top_options};
use super::option::{Given, Takes};
use super::reading;
use super::scope::{
    EarlyExit, Kind, Match, Scope, Unknown, argument_error, expected, ignored_explicit,
};
use super::suggest::closest;
use super::usage::UsageError;

/// The capacity for options, which suffices for most commands.
const MANY: usize = 24;

/// The parsed arguments, up to the one at which reading ended.
#[derive(Default)]
pub(super) struct Parsed {
    /// The command whose options were being read.
    pub(super) command: Option<&'static Command>,
    /// Whether az would have loaded that command's own options, which it does only if its name
    /// comes first.
    pub(super) own_options: bool,
    /// The value of each option that was given, in order.
    pub(super) given: Vec<(OptionRef, Given)>,
    /// The names under which options that azq leaves to az were given.
    pub(super) handed_over: Vec<&'static str>,
    /// Arguments that no parser took.
    pub(super) extras: Vec<String>,
    /// The warnings that az prints when the command runs.
    pub(super) warnings: Vec<String>,
}

/// The leading arguments that name groups and a command.
#[derive(Default)]
struct Leading {
    groups: usize,
    command: bool,
    /// The beginning of a word that was typed instead of the whole word.
    beginning: Option<String>,
}

/// Reads the arguments after `az`.
pub(super) fn parse(
    top: &'static Group,
    mut arguments: Vec<Argument<'_>>,
    parsed: &mut Parsed,
) -> Result<&'static Command, EarlyExit> {
    let leading = lead(top, &mut arguments);
    Parser { leading, parsed }.group(top, 0, &arguments)
}

/// Finds the leading words. Like az, it looks for the longest run of leading words that begins the
/// name of a command; they are compared, and then kept, in lower case.
fn lead(top: &'static Group, arguments: &mut [Argument<'_>]) -> Leading {
    let mut leading = Leading::default();
    let mut group = top;
    for argument in arguments {
        if argument.is_empty() || argument.starts_with('-') {
            break;
        }
        let word = lower_case(argument);
        if !group.has(&word) {
            // If az does not know a word, it loads no command at all.
            let begins = |known: &&str| known.starts_with(word.as_ref());
            if !group.path.is_empty() && group.words.iter().any(begins) {
                let word = word.into_owned();
                leading.beginning = Some(word.clone());
                *argument = word.into();
            }
            break;
        }
        if let Cow::Owned(word) = word {
            *argument = word.into();
        }
        match group.child(argument) {
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

/// Returns the word in lower case; most words already are.
fn lower_case(word: &str) -> Cow<'_, str> {
    if word
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.to_lowercase())
    }
}

struct Parser<'a> {
    leading: Leading,
    parsed: &'a mut Parsed,
}

impl Parser<'_> {
    fn group(
        &mut self,
        group: &'static Group,
        depth: usize,
        arguments: &[Argument<'_>],
    ) -> Result<&'static Command, EarlyExit> {
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
        Err(EarlyExit::Usage(UsageError::argparse(&message)))
    }

    fn subcommand(
        &mut self,
        group: &'static Group,
        depth: usize,
        word: &str,
        arguments: &[Argument<'_>],
    ) -> Result<&'static Command, EarlyExit> {
        if !self.is_choice(group, depth, word) {
            let choices = group.words.iter().copied();
            let choices = choices.filter(|choice| self.is_choice(group, depth, choice));
            let suggestion = match depth {
                0 => None,
                _ => closest(word, choices),
            };
            let error = UsageError::misspelled(word, suggestion);
            return Err(EarlyExit::Unknown(Unknown::Command(word.to_owned()), error));
        }
        match group.child(word) {
            Some(Node::Group(child)) => self.group(child, depth + 1, arguments),
            Some(Node::Command(command)) => self.command(command, arguments),
            None => {
                let name = format!("{} {word}", group.path);
                let error = UsageError::unanswered(&format!("'az {}'", name.trim_start()));
                Err(EarlyExit::Unknown(Unknown::Command(word.to_owned()), error))
            }
        }
    }

    /// Whether the word is a subcommand in az's parser of the group. On the path of the leading
    /// words az has all subcommands, reduced to those that begin as typed; elsewhere only the first
    /// ("Trim down the command table").
    fn is_choice(&self, group: &'static Group, depth: usize, word: &str) -> bool {
        let is_trimmed = match &self.leading {
            Leading { groups, .. } if depth > *groups => group.words.first() != Some(&word),
            Leading {
                groups,
                beginning: Some(beginning),
                ..
            } if depth == *groups => !word.starts_with(beginning.as_str()),
            _ => false,
        };
        !is_trimmed && group.has(word)
    }

    fn command(
        &mut self,
        command: &'static Command,
        arguments: &[Argument<'_>],
    ) -> Result<&'static Command, EarlyExit> {
        self.parsed.command = Some(command);
        self.parsed.own_options = self.leading.command;
        let mut options = Vec::with_capacity(MANY);
        if self.leading.command {
            options.extend(command.options());
        } else {
            options.extend(command.shared_options());
        }
        let scope = Scope::new(command.path(), Node::Command(command), options, arguments)?;
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

    /// Reads the option at a position and its values, and returns the position after them. `-ab` is
    /// `-a -b` if `-a` takes no value.
    fn option(
        &mut self,
        scope: &Scope<'_>,
        at: usize,
        mut found: Match,
    ) -> Result<usize, EarlyExit> {
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
                self.take_all(scope, &flags)?;
                self.take(scope, &found, &[explicit.into()])?;
                return Ok(at + 1);
            }
            let next = scope.next_in_cluster(found.name, &explicit);
            let error = || argument_error(&found.option, &ignored_explicit(&explicit));
            let next = next.ok_or_else(error)?;
            flags.push(std::mem::replace(&mut found, next));
        };
        self.take_all(scope, &flags)?;
        self.take(scope, &found, values)?;
        Ok(next)
    }

    fn take_all(&mut self, scope: &Scope<'_>, flags: &[Match]) -> Result<(), EarlyExit> {
        flags
            .iter()
            .try_for_each(|flag| self.take(scope, flag, &[]))
    }

    fn take(
        &mut self,
        scope: &Scope<'_>,
        found: &Match,
        values: &[Argument<'_>],
    ) -> Result<(), EarlyExit> {
        let shape = found.option.shape;
        // argparse drops the first `--` from any option's values; it can only be there as
        // `--option=--`.
        let values = match values {
            [first, rest @ ..] if first == "--" => rest,
            values => values,
        };
        let given = match shape.takes {
            Takes::Help => return Err(EarlyExit::Help(scope.node)),
            Takes::Ignored => {
                let value = values.first().map_or("", Cow::as_ref);
                let message = format!("unrecognized argument: {} {value}", found.name);
                return Err(EarlyExit::Usage(UsageError::argparse(&message)));
            }
            // Python keeps an empty list, which fills nothing but counts as given.
            takes if values.is_empty() && takes.of(0).is_none() => Ok(Given::Flag),
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
