//! The options that select sizes, one row of a table each.
//!
//! A size must match all options. The row of an option with several values decides how they are
//! combined.
//!
//! A test reads a definition, an offer, or both. Catalogues share definitions and offers between
//! many sizes, so most tests run only once for each; see [`crate::SizeList`].

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use crate::definition::{Architecture, Definition, DiskController, family_key};
use crate::offer::Offer;
use crate::range::Range;
use crate::size::VmSize;

/// The longest regular expression, in bytes.
const LONGEST_PATTERN: usize = 1 << 10;
/// The largest compiled regular expression, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;
/// The options whose values are, or contain, regular expressions.
const PATTERNS: [&str; 3] = ["allow", "deny", "capability"];
/// The maximum number of values of one option.
const MOST_VALUES: usize = 64;

/// The reason why options cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The option does not accept the value.
    #[error("argument --{option}: invalid value: '{value}' ({expected})")]
    Invalid {
        /// The option's name.
        option: &'static str,
        /// The value.
        value: String,
        /// The values that the option accepts.
        expected: &'static str,
    },
    /// An option has too many values.
    #[error("argument --{option}: at most {MOST_VALUES} values are taken")]
    TooMany {
        /// The option's name.
        option: &'static str,
    },
    /// There is no selecting option with this name.
    #[error("no option of sizes is called --{0}")]
    Unknown(String),
}

/// A condition on a definition, an offer or a size.
type Condition<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

/// The test of one option.
enum Test {
    Definition(Condition<Definition>),
    Offer(Condition<Offer>),
    /// A condition that needs both the definition and the offer.
    Size(Condition<VmSize>),
}

/// The number of values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// No value: the option is a flag.
    Nothing,
    /// At most one value.
    OneOrNone,
    /// One value.
    One,
    /// One value or more.
    Several,
}

/// An option that selects sizes.
pub struct FilterOption {
    /// The name, without dashes.
    pub name: &'static str,
    /// The number of values.
    pub takes: Takes,
    test: Make,
}

/// The values of the row's option, and all given options.
struct Values<'g> {
    option: &'static str,
    own: &'g [String],
    all: &'g Given,
}

/// The given options by name, with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Given(BTreeMap<&'static str, Vec<String>>);

impl Given {
    /// Adds an option with its values.
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

    /// Adds an option without values, if it is wanted.
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

/// A filter for sizes.
#[derive(Default)]
pub struct Filter {
    of_definition: Vec<Condition<Definition>>,
    of_offer: Vec<Condition<Offer>>,
    of_size: Vec<Condition<VmSize>>,
    has_patterns: bool,
}

impl Filter {
    /// Creates the filter of the given options.
    pub fn of(given: &Given) -> Result<Self, FilterError> {
        let tests = given.0.iter().map(|(option, values)| {
            let row = OPTIONS.iter().find(|row| row.name == *option);
            let row = row.ok_or_else(|| FilterError::Unknown((*option).to_owned()))?;
            let option = row.name;
            if values.len() > MOST_VALUES {
                return Err(FilterError::TooMany { option });
            }
            row.test.of(&Values {
                option,
                own: values,
                all: given,
            })
        });
        let mut filter = Self::default();
        for test in tests {
            match test? {
                Test::Definition(condition) => filter.of_definition.push(condition),
                Test::Offer(condition) => filter.of_offer.push(condition),
                Test::Size(condition) => filter.of_size.push(condition),
            }
        }
        filter.has_patterns = PATTERNS.iter().any(|option| given.get(option).is_some());
        Ok(filter)
    }

    /// Whether no value is a regular expression, so that testing a size takes little time.
    pub fn is_light(&self) -> bool {
        !self.has_patterns
    }

    /// Whether a size matches.
    pub fn takes(&self, size: &VmSize) -> bool {
        self.takes_definition(&size.definition)
            && self.takes_offer(&size.offer)
            && self.takes_pair(size)
    }

    /// Whether a definition matches.
    pub(crate) fn takes_definition(&self, definition: &Definition) -> bool {
        self.of_definition.iter().all(|holds| holds(definition))
    }

    /// Whether an offer matches.
    pub(crate) fn takes_offer(&self, offer: &Offer) -> bool {
        self.of_offer.iter().all(|holds| holds(offer))
    }

    /// Whether a size matches whose definition and offer match by themselves.
    pub(crate) fn takes_pair(&self, size: &VmSize) -> bool {
        self.of_size.iter().all(|holds| holds(size))
    }
}

/// All options that select sizes.
pub static OPTIONS: &[FilterOption] = &[
    flag("gen1", |size| size.generations.v1),
    flag("gen2", |size| size.generations.v2),
    range("vcpus", |size| amount(size.vcpus_available)),
    range("memory", |size| size.memory_gb),
    range("memory-per-vcpu", Definition::memory_per_vcpu),
    range("gpus", |size| amount(size.gpus)),
    option("arch", Takes::One, arch),
    option("zone", Takes::Several, zone),
    flag("accelerated-networking", Definition::accelerated_networking),
    flag("premium-io", Definition::premium_io),
    option("ephemeral-os-disk", Takes::OneOrNone, ephemeral_os_disk),
    flag("encryption-at-host", Definition::encryption_at_host),
    option("ultra-ssd", Takes::Nothing, ultra_ssd),
    flag("trusted-launch", Definition::trusted_launch),
    flag("confidential", |size| size.confidential().is_some()),
    flag("spot", Definition::spot),
    flag("nvme", |size| {
        size.has_disk_controller(DiskController::Nvme)
    }),
    flag("scsi", |size| {
        size.has_disk_controller(DiskController::Scsi)
    }),
    option("capability", Takes::Several, capability),
    option("family", Takes::Several, family),
    option("allow", Takes::Several, |given| named(given, true)),
    option("deny", Takes::Several, |given| named(given, false)),
    option("available", Takes::Nothing, |_| {
        offer(|offer| !offer.is_restricted())
    }),
];

/// The test of an option, or how it is made of the option's values.
enum Make {
    Has(fn(&Definition) -> bool),
    InRange(fn(&Definition) -> f64),
    Of(fn(&Values<'_>) -> Result<Test, FilterError>),
}

const fn flag(name: &'static str, has: fn(&Definition) -> bool) -> FilterOption {
    let (takes, test) = (Takes::Nothing, Make::Has(has));
    FilterOption { name, takes, test }
}

const fn range(name: &'static str, of: fn(&Definition) -> f64) -> FilterOption {
    let (takes, test) = (Takes::One, Make::InRange(of));
    FilterOption { name, takes, test }
}

const fn option(
    name: &'static str,
    takes: Takes,
    test: fn(&Values<'_>) -> Result<Test, FilterError>,
) -> FilterOption {
    let test = Make::Of(test);
    FilterOption { name, takes, test }
}

#[expect(clippy::unnecessary_wraps, reason = "a row's test may fail to be made")]
fn definition(
    holds: impl Fn(&Definition) -> bool + Send + Sync + 'static,
) -> Result<Test, FilterError> {
    Ok(Test::Definition(Box::new(holds)))
}

#[expect(clippy::unnecessary_wraps, reason = "a row's test may fail to be made")]
fn offer(holds: impl Fn(&Offer) -> bool + Send + Sync + 'static) -> Result<Test, FilterError> {
    Ok(Test::Offer(Box::new(holds)))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no machine has 2^52 of anything"
)]
fn amount(count: u64) -> f64 {
    count as f64
}

impl Make {
    fn of(&self, given: &Values<'_>) -> Result<Test, FilterError> {
        match *self {
            Self::Has(has) => definition(has),
            Self::InRange(of) => given.range(of),
            Self::Of(make) => make(given),
        }
    }
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

    fn range(&self, of: fn(&Definition) -> f64) -> Result<Test, FilterError> {
        let expected = "a number or a range: 4, 4..16, 4.. or ..16";
        let range: Result<Range, ()> = self.first().parse();
        let range = range.map_err(|()| self.invalid(self.first(), expected))?;
        definition(move |size| range.contains(of(size)))
    }

    fn pattern(&self, pattern: &str) -> Result<Regex, FilterError> {
        let mut builder = RegexBuilder::new(pattern);
        let builder = builder.case_insensitive(true).size_limit(LARGEST_PATTERN);
        let is_short = pattern.len() <= LONGEST_PATTERN;
        let regex = is_short.then(|| builder.build().ok()).flatten();
        regex.ok_or_else(|| self.invalid(pattern, "a regular expression of at most 1024 bytes"))
    }
}

fn arch(given: &Values<'_>) -> Result<Test, FilterError> {
    let all = [Architecture::X64, Architecture::Arm64];
    let mut named = all.into_iter();
    let wanted = named.find(|known| known.name().eq_ignore_ascii_case(given.first()));
    let wanted = wanted.ok_or_else(|| given.invalid(given.first(), "x64 or arm64"))?;
    definition(move |size| size.architecture == wanted)
}

/// Requires that a pattern matches the name, or that none does.
fn named(given: &Values<'_>, is_wanted: bool) -> Result<Test, FilterError> {
    let patterns = given.own.iter().map(|pattern| given.pattern(pattern));
    let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
    definition(move |size| {
        let is_named = patterns.iter().any(|pattern| pattern.is_match(&size.name));
        is_named == is_wanted
    })
}

/// Requires that every zone is open.
fn zone(given: &Values<'_>) -> Result<Test, FilterError> {
    let zones = given.own.to_vec();
    offer(move |offer| zones.iter().all(|zone| offer.is_open_in(zone)))
}

fn ephemeral_os_disk(given: &Values<'_>) -> Result<Test, FilterError> {
    let wanted = match given.own.first() {
        None => 1,
        Some(gb) => {
            let whole: Option<u64> = gb.parse().ok();
            whole.ok_or_else(|| given.invalid(gb, "a whole number of GB"))?
        }
    };
    definition(move |size| size.max_ephemeral_os_disk_gb() >= Some(wanted.max(1)))
}

/// Requires ultra disks in every zone of `--zone`; without zones, anywhere in the location.
fn ultra_ssd(given: &Values<'_>) -> Result<Test, FilterError> {
    let zones = given.all.get("zone").unwrap_or_default().to_vec();
    if zones.is_empty() {
        return Ok(Test::Size(Box::new(|size| size.ultra_ssd(None))));
    }
    offer(move |offer| zones.iter().all(|zone| offer.has_ultra_ssd_in(zone)))
}

/// Accepts any of the families.
fn family(given: &Values<'_>) -> Result<Test, FilterError> {
    let wanted: Vec<_> = given.own.iter().map(|family| family_key(family)).collect();
    definition(move |size| wanted.contains(&family_key(&size.family)))
}

/// Requires every condition.
fn capability(given: &Values<'_>) -> Result<Test, FilterError> {
    let conditions = given.own.iter().map(|text| condition(given, text));
    let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
    definition(move |size| {
        let mut conditions = conditions.iter();
        conditions.all(|(name, holds)| holds(size.capabilities.get(name)))
    })
}

/// Whether a capability's value matches. `None` is a capability that the SKU does not have.
type Holds = Box<dyn Fn(Option<&str>) -> bool + Send + Sync>;

/// The comparisons. At the first operator character of a condition, the first that matches is used.
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

/// Whether two values are equal: as numbers, or as texts without regard to case.
fn is_same(value: &str, wanted: &str) -> bool {
    match number(value).zip(number(wanted)) {
        Some((a, b)) => a.total_cmp(&b).is_eq(),
        None => value.eq_ignore_ascii_case(wanted),
    }
}

/// Reads a decimal number.
fn number(text: &str) -> Option<f64> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let is_number = !text.is_empty() && text.bytes().all(is_plain);
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
