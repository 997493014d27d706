//! The state of a command line at the cursor.
//!
//! The line is not finished, so no error is reported: a word that no parser takes is skipped,
//! unless a command was expected there.

use crate::cli::command::{Command, Group, Node, OptionRef, group_options, top_options};
use crate::cli::groups::TOP;
use crate::cli::option::{MANY, Shape};

/// The state of the command line at the cursor.
pub(super) struct Cursor<'a> {
    pub(super) place: Place,
    /// The options that are allowed here, in the order in which az registers them.
    pub(super) options: Vec<&'static Shape>,
    given: Vec<(&'static Shape, Option<&'a str>)>,
    /// The option before the cursor that may take the word at it as a value.
    pub(super) waiting: Option<Waiting>,
}

/// The group or command that the words before the cursor name.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Group(&'static Group),
    Command(&'static Command),
}

/// An option that may take another value.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    pub(super) shape: &'static Shape,
    taken: u8,
    least: u8,
    most: u8,
}

impl Waiting {
    /// Returns the state before the first value; `None` for an option without values.
    pub(super) fn before_its_values(shape: &'static Shape) -> Option<Self> {
        let (least, most) = shape.takes.arguments();
        (most > 0).then_some(Self {
            shape,
            taken: 0,
            least,
            most,
        })
    }

    fn after_a_value(self) -> Option<Self> {
        let taken = self.taken.saturating_add(1);
        (self.most == MANY || taken < self.most).then_some(Self { taken, ..self })
    }
}

impl<'a> Cursor<'a> {
    /// Reads the words before the cursor; `None` if a word was expected that azq does not know.
    pub(super) fn of(before: &'a [String]) -> Option<Self> {
        let mut cursor = Self {
            place: Place::Group(&TOP),
            options: shapes(top_options()),
            given: Vec::new(),
            waiting: None,
        };
        for word in before {
            if word.len() > 1 && word.starts_with('-') {
                cursor.pass_option(word);
            } else if let Some(waiting) = cursor.waiting {
                cursor.pass_value(waiting, word);
            } else if let Place::Group(group) = cursor.place {
                cursor.enter(group.child(word)?);
            }
        }
        Some(cursor)
    }

    fn enter(&mut self, node: Node) {
        (self.place, self.options) = match node {
            Node::Group(group) => (Place::Group(group), shapes(group_options())),
            Node::Command(command) => (Place::Command(command), shapes(command.options())),
        };
    }

    fn pass_option(&mut self, word: &'a str) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let shape = self.named(name);
        self.given.extend(shape.map(|shape| (shape, value)));
        let waiting = shape.and_then(Waiting::before_its_values);
        self.waiting = waiting.filter(|_| value.is_none());
    }

    fn pass_value(&mut self, waiting: Waiting, word: &'a str) {
        if let Some((_, value)) = self.given.last_mut() {
            value.get_or_insert(word);
        }
        self.waiting = waiting.after_a_value();
    }

    /// Returns the option of a name, or of the unambiguous beginning of a name.
    pub(super) fn named(&self, name: &str) -> Option<&'static Shape> {
        let options = || self.options.iter().copied();
        if let Some(exact) = options().find(|shape| shape.names.contains(&name)) {
            return Some(exact);
        }
        let begins = |shape: &&Shape| {
            name.starts_with("--")
                && shape.abbreviates
                && shape.names.iter().any(|long| long.starts_with(name))
        };
        let mut found = options().filter(begins);
        found.next().filter(|_| found.next().is_none())
    }

    /// Whether the word at the cursor must be a value of the option before it.
    pub(super) fn must_take_value(&self) -> bool {
        let waiting = self.waiting.as_ref();
        waiting.is_some_and(|waiting| waiting.taken < waiting.least)
    }

    pub(super) fn is_given(&self, shape: &Shape) -> bool {
        self.given
            .iter()
            .any(|(given, _)| std::ptr::eq(*given, shape))
    }

    /// Returns the value that was given for an option, by any of its names.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        let given = self.given.iter().rev();
        let mut of_it = given.filter(|(shape, _)| shape.names.contains(&name));
        of_it.find_map(|(_, value)| *value)
    }
}

fn shapes(options: impl Iterator<Item = OptionRef>) -> Vec<&'static Shape> {
    options.map(|option| option.shape).collect()
}
