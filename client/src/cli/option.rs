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
    place: FieldAccess<R>,
}

/// The part of an option that the parser, the usage errors and the help need.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// The names in the order in which az registers them and joins them in errors.
    pub(crate) names: Names,
    pub(crate) takes: Takes,
    /// The request's field, as the daemon calls it when it is missing; empty if there is none.
    pub(crate) field: &'static str,
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

    /// Iterates over the names that az has not deprecated.
    pub(crate) fn current_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let deprecated = self.deprecated.map(|(name, _)| name);
        let names = self.names.iter().copied();
        names.filter(move |name| Some(*name) != deprecated)
    }

    /// Returns those names as the help has them: the long ones in alphabetical order, then the
    /// short ones.
    pub(crate) fn sorted_names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.current_names().collect();
        names.sort_by_key(|name| (!name.starts_with("--"), *name));
        names
    }
}

/// When an option must have a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Required {
    Always,
    /// Unless az's configuration (`[defaults]`) provides the value, which only the daemon knows.
    UnlessConfigured,
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
    Choice(Names),
    /// A choice some of whose values are only allowed beside one of azq's own options.
    ChoiceBeside(Beside),
    /// One of these, lower-cased first (`--output`).
    Lowered(Names),
    /// No argument, which means true, or one of these, of which the first half mean true.
    Boolean(Names),
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

enum FieldAccess<R: 'static> {
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
            (FieldAccess::Flag(place), Given::Flag) => *place(request) = true,
            (FieldAccess::Text(place), Given::Text(text)) => *place(request) = Some(text),
            (FieldAccess::Chosen(set), Given::Text(text)) => set(request, &text),
            (FieldAccess::File(place), Given::Text(path)) => {
                *place(request) = Some(file::read(path, environment));
            }
            (FieldAccess::Integer(place), Given::Integer(number)) => *place(request) = Some(number),
            (FieldAccess::AnyInteger(place, large), Given::Integer(number)) => {
                *place(request) = Some(number);
                large(request).remove(self.shape.long_name());
            }
            (FieldAccess::AnyInteger(place, large), Given::LargeInteger(digits)) => {
                let negative = digits.starts_with('-');
                *place(request) = Some(if negative { i64::MIN } else { i64::MAX });
                large(request).insert(self.shape.long_name().to_owned(), digits);
            }
            (FieldAccess::Seconds(place), Given::Integer(number)) => {
                *place(request) = u64::try_from(number).ok();
            }
            (FieldAccess::Float(place), Given::Float(number)) => *place(request) = Some(number),
            (FieldAccess::Boolean(place), Given::Boolean(value)) => *place(request) = Some(value),
            (FieldAccess::Words(place), Given::Words(word)) => {
                *place(request) = Some(Words { word });
            }
            // The constructors below pair each `Takes` with a matching place.
            _ => {}
        }
    }

    const fn new(names: Names, takes: Takes, place: FieldAccess<R>, help: &'static str) -> Self {
        let shape = Shape {
            names,
            takes,
            field: "",
            required: None,
            abbreviates: true,
            group: "",
            help,
            default: "",
            deprecated: None,
        };
        Self { shape, place }
    }

    /// Sets the field of the request that the option fills.
    pub(super) const fn field(mut self, field: &'static str) -> Self {
        self.shape.field = field;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.shape.required = Some(Required::Always);
        self
    }

    /// Makes the option required, unless az's configuration provides it.
    pub(crate) const fn required_or_configured(mut self) -> Self {
        self.shape.required = Some(Required::UnlessConfigured);
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

/// Defines the constructors of the kinds of options that fill a field.
///
/// `KIND(ARGUMENT…): PLACE(TYPE), TAKES;` defines a function `KIND` of the option's names, its
/// place in the request, the help, and further arguments for `TAKES`. `TYPE` is the field's.
macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident($($argument:ident: $type:ty)?): $place:ident($field:ty), $takes:expr;
    )*) => {$(
        $(#[$doc])*
        pub(crate) const fn $kind<R>(
            names: Names,
            place: fn(&mut R) -> &mut $field,
            help: &'static str,
            $($argument: $type,)?
        ) -> Opt<R> {
            Opt::new(names, $takes, FieldAccess::$place(place), help)
        }
    )*};
}

kinds! {
    flag(): Flag(bool), Takes::Flag;
    text(): Text(Option<String>), Takes::Text;
    optional_text(): Text(Option<String>), Takes::OptionalText;
    some_text(): Text(Option<String>), Takes::SomeText;
    choice(choices: Names): Text(Option<String>), Takes::Choice(choices);
    choice_beside(beside: Beside): Text(Option<String>), Takes::ChoiceBeside(beside);
    file(): File(Option<File>), Takes::File;
    integer(): Integer(Option<i64>), Takes::Integer;
    seconds(): Seconds(Option<u64>), Takes::Seconds;
    float(): Float(Option<f64>), Takes::Float;
    /// Returns az's three-state flag, which may be absent. The first half of the labels mean true.
    boolean(labels: Names): Boolean(Option<bool>), Takes::Boolean(labels);
    words(): Words(Option<Words>), Takes::Words;
    some_words(): Words(Option<Words>), Takes::SomeWords;
}

pub(crate) const fn any_integer<R>(
    names: Names,
    place: fn(&mut R) -> &mut Option<i64>,
    help: &'static str,
    large: fn(&mut R) -> &mut HashMap<String, String>,
) -> Opt<R> {
    let place = FieldAccess::AnyInteger(place, large);
    Opt::new(names, Takes::AnyInteger, place, help)
}

/// Returns a flag that is not part of the request.
pub(crate) const fn noted<R>(names: Names, help: &'static str) -> Opt<R> {
    Opt::new(names, Takes::Flag, FieldAccess::Nowhere, help)
}

pub(crate) const fn lowered<R>(
    names: Names,
    choices: Names,
    set: fn(&mut R, &str),
    help: &'static str,
) -> Opt<R> {
    Opt::new(
        names,
        Takes::Lowered(choices),
        FieldAccess::Chosen(set),
        help,
    )
}

/// Returns an option that az registers in order to refuse it.
pub(crate) const fn ignored<R>(names: Names) -> Opt<R> {
    Opt::new(names, Takes::Ignored, FieldAccess::Nowhere, "")
}

/// The count of arguments for [`handed_over`] that means any number, up to the next option.
pub(crate) const MANY: u8 = u8::MAX;

pub(crate) const fn handed_over<R>(names: Names, arguments: u8) -> Opt<R> {
    Opt::new(
        names,
        Takes::HandedOver(arguments),
        FieldAccess::Nowhere,
        "",
    )
}

pub(crate) const fn help<R>(names: Names, help: &'static str) -> Opt<R> {
    Opt::new(names, Takes::Help, FieldAccess::Nowhere, help)
}
