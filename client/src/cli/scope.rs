//! One of az's parsers and the arguments that it gets: determines which of them are options, and
//! which values belong to each option.
//!
//! Every argument is classified before any is read. Source: Python 3.11 `argparse.py`
//! (`_parse_optional`, `_get_option_tuples`, `_match_argument`).

use super::Argument;
use super::command::{Node, OptionRef};
use super::option::Takes;
use super::reading::Refusal;
use super::suggest::closest;
use super::usage::UsageError;
use super::values::{is_negative_number, repr};

/// The reason why reading ended before the last argument.
pub(super) enum EarlyExit {
    Help(Node),
    /// The arguments are wrong.
    Usage(UsageError),
    /// The arguments are wrong in the version that azq implements, but another version of az, or an
    /// extension, may accept them.
    Unknown(Unknown, UsageError),
}

/// A word or value that azq does not know.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    Command(String),
    Value { option: &'static str, value: String },
}

/// The kind of an argument for a parser.
pub(super) enum Kind {
    Value,
    /// `--`, after which there are only values.
    Dashes,
    /// An argument that looks like an option, but is none of the parser's.
    Unknown,
    Option(Match),
}

/// An option found in an argument.
#[derive(Clone)]
pub(super) struct Match {
    pub(super) option: OptionRef,
    pub(super) name: &'static str,
    /// The value in the same argument.
    pub(super) explicit: Option<String>,
}

impl Match {
    fn of(option: OptionRef, name: &'static str, explicit: Option<&str>) -> Self {
        Self {
            option,
            name,
            explicit: explicit.map(str::to_owned),
        }
    }
}

/// The state of one parser.
pub(super) struct Scope<'a> {
    /// The words after `az`.
    path: &'static str,
    pub(super) node: Node,
    options: Vec<OptionRef>,
    pub(super) arguments: &'a [Argument<'a>],
    pub(super) kinds: Vec<Kind>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        path: &'static str,
        node: Node,
        options: Vec<OptionRef>,
        arguments: &'a [Argument<'a>],
    ) -> Result<Self, EarlyExit> {
        let mut scope = Self {
            path,
            node,
            options,
            arguments,
            kinds: Vec::with_capacity(arguments.len()),
        };
        let mut after_dashes = false;
        for argument in arguments {
            let kind = match argument.as_ref() {
                _ if after_dashes => Kind::Value,
                "--" => Kind::Dashes,
                argument => scope.classify(argument)?,
            };
            after_dashes |= matches!(kind, Kind::Dashes);
            scope.kinds.push(kind);
        }
        Ok(scope)
    }

    fn classify(&self, argument: &str) -> Result<Kind, EarlyExit> {
        if !argument.starts_with('-') || argument == "-" {
            return Ok(Kind::Value);
        }
        if let Some(found) = self.exact(argument, None) {
            return Ok(Kind::Option(found));
        }
        if argument.as_bytes().contains(&b'=')
            && let Some((name, value)) = argument.split_once('=')
            && let Some(found) = self.exact(name, Some(value))
        {
            return Ok(Kind::Option(found));
        }
        let mut candidates = self.abbreviated(argument);
        if candidates.len() > 1 {
            let names: Vec<_> = candidates.iter().map(|found| found.name).collect();
            let names = names.join(", ");
            let message = format!("ambiguous option: {argument} could match {names}");
            return Err(EarlyExit::Usage(UsageError::argparse(&message)));
        }
        Ok(match candidates.pop() {
            Some(found) => Kind::Option(found),
            None if is_negative_number(argument) || argument.contains(' ') => Kind::Value,
            None => Kind::Unknown,
        })
    }

    fn exact(&self, name: &str, explicit: Option<&str>) -> Option<Match> {
        // Plain loops that compare the last letter first, because every argument is compared with
        // every name, for every parser.
        let last = name.as_bytes().last();
        for option in &self.options {
            for known in option.shape.names {
                if known.as_bytes().last() == last && *known == name {
                    return Some(Match::of(*option, known, explicit));
                }
            }
        }
        None
    }

    /// Returns the options that the argument may abbreviate: a long option's beginning, with or
    /// without `=value`, or a short option with its value glued on.
    fn abbreviated(&self, argument: &str) -> Vec<Match> {
        if argument.starts_with("--") {
            let (beginning, explicit) = match argument.split_once('=') {
                Some((beginning, value)) => (beginning, Some(value)),
                None => (argument, None),
            };
            return self.beginning_with(beginning, explicit);
        }
        let glued = argument
            .char_indices()
            .nth(2)
            .map_or(argument.len(), |(place, _)| place);
        let (short, value) = argument.split_at(glued);
        self.exact(short, Some(value)).into_iter().collect()
    }

    fn beginning_with(&self, beginning: &str, explicit: Option<&str>) -> Vec<Match> {
        let mut found = Vec::new();
        for option in &self.options {
            for name in option.shape.names {
                if name.starts_with(beginning) && option.shape.abbreviates {
                    found.push(Match::of(*option, name, explicit));
                }
            }
        }
        found
    }

    /// Returns how many of the arguments from a position on belong to an option.
    pub(super) fn count(&self, takes: Takes, from: usize) -> Option<usize> {
        let values = self.kinds.get(from..).unwrap_or_default();
        let values = values
            .iter()
            .take_while(|kind| matches!(kind, Kind::Value))
            .count();
        takes.of(values)
    }

    /// Returns the next option in `-xyz`, where `-x` takes no value: `-y` with the rest.
    pub(super) fn next_in_cluster(&self, name: &str, explicit: &str) -> Option<Match> {
        let first = explicit
            .chars()
            .next()
            .filter(|_| !name.starts_with("--"))?;
        let rest = &explicit[first.len_utf8()..];
        self.exact(&format!("-{first}"), (!rest.is_empty()).then_some(rest))
            .filter(|found| found.option.shape.abbreviates)
    }

    /// Whether an option is anywhere on the line.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.kinds.iter().any(
            |kind| matches!(kind, Kind::Option(found) if found.option.shape.names.contains(&name)),
        )
    }

    pub(super) fn refuse(&self, option: &OptionRef, refusal: Refusal) -> EarlyExit {
        let name = option.shape.names.first().copied().unwrap_or_default();
        match refusal {
            Refusal::Invalid { kind, value } => {
                argument_error(option, &format!("invalid {kind} value: {}", repr(&value)))
            }
            Refusal::Empty => argument_error(option, "expected a value that is not empty"),
            Refusal::Beside { value, beside } => {
                let error = self.no_choice(name, &value, beside.choices);
                let advice = format!("azq takes '{value}' beside {}.", beside.needed);
                EarlyExit::Usage(error.with(&advice))
            }
            Refusal::Choice { value, choices } => {
                let error = self.no_choice(name, &value, &choices);
                let is_own = matches!(self.node, Node::Command(command) if command.is_own);
                if is_own || !option.shape.abbreviates {
                    // No version of az knows more of azq's own options.
                    return EarlyExit::Usage(error);
                }
                EarlyExit::Unknown(
                    Unknown::Value {
                        option: name,
                        value,
                    },
                    error,
                )
            }
        }
    }

    fn no_choice(&self, option: &str, value: &str, choices: &[&str]) -> UsageError {
        let suggestion = closest(value, choices.iter().copied());
        // az's parsers above the commands report any wrong value as a wrong word.
        match self.node {
            Node::Group(_) => UsageError::misspelled(value, suggestion),
            Node::Command(_) => {
                let program = format!("az {}", self.path);
                UsageError::choice(&program, value, option, choices, suggestion)
            }
        }
    }
}

pub(super) fn expected(option: &OptionRef) -> EarlyExit {
    let count = match option.shape.takes {
        Takes::SomeWords => "at least one argument",
        _ => "one argument",
    };
    argument_error(option, &format!("expected {count}"))
}

pub(super) fn ignored_explicit(value: &str) -> String {
    format!("ignored explicit argument {}", repr(value))
}

pub(super) fn argument_error(option: &OptionRef, message: &str) -> EarlyExit {
    let names = option.shape.names.join("/");
    EarlyExit::Usage(UsageError::argparse(&format!(
        "argument {names}: {message}"
    )))
}
