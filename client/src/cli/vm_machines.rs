//! `az vm list` and `show`: the virtual machines themselves.

use azq_proto::v1::{ListVmsRequest, ShowVmRequest};

use super::command::{Command, Rows};
use super::node_pools::{RESOURCE_GROUP, RESOURCE_GROUP_HELP};
use super::option::{MANY, Opt, flag, handed_over, ignored, text};

const IDENTITY: &str = "Resource Id Arguments";

pub(super) static LIST: Command = Command {
    summary: "List virtual machines.",
    details: "Those of the subscription, of a resource group, or of a scale set. az answers --show-details.",
    examples: &[("A group's.", "vm list -g MyResourceGroup -o table")],
    policy: false,
    table: &Rows(&LIST_OPTIONS),
    ..Command::DEFAULT
};

static LIST_OPTIONS: [Opt<ListVmsRequest>; 4] = [
    ignored(&["--cmd"]),
    text(
        RESOURCE_GROUP,
        |request| &mut request.resource_group_name,
        RESOURCE_GROUP_HELP,
    ),
    handed_over(&["--show-details", "-d"], 0),
    text(
        &["--vmss"],
        |request| &mut request.vmss,
        "Name or id of the scale set that they are in.",
    ),
];

pub(super) static SHOW: Command = Command {
    summary: "Show a virtual machine.",
    details: "az answers --show-details and --ids.",
    examples: &[("A machine.", "vm show -g MyResourceGroup -n MyVm")],
    policy: false,
    table: &Rows(&SHOW_OPTIONS),
    ..Command::DEFAULT
};

static SHOW_OPTIONS: [Opt<ShowVmRequest>; 6] = [
    ignored(&["--cmd"]),
    text(
        RESOURCE_GROUP,
        |request: &mut ShowVmRequest| &mut request.resource_group_name,
        RESOURCE_GROUP_HELP,
    )
    .group(IDENTITY),
    text(
        &["--name", "-n"],
        |request: &mut ShowVmRequest| &mut request.name,
        "Name of the machine. Without it, az's configured default ([defaults] vm).",
    )
    .group(IDENTITY),
    handed_over(&["--show-details", "-d"], 0),
    flag(
        &["--include-user-data", "-u"],
        |request| &mut request.include_user_data,
        "Show the user data, too.",
    ),
    handed_over(&["--ids"], MANY),
];
