//! `az resource …`: any resource.

use azq_proto::v1::{ListResourcesRequest, ShowResourceRequest};

use super::command::{Command, Group, Node, Rows};
use super::node_pools::{RESOURCE_GROUP, RESOURCE_GROUP_HELP};
use super::option::{Opt, boolean, handed_over, ignored, optional_text, some_words, text};
use super::vm::{LOCATION, LOCATION_HELP, TRUE_OR_FALSE};

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

const IDENTITY: &str = "Resource Id Arguments";
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
    policy: false,
    table: &Rows(&LIST_OPTIONS),
    ..Command::DEFAULT
};

static LIST_OPTIONS: [Opt<ListResourcesRequest>; 7] = [
    ignored(&["--cmd"]),
    text(
        RESOURCE_GROUP,
        |request: &mut ListResourcesRequest| &mut request.resource_group_name,
        RESOURCE_GROUP_HELP,
    )
    .group(IDENTITY),
    text(
        &["--namespace"],
        |request: &mut ListResourcesRequest| &mut request.namespace,
        NAMESPACE_HELP,
    )
    .group(IDENTITY),
    text(
        &["--resource-type"],
        |request: &mut ListResourcesRequest| &mut request.resource_type,
        TYPE_HELP,
    )
    .group(IDENTITY),
    text(
        &["--name", "-n"],
        |request: &mut ListResourcesRequest| &mut request.name,
        NAME_HELP,
    ),
    optional_text(
        &["--tag"],
        |request: &mut ListResourcesRequest| &mut request.tag,
        "A tag, as `key`, `key=value`, or the beginning of a key with * after it.",
    ),
    text(
        LOCATION,
        |request: &mut ListResourcesRequest| &mut request.location,
        LOCATION_HELP,
    ),
];

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
    policy: false,
    table: &Rows(&SHOW_OPTIONS),
    ..Command::DEFAULT
};

static SHOW_OPTIONS: [Opt<ShowResourceRequest>; 10] = [
    ignored(&["--cmd"]),
    some_words(
        &["--ids"],
        |request: &mut ShowResourceRequest| &mut request.ids,
        "Ids of resources, with spaces between, instead of their names.",
    )
    .group(IDENTITY),
    text(
        RESOURCE_GROUP,
        |request: &mut ShowResourceRequest| &mut request.resource_group_name,
        RESOURCE_GROUP_HELP,
    )
    .group(IDENTITY),
    text(
        &["--namespace"],
        |request: &mut ShowResourceRequest| &mut request.namespace,
        NAMESPACE_HELP,
    )
    .group(IDENTITY),
    text(
        &["--parent"],
        |request: &mut ShowResourceRequest| &mut request.parent,
        "Path of the resource above it, such as virtualMachines/MyVm.",
    )
    .group(IDENTITY),
    text(
        &["--resource-type"],
        |request: &mut ShowResourceRequest| &mut request.resource_type,
        TYPE_HELP,
    )
    .group(IDENTITY),
    text(
        &["--name", "-n"],
        |request: &mut ShowResourceRequest| &mut request.name,
        NAME_HELP,
    )
    .group(IDENTITY),
    text(
        &["--api-version"],
        |request: &mut ShowResourceRequest| &mut request.api_version,
        "Version of the provider's API; without it, the newest stable one.",
    )
    .group(IDENTITY),
    boolean(
        &["--include-response-body"],
        TRUE_OR_FALSE,
        |request: &mut ShowResourceRequest| &mut request.include_response_body,
        "Add all of Azure's answer.",
    ),
    handed_over(&["--latest-include-preview", "-v"], 0),
];
