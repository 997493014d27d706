//! `az vm list` and `show`: the virtual machines themselves.

use azq_proto::v1::{ListVmsRequest, ShowVmRequest};

use super::command::Command;
use super::node_pools::RESOURCE_GROUP_HELP;
use super::option::MANY;
use super::resource::IDENTITY;

pub(super) static LIST: Command = Command {
    summary: "List virtual machines.",
    details: "Those of the subscription, of a resource group, or of a scale set. az answers --show-details.",
    examples: &[("A group's.", "vm list -g MyResourceGroup -o table")],
    table: options! { ListVmsRequest:
        ignored = ["--cmd"];
        text resource_group_name: RESOURCE_GROUP_HELP;
        handed_over(0) = ["--show-details", "-d"];
        text vmss: "Name or id of the scale set that they are in.";
    },
    ..Command::DEFAULT
};

pub(super) static SHOW: Command = Command {
    summary: "Show a virtual machine.",
    details: "az answers --show-details and --ids.",
    examples: &[("A machine.", "vm show -g MyResourceGroup -n MyVm")],
    table: options! { ShowVmRequest:
        ignored = ["--cmd"];
        text resource_group_name: RESOURCE_GROUP_HELP, group(IDENTITY);
        text name ["-n"]:
            "Name of the machine. Without it, az's configured default ([defaults] vm).",
            group(IDENTITY);
        handed_over(0) = ["--show-details", "-d"];
        flag include_user_data ["-u"]: "Show the user data, too.";
        handed_over(MANY) = ["--ids"];
    },
    ..Command::DEFAULT
};
