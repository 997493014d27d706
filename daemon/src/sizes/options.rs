//! The options of `azq sizes`: reads filter, order and limits from the request.
//!
//! Each row of [`FIELDS`] is one option that selects sizes by their properties.
//! [`azq_vm_sizes::OPTIONS`] defines its meaning.

use azq_proto::v1::{SelectSizesRequest as Request, Words};
use azq_vm_sizes::{Filter, Given, Order};

use super::prices::OsType;
use azq_command::{CommandError, ErrorKind};

/// The maximum number of regions in a request.
pub(crate) const MOST_LOCATIONS: usize = 64;
/// The maximum number of machines for `--quota`.
const MOST_MACHINES: i64 = 1_000_000;
/// The maximum length of a size's name, in bytes.
const LONGEST_NAME: usize = 128;

/// The field of the request that contains an option.
enum Field {
    Flag(fn(&Request) -> bool),
    Text(fn(&Request) -> Option<&String>),
    Words(fn(&Request) -> Option<&Words>),
}

use Field::{Flag, Text, Words as Several};

/// The options that select sizes by their properties, by name.
const FIELDS: [(&str, Field); 23] = [
    ("gen1", Flag(|request| request.gen1)),
    ("gen2", Flag(|request| request.gen2)),
    ("vcpus", Text(|request| request.vcpus.as_ref())),
    ("memory", Text(|request| request.memory.as_ref())),
    (
        "memory-per-vcpu",
        Text(|request| request.memory_per_vcpu.as_ref()),
    ),
    ("gpus", Text(|request| request.gpus.as_ref())),
    ("arch", Text(|request| request.arch.as_ref())),
    ("zone", Several(|request| request.zone.as_ref())),
    (
        "accelerated-networking",
        Flag(|request| request.accelerated_networking),
    ),
    ("premium-io", Flag(|request| request.premium_io)),
    (
        "ephemeral-os-disk",
        Text(|request| request.ephemeral_os_disk.as_ref()),
    ),
    (
        "encryption-at-host",
        Flag(|request| request.encryption_at_host),
    ),
    ("ultra-ssd", Flag(|request| request.ultra_ssd)),
    ("trusted-launch", Flag(|request| request.trusted_launch)),
    ("confidential", Flag(|request| request.confidential)),
    ("spot", Flag(|request| request.spot)),
    ("nvme", Flag(|request| request.nvme)),
    ("scsi", Flag(|request| request.scsi)),
    ("capability", Several(|request| request.capability.as_ref())),
    ("family", Several(|request| request.family.as_ref())),
    ("allow", Several(|request| request.allow.as_ref())),
    ("deny", Several(|request| request.deny.as_ref())),
    ("available", Flag(|request| request.available)),
];

/// The options of a request.
pub(super) struct Options {
    /// The regions, as they are given; empty means all of them.
    pub(super) locations: Vec<String>,
    pub(super) filter: Filter,
    pub(super) like: Option<String>,
    pub(super) resizable_from: Option<String>,
    pub(super) aks: bool,
    /// The number of machines for which there must be quota.
    pub(super) quota: Option<u64>,
    pub(super) spot: bool,
    pub(super) prices: Option<OsType>,
    pub(super) order: Order,
    pub(super) max: usize,
    pub(super) max_age: Option<u64>,
}

impl Options {
    /// Reads a request.
    ///
    /// # Errors
    /// An option does not accept its value.
    pub(super) fn of(request: &Request) -> Result<Self, CommandError> {
        let filter = Filter::of(&given(request)).map_err(|error| usage(&error))?;
        let sort = request.sort.as_ref().map(|sort| sort.word.as_slice());
        let order = Order::of(sort.unwrap_or_default()).map_err(|error| usage(&error))?;
        let quota = count("quota", request.quota, MOST_MACHINES)?;
        let max = count("max", request.max, i64::MAX)?;
        let max = max.and_then(|max| usize::try_from(max).ok());
        Ok(Self {
            locations: locations(request.location.as_ref())?,
            filter,
            like: name("like", request.like.as_ref())?,
            resizable_from: name("resizable-from", request.resizable_from.as_ref())?,
            aks: request.aks,
            quota,
            spot: request.spot,
            prices: os_type(request)?,
            order,
            max: max.unwrap_or(usize::MAX),
            max_age: request.max_age,
        })
    }

    /// Whether sizes are shown in the order of [`azq_vm_sizes::SizeList`].
    pub(super) fn keeps_usual_order(&self) -> bool {
        self.like.is_none() && self.order.is_usual()
    }

    /// Whether data beyond catalogues is needed.
    pub(super) fn asks_more(&self) -> bool {
        self.aks || self.quota.is_some() || self.prices.is_some()
    }

    /// Whether testing a size takes less than a microsecond, because there are no regular
    /// expressions, no comparisons and no sorting.
    pub(super) fn is_light(&self) -> bool {
        self.filter.is_light() && self.resizable_from.is_none() && self.keeps_usual_order()
    }
}

fn usage(error: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(error.to_string()).of_kind(ErrorKind::Usage)
}

fn given(request: &Request) -> Given {
    FIELDS
        .iter()
        .fold(Given::default(), |given, (name, field)| match field {
            Flag(is_given) => given.with_flag(name, is_given(request)),
            Text(text) => match text(request) {
                Some(text) if text.is_empty() => given.with(name, None::<String>),
                Some(text) => given.with(name, Some(text)),
                None => given,
            },
            Several(words) => match words(request).map(|words| &words.word) {
                Some(words) if !words.is_empty() => given.with(name, words),
                _ => given,
            },
        })
}

/// Returns the regions, each once, in their order; empty if `all` is among them.
fn locations(given: Option<&Words>) -> Result<Vec<String>, CommandError> {
    let given = given.map(|words| words.word.as_slice()).unwrap_or_default();
    if given.len() > MOST_LOCATIONS {
        let most =
            format!("argument --location: at most {MOST_LOCATIONS} regions are taken, or all");
        return Err(usage(&most));
    }
    if given
        .iter()
        .any(|location| location.eq_ignore_ascii_case("all"))
    {
        return Ok(Vec::new());
    }
    Ok(given.to_vec())
}

fn count(option: &str, given: Option<i64>, most: i64) -> Result<Option<u64>, CommandError> {
    let Some(count) = given else {
        return Ok(None);
    };
    if !(1..=most).contains(&count) {
        let range = if most == i64::MAX {
            "1 or more".to_owned()
        } else {
            format!("1 to {most}")
        };
        return Err(usage(&format!(
            "argument --{option}: invalid value: '{count}' ({range})"
        )));
    }
    Ok(u64::try_from(count).ok())
}

fn name(option: &str, given: Option<&String>) -> Result<Option<String>, CommandError> {
    match given {
        Some(name) if name.is_empty() || name.len() > LONGEST_NAME => {
            let expected = "(the name of a size, such as Standard_D4s_v5)";
            Err(usage(&format!(
                "argument --{option}: invalid value: '{name}' {expected}"
            )))
        }
        given => Ok(given.cloned()),
    }
}

fn os_type(request: &Request) -> Result<Option<OsType>, CommandError> {
    let named = request.os_type.as_deref().unwrap_or("Linux");
    let all = [OsType::Linux, OsType::Windows];
    let found = all
        .into_iter()
        .find(|known| known.name().eq_ignore_ascii_case(named));
    let found = found.ok_or_else(|| {
        usage(&format!(
            "argument --os-type: invalid value: '{named}' (Linux or Windows)"
        ))
    })?;
    Ok(request.price.then_some(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{filled, words};

    #[test]
    fn every_option_that_selects_stands_in_the_request() {
        let fields: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
        for row in azq_vm_sizes::OPTIONS {
            assert!(fields.contains(&row.name), "{}", row.name);
        }
        assert_eq!(fields.len(), azq_vm_sizes::OPTIONS.len());
    }

    #[test]
    fn what_an_option_does_not_take_is_an_error_of_usage() {
        type Fill = fn(&mut Request);
        let cases: [(&str, Fill); 8] = [
            ("vcpus", |r| r.vcpus = Some("x".to_owned())),
            ("like", |r| r.like = Some(String::new())),
            ("quota", |r| r.quota = Some(0)),
            ("quota", |r| r.quota = Some(i64::MAX)),
            ("max", |r| r.max = Some(-1)),
            ("os-type", |r| r.os_type = Some("Plan9".to_owned())),
            ("sort", |r| r.sort = Some(words(&["cost"]))),
            ("location", |r| {
                r.location = Some(words(&["eastus"; MOST_LOCATIONS + 1]));
            }),
        ];
        for (option, fill) in cases {
            let error = Options::of(&filled(fill)).err().unwrap();
            assert_eq!(error.kind, ErrorKind::Usage);
            let begin = format!("argument --{option}: ");
            assert!(error.message.starts_with(&begin), "{error}");
        }
    }

    #[test]
    fn all_among_the_regions_is_all_of_them() {
        let of = |given: &[&str]| locations(Some(&words(given))).unwrap();
        assert_eq!(of(&["eastus", "All"]), [""; 0]);
        assert_eq!(of(&["westus", "eastus"]), ["westus", "eastus"]);
        assert_eq!(locations(None).unwrap(), [""; 0]);
    }
}
