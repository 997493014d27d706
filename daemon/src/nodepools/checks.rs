//! az's checks of single values, with its messages (azure-cli, `acs/_validators.py`).
//!
//! They look only at the command line; checks that need Azure's state are in the commands' own
//! files. All of them end with exit code 1: az treats the values as wrong, not the command line.

use std::sync::LazyLock;

use azq_proto::v1;
use azq_python::number;
use regex::Regex;

use super::options::Checked;
use azq_arm::Report;
use azq_command::{CommandError, error};

/// Fails with the message if the condition does not hold.
fn require(condition: bool, message: impl Into<String>) -> Checked {
    if condition {
        Ok(())
    } else {
        Err(CommandError::new(message))
    }
}

/// Checks `--nodepool-name`: at most 12 letters and digits. As in az, an empty name passes.
pub(crate) fn pool_name(name: &str) -> Checked {
    require(
        name.chars().count() <= 12,
        "--nodepool-name can contain at most 12 characters",
    )?;
    require(
        name.chars().all(char::is_alphanumeric),
        "--nodepool-name should contain only alphanumeric characters",
    )
}

/// Checks `--name` of a snapshot: labels of letters, digits and dashes, with points between.
pub(super) fn snapshot_name(name: &str) -> Checked {
    // `$` in Python's pattern also accepts a line break at the end.
    let name = name.strip_suffix('\n').unwrap_or(name);
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    require(
        name.split('.').all(is_label),
        "--name cannot exceed 63 characters and can only contain letters, numbers, or dashes (-).",
    )
}

/// Checks `--kubernetes-version`, whose number [`bare_version`] finds.
pub(super) fn kubernetes_version(version: Option<&str>) -> Checked {
    bare_version(version.unwrap_or_default()).map(drop)
}

/// Returns a Kubernetes version without its `v`; empty means Azure's default.
pub(super) fn bare_version(version: &str) -> Result<&str, CommandError> {
    static VERSION: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[v|V]?(\d+\.\d+(?:\.\d+)?)\n?$").ok());
    if version.is_empty() {
        return Ok(version);
    }
    let found = VERSION
        .as_ref()
        .and_then(|regex| regex.captures(version)?.get(1));
    found.map(|number| number.as_str()).ok_or_else(|| {
        error!(
            "--kubernetes-version should be the full version number or major.minor version number, \
             such as \"1.7.12\" or \"1.7\""
        )
    })
}

/// Checks `--vm-set-type`, which [`vm_set_type`] knows. As in az, an empty one passes here and
/// fails later.
pub(super) fn vm_set_type_or_empty(typed: Option<&str>) -> Checked {
    typed
        .filter(|typed| !typed.is_empty())
        .map_or(Ok(()), |typed| vm_set_type(typed).map(drop))
}

/// Returns the canonical name of a type of VM set, given in any case.
pub(super) fn vm_set_type(typed: &str) -> Result<&'static str, CommandError> {
    const TYPES: [&str; 3] = [
        "VirtualMachineScaleSets",
        "AvailabilitySet",
        "VirtualMachines",
    ];
    TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(typed)).ok_or_else(|| {
        error!("--vm-set-type can only be VirtualMachineScaleSets or AvailabilitySet or VirtualMachines")
    })
}

/// Checks an option that must be a resource id if it is given and not empty.
pub(super) fn optional_resource_id(option: &str, id: Option<&str>) -> Checked {
    resource_id(option, id.filter(|id| !id.is_empty()))
}

/// Checks an option that must be a resource id if it is given.
pub(super) fn resource_id(option: &str, id: Option<&str>) -> Checked {
    require(
        id.is_none_or(is_resource_id),
        format!("{option} is not a valid Azure resource ID."),
    )
}

/// Whether the text is an Azure resource id (azure-mgmt-core, `tools.is_valid_resource_id`).
fn is_resource_id(text: &str) -> bool {
    static ID: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            "(?i)^/subscriptions/[^/]+(/resourceGroups/[^/]+)?\
             (/providers/[^/]+/[^/]*/[^/]+((/providers/[^/]+)?/[^/]*/[^/]+)*)?$",
        )
        .ok()
    });
    ID.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// Checks `--min-count` and `--max-count`.
pub(super) fn node_counts(min: Option<i64>, max: Option<i64>) -> Checked {
    let fits = |count: Option<i64>| count.is_none_or(|count| (0..=1000).contains(&count));
    require(fits(min), "--min-count must be in the range [0,1000]")?;
    require(fits(max), "--max-count must be in the range [0,1000]")
}

/// Checks `--spot-max-price`: positive with at most five decimals, or -1, and only for Spot.
pub(super) fn spot_max_price(price: Option<f64>, priority: &str) -> Checked {
    let Some(price) = price.filter(|price| !price.is_nan()) else {
        return Ok(());
    };
    require(
        priority == "Spot",
        "--spot_max_price can only be set when --priority is Spot",
    )?;
    let written = number::float(price);
    let decimals = written.split('.').nth(1).unwrap_or_default();
    require(
        decimals.len() <= 5,
        "--spot_max_price can only include up to 5 decimal places",
    )?;
    let on_demand = (price + 1.0).abs() <= 1e-6 * price.abs().max(1.0);
    require(
        price > 0.0 || (on_demand && price.is_finite()),
        "--spot_max_price can only be any decimal value greater than zero, or -1 which indicates \
         default price to be up-to on-demand",
    )
}

/// Checks `--node-taints`: `key=value:effect`, separated by commas.
pub(super) fn taints(taints: Option<&str>) -> Checked {
    let taints = taints.unwrap_or_default();
    taints
        .split(',')
        .filter(|taint| !taint.is_empty())
        .try_for_each(|taint| require(is_taint(taint), format!("Invalid node taint: {taint}")))
}

fn is_taint(taint: &str) -> bool {
    let part = |text: &str, longest: usize, more: &[char]| {
        let mut chars = text.chars();
        let first = chars
            .next()
            .is_some_and(|c| c.is_ascii_alphanumeric() || (c.is_numeric() && !c.is_ascii()));
        first
            && text.chars().count() <= longest
            && chars.all(|c| c.is_alphanumeric() || c == '_' || more.contains(&c))
    };
    let Some((key, rest)) = taint.split_once('=') else {
        return false;
    };
    let Some((value, effect)) = rest.split_once(':') else {
        return false;
    };
    let effect = effect.strip_suffix('\n').unwrap_or(effect);
    part(key, 253, &['-', '.', '/'])
        && part(value, 63, &['-', '.'])
        && ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect)
}

/// Checks `--max-surge` and `--max-unavailable`: a number or a percentage, not negative.
pub(super) fn surge(option: &str, value: Option<&str>) -> Checked {
    let Some(value) = value else { return Ok(()) };
    match number::parse_int(value.trim_end_matches('%')) {
        Some(digits) => {
            let positive = !digits.starts_with('-');
            require(positive, format!("{option} must be positive"))
        }
        None => Err(error!("{option} should be an int or percentage")),
    }
}

/// Checks `--os-sku`: warns of names that will be removed.
pub(super) fn warn_of_retiring_os_sku(sku: Option<&str>, report: &dyn Report) {
    if matches!(sku, Some("Mariner" | "CBLMariner")) {
        report.warning(
            "The osSKU \"AzureLinux\" should be used going forward instead of \"CBLMariner\" or \"Mariner\". \
             The osSKUs \"CBLMariner\" and \"Mariner\" will eventually be deprecated.",
        );
    }
}

/// Checks `--message-of-the-day`, which only Linux shows.
pub(super) fn message_of_the_day(file: Option<&v1::File>, os_type: Option<&str>) -> Checked {
    let given = file.is_some_and(|file| !file.path.is_empty());
    require(
        !given || os_type.is_none_or(|os| os == "Linux"),
        "--message-of-the-day can only be set for linux nodepools",
    )
}

/// Checks `--disable-windows-outbound-nat`, which only Windows has.
pub(super) fn windows_outbound_nat(disable: bool, os_type: Option<&str>) -> Checked {
    require(
        !disable || is_windows(os_type),
        "--disable-windows-outbound-nat can only be set for Windows nodepools",
    )
}

/// Checks artifact streaming, which Windows lacks.
pub(super) fn artifact_streaming(enable: bool, os_type: Option<&str>) -> Checked {
    require(
        !enable || !is_windows(os_type),
        "--enable-artifact-streaming can only be set for Linux nodepools",
    )
}

/// Whether an `--os-type` as given is Windows.
pub(super) fn is_windows(os_type: Option<&str>) -> bool {
    os_type.is_some_and(|os| os.eq_ignore_ascii_case("windows"))
}

/// Whether an `--os-sku` is one of Windows.
pub(super) fn is_windows_sku(sku: &str) -> bool {
    matches!(sku, "Windows2019" | "Windows2022" | "Windows2025")
}

/// Checks two flags that exclude each other.
pub(super) fn not_both(first: bool, second: bool, message: &str) -> Checked {
    require(!(first && second), message)
}

/// Checks `--gateway-prefix-size`, for gateway pools.
pub(super) fn gateway_prefix_size(size: Option<i64>, mode: &str) -> Checked {
    let Some(size) = size else { return Ok(()) };
    require(
        mode == "Gateway",
        "--gateway-prefix-size can only be set for Gateway-mode nodepools",
    )?;
    require(
        (28..=31).contains(&size),
        "--gateway-prefix-size must be in the range [28, 31]",
    )
}

/// Checks `--asg-ids`, which need `--allowed-host-ports`.
pub(super) fn security_groups(ids: Option<&v1::Words>, ports: Option<&v1::Words>) -> Checked {
    let ids = ids.map_or(&[][..], |ids| &ids.word);
    let ports = ports.is_some_and(|ports| !ports.word.is_empty());
    require(
        ids.is_empty() || ports,
        "--asg-ids must be used with --allowed-host-ports",
    )?;
    ids.iter().try_for_each(|id| {
        require(
            is_resource_id(id),
            format!("{id} is not a valid Azure resource ID."),
        )
    })
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
