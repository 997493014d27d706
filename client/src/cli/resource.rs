//! `az resource …`: any resource.

use azq_proto::v1::{ListResourcesRequest, ShowResourceRequest};

use super::command::{Command, Group, Node};
use super::node_pools::RESOURCE_GROUP_HELP;
use super::vm::{LOCATION_HELP, TRUE_OR_FALSE};

pub(crate) static RESOURCE: Group = Group {
    path: "resource",
    summary: "Resources of any kind.",
    known: &[Node::Command(&LIST), Node::Command(&SHOW)],
    words: &[
        "create",
        "delete",
        "show",
        "list",
        "tag",
        "move",
        "invoke-action",
        "update",
        "patch",
        "wait",
        "lock",
        "link",
    ],
};

pub(super) const IDENTITY: &str = "Resource Id Arguments";
const NAMESPACE_HELP: &str = "Provider namespace, such as Microsoft.Compute.";
const TYPE_HELP: &str = "Type, such as virtualMachines, or Microsoft.Compute/virtualMachines.";
const NAME_HELP: &str = "Name of the resource.";

static LIST: Command = Command {
    summary: "List resources.",
    details: "Those of the subscription, or those that the options tell.",
    examples: &[
        (
            "A group's resources.",
            "resource list -g MyResourceGroup -o table",
        ),
        (
            "All clusters.",
            "resource list --resource-type Microsoft.ContainerService/managedClusters --query [].id -o tsv",
        ),
    ],
    table: options! { ListResourcesRequest:
        ignored = ["--cmd"];
        text resource_group_name: RESOURCE_GROUP_HELP, group(IDENTITY);
        text namespace: NAMESPACE_HELP, group(IDENTITY);
        text resource_type: TYPE_HELP, group(IDENTITY);
        text name ["-n"]: NAME_HELP;
        optional_text tag:
            "A tag, as `key`, `key=value`, or the beginning of a key with * after it.";
        text location ["-l"]: LOCATION_HELP;
    },
    ..Command::DEFAULT
};

static SHOW: Command = Command {
    summary: "Show a resource.",
    examples: &[
        (
            "By its names.",
            "resource show -g MyResourceGroup --resource-type Microsoft.Compute/virtualMachines -n MyVm",
        ),
        (
            "By its id.",
            "resource show --ids /subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/disks/D",
        ),
    ],
    table: options! { ShowResourceRequest:
        ignored = ["--cmd"];
        some_words ids:
            "Ids of resources, with spaces between, instead of their names.", group(IDENTITY);
        text resource_group_name: RESOURCE_GROUP_HELP, group(IDENTITY);
        text namespace: NAMESPACE_HELP, group(IDENTITY);
        text parent:
            "Path of the resource above it, such as virtualMachines/MyVm.", group(IDENTITY);
        text resource_type: TYPE_HELP, group(IDENTITY);
        text name ["-n"]: NAME_HELP, group(IDENTITY);
        text api_version:
            "Version of the provider's API; without it, the newest stable one.", group(IDENTITY);
        boolean(TRUE_OR_FALSE) include_response_body: "Add all of Azure's answer.";
        handed_over(0) = ["--latest-include-preview", "-v"];
    },
    ..Command::DEFAULT
};
