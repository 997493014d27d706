//! The conversion of an option's arguments: argparse's `_get_values`, by the kind of option.

use std::borrow::Cow;

use azq_proto::quantity;

use super::Argument;
use super::option::{Beside, Given, MANY, Takes};
use super::values::{self, NotAnInteger};

/// The reason why an option does not take a value.
pub(super) enum Refusal {
    /// The value is not of the type (Python's type name).
    Invalid { kind: &'static str, value: String },
    /// The value is none of the choices.
    Choice {
        value: String,
        choices: Vec<&'static str>,
    },
    /// The value is a choice only beside another option.
    Beside { value: String, beside: Beside },
    /// The value is empty.
    Empty,
}

impl Takes {
    /// Returns the minimum and maximum number of values; [`MANY`] for any number.
    pub(super) const fn arguments(self) -> (u8, u8) {
        match self {
            Self::Flag | Self::Help => (0, 0),
            Self::OptionalText | Self::Boolean(_) | Self::Ignored => (0, 1),
            Self::Words => (0, MANY),
            Self::SomeWords | Self::HandedOver(MANY) => (1, MANY),
            Self::HandedOver(count) => (count, count),
            _ => (1, 1),
        }
    }

    /// Returns how many of a number of consecutive values the option takes; [`None`] if there are
    /// too few.
    pub(super) fn of(self, values: usize) -> Option<usize> {
        let (least, most) = self.arguments();
        let most = if most == MANY { values } else { most.into() };
        (values >= least.into()).then_some(values.min(most))
    }

    /// Whether the option takes any value.
    pub(super) fn some(self) -> bool {
        self.of(1) == Some(1)
    }
}

/// Reads the values that an option takes. `mentions` returns whether another option is on the line.
pub(super) fn read(
    takes: Takes,
    values: &[Argument<'_>],
    mentions: impl Fn(&str) -> bool,
) -> Result<Given, Refusal> {
    let value = || values.first().cloned().unwrap_or_default().into_owned();
    match takes {
        Takes::Text | Takes::OptionalText | Takes::File => Ok(Given::Text(value())),
        Takes::Integer => integer(value(), |_| Given::HandedOver),
        Takes::AnyInteger => integer(value(), Given::LargeInteger),
        Takes::SomeText => match value() {
            text if text.is_empty() => Err(Refusal::Empty),
            text => Ok(Given::Text(text)),
        },
        Takes::Seconds => seconds(value()),
        Takes::Float => float(value()),
        Takes::Choice(choices) => choice(value(), choices),
        Takes::ChoiceBeside(beside) => beside.choice(value(), mentions),
        Takes::Lowered(choices) => choice(value().to_lowercase(), choices),
        Takes::Boolean(labels) => boolean(values.first(), labels),
        Takes::Words | Takes::SomeWords => Ok(Given::Words(
            values.iter().cloned().map(Cow::into_owned).collect(),
        )),
        Takes::HandedOver(_) => Ok(Given::HandedOver),
        Takes::Flag | Takes::Help | Takes::Ignored => Ok(Given::Flag),
    }
}

impl Beside {
    fn choice(self, value: String, mentions: impl Fn(&str) -> bool) -> Result<Given, Refusal> {
        match choice(value, &self.admitted(mentions)) {
            Err(Refusal::Choice { value, .. }) if place(&value, self.more).is_some() => {
                Err(Refusal::Beside {
                    value,
                    beside: self,
                })
            }
            read => read,
        }
    }

    fn admitted(self, mentions: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let more = self.options.iter().any(|option| mentions(option));
        let more = if more { self.more } else { &[] };
        self.choices.iter().chain(more).copied().collect()
    }
}

fn integer(value: String, large: fn(String) -> Given) -> Result<Given, Refusal> {
    match values::integer(&value) {
        Ok(number) => Ok(Given::Integer(number)),
        Err(NotAnInteger::TooLarge(digits)) => Ok(large(digits)),
        Err(NotAnInteger::Invalid) => Err(Refusal::Invalid { kind: "int", value }),
    }
}

/// Reads seconds. A fraction of a second is dropped, so that no result is older than requested.
fn seconds(value: String) -> Result<Given, Refusal> {
    let number = match values::integer(&value) {
        Ok(number) => Some(number),
        Err(_) => {
            quantity::duration(&value).and_then(|duration| i64::try_from(duration.as_secs()).ok())
        }
    };
    match number {
        Some(number @ 0..) => Ok(Given::Integer(number)),
        _ => Err(Refusal::Invalid {
            kind: "duration",
            value,
        }),
    }
}

fn float(value: String) -> Result<Given, Refusal> {
    let number = values::float(&value);
    number.map(Given::Float).ok_or(Refusal::Invalid {
        kind: "float",
        value,
    })
}

fn choice(value: String, choices: &[&'static str]) -> Result<Given, Refusal> {
    match place(&value, choices).and_then(|place| choices.get(place)) {
        Some(choice) => Ok(Given::Text((*choice).to_owned())),
        None => Err(Refusal::Choice {
            value,
            choices: choices.to_vec(),
        }),
    }
}

fn boolean(
    value: Option<&Argument<'_>>,
    labels: &'static [&'static str],
) -> Result<Given, Refusal> {
    let Some(value) = value else {
        return Ok(Given::Boolean(true));
    };
    match place(value, labels) {
        Some(place) => Ok(Given::Boolean(place < labels.len() / 2)),
        None => Err(Refusal::Choice {
            value: value.clone().into_owned(),
            choices: labels.to_vec(),
        }),
    }
}

/// Returns the position of a value among choices, which are ASCII, without regard to case.
fn place(value: &str, choices: &[&str]) -> Option<usize> {
    // Some characters beyond ASCII have a lower case in ASCII.
    let value = value.to_lowercase();
    choices
        .iter()
        .position(|choice| choice.eq_ignore_ascii_case(&value))
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::super::groups::TOP;
    use super::*;

    #[test]
    fn an_age_is_written_as_in_the_configuration() {
        for (text, expected) in [
            ("3600", Some(3600)),
            ("1h", Some(3600)),
            ("90s", Some(90)),
            ("1d", Some(86_400)),
            ("1999ms", Some(1)),
            ("0", Some(0)),
            ("-1", None),
            ("1y", None),
            ("", None),
        ] {
            let read = read(Takes::Seconds, &[text.into()], |_| false);
            assert_eq!(read.ok(), expected.map(Given::Integer), "{text}");
        }
    }

    #[test]
    fn choices_are_compared_without_regard_to_case() {
        let options = TOP.commands().into_iter().flat_map(Command::options);
        let all: Vec<_> = options
            .flat_map(|option| option.shape.takes.choices())
            .collect();
        assert!(all.len() > 100 && all.iter().all(|choice| choice.is_ascii()));
        let choices = ["Linux", "k"];
        // The Kelvin sign, whose lower case is k.
        for (value, found) in [("lINUX", Some(0)), ("\u{212a}", Some(1)), ("Lınux", None)] {
            assert_eq!(place(value, &choices), found, "{value}");
        }
    }
}
