//! The words that are possible at the cursor, from the tables of the parser and the help.
//!
//! They have two users: azq's own completion scripts, by `azq completion words`, and shells that
//! complete az by its protocol (`crate::argcomplete`). The two differ only in the [`Style`].
//!
//! | file | content |
//! | --- | --- |
//! | `cursor` | the state at the cursor: the group or command, and an option that takes a value |
//! | `own` | the same for azq's own commands |
//! | `values` | the options whose values the daemon may know |
//! | `extensions` | the words that extensions of az may add |
//!
//! Invariants: only the tables are read, except for values that are requested by [`Values`]; no
//! line is refused, because it is not finished.
//!
//! Deliberately absent: the options of commands that azq hands over to az.

mod cursor;
mod extensions;
mod own;
mod values;

use super::command::{Group, Node};
use super::groups::TOP;
use super::option::{Shape, Takes};
use super::own::COMMANDS;
use crate::environment::Environment;
use azq_proto::v1::SuggestValuesRequest;
use cursor::{Cursor, Place, Waiting};

/// A word that is possible at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The word.
    pub(crate) word: String,
    /// Its description; may be empty.
    pub(crate) about: String,
}

impl Candidate {
    fn new(word: impl Into<String>, about: impl Into<String>) -> Self {
        Self {
            word: word.into(),
            about: about.into(),
        }
    }
}

/// The selection of words that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// The style for users who type `azq`: azq's own commands too, and each option once, by its
    /// long name.
    Own,
    /// The style of az: every name of every option.
    Az,
}

/// A function that returns the names of things in Azure.
pub(crate) type Values<'a> = &'a dyn Fn(SuggestValuesRequest) -> Vec<String>;

/// An unfinished command line.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The complete words after the program's name.
    pub(crate) before: &'a [String],
    /// The part of the word at the cursor that is before the cursor.
    pub(crate) typed: &'a str,
    /// The style in which the words are offered.
    pub(crate) style: Style,
}

impl Question<'_> {
    /// Returns the candidates, in the order in which they are shown; `None` if only the real az may
    /// know them.
    pub(crate) fn answer(
        self,
        environment: &dyn Environment,
        values: Values<'_>,
    ) -> Option<Vec<Candidate>> {
        if self.style == Style::Own
            && let Some(candidates) = own::candidates(self, values)
        {
            return Some(candidates);
        }
        let cursor = Cursor::of(self.before)?;
        match cursor.place {
            Place::Group(group) => self.of_group(group, &cursor, environment),
            Place::Command(command) => {
                let word = command.path().split(' ').next().unwrap_or_default();
                let is_azs = command.extension.is_none();
                if self.style == Style::Az && is_azs && extensions::may_extend(word, environment) {
                    return None;
                }
                Some(self.of_options(&cursor, values))
            }
        }
    }

    fn of_group(
        self,
        group: &'static Group,
        cursor: &Cursor<'_>,
        environment: &dyn Environment,
    ) -> Option<Vec<Candidate>> {
        let mut candidates = self.of_options(cursor, &|_| Vec::new());
        if self.typed.starts_with('-') || cursor.must_take_value() {
            return Some(candidates);
        }
        if self.style == Style::Own {
            // Options are offered only after their first character was typed.
            candidates.clear();
        }
        let mut words = words(group);
        if group.path.is_empty() {
            words.retain(|known| self.style == Style::Own || TOP.is_azs(&known.word));
            if self.style == Style::Own {
                words.extend(
                    COMMANDS
                        .iter()
                        .map(|own| Candidate::new(own.name, own.about)),
                );
            }
            let added = extensions::groups(environment);
            let added = match self.style {
                Style::Own => added.unwrap_or_default(),
                Style::Az => added?,
            };
            words.extend(added.into_iter().map(|word| Candidate::new(word, "")));
        } else if self.style == Style::Az {
            let word = group.path.split(' ').next().unwrap_or_default();
            if extensions::may_extend(word, environment) {
                return None;
            }
        }
        words.sort_by(|one, other| one.word.cmp(&other.word));
        words.dedup_by(|one, other| one.word == other.word);
        words.retain(|candidate| candidate.word.starts_with(self.typed));
        candidates.extend(words);
        Some(candidates)
    }

    /// Returns the options, and the values of the option before the cursor.
    fn of_options(self, cursor: &Cursor<'_>, values: Values<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let is_option = self.typed.starts_with('-');
        if is_option || !cursor.must_take_value() {
            let options = cursor
                .options
                .iter()
                .filter(|shape| self.offers(shape, cursor));
            let names = options.flat_map(|shape| self.names(shape));
            candidates.extend(names.filter(|name| name.word.starts_with(self.typed)));
        }
        if is_option {
            candidates.extend(self.of_explicit_value(cursor, values));
        } else if let Some(waiting) = &cursor.waiting {
            candidates.extend(of_value(waiting, cursor, self.typed, values));
        }
        candidates
    }

    /// Returns the values of `--option=`, with the option before them.
    fn of_explicit_value(self, cursor: &Cursor<'_>, values: Values<'_>) -> Vec<Candidate> {
        let Some((name, typed)) = self.typed.split_once('=') else {
            return Vec::new();
        };
        let Some(waiting) = cursor.named(name).and_then(Waiting::before_its_values) else {
            return Vec::new();
        };
        let mut candidates = of_value(&waiting, cursor, typed, values);
        for candidate in &mut candidates {
            candidate.word = format!("{name}={}", candidate.word);
        }
        candidates
    }

    /// Whether an option is offered, because the style shows it and the line does not have it yet.
    fn offers(self, shape: &Shape, cursor: &Cursor<'_>) -> bool {
        match self.style {
            Style::Own => !shape.help.is_empty() && !cursor.is_given(shape),
            Style::Az => !matches!(shape.takes, Takes::Ignored),
        }
    }

    fn names(self, shape: &'static Shape) -> impl Iterator<Item = Candidate> {
        let most = match self.style {
            Style::Own => 1,
            Style::Az => usize::MAX,
        };
        let names = shape.current_names();
        let names = names.filter(move |name| self.style == Style::Az || name.starts_with("--"));
        names
            .take(most)
            .map(|name| Candidate::new(name, shape.help))
    }
}

/// Returns the words of a group, with descriptions of those that azq implements.
fn words(group: &'static Group) -> Vec<Candidate> {
    let known = group.known.iter().map(|node| {
        let about = match node {
            Node::Group(group) => group.summary,
            Node::Command(command) => command.summary,
        };
        Candidate::new(node.word(), about)
    });
    let others = group.words.iter().map(|word| Candidate::new(*word, ""));
    known.chain(others).collect()
}

/// Returns the possible values of an option, in any case.
fn of_value(
    waiting: &Waiting,
    cursor: &Cursor<'_>,
    typed: &str,
    values: Values<'_>,
) -> Vec<Candidate> {
    let choices = waiting.shape.takes.choices();
    let found = if choices.is_empty() {
        values::request(waiting.shape, cursor).map_or_else(Vec::new, values)
    } else {
        choices.into_iter().map(str::to_owned).collect()
    };
    matching(found, typed)
}

/// Returns the words that begin with the typed text, in any case, as in az.
fn matching(words: Vec<String>, typed: &str) -> Vec<Candidate> {
    let typed = typed.to_lowercase();
    let words = words.into_iter();
    words
        .filter(|word| word.to_lowercase().starts_with(&typed))
        .map(|word| Candidate::new(word, ""))
        .collect()
}

#[cfg(test)]
mod tests;
