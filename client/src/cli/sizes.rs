//! `azq sizes`: the sizes that match. azq's own command, with a command line like az's.

use azq_proto::v1::SelectSizesRequest;

use super::command::Command;
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
    is_own: true,
    table: options! { SelectSizesRequest:
        some_words location ["-l"]:
            "Regions, or `all`. Without it, az's configured default ([defaults] location), else all.",
            group(WHERE);
        flag gen1: "Runs generation 1.", group(WHAT);
        flag gen2: "Runs generation 2.", group(WHAT);
        some_text vcpus: "How many vCPUs a machine has; a range.", group(WHAT);
        some_text memory: "Memory in GiB; a range.", group(WHAT);
        some_text memory_per_vcpu: "Memory in GiB for each vCPU; a range.", group(WHAT);
        some_text gpus: "How many GPUs; a range. 0 is none.", group(WHAT);
        choice(&["x64", "arm64"]) arch: "The processors' architecture.", group(WHAT);
        some_words family:
            "Families by the name of their quota, such as standardDSv5Family or dsv5.", group(WHAT);
        some_words allow: "Regular expressions of which the name must match one.", group(WHAT);
        some_words deny: "Regular expressions of which the name may match none.", group(WHAT);
        some_text like:
            "A size: those that are similar to it, the most similar first.", group(WHAT);
        some_text resizable_from: "A size: those that AKS can make of it in place.", group(WHAT);
        flag accelerated_networking: "Has accelerated networking.", group(FEATURES);
        flag premium_io: "Takes premium disks.", group(FEATURES);
        optional_text ephemeral_os_disk:
            "Can have an ephemeral OS disk, of so many GB if that is given.", group(FEATURES);
        flag encryption_at_host: "Encrypts at the host.", group(FEATURES);
        flag ultra_ssd: "Takes ultra disks; in each zone of --zone.", group(FEATURES);
        flag trusted_launch: "Can be launched as trusted.", group(FEATURES);
        flag confidential: "Is made for confidential computing.", group(FEATURES);
        flag spot:
            "Is to be had as a spot machine; --quota then counts the quota of those.",
            group(FEATURES);
        flag nvme: "Has NVMe disk controllers.", group(FEATURES);
        flag scsi: "Has SCSI disk controllers.", group(FEATURES);
        some_words capability:
            "Capabilities as NAME=VALUE; also !=, >=, <=, >, <, and =~ with a regular expression.",
            group(FEATURES);
        some_words zone ["-z"]: "Zones that must all be open.", group(WHERE);
        flag available:
            "Is not closed to the subscription. A closed zone does not close its region.",
            group(WHERE);
        flag aks:
            "Is in AKS's own list of the region, and has what AKS asks of a node.", group(WHERE);
        integer quota: "There is quota for so many machines.", group(WHERE);
        flag price: "Show prices in US dollars an hour: pay as you go, and spot.", group(ORDER);
        choice(&["Linux", "Windows"]) os_type: "Whose prices.", default("Linux"), group(ORDER);
        some_words sort:
            "What to sort by: name, location, vcpus, memory, memory-per-vcpu, gpus, quota, price or \
             spot-price; NAME:desc puts the largest first.", group(ORDER);
        integer max: "Show so many at most.", group(ORDER);
        flag pick: "Choose one from a list on the terminal; prints its name.", group(ORDER);
        seconds max_age: MAX_AGE_HELP, group(ORDER);
    },
    ..Command::DEFAULT
};

const WHAT: &str = "What the size is";
const FEATURES: &str = "What the size can";
const WHERE: &str = "Where and to whom";
const ORDER: &str = "What is shown";
