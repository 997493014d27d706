//! The quotas that new nodes count against: that of their family of sizes, and that of the region.
//!
//! An upgrade creates surge nodes, which need quota too. A change of size in place replaces the
//! nodes one by one, so the quota of the old nodes is free at its end. The quota that an autoscaler
//! may need later is reported but is not a failure, because Azure does not check it at once.

use azq_vm_sizes::{Quotas, Usage, VmSize, family_key};

use crate::checks::similar;
use crate::finding::Finding;
use crate::input::{Input, Lookup};
use crate::nodes::{self, Nodes};

/// The quota of all regular machines of a region.
const REGION: &str = "cores";
/// The quota of all spot machines of a region, regardless of their family.
const REGION_SPOT: &str = "lowPriorityCores";

/// The maximum number of nodes of a pool in AKS.
const MOST_NODES: i64 = 1000;

/// The number of vCPUs that a change needs.
#[derive(Clone, Copy, Debug, Default)]
struct Need {
    /// For the nodes themselves.
    at_once: i64,
    /// For the surge nodes of an upgrade.
    surge: i64,
    /// For all nodes that the autoscaler may create, if it is on.
    most: Option<i64>,
}

/// Checks the quota of a size's family.
pub(crate) fn family(input: &Input<'_>, size: &VmSize) -> Finding {
    if input.drafted().is_spot() {
        return Finding::pass("Spot machines have no quota of their family.");
    }
    if size.family.is_empty() {
        return unknown!("Azure names no family of {}.", size.name);
    }
    let family = family_key(&size.family);
    let need = needed(input, |other| family_key(&other.family) == family);
    let usage = |quotas: &Quotas| quotas.family(&size.family);
    judged(input, size, need, usage, &size.family)
}

/// Checks the quota of the region.
pub(crate) fn region(input: &Input<'_>, size: &VmSize) -> Finding {
    let need = needed(input, |_| true);
    if input.drafted().is_spot() {
        return judged(input, size, need, Quotas::spot, REGION_SPOT);
    }
    judged(input, size, need, Quotas::regional, REGION)
}

/// Returns the vCPUs of a machine that count against a quota.
fn vcpus(size: &VmSize) -> i64 {
    i64::try_from(size.vcpus).unwrap_or(i64::MAX)
}

/// Returns the vCPUs that the pool's nodes need of a quota. `counts` selects the sizes that count
/// against it.
fn needed(input: &Input<'_>, counts: impl Fn(&VmSize) -> bool) -> Need {
    let pool = input.drafted();
    let mut sum = Need::default();
    for nodes in nodes::of(pool) {
        let found = nodes.size.and_then(|name| input.sizes.get(name)?.found());
        let Some(size) = found.filter(|size| counts(size)) else {
            continue;
        };
        let each = vcpus(size);
        let added = nodes::added(input, &nodes);
        let freed = freed(input, &nodes, &counts);
        let at_once = each.saturating_mul(added).saturating_sub(freed).max(0);
        sum.at_once = sum.at_once.saturating_add(at_once);
        let surge = each.saturating_mul(pool.surge(nodes.count).unwrap_or(0));
        sum.surge = sum.surge.saturating_add(surge);
        if let Some(most) = nodes.most {
            let most = each.saturating_mul(most.saturating_sub(nodes.count).max(0));
            let most = at_once.saturating_add(most);
            sum.most = Some(sum.most.unwrap_or(0).saturating_add(most));
        }
    }
    sum
}

/// Returns the vCPUs that the old nodes of a changed size give back to the same quota.
fn freed(input: &Input<'_>, nodes: &Nodes<'_>, counts: impl Fn(&VmSize) -> bool) -> i64 {
    if !input.changes_size() {
        return 0;
    }
    let each = input
        .old_size()
        .filter(|size| counts(size))
        .map_or(0, vcpus);
    each.saturating_mul(nodes.count)
}

fn judged(
    input: &Input<'_>,
    size: &VmSize,
    need: Need,
    usage: impl Fn(&Quotas) -> Option<Usage>,
    quota: &str,
) -> Finding {
    let quotas = match input.quotas {
        Lookup::Found(quotas) => quotas,
        Lookup::Missing => return Finding::unknown("Azure tells no quotas here."),
        Lookup::Unknown(reason) => return Finding::unknown(reason.clone()),
    };
    let Some(usage) = usage(quotas) else {
        return unknown!("Azure tells no quota {quota} here.");
    };
    if usage.limit < 0 {
        return pass!("The quota {quota} has no limit.");
    }
    if size.vcpus == 0 {
        let name = &size.name;
        return unknown!("Azure does not say how many vCPUs {name} has.");
    }
    compared(input, size, need, usage, quota)
}

/// Compares the need with the rest of the quota.
fn compared(input: &Input<'_>, size: &VmSize, need: Need, usage: Usage, quota: &str) -> Finding {
    let left = i64::try_from(usage.left()).unwrap_or(i64::MAX);
    let said = said(need, left, quota, usage);
    if need.at_once.saturating_add(need.surge) <= left {
        return Finding::pass(said);
    }
    if input.changes_size() && input.old_size().is_none() {
        return unknown!("{said} What the old nodes give back is not known.");
    }
    let nodes = nodes::total(&nodes::of(input.drafted())).clamp(1, MOST_NODES);
    let location = input.location_text();
    let usages = format!("az vm list-usage --location {location} --output table");
    Finding::fail(said).advise([
        usages,
        similar(input, &size.name, &format!("--quota {nodes}")),
    ])
}

/// Returns the sentence with all figures.
fn said(need: Need, left: i64, quota: &str, usage: Usage) -> String {
    let Need {
        at_once,
        surge,
        most,
    } = need;
    let (used, limit) = (usage.current, usage.limit);
    let is_short = at_once.saturating_add(surge) > left;
    let verb = if is_short {
        "has no room for"
    } else {
        "has room for"
    };
    let later = match most {
        Some(most) if most > left => format!(" The autoscaler's maximum would need {most}."),
        Some(most) => format!(" The autoscaler's maximum needs {most}."),
        None => String::new(),
    };
    format!(
        "{quota} {verb} {at_once} vCPUs and {surge} of an upgrade's surge: \
         {left} are left ({used} of {limit} in use).{later}"
    )
}
