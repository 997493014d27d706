//! The options that select sizes: one row of a table for each.
//!
//! Options that stand together must all hold. An option with several values says in its row how
//! they are joined.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use crate::definition::{Architecture, DiskController, family_key};
use crate::range::Range;
use crate::size::VmSize;

/// The longest regular expression, in bytes.
const LONGEST_PATTERN: usize = 1 << 10;
/// What a compiled regular expression may take, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;
/// The most values of one option.
const MOST_VALUES: usize = 64;

/// Why options select nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A value is not what the option takes.
    #[error("argument --{option}: invalid value: '{value}' ({expected})")]
    Invalid {
        /// The option's name.
        option: &'static str,
        /// The value.
        value: String,
        /// What the option takes.
        expected: &'static str,
    },
    /// An option has too many values.
    #[error("argument --{option}: at most {MOST_VALUES} values are taken")]
    TooMany {
        /// The option's name.
        option: &'static str,
    },
    /// No option that selects sizes has this name.
    #[error("no option of sizes is called --{0}")]
    Unknown(String),
}

/// Tells whether a size fits.
type Test = Box<dyn Fn(&VmSize) -> bool + Send + Sync>;

/// How many values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None: it is there or not.
    Nothing,
    /// At most one.
    OneOrNone,
    /// One.
    One,
    /// One or more.
    Several,
}

/// An option that selects sizes.
pub struct FilterOption {
    /// The name, without dashes.
    pub name: &'static str,
    /// How many values it takes.
    pub takes: Takes,
    test: fn(&Values<'_>) -> Result<Test, FilterError>,
}

/// The values of the option that a row is about, and those of the others.
struct Values<'g> {
    option: &'static str,
    own: &'g [String],
    all: &'g Given,
}

/// What the caller has given: options by name, with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Given(BTreeMap<&'static str, Vec<String>>);

impl Given {
    /// Gives an option with its values.
    #[must_use]
    pub fn with<V: Into<String>>(
        mut self,
        option: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.0.insert(option, values);
        self
    }

    /// Gives an option without values, if it is wanted.
    #[must_use]
    pub fn with_flag(self, option: &'static str, is_wanted: bool) -> Self {
        if is_wanted {
            self.with(option, None::<String>)
        } else {
            self
        }
    }

    /// Returns an option's values, if it is given.
    pub fn get(&self, option: &str) -> Option<&[String]> {
        self.0.get(option).map(Vec::as_slice)
    }
}

/// Selects sizes.
pub struct Filter(Vec<Test>);

impl Filter {
    /// Reads what is given.
    pub fn of(given: &Given) -> Result<Self, FilterError> {
        let tests = given.0.iter().map(|(option, values)| {
            let row = OPTIONS.iter().find(|row| row.name == *option);
            let row = row.ok_or_else(|| FilterError::Unknown((*option).to_owned()))?;
            let option = row.name;
            if values.len() > MOST_VALUES {
                return Err(FilterError::TooMany { option });
            }
            (row.test)(&Values {
                option,
                own: values,
                all: given,
            })
        });
        tests.collect::<Result<_, _>>().map(Self)
    }

    /// Tells whether a size fits.
    pub fn takes(&self, size: &VmSize) -> bool {
        self.0.iter().all(|test| test(size))
    }
}

/// All options that select sizes.
pub static OPTIONS: &[FilterOption] = &[
    flag("gen1", |_| test(|size| size.generations.v1)),
    flag("gen2", |_| test(|size| size.generations.v2)),
    one("vcpus", |given| {
        given.range(|size| amount(size.vcpus_available))
    }),
    one("memory", |given| given.range(|size| size.memory_gb)),
    one("memory-per-vcpu", |given| {
        given.range(|size| size.memory_per_vcpu())
    }),
    one("gpus", |given| given.range(|size| amount(size.gpus))),
    one("arch", arch),
    several("zone", zone),
    flag("accelerated-networking", |_| {
        test(|size| size.accelerated_networking())
    }),
    flag("premium-io", |_| test(|size| size.premium_io())),
    FilterOption {
        name: "ephemeral-os-disk",
        takes: Takes::OneOrNone,
        test: ephemeral_os_disk,
    },
    flag("encryption-at-host", |_| {
        test(|size| size.encryption_at_host())
    }),
    flag("ultra-ssd", ultra_ssd),
    flag("trusted-launch", |_| test(|size| size.trusted_launch())),
    flag("confidential", |_| {
        test(|size| size.confidential().is_some())
    }),
    flag("spot", |_| test(|size| size.spot())),
    flag("nvme", |_| {
        test(|size| size.has_disk_controller(DiskController::Nvme))
    }),
    flag("scsi", |_| {
        test(|size| size.has_disk_controller(DiskController::Scsi))
    }),
    several("capability", capability),
    several("family", family),
    several("allow", |given| {
        let patterns = given.patterns()?;
        test(move |size| patterns.iter().any(|pattern| pattern.is_match(&size.name)))
    }),
    several("deny", |given| {
        let patterns = given.patterns()?;
        test(move |size| !patterns.iter().any(|pattern| pattern.is_match(&size.name)))
    }),
    flag("available", |_| test(|size| !size.is_restricted())),
];

type MakeTest = fn(&Values<'_>) -> Result<Test, FilterError>;

const fn flag(name: &'static str, test: MakeTest) -> FilterOption {
    let takes = Takes::Nothing;
    FilterOption { name, takes, test }
}

const fn one(name: &'static str, test: MakeTest) -> FilterOption {
    let takes = Takes::One;
    FilterOption { name, takes, test }
}

const fn several(name: &'static str, test: MakeTest) -> FilterOption {
    let takes = Takes::Several;
    FilterOption { name, takes, test }
}

#[expect(clippy::unnecessary_wraps, reason = "a row's test may fail to be made")]
fn test(test: impl Fn(&VmSize) -> bool + Send + Sync + 'static) -> Result<Test, FilterError> {
    Ok(Box::new(test))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no machine has 2^52 of anything"
)]
fn amount(count: u64) -> f64 {
    count as f64
}

impl Values<'_> {
    fn first(&self) -> &str {
        self.own.first().map(String::as_str).unwrap_or_default()
    }

    fn invalid(&self, value: &str, expected: &'static str) -> FilterError {
        FilterError::Invalid {
            option: self.option,
            value: value.to_owned(),
            expected,
        }
    }

    fn range(&self, of: fn(&VmSize) -> f64) -> Result<Test, FilterError> {
        let expected = "a number or a range: 4, 4..16, 4.. or ..16";
        let range: Result<Range, ()> = self.first().parse();
        let range = range.map_err(|()| self.invalid(self.first(), expected))?;
        test(move |size| range.contains(of(size)))
    }

    fn pattern(&self, pattern: &str) -> Result<Regex, FilterError> {
        let mut builder = RegexBuilder::new(pattern);
        let builder = builder.case_insensitive(true).size_limit(LARGEST_PATTERN);
        let is_short = pattern.len() <= LONGEST_PATTERN;
        let regex = is_short.then(|| builder.build().ok()).flatten();
        regex.ok_or_else(|| self.invalid(pattern, "a regular expression of at most 1024 bytes"))
    }

    fn patterns(&self) -> Result<Vec<Regex>, FilterError> {
        self.own
            .iter()
            .map(|pattern| self.pattern(pattern))
            .collect()
    }
}

fn arch(given: &Values<'_>) -> Result<Test, FilterError> {
    let all = [Architecture::X64, Architecture::Arm64];
    let mut named = all.into_iter();
    let wanted = named.find(|known| known.name().eq_ignore_ascii_case(given.first()));
    let wanted = wanted.ok_or_else(|| given.invalid(given.first(), "x64 or arm64"))?;
    test(move |size| size.architecture == wanted)
}

/// Every zone must be open.
fn zone(given: &Values<'_>) -> Result<Test, FilterError> {
    let zones = given.own.to_vec();
    test(move |size| zones.iter().all(|zone| size.is_open_in(zone)))
}

fn ephemeral_os_disk(given: &Values<'_>) -> Result<Test, FilterError> {
    let wanted = match given.own.first() {
        None => 1,
        Some(gb) => {
            let whole: Option<u64> = gb.parse().ok();
            whole.ok_or_else(|| given.invalid(gb, "a whole number of GB"))?
        }
    };
    test(move |size| size.max_ephemeral_os_disk_gb() >= Some(wanted.max(1)))
}

/// In every zone that `--zone` names, or anywhere.
fn ultra_ssd(given: &Values<'_>) -> Result<Test, FilterError> {
    let zones = given.all.get("zone").unwrap_or_default().to_vec();
    test(move |size| {
        if zones.is_empty() {
            size.ultra_ssd(None)
        } else {
            zones.iter().all(|zone| size.ultra_ssd(Some(zone)))
        }
    })
}

/// Any of the families.
fn family(given: &Values<'_>) -> Result<Test, FilterError> {
    let wanted: Vec<_> = given.own.iter().map(|family| family_key(family)).collect();
    test(move |size| wanted.contains(&family_key(&size.family)))
}

/// Every condition must hold.
fn capability(given: &Values<'_>) -> Result<Test, FilterError> {
    let conditions = given.own.iter().map(|text| condition(given, text));
    let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
    test(move |size| {
        let mut conditions = conditions.iter();
        conditions.all(|(name, holds)| holds(size.capabilities.get(name)))
    })
}

/// Tells whether a capability's value, or that there is none, is what is wanted.
type Holds = Box<dyn Fn(Option<&str>) -> bool + Send + Sync>;

/// The comparisons, of which the first that a condition contains at the earliest place counts.
const COMPARISONS: [&str; 7] = ["=~", "!=", ">=", "<=", "=", ">", "<"];

fn condition(given: &Values<'_>, text: &str) -> Result<(String, Holds), FilterError> {
    let expected = "NAME and =, !=, >=, <=, >, < or =~ (a regular expression) and VALUE";
    let invalid = || given.invalid(text, expected);
    let at = text.find(['=', '!', '>', '<']).ok_or_else(invalid)?;
    let (name, rest) = text.split_at(at);
    let mut comparisons = COMPARISONS.into_iter();
    let comparison = comparisons.find(|comparison| rest.starts_with(comparison));
    let comparison = comparison.ok_or_else(invalid)?;
    let (name, wanted) = (name.trim(), rest[comparison.len()..].trim().to_owned());
    if name.is_empty() {
        return Err(invalid());
    }
    let number = number(&wanted);
    let holds: Holds = match comparison {
        "=~" => {
            let pattern = given.pattern(&wanted)?;
            Box::new(move |value| value.is_some_and(|value| pattern.is_match(value)))
        }
        "=" => Box::new(move |value| value.is_some_and(|value| is_same(value, &wanted))),
        "!=" => Box::new(move |value| !value.is_some_and(|value| is_same(value, &wanted))),
        _ => {
            let wanted = number.ok_or_else(invalid)?;
            let holds: fn(f64, f64) -> bool = match comparison {
                ">=" => |value, wanted| value >= wanted,
                "<=" => |value, wanted| value <= wanted,
                ">" => |value, wanted| value > wanted,
                _ => |value, wanted| value < wanted,
            };
            let value_of = crate::filter::number;
            Box::new(move |value| value.and_then(value_of).is_some_and(|v| holds(v, wanted)))
        }
    };
    Ok((name.to_owned(), holds))
}

/// Tells whether two values are one: the same number, or the same text in any case.
fn is_same(value: &str, wanted: &str) -> bool {
    match number(value).zip(number(wanted)) {
        Some((a, b)) => a.total_cmp(&b).is_eq(),
        None => value.eq_ignore_ascii_case(wanted),
    }
}

/// Reads a number in decimal.
fn number(text: &str) -> Option<f64> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let is_number = !text.is_empty() && text.bytes().all(is_plain);
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
