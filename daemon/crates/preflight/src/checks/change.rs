//! The changes that the service refuses in an update, and the alternatives.
//!
//! A change of the size uses the upgrade engine. The service refuses it if the generation, the disk
//! controller, the architecture or SEV-SNP would change, if it comes together with an upgrade or
//! another count, and without a surge. Only Azure knows whether the subscription has the feature.

use azq_vm_sizes::{DiskController, Generation, VmSize};

use super::{image, not_known};
use crate::advice;
use crate::finding::Finding;
use crate::input::{Input, Lookup};
use crate::nodes;
use crate::pool::Pool;

/// The Linux OS SKUs that an update can change into each other.
const INTERCHANGEABLE: [&str; 6] = [
    "Ubuntu",
    "Ubuntu2204",
    "Ubuntu2404",
    "AzureLinux",
    "AzureLinux3",
    "CBLMariner",
];

/// The properties whose change gives the nodes another image.
const NEW_IMAGE: [&str; 4] = [
    "osSKU",
    "enableFIPS",
    "securityProfile.enableSecureBoot",
    "securityProfile.enableVTPM",
];

/// A change of the size.
pub(super) struct Resize<'a> {
    current: Pool<'a>,
    old: &'a VmSize,
    new: &'a VmSize,
}

impl<'a> Resize<'a> {
    /// Returns the change, or a finding if the size does not change or one is not known.
    pub(super) fn of(input: &Input<'a>) -> Result<Self, Finding> {
        let current = input.existing().filter(|_| input.changes_size());
        let current = current.ok_or_else(|| Finding::pass("The pool keeps its size."))?;
        Ok(Self {
            current,
            old: known(input, current)?,
            new: known(input, input.drafted())?,
        })
    }
}

fn known<'a>(input: &Input<'a>, pool: Pool<'a>) -> Result<&'a VmSize, Finding> {
    let name = pool.text("vmSize").unwrap_or_default();
    let lookup = input.sizes.get(name);
    let found = lookup.and_then(Lookup::found);
    found.ok_or_else(|| not_known(name, lookup))
}

/// Returns the command lines that replace the pool by a new one.
fn instead(input: &Input<'_>) -> Vec<String> {
    advice::replace(input, &[])
}

/// Checks that the pool keeps its OS.
pub(super) fn os_type(input: &Input<'_>) -> Finding {
    let Some(current) = input.existing() else {
        return Finding::unknown("The pool as it is is not known.");
    };
    let has = match current.text("osType").unwrap_or("Linux") {
        os if os.eq_ignore_ascii_case("Linux") || os.eq_ignore_ascii_case("Windows") => {
            current.os_type()
        }
        other => return unknown!("What an OS {other} may become is not known."),
    };
    let asked = input.asked_os_type.filter(|asked| !asked.is_empty());
    let drafted = input.drafted();
    let by_sku = match drafted.os_sku() {
        sku if sku.starts_with("Windows") => "Windows",
        _ if drafted.text("osSKU").is_none() => has,
        _ => "Linux",
    };
    let wanted = asked.unwrap_or(by_sku);
    let is_other = !wanted.eq_ignore_ascii_case(has) || !by_sku.eq_ignore_ascii_case(has);
    if !is_other {
        return pass!("The pool runs {has} and keeps it.");
    }
    let wanted = if wanted.eq_ignore_ascii_case(has) {
        by_sku
    } else {
        wanted
    };
    let sku = drafted.os_sku();
    let sku = if sku.starts_with("Windows") == (wanted == "Windows") {
        sku
    } else {
        ""
    };
    let changes = [("--os-type", wanted), ("--os-sku", sku)];
    fail!("The pool runs {has}, and the OS of a pool cannot become {wanted}.")
        .advise(advice::replace(input, &changes))
}

/// Checks that an update accepts the OS SKU.
pub(super) fn os_sku(input: &Input<'_>) -> Finding {
    let Some(current) = input.existing() else {
        return Finding::unknown("The pool as it is is not known.");
    };
    let (now, then) = (current.os_sku(), input.drafted().os_sku());
    if now.eq_ignore_ascii_case(then) {
        return pass!("The pool keeps its OS SKU {now}.");
    }
    if then.starts_with("Windows") {
        return fail!("No update makes {then} of {now}: a new pool is needed.")
            .advise(advice::replace(input, &[("--os-type", "Windows")]));
    }
    if INTERCHANGEABLE.contains(&now) && INTERCHANGEABLE.contains(&then) {
        return pass!("An update makes {then} of {now}.");
    }
    unknown!("Whether an update makes {then} of {now} is not known.")
}

/// Checks that the pool's size may change in place.
pub(super) fn size(input: &Input<'_>) -> Finding {
    if !input.changes_size() {
        return Finding::pass("The pool keeps its size.");
    }
    let kind = input
        .drafted()
        .text("type")
        .unwrap_or("VirtualMachineScaleSets");
    if kind != "VirtualMachineScaleSets" {
        return fail!("The size of a pool of type {kind} cannot change.")
            .advise(advice::replace(input, &[("--vm-set-type", "")]));
    }
    Finding::unknown(
        "Azure decides by subscription whether a pool's size may change in place (feature \
         Microsoft.ContainerService/AgentPoolVMSSResize).",
    )
    .advise([
        "az feature show --namespace Microsoft.ContainerService --name AgentPoolVMSSResize"
            .to_owned(),
    ])
}

/// Checks that the nodes keep their generation.
pub(super) fn generation(input: &Input<'_>, &Resize { current, old, new }: &Resize<'_>) -> Finding {
    let Some(before) = current
        .running_generation()
        .or_else(|| of_linux(current, old))
    else {
        return Finding::unknown("Which generation the nodes run is not known.");
    };
    let Some(after) = after(input, before, old, new) else {
        return unknown!("Which generation {} would run is not known.", new.name);
    };
    let (from, to) = (image::number(before), image::number(after));
    if before == after {
        return pass!("The nodes run Generation {from} and keep it.");
    }
    fail!("The nodes would go from Generation {from} to {to}, which the service refuses in place.")
        .advise([advice::plan(&input.target)])
        .advise(instead(input))
}

/// Returns the generation that AKS gives Linux nodes of a size.
fn of_linux(pool: Pool<'_>, size: &VmSize) -> Option<Generation> {
    size.generations
        .of_linux_node()
        .filter(|_| !pool.is_windows())
}

/// Returns the generation after a change. Linux nodes whose generation is not AKS's choice for
/// their size keep it if the new size runs it.
fn after(input: &Input<'_>, before: Generation, old: &VmSize, new: &VmSize) -> Option<Generation> {
    let chosen = of_linux(input.drafted(), old);
    let is_kept = chosen.is_some_and(|chosen| chosen != before) && new.generations.has(before);
    if is_kept {
        return Some(before);
    }
    image::of_nodes(input, new)
}

/// Checks that the nodes keep their disk controller.
pub(super) fn disk_controller(input: &Input<'_>, &Resize { old, new, .. }: &Resize<'_>) -> Finding {
    let all = [DiskController::Scsi, DiskController::Nvme];
    let of = |size: &VmSize| all.map(|kind| size.has_disk_controller(kind));
    let names = |size: &VmSize| {
        let names = size.disk_controllers.iter().map(|kind| kind.name());
        names.collect::<Vec<_>>().join(" or ")
    };
    let (from, to) = (names(old), names(new));
    match (of(old), of(new)) {
        // If a size has both kinds, Azure does not report which one a node has.
        ([true, true], to_kinds) if to_kinds != [true, true] => unknown!(
            "The nodes have {from}, and {} has {to}: which they have is not known.",
            new.name
        ),
        (one, other) if one.iter().zip(other).any(|(one, other)| *one && other) => {
            pass!("{} has {to}, as the nodes have.", new.name)
        }
        _ => fail!(
            "The disk controller would go from {from} to {to}, which the service refuses in place."
        )
        .advise(instead(input)),
    }
}

/// Checks that the nodes keep their architecture.
pub(super) fn architecture(input: &Input<'_>, &Resize { old, new, .. }: &Resize<'_>) -> Finding {
    let is_said = |size: &VmSize| size.capabilities.iter().next().is_some();
    if !is_said(old) || !is_said(new) {
        return Finding::unknown("Azure does not say which architecture both sizes have.");
    }
    let (from, to) = (old.architecture.name(), new.architecture.name());
    if from == to {
        return pass!("The nodes are {from} and stay so.");
    }
    fail!("The nodes would go from {from} to {to}, which the service refuses in place.")
        .advise(instead(input))
}

/// Checks that the nodes keep their confidential computing.
pub(super) fn confidential(input: &Input<'_>, &Resize { old, new, .. }: &Resize<'_>) -> Finding {
    let (from, to) = (old.confidential(), new.confidential());
    let name = |kind: Option<&str>| kind.unwrap_or("none").to_owned();
    if from == to {
        return Finding::pass(match from {
            Some(kind) => format!("Confidential computing stays {kind}."),
            None => "Neither size is confidential.".to_owned(),
        });
    }
    let told = format!(
        "Confidential computing would go from {} to {}",
        name(from),
        name(to)
    );
    if [from, to].contains(&Some("SNP")) {
        return fail!("{told}, which the service refuses in place.").advise(instead(input));
    }
    unknown!("{told}; whether the service takes that is not known.")
}

/// Checks that the size changes alone, without the count or an upgrade.
pub(super) fn alone(input: &Input<'_>) -> Finding {
    let Some(current) = input.existing().filter(|_| input.changes_size()) else {
        return Finding::pass("The pool keeps its size.");
    };
    let size = input.drafted().text("vmSize").unwrap_or_default();
    let first = advice::update(&input.target, &format!("--node-vm-size {size}"));
    with_count(input, current, &first)
        .or_else(|| with_upgrade(input, current, &first))
        .or_else(|| with_image(input, current))
        .unwrap_or_else(|| Finding::pass("Nothing else changes that takes new nodes."))
}

/// Returns the initial number of nodes of a pool.
fn count(pool: Pool<'_>) -> i64 {
    nodes::total(&nodes::of(pool))
}

/// Returns the finding if the count would change too.
fn with_count(input: &Input<'_>, current: Pool<'_>, first: &str) -> Option<Finding> {
    let draft = input.drafted();
    let (now, then) = (count(current), count(draft));
    if now == then {
        return None;
    }
    let turns = if current.is_on("enableAutoScaling") {
        "--update"
    } else {
        "--enable"
    };
    let bound = |path| draft.integer(path).unwrap_or_default();
    let (least, most) = (bound("minCount"), bound("maxCount"));
    let bounds = format!("{turns}-cluster-autoscaler --min-count {least} --max-count {most}");
    let finding = fail!(
        "The size and the count ({now} to {then}) change together, which the service refuses."
    );
    Some(finding.advise([first.to_owned(), advice::update(&input.target, &bounds)]))
}

/// Returns the finding if the Kubernetes version would change too.
fn with_upgrade(input: &Input<'_>, current: Pool<'_>, first: &str) -> Option<Finding> {
    let wanted = input.drafted().text("orchestratorVersion")?;
    let runs = current.text("currentOrchestratorVersion");
    let runs = runs.or(current.text("orchestratorVersion"))?;
    if runs.starts_with(wanted) {
        return None;
    }
    let finding = fail!(
        "The nodes run Kubernetes {runs} and are to run {wanted}: the service refuses another size \
         together with an upgrade."
    );
    let upgrade = advice::of_pool("az aks nodepool upgrade", &input.target, input.target.pool);
    let upgrade = format!("{upgrade} --kubernetes-version {wanted}");
    Some(finding.advise([upgrade, first.to_owned()]))
}

/// Returns the finding if the image would change too.
fn with_image(input: &Input<'_>, current: Pool<'_>) -> Option<Finding> {
    let draft = input.drafted();
    let mut changed = NEW_IMAGE
        .iter()
        .filter(|path| draft.get(path) != current.get(path));
    let path = changed.next()?;
    Some(unknown!(
        "{path} changes too, which takes another image; whether the service takes both at once is \
         not known."
    ))
}

/// Checks that a change of the size has a surge.
pub(super) fn max_surge(input: &Input<'_>) -> Finding {
    if !input.changes_size() {
        return Finding::pass("The pool keeps its size.");
    }
    let draft = input.drafted();
    let count = count(draft);
    if count == 0 {
        return Finding::pass("The pool has no nodes that have to be replaced.");
    }
    let Some(surge) = draft.surge(count) else {
        return Finding::unknown("The pool's max surge is no number.");
    };
    if surge > 0 {
        return pass!("The nodes are replaced {surge} at a time.");
    }
    let size = draft.text("vmSize").unwrap_or_default();
    Finding::fail("The pool's max surge is 0, with which the service refuses another size.").advise(
        [
            advice::update(&input.target, "--max-surge 10% --max-unavailable 0"),
            advice::update(&input.target, &format!("--node-vm-size {size}")),
        ],
    )
}
