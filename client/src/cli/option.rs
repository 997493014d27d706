//! The rows of options: the names of each, the values that it takes, and the field of the request
//! that it fills.
//!
//! A row's kind and the field's type cannot disagree, because each constructor sets both. Rows are
//! constants; nothing is built at start-up. The parser uses only the untyped [`Shape`]; the typed
//! place in the request stays in the row.

use std::collections::HashMap;

use azq_proto::v1::{File, Words};

use super::file;
use crate::environment::Environment;

/// An option of a command whose request is an `R`.
pub(crate) struct Opt<R: 'static> {
    pub(crate) shape: Shape,
    place: Place<R>,
}

/// The part of an option that the parser, the usage errors and the help need.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// The names in the order in which az registers them and joins them in errors.
    pub(crate) names: &'static [&'static str],
    pub(crate) takes: Takes,
    pub(crate) required: Option<Required>,
    /// Whether the option can be abbreviated. az's own can; azq's own cannot, so that no
    /// abbreviation that az accepts becomes ambiguous.
    pub(crate) abbreviates: bool,
    /// The heading under which the help lists it; empty for the command's plain arguments.
    pub(crate) group: &'static str,
    pub(crate) help: &'static str,
    pub(crate) default: &'static str,
    /// A name that az has deprecated, and the one to use instead.
    pub(crate) deprecated: Option<(&'static str, &'static str)>,
}

impl Shape {
    /// Returns the first long name, by which the daemon knows the option.
    fn long_name(&self) -> &'static str {
        let is_long = |name: &&&'static str| name.starts_with("--");
        self.names.iter().find(is_long).copied().unwrap_or_default()
    }
}

/// An option that must have a value.
#[derive(Clone, Copy)]
pub(crate) struct Required {
    /// The request's field, as the daemon calls it when it is missing.
    pub(crate) field: &'static str,
    /// Whether az's configuration (`[defaults]`) may provide the value, which only the daemon
    /// knows.
    pub(crate) configurable: bool,
}

/// The number of an option's arguments, and the type of each (argparse's `nargs`, `type`,
/// `choices`).
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    /// No argument (`store_true`).
    Flag,
    /// No argument; shows the help.
    Help,
    Text,
    /// A text, or no argument, which is an empty text (argparse's `nargs="?"` with `const=""`).
    OptionalText,
    /// A text that is not empty, because an unset variable would be. azq's own.
    SomeText,
    /// A file's path.
    File,
    /// Python's `int`, of 64 bits.
    Integer,
    /// Python's `int` of any size.
    AnyInteger,
    /// A duration such as `90s` or `1h`; a bare number counts seconds. azq's own.
    Seconds,
    /// Python's `float`.
    Float,
    /// One of these, in any case; the canonical spelling is kept.
    Choice(&'static [&'static str]),
    /// A choice some of whose values are only allowed beside one of azq's own options.
    ChoiceBeside(Beside),
    /// One of these, lower-cased first (`--output`).
    Lowered(&'static [&'static str]),
    /// No argument, which means true, or one of these, of which the first half mean true.
    Boolean(&'static [&'static str]),
    /// Any number of arguments up to the next option.
    Words,
    /// At least one argument, up to the next option.
    SomeWords,
    /// At most one argument; az refuses the option (knack's `IgnoreAction`).
    Ignored,
    /// An option of az that azq does not implement, with the number of its arguments.
    HandedOver(u8),
}

impl Takes {
    /// Returns the values to choose from; none if any text is allowed.
    pub(super) fn choices(self) -> Vec<&'static str> {
        match self {
            Self::Choice(choices) | Self::Lowered(choices) | Self::Boolean(choices) => {
                choices.to_vec()
            }
            Self::ChoiceBeside(beside) => [beside.choices, beside.more].concat(),
            _ => Vec::new(),
        }
    }
}

/// A choice of az, and the values that azq adds to it beside options that az does not have.
#[derive(Clone, Copy)]
pub(crate) struct Beside {
    pub(crate) choices: &'static [&'static str],
    pub(crate) more: &'static [&'static str],
    /// The options of which any one on the command line admits `more`.
    pub(crate) options: &'static [&'static str],
    /// The one of them that the error recommends.
    pub(crate) needed: &'static str,
}

/// The value of an option on the command line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    Flag,
    Text(String),
    Integer(i64),
    /// An integer beyond 64 bits, in decimal.
    LargeInteger(String),
    Float(f64),
    Boolean(bool),
    Words(Vec<String>),
    /// No value that azq could use; the real az may use it.
    HandedOver,
}

enum Place<R: 'static> {
    Nowhere,
    Flag(fn(&mut R) -> &mut bool),
    Text(fn(&mut R) -> &mut Option<String>),
    /// A function for a choice that is not a text in the request.
    Chosen(fn(&mut R, &str)),
    File(fn(&mut R) -> &mut Option<File>),
    Integer(fn(&mut R) -> &mut Option<i64>),
    AnyInteger(
        fn(&mut R) -> &mut Option<i64>,
        fn(&mut R) -> &mut HashMap<String, String>,
    ),
    Seconds(fn(&mut R) -> &mut Option<u64>),
    Float(fn(&mut R) -> &mut Option<f64>),
    Boolean(fn(&mut R) -> &mut Option<bool>),
    Words(fn(&mut R) -> &mut Option<Words>),
}

impl<R> Opt<R> {
    /// Puts a value into the request. A repeated option replaces its earlier value.
    pub(crate) fn fill(&self, request: &mut R, given: Given, environment: &dyn Environment) {
        match (&self.place, given) {
            (Place::Flag(place), Given::Flag) => *place(request) = true,
            (Place::Text(place), Given::Text(text)) => *place(request) = Some(text),
            (Place::Chosen(set), Given::Text(text)) => set(request, &text),
            (Place::File(place), Given::Text(path)) => {
                *place(request) = Some(file::read(path, environment));
            }
            (Place::Integer(place), Given::Integer(number)) => *place(request) = Some(number),
            (Place::AnyInteger(place, large), Given::Integer(number)) => {
                *place(request) = Some(number);
                large(request).remove(self.shape.long_name());
            }
            (Place::AnyInteger(place, large), Given::LargeInteger(digits)) => {
                let negative = digits.starts_with('-');
                *place(request) = Some(if negative { i64::MIN } else { i64::MAX });
                large(request).insert(self.shape.long_name().to_owned(), digits);
            }
            (Place::Seconds(place), Given::Integer(number)) => {
                *place(request) = u64::try_from(number).ok();
            }
            (Place::Float(place), Given::Float(number)) => *place(request) = Some(number),
            (Place::Boolean(place), Given::Boolean(value)) => *place(request) = Some(value),
            (Place::Words(place), Given::Words(word)) => *place(request) = Some(Words { word }),
            // The constructors below pair each `Takes` with a matching place.
            _ => {}
        }
    }

    const fn new(
        names: &'static [&'static str],
        takes: Takes,
        place: Place<R>,
        help: &'static str,
    ) -> Self {
        let shape = Shape {
            names,
            takes,
            required: None,
            abbreviates: true,
            group: "",
            help,
            default: "",
            deprecated: None,
        };
        Self { shape, place }
    }

    pub(crate) const fn required(mut self, field: &'static str) -> Self {
        self.shape.required = Some(Required {
            field,
            configurable: false,
        });
        self
    }

    /// Makes the option required, unless az's configuration provides it.
    pub(crate) const fn required_or_configured(mut self, field: &'static str) -> Self {
        self.shape.required = Some(Required {
            field,
            configurable: true,
        });
        self
    }

    /// Sets the text for the default in the help. The daemon implements az's own defaults.
    pub(crate) const fn default(mut self, text: &'static str) -> Self {
        self.shape.default = text;
        self
    }

    pub(crate) const fn group(mut self, title: &'static str) -> Self {
        self.shape.group = title;
        self
    }

    /// Marks an option that az does not have.
    pub(crate) const fn own(mut self) -> Self {
        self.shape.abbreviates = false;
        self
    }

    pub(crate) const fn deprecated(mut self, name: &'static str, instead: &'static str) -> Self {
        self.shape.deprecated = Some((name, instead));
        self
    }
}

pub(crate) type Names = &'static [&'static str];

pub(crate) const fn flag<R>(
    names: Names,
    place: fn(&mut R) -> &mut bool,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Flag, Place::Flag(place), help)
}

/// Returns a flag that is not part of the request.
pub(crate) const fn noted<R>(names: Names, help: &'static str) -> Opt<R> {
    Opt::new(names, Takes::Flag, Place::Nowhere, help)
}

pub(crate) const fn text<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<String>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Text, Place::Text(place), help)
}

pub(crate) const fn optional_text<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<String>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::OptionalText, Place::Text(place), help)
}

pub(crate) const fn some_text<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<String>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::SomeText, Place::Text(place), help)
}

pub(crate) const fn choice<R>(
    names: Names,
    choices: &'static [&'static str],
    place: fn(&mut R) -> &mut Option<String>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Choice(choices), Place::Text(place), help)
}

pub(crate) const fn choice_beside<R>(
    names: Names,
    beside: Beside,
    place: fn(&mut R) -> &mut Option<String>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::ChoiceBeside(beside), Place::Text(place), help)
}

pub(crate) const fn lowered<R>(
    names: Names,
    choices: &'static [&'static str],
    set: fn(&mut R, &str),
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Lowered(choices), Place::Chosen(set), help)
}

pub(crate) const fn file<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<File>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::File, Place::File(place), help)
}

pub(crate) const fn integer<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<i64>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Integer, Place::Integer(place), help)
}

pub(crate) const fn seconds<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<u64>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Seconds, Place::Seconds(place), help)
}

pub(crate) const fn float<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<f64>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Float, Place::Float(place), help)
}

/// Returns az's three-state flag: absent, true or false. The first half of the labels mean true.
pub(crate) const fn boolean<R>(
    names: Names,
    labels: &'static [&'static str],
    place: fn(&mut R) -> &mut Option<bool>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Boolean(labels), Place::Boolean(place), help)
}

pub(crate) const fn words<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<Words>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::Words, Place::Words(place), help)
}

pub(crate) const fn some_words<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<Words>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(names, Takes::SomeWords, Place::Words(place), help)
}

pub(crate) const fn any_integer<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<i64>,
    large: fn(&mut R) -> &mut HashMap<String, String>,
    help: &'static str,
) -> Opt<R> {
    Opt::new(
        names,
        Takes::AnyInteger,
        Place::AnyInteger(place, large),
        help,
    )
}

/// Returns an option that az registers in order to refuse it.
pub(crate) const fn ignored<R>(names: Names) -> Opt<R> {
    Opt::new(names, Takes::Ignored, Place::Nowhere, "")
}

/// The count of arguments for [`handed_over`] that means any number, up to the next option.
pub(crate) const MANY: u8 = u8::MAX;

pub(crate) const fn handed_over<R>(names: Names, arguments: u8) -> Opt<R> {
    Opt::new(names, Takes::HandedOver(arguments), Place::Nowhere, "")
}

pub(crate) const fn help<R>(names: Names, help: &'static str) -> Opt<R> {
    Opt::new(names, Takes::Help, Place::Nowhere, help)
}
