//! `azq sizes`: the sizes that match. azq's own command, with a command line like az's.

use azq_proto::v1::{SelectSizesRequest as Request, Words};

use super::command::{Command, Rows};
use super::option::{
    Names, Opt, choice, flag, integer, optional_text, seconds, some_text, some_words,
};
use super::vm::MAX_AGE_HELP;

pub(crate) static SIZES: Command = Command {
    summary: "List the VM sizes that fit.",
    details: "Answered from the catalogue that azq keeps; prints a table unless -o or az's \
              configuration says otherwise. Ranges are N, MIN..MAX, MIN.. or ..MAX. azq's own: az \
              has no such command.",
    examples: &[
        (
            "What runs generation 2 in a region, with four to eight vCPUs.",
            "sizes -l eastus --gen2 --vcpus 4..8 --available",
        ),
        (
            "What AKS accepts, with quota for three nodes, the cheapest first.",
            "sizes -l eastus --aks --gen2 --vcpus 4 --quota 3 --price --sort price",
        ),
        (
            "Similar sizes that are open in two zones.",
            "sizes -l eastus --like Standard_D4s_v3 --gen2 --zone 1 2 --max 5",
        ),
        (
            "What a node pool of a size can become in place.",
            "sizes -l eastus --resizable-from Standard_D4s_v5 --available",
        ),
        (
            "Where a size is to be had.",
            "sizes -l all --allow '^Standard_D4s_v5$' --available --query [].location -o tsv",
        ),
        (
            "The one that you choose from the list.",
            "sizes -l eastus --gen2 --pick",
        ),
    ],
    policy: false,
    is_own: true,
    table: &Rows(&OPTIONS),
    ..Command::DEFAULT
};

const WHAT: &str = "What the size is";
const FEATURES: &str = "What the size can";
const WHERE: &str = "Where and to whom";
const ORDER: &str = "What is shown";

const ARCHITECTURES: &[&str] = &["x64", "arm64"];
const OS_TYPES: &[&str] = &["Linux", "Windows"];

/// Returns a flag that selects sizes.
const fn has(
    names: Names,
    place: fn(&mut Request) -> &mut bool,
    group: &'static str,
    help: &'static str,
) -> Opt<Request> {
    flag(names, place, help).group(group)
}

/// Returns an option with a value that selects sizes.
const fn value(
    names: Names,
    place: fn(&mut Request) -> &mut Option<String>,
    group: &'static str,
    help: &'static str,
) -> Opt<Request> {
    some_text(names, place, help).group(group)
}

/// Returns an option with values that select sizes.
const fn values(
    names: Names,
    place: fn(&mut Request) -> &mut Option<Words>,
    group: &'static str,
    help: &'static str,
) -> Opt<Request> {
    some_words(names, place, help).group(group)
}

static OPTIONS: [Opt<Request>; 34] = [
    values(
        &["--location", "-l"],
        |request| &mut request.location,
        WHERE,
        "Regions, or `all`. Without it, az's configured default ([defaults] location), else all.",
    ),
    has(
        &["--gen1"],
        |request| &mut request.gen1,
        WHAT,
        "Runs generation 1.",
    ),
    has(
        &["--gen2"],
        |request| &mut request.gen2,
        WHAT,
        "Runs generation 2.",
    ),
    value(
        &["--vcpus"],
        |request| &mut request.vcpus,
        WHAT,
        "How many vCPUs a machine has; a range.",
    ),
    value(
        &["--memory"],
        |request| &mut request.memory,
        WHAT,
        "Memory in GiB; a range.",
    ),
    value(
        &["--memory-per-vcpu"],
        |request| &mut request.memory_per_vcpu,
        WHAT,
        "Memory in GiB for each vCPU; a range.",
    ),
    value(
        &["--gpus"],
        |request| &mut request.gpus,
        WHAT,
        "How many GPUs; a range. 0 is none.",
    ),
    choice(
        &["--arch"],
        ARCHITECTURES,
        |request: &mut Request| &mut request.arch,
        "The processors' architecture.",
    )
    .group(WHAT),
    values(
        &["--family"],
        |request| &mut request.family,
        WHAT,
        "Families by the name of their quota, such as standardDSv5Family or dsv5.",
    ),
    values(
        &["--allow"],
        |request| &mut request.allow,
        WHAT,
        "Regular expressions of which the name must match one.",
    ),
    values(
        &["--deny"],
        |request| &mut request.deny,
        WHAT,
        "Regular expressions of which the name may match none.",
    ),
    value(
        &["--like"],
        |request| &mut request.like,
        WHAT,
        "A size: those that are similar to it, the most similar first.",
    ),
    value(
        &["--resizable-from"],
        |request| &mut request.resizable_from,
        WHAT,
        "A size: those that AKS can make of it in place.",
    ),
    has(
        &["--accelerated-networking"],
        |request| &mut request.accelerated_networking,
        FEATURES,
        "Has accelerated networking.",
    ),
    has(
        &["--premium-io"],
        |request| &mut request.premium_io,
        FEATURES,
        "Takes premium disks.",
    ),
    optional_text(
        &["--ephemeral-os-disk"],
        |request: &mut Request| &mut request.ephemeral_os_disk,
        "Can have an ephemeral OS disk, of so many GB if that is given.",
    )
    .group(FEATURES),
    has(
        &["--encryption-at-host"],
        |request| &mut request.encryption_at_host,
        FEATURES,
        "Encrypts at the host.",
    ),
    has(
        &["--ultra-ssd"],
        |request| &mut request.ultra_ssd,
        FEATURES,
        "Takes ultra disks; in each zone of --zone.",
    ),
    has(
        &["--trusted-launch"],
        |request| &mut request.trusted_launch,
        FEATURES,
        "Can be launched as trusted.",
    ),
    has(
        &["--confidential"],
        |request| &mut request.confidential,
        FEATURES,
        "Is made for confidential computing.",
    ),
    has(
        &["--spot"],
        |request| &mut request.spot,
        FEATURES,
        "Is to be had as a spot machine; --quota then counts the quota of those.",
    ),
    has(
        &["--nvme"],
        |request| &mut request.nvme,
        FEATURES,
        "Has NVMe disk controllers.",
    ),
    has(
        &["--scsi"],
        |request| &mut request.scsi,
        FEATURES,
        "Has SCSI disk controllers.",
    ),
    values(
        &["--capability"],
        |request| &mut request.capability,
        FEATURES,
        "Capabilities as NAME=VALUE; also !=, >=, <=, >, <, and =~ with a regular expression.",
    ),
    values(
        &["--zone", "-z"],
        |request| &mut request.zone,
        WHERE,
        "Zones that must all be open.",
    ),
    has(
        &["--available"],
        |request| &mut request.available,
        WHERE,
        "Is not closed to the subscription. A closed zone does not close its region.",
    ),
    has(
        &["--aks"],
        |request| &mut request.aks,
        WHERE,
        "Is in AKS's own list of the region, and has what AKS asks of a node.",
    ),
    integer(
        &["--quota"],
        |request: &mut Request| &mut request.quota,
        "There is quota for so many machines.",
    )
    .group(WHERE),
    has(
        &["--price"],
        |request| &mut request.price,
        ORDER,
        "Show prices in US dollars an hour: pay as you go, and spot.",
    ),
    choice(
        &["--os-type"],
        OS_TYPES,
        |request: &mut Request| &mut request.os_type,
        "Whose prices.",
    )
    .default("Linux")
    .group(ORDER),
    values(
        &["--sort"],
        |request| &mut request.sort,
        ORDER,
        "What to sort by: name, location, vcpus, memory, memory-per-vcpu, gpus, quota, price or \
         spot-price; NAME:desc puts the largest first.",
    ),
    integer(
        &["--max"],
        |request: &mut Request| &mut request.max,
        "Show so many at most.",
    )
    .group(ORDER),
    has(
        &["--pick"],
        |request| &mut request.pick,
        ORDER,
        "Choose one from a list on the terminal; prints its name.",
    ),
    seconds(
        &["--max-age"],
        |request: &mut Request| &mut request.max_age,
        MAX_AGE_HELP,
    )
    .group(ORDER),
];
