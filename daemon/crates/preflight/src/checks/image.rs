//! Checks that the OS has an image that runs on the size.

use azq_vm_sizes::{Architecture, Generation, VmSize};

use super::{similar, unsaid};
use crate::advice::{self, WINDOWS_GEN2};
use crate::finding::Finding;
use crate::input::{Action, Input};
use crate::pool::Pool;

/// The generations of an OS SKU's images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Images {
    /// Both. The size decides: Generation 2 if it runs that.
    Both,
    /// Both. A header decides: Generation 1 without it.
    ByHeader,
    First,
    Second,
}

/// An OS SKU.
struct OsSku {
    name: &'static str,
    images: Images,
    arm64: bool,
}

const fn sku(name: &'static str, images: Images, arm64: bool) -> OsSku {
    OsSku {
        name,
        images,
        arm64,
    }
}

/// The images of AKS's OS SKUs. The images of other OS SKUs are not known.
const OS_SKUS: [OsSku; 12] = [
    sku("Ubuntu", Images::Both, true),
    sku("Ubuntu2204", Images::Both, true),
    sku("Ubuntu2404", Images::Both, true),
    sku("AzureLinux", Images::Both, true),
    sku("AzureLinux3", Images::Both, true),
    sku("CBLMariner", Images::Both, true),
    sku("Mariner", Images::Both, true),
    sku("AzureLinux3OSGuard", Images::Second, false),
    sku("Windows2019", Images::First, false),
    sku("Windows2022", Images::ByHeader, false),
    sku("Windows2025", Images::Second, false),
    sku("WindowsAnnual", Images::Second, false),
];

fn find(pool: Pool<'_>) -> Option<&'static OsSku> {
    let name = pool.os_sku();
    OS_SKUS
        .iter()
        .find(|sku| sku.name.eq_ignore_ascii_case(name))
}

/// Returns the generation that AKS would give the nodes, or `None` if AKS has no image for the size
/// or it is not known.
pub(super) fn of_nodes(input: &Input<'_>, size: &VmSize) -> Option<Generation> {
    let pool = input.drafted();
    let sku = find(pool)?;
    let wanted = match sku.images {
        Images::Both => return size.generations.of_linux_node(),
        Images::First => Generation::V1,
        Images::Second => Generation::V2,
        Images::ByHeader if input.asks_for_windows_gen2() => Generation::V2,
        // Existing nodes keep their generation.
        Images::ByHeader => {
            let running = input.existing().and_then(Pool::running_generation);
            let running = running.filter(|_| input.action != Action::Add);
            running.unwrap_or(Generation::V1)
        }
    };
    size.generations.has(wanted).then_some(wanted)
}

/// Checks that the OS has an image of a generation that the size runs.
pub(super) fn generation(input: &Input<'_>, size: &VmSize) -> Finding {
    let (pool, name) = (input.drafted(), &size.name);
    let os_sku = pool.os_sku();
    let Some(sku) = find(pool) else {
        return unknown!("Which images {os_sku} has is not known.");
    };
    if !size.generations.v1 && !size.generations.v2 {
        return unsaid(size, "which generations it runs");
    }
    if let Some(generation) = of_nodes(input, size) {
        return Finding::pass(told(input, size, sku, generation));
    }
    let location = input.location_text();
    match sku.images {
        Images::ByHeader if input.asks_for_windows_gen2() => {
            fail!("UseWindowsGen2VM=true asks for Generation 2, which {name} does not run.")
                .advise([similar(input, name, "--gen2")])
        }
        Images::ByHeader => fail!(
            "{name} runs Generation 2 alone, and {os_sku} is of Generation 1 without \
             UseWindowsGen2VM=true."
        )
        .advise(with_header(input)),
        Images::First => fail!("{name} runs Generation 2 alone, and {os_sku} has no image of it.")
            .advise([similar(input, name, "--gen1")]),
        Images::Second | Images::Both => {
            fail!("{os_sku} is of Generation 2 alone, which {name} does not run.").advise([
                format!("azq sizes --location {location} --like {name} --aks --available --gen2"),
            ])
        }
    }
}

/// Describes the generation of the nodes, and how to get the other one.
fn told(input: &Input<'_>, size: &VmSize, sku: &OsSku, generation: Generation) -> String {
    let number = number(generation);
    let (name, os_sku) = (&size.name, sku.name);
    let is_first_by_default = sku.images == Images::ByHeader
        && generation == Generation::V1
        && size.generations.v2
        && input.action == Action::Add;
    let more = if is_first_by_default {
        " UseWindowsGen2VM=true would make it 2."
    } else {
        ""
    };
    format!("{os_sku} on {name} runs Generation {number}.{more}")
}

/// Returns a generation's number.
pub(super) fn number(generation: Generation) -> u8 {
    match generation {
        Generation::V1 => 1,
        Generation::V2 => 2,
    }
}

/// Returns the command lines that give the pool the header: the same command for a new pool, else a
/// replacement of the pool.
fn with_header(input: &Input<'_>) -> Vec<String> {
    match input.action {
        Action::Add => vec![advice::add(input, input.target.pool, &[WINDOWS_GEN2])],
        Action::Update | Action::Scale => advice::replace(input, &[WINDOWS_GEN2]),
    }
}

/// Checks that the OS has an image of the size's architecture.
pub(super) fn architecture(input: &Input<'_>, size: &VmSize) -> Finding {
    let pool = input.drafted();
    let (os_sku, name) = (pool.os_sku(), &size.name);
    let architecture = size.architecture.name();
    if size.capabilities.iter().next().is_none() {
        return unsaid(size, "which architecture it has");
    }
    match find(pool) {
        _ if size.architecture == Architecture::X64 => {
            pass!("{name} is {architecture}, for which every OS has images.")
        }
        Some(sku) if sku.arm64 => pass!("{os_sku} has images for {architecture}."),
        None if !pool.is_windows() => {
            unknown!("Whether {os_sku} has images for {architecture} is not known.")
        }
        _ => fail!("{name} is {architecture}, for which {os_sku} has no images.")
            .advise([similar(input, name, "--arch x64")]),
    }
}

/// Checks that the size supports secure boot and vTPM, if the pool requests them.
pub(super) fn trusted_launch(input: &Input<'_>, size: &VmSize) -> Finding {
    let (pool, name) = (input.drafted(), &size.name);
    let wanted: Vec<&str> = [
        ("securityProfile.enableSecureBoot", "secure boot"),
        ("securityProfile.enableVTPM", "a vTPM"),
    ]
    .into_iter()
    .filter(|(path, _)| pool.is_on(path))
    .map(|(_, name)| name)
    .collect();
    if wanted.is_empty() {
        return Finding::pass("Neither secure boot nor a vTPM is asked for.");
    }
    let wanted = wanted.join(" and ");
    if size.capabilities.get("HyperVGenerations").is_none() {
        return unsaid(
            size,
            "which generations it runs, which trusted launch depends on",
        );
    }
    if !size.trusted_launch() {
        return fail!("{name} cannot be launched as trusted, so there is no {wanted}.")
            .advise([similar(input, name, "--trusted-launch")]);
    }
    if pool.is_windows() && of_nodes(input, size) == Some(Generation::V1) {
        return fail!("{wanted} needs Generation 2, and the pool's nodes run Generation 1.")
            .advise(with_header(input));
    }
    pass!("{name} takes {wanted}.")
}
