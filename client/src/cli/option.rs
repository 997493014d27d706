//! One row per option: its names, what it takes, and which field of the request it fills.
//!
//! A row's kind and the field's type cannot disagree: each constructor fixes both. Rows are
//! constants; nothing is built at start-up. The parser sees only the untyped [`Shape`]; the typed
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

/// What the parser, the usage errors and the help need to know of an option.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// As az registers them and joins them in errors.
    pub(crate) names: &'static [&'static str],
    pub(crate) takes: Takes,
    pub(crate) required: Option<Required>,
    /// az's own and therefore open to abbreviation; azq's own must be written out, so that no
    /// abbreviation that az accepts becomes ambiguous.
    pub(crate) abbreviates: bool,
    /// The heading under which the help lists it; empty for the command's plain arguments.
    pub(crate) group: &'static str,
    pub(crate) help: &'static str,
    pub(crate) default: &'static str,
    /// A name that az calls deprecated, and the one to use instead.
    pub(crate) deprecated: Option<(&'static str, &'static str)>,
}

impl Shape {
    /// The first name that is no abbreviation, by which the daemon knows the option.
    fn long_name(&self) -> &'static str {
        let is_long = |name: &&&'static str| name.starts_with("--");
        self.names.iter().find(is_long).copied().unwrap_or_default()
    }
}

/// An option that must have a value.
#[derive(Clone, Copy)]
pub(crate) struct Required {
    /// The request's field, as the daemon names it when it is missing.
    pub(crate) field: &'static str,
    /// Whether az's configuration (`[defaults]`) may give the value; only the daemon knows.
    pub(crate) configurable: bool,
}

/// How many arguments an option takes, and what each must be (argparse's `nargs`, `type`,
/// `choices`).
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    /// None (`store_true`).
    Flag,
    /// None; shows the help.
    Help,
    Text,
    /// A text, or none, which is an empty one (argparse's `nargs="?"` with `const=""`).
    OptionalText,
    /// A text that is not empty, which a variable that is not set would be. azq's own.
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
    /// The same, for a choice with values that are only allowed beside one of azq's own options.
    ChoiceBeside(Beside),
    /// One of these, lower-cased first (`--output`).
    Lowered(&'static [&'static str]),
    /// None, which means true, or one of these, of which the first half mean true.
    Boolean(&'static [&'static str]),
    /// Any number up to the next option.
    Words,
    /// At least one, up to the next option.
    SomeWords,
    /// At most one, and az refuses the option (knack's `IgnoreAction`).
    Ignored,
    /// az knows the option and azq does not: the number of its arguments.
    HandedOver(u8),
}

impl Takes {
    /// The values that there are to choose from; none where any text will do.
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

/// A choice that az has, and the values that azq adds to it beside options that az does not have.
#[derive(Clone, Copy)]
pub(crate) struct Beside {
    pub(crate) choices: &'static [&'static str],
    pub(crate) more: &'static [&'static str],
    /// Any of these on the command line admits `more`.
    pub(crate) options: &'static [&'static str],
    /// The one of them to advise.
    pub(crate) needed: &'static str,
}

/// What the command line gave for an option.
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
    /// Nothing that azq could use; the real az may.
    HandedOver,
}

enum Place<R: 'static> {
    Nowhere,
    Flag(fn(&mut R) -> &mut bool),
    Text(fn(&mut R) -> &mut Option<String>),
    /// For a choice that is no text in the request.
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
    /// Puts what was given into the request. A repeated option replaces its earlier value.
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
            // The constructors below pair each `Takes` with the place for what it gives.
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

    /// Required, unless az's configuration gives it.
    pub(crate) const fn required_or_configured(mut self, field: &'static str) -> Self {
        self.shape.required = Some(Required {
            field,
            configurable: true,
        });
        self
    }

    /// What the help calls the default. az's own defaults are the daemon's business.
    pub(crate) const fn default(mut self, text: &'static str) -> Self {
        self.shape.default = text;
        self
    }

    pub(crate) const fn group(mut self, title: &'static str) -> Self {
        self.shape.group = title;
        self
    }

    /// An option that az does not have.
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

/// A flag that is no part of the request.
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

/// az's three-state flag: absent, true or false. The first half of the labels mean true.
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

/// An option that az registers in order to refuse it.
pub(crate) const fn ignored<R>(names: Names) -> Opt<R> {
    Opt::new(names, Takes::Ignored, Place::Nowhere, "")
}

/// Any number of arguments, up to the next option, for [`handed_over`].
pub(crate) const MANY: u8 = u8::MAX;

pub(crate) const fn handed_over<R>(names: Names, arguments: u8) -> Opt<R> {
    Opt::new(names, Takes::HandedOver(arguments), Place::Nowhere, "")
}

pub(crate) const fn help<R>(names: Names, help: &'static str) -> Opt<R> {
    Opt::new(names, Takes::Help, Place::Nowhere, help)
}
