//! `az vm …`: the catalogue of resource SKUs, and two related lists.

use azq_proto::v1::{ListSkusRequest, ListVmSizesRequest, ListVmUsageRequest};

use super::command::{Command, Group, Node};
use super::vm_machines::{LIST, SHOW};

pub(crate) static VM: Group = Group {
    path: "vm",
    summary: "Virtual machines.",
    known: &[
        Node::Command(&LIST),
        Node::Command(&LIST_SIZES),
        Node::Command(&LIST_SKUS),
        Node::Command(&LIST_USAGE),
        Node::Command(&SHOW),
    ],
    words: &[
        "assess-patches",
        "identity",
        "application",
        "auto-shutdown",
        "create",
        "get-instance-view",
        "install-patches",
        "list",
        "list-ip-addresses",
        "list-sizes",
        "list-skus",
        "list-usage",
        "open-port",
        "resize",
        "restart",
        "show",
        "stop",
        "update",
        "wait",
        "capture",
        "availability-set",
        "boot-diagnostics",
        "diagnostics",
        "disk",
        "encryption",
        "extension",
        "image",
        "nic",
        "run-command",
        "secret",
        "unmanaged-disk",
        "user",
        "host",
        "monitor",
    ],
};

pub(super) const LOCATION_HELP: &str = "Region, such as those of `az account list-locations`. Without it, az's \
                             configured default ([defaults] location).";
pub(super) const MAX_AGE_HELP: &str = "azq's own: how old the kept catalogue may be, such as 90s, 5m, 1h or 1d; \
                            a bare number counts seconds, and 0 asks Azure.";
pub(super) const TRUE_OR_FALSE: &[&str] = &["true", "false"];

static LIST_SKUS: Command = Command {
    summary: "List the sizes and other resource SKUs that the subscription may use.",
    details: "Answered from a catalogue that azq keeps per region; --max-age says how old it may be.",
    examples: &[
        (
            "What a region offers, as a table.",
            "vm list-skus -l eastus -o table",
        ),
        (
            "One size: where it can be created.",
            "vm list-skus -l eastus --size Standard_D4s_v5",
        ),
        (
            "Sizes that support availability zones.",
            "vm list-skus -l eastus --zone",
        ),
        (
            "The same, asking Azure instead of the kept catalogue.",
            "vm list-skus -l eastus --zone --max-age 0",
        ),
    ],
    table: options! { ListSkusRequest:
        ignored = ["--cmd"];
        text location ["-l"]: LOCATION_HELP;
        text size ["-s"]: "Name of a size, or a part of it.";
        boolean(TRUE_OR_FALSE) zone ["-z"]: "Only SKUs that support availability zones.";
        boolean(TRUE_OR_FALSE) show_all = ["--all"]: "Also SKUs that the subscription may not use.";
        text resource_type ["-r"]:
            "Type of resource: virtualMachines, disks, snapshots, availabilitySets and so on.";
        seconds max_age: MAX_AGE_HELP, own;
    },
    ..Command::DEFAULT
};

static LIST_SIZES: Command = Command {
    summary: "List the VM sizes of a region.",
    details: "Deprecated in az: `vm list-skus` knows more.",
    examples: &[("The sizes of a region.", "vm list-sizes -l westus -o table")],
    deprecation: "This command has been deprecated and will be removed in a future release. \
                  Use 'az vm list-skus' instead.",
    table: options! { ListVmSizesRequest:
        ignored = ["--cmd"];
        text location ["-l"]: LOCATION_HELP, required_or_configured;
    },
    ..Command::DEFAULT
};

static LIST_USAGE: Command = Command {
    summary: "List how much of its compute quotas the subscription uses in a region.",
    examples: &[(
        "The quotas of a region.",
        "vm list-usage -l westus -o table",
    )],
    table: options! { ListVmUsageRequest:
        ignored = ["--cmd"];
        text location ["-l"]: LOCATION_HELP, required_or_configured;
    },
    ..Command::DEFAULT
};
