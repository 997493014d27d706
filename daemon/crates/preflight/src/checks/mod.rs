//! The table of checks, and how a check is run.

mod change;
mod feature;
mod image;
mod offer;

use azq_vm_sizes::VmSize;

use crate::finding::{Finding, Outcome};
use crate::input::{Action, Input, Lookup};
use crate::nodes::{self, Nodes};
use crate::quota;
use change::Resize;

/// A check.
#[derive(Debug)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// The condition that it checks, in words for the user.
    pub about: &'static str,
    /// The actions that it applies to.
    pub actions: &'static [Action],
    /// The pool's nodes that it applies to.
    when: When,
    run: Run,
}

/// The nodes that a check applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// All nodes.
    Always,
    /// Nodes of a size that the pool does not have yet.
    NewSize,
    /// The same, and nodes of a size whose number will grow.
    MoreNodes,
}

/// The function of a check, by its input.
#[derive(Debug)]
enum Run {
    /// The pool.
    Pool(fn(&Input<'_>) -> Finding),
    /// The nodes of each size, with its description.
    Size(fn(&Input<'_>, &VmSize) -> Finding),
    /// The change of the size, if the pool has another one.
    Change(fn(&Input<'_>, &Resize<'_>) -> Finding),
    /// The name of each size, even if nothing else is known of it.
    Name(fn(&Input<'_>, &str, Option<&Lookup<VmSize>>) -> Finding),
}

const ALL: &[Action] = &[Action::Add, Action::Update, Action::Scale];
const ADD_AND_UPDATE: &[Action] = &[Action::Add, Action::Update];
const UPDATE: &[Action] = &[Action::Update];

use When::{Always, MoreNodes, NewSize};

/// Declares checks: `NAME: ABOUT => ACTIONS, NODES, INPUT(FUNCTION);`, where `INPUT` is a variant
/// of [`Run`].
macro_rules! checks {
    ($($name:literal: $about:literal => $actions:ident, $when:ident, $run:ident($find:path);)*) => {
        &[$(Check {
            name: $name,
            about: $about,
            actions: $actions,
            when: $when,
            run: Run::$run($find),
        }),*]
    };
}

/// All checks, in the order of their report.
pub static CHECKS: &[Check] = checks! {
    "size": "the size exists in the cluster's location" => ALL, MoreNodes, Name(offer::exists);
    "subscription": "the size is open to the subscription" => ALL, MoreNodes, Size(offer::is_open);
    "zones": "the size is open in the pool's zones" => ALL, MoreNodes, Size(offer::zones);
    "aks-minimum": "AKS makes nodes of the size" =>
        ADD_AND_UPDATE, NewSize, Size(offer::aks_minimum);
    "family-quota": "the family's quota has room for the nodes and a surge" =>
        ALL, MoreNodes, Size(quota::family);
    "region-quota": "the region's quota has room for the nodes and a surge" =>
        ALL, MoreNodes, Size(quota::region);
    "generation": "the OS has an image of a generation that the size runs" =>
        ADD_AND_UPDATE, Always, Size(image::generation);
    "architecture": "the OS has an image of the size's architecture" =>
        ADD_AND_UPDATE, Always, Size(image::architecture);
    "trusted-launch": "the size takes secure boot and vTPM" =>
        ADD_AND_UPDATE, Always, Size(image::trusted_launch);
    "os-disk": "an ephemeral OS disk fits" => ADD_AND_UPDATE, NewSize, Size(feature::os_disk);
    "accelerated-networking": "the nodes keep accelerated networking" =>
        ADD_AND_UPDATE, NewSize, Size(feature::accelerated_networking);
    "encryption-at-host": "the size encrypts at the host" =>
        ADD_AND_UPDATE, NewSize, Size(feature::encryption_at_host);
    "ultra-ssd": "the size takes ultra disks in the pool's zones" =>
        ADD_AND_UPDATE, NewSize, Size(feature::ultra_ssd);
    "spot": "the size is to be had as a spot machine" =>
        ADD_AND_UPDATE, NewSize, Size(feature::spot);
    "gpu": "GPU settings fit the size" => ADD_AND_UPDATE, Always, Size(feature::gpu);
    "os-type": "the pool keeps its OS" => UPDATE, Always, Pool(change::os_type);
    "os-sku": "an update takes the OS SKU" => UPDATE, Always, Pool(change::os_sku);
    "size-change": "the pool's size may change in place" => UPDATE, Always, Pool(change::size);
    "generation-change": "the nodes keep their generation" =>
        UPDATE, Always, Change(change::generation);
    "disk-controller-change": "the nodes keep their disk controller" =>
        UPDATE, Always, Change(change::disk_controller);
    "architecture-change": "the nodes keep their architecture" =>
        UPDATE, Always, Change(change::architecture);
    "confidential-change": "the nodes keep their confidential computing" =>
        UPDATE, Always, Change(change::confidential);
    "one-change": "the size changes alone" => UPDATE, Always, Pool(change::alone);
    "max-surge": "a change of the size has a surge" => UPDATE, Always, Pool(change::max_surge);
};

/// The maximum number of sizes of a pool that are checked. If a pool has more, its findings are
/// unknown.
pub const MOST_SIZES: usize = 32;

/// Runs all checks that apply to the action.
pub fn run(input: &Input<'_>) -> Vec<Outcome> {
    let made_for = |check: &&Check| check.actions.contains(&input.action);
    let outcome = |check: &Check| Outcome {
        check: check.name,
        finding: check.find(input),
    };
    CHECKS.iter().filter(made_for).map(outcome).collect()
}

impl Check {
    fn find(&self, input: &Input<'_>) -> Finding {
        match self.run {
            Run::Pool(find) => return find(input),
            Run::Change(find) => {
                let resize = Resize::of(input);
                return resize.map_or_else(|known| known, |resize| find(input, &resize));
            }
            Run::Size(_) | Run::Name(_) => {}
        }
        let nodes = nodes::of(input.drafted());
        if nodes.len() > MOST_SIZES {
            return unknown!("The pool has more than {MOST_SIZES} sizes.");
        }
        let findings: Vec<_> = nodes.iter().map(|of| self.find_of(input, of)).collect();
        worst(findings)
    }

    /// Returns the finding for the nodes of one size.
    fn find_of(&self, input: &Input<'_>, nodes: &Nodes<'_>) -> Finding {
        let Some(name) = nodes.size else {
            return Finding::unknown("No size is named: AKS chooses one.");
        };
        if !self.looks_at(input, nodes) {
            return Finding::pass(match self.when {
                MoreNodes => format!("No nodes of {name} are added."),
                Always | NewSize => format!("The pool keeps its size {name}."),
            });
        }
        match (&self.run, input.sizes.get(name)) {
            (Run::Name(find), lookup) => find(input, name, lookup),
            (Run::Size(find), Some(Lookup::Found(size))) => find(input, size),
            (_, lookup) => not_known(name, lookup),
        }
    }

    fn looks_at(&self, input: &Input<'_>, nodes: &Nodes<'_>) -> bool {
        let Some(current) = input.existing().filter(|_| input.action != Action::Add) else {
            return true;
        };
        let is_known = |of: &Nodes<'_>| match (of.size, nodes.size) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            _ => false,
        };
        let is_new = !nodes::of(current).iter().any(is_known);
        match self.when {
            Always => true,
            NewSize => is_new,
            MoreNodes => is_new || nodes::added(input, nodes) > 0,
        }
    }
}

/// Returns the worst finding, with the reasons of all that are equally bad.
fn worst(findings: Vec<Finding>) -> Finding {
    let worst = findings.iter().map(|found| found.verdict).max();
    let as_bad = findings
        .into_iter()
        .filter(|found| Some(found.verdict) == worst);
    let merged = as_bad.reduce(|mut all, next| {
        if !all.reason.contains(&next.reason) {
            all.reason = format!("{} {}", all.reason, next.reason);
        }
        all.advice.extend(next.advice);
        all
    });
    merged.unwrap_or_else(|| Finding::unknown("The pool has no nodes of any size."))
}

/// Returns the finding if a size is not known.
fn not_known(name: &str, lookup: Option<&Lookup<VmSize>>) -> Finding {
    match lookup {
        Some(Lookup::Unknown(reason)) => Finding::unknown(reason.clone()),
        _ => unknown!("Nothing is known of {name} here."),
    }
}

/// Returns the finding if Azure does not report a property of a size.
fn unsaid(size: &VmSize, what: &str) -> Finding {
    unknown!("Azure does not say of {} {what}.", size.name)
}

/// Returns the command line that lists similar sizes with these options.
pub(crate) fn similar(input: &Input<'_>, size: &str, options: &str) -> String {
    let location = input.location_text();
    let line = format!("azq sizes --location {location} --like {size} --aks --available");
    format!("{line} {options}").trim_end().to_owned()
}

/// Returns the finding of a check whether a size has a feature.
fn has(verdict: Option<bool>, size: &VmSize, what: &str) -> Finding {
    match verdict {
        Some(true) => pass!("{} has {what}.", size.name),
        Some(false) => fail!("{} has no {what}.", size.name),
        None => unsaid(size, &format!("whether it has {what}")),
    }
}

/// Whether a capability is true, or `None` if the SKU does not have it.
fn capability(size: &VmSize, name: &str) -> Option<bool> {
    let known = size.capabilities.get(name)?;
    Some(known.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Verdict;

    #[test]
    fn names_are_unique_and_say_what_is_asked() {
        for (index, check) in CHECKS.iter().enumerate() {
            assert!(!check.about.is_empty() && !check.actions.is_empty());
            let later = CHECKS.get(index + 1..).unwrap_or_default();
            assert!(
                later.iter().all(|other| other.name != check.name),
                "{}",
                check.name
            );
        }
    }

    #[test]
    fn the_worst_of_several_sizes_counts() {
        let merged = worst(vec![
            Finding::pass("A."),
            Finding::fail("B.").advise(["b".to_owned()]),
            Finding::unknown("C."),
            Finding::fail("D."),
        ]);
        assert_eq!(merged, Finding::fail("B. D.").advise(["b".to_owned()]));
        assert_eq!(worst(Vec::new()).verdict, Verdict::Unknown);
    }
}
