//! `az group …`: resource groups.

use azq_proto::v1::{GroupExistsRequest, ListGroupsRequest, ShowGroupRequest};

use super::command::{Command, Group, Node, Rows};
use super::option::{Opt, ignored, optional_text, text};

pub(crate) static GROUP: Group = Group {
    path: "group",
    summary: "Resource groups.",
    known: &[
        Node::Command(&EXISTS),
        Node::Command(&LIST),
        Node::Command(&SHOW),
    ],
    words: &[
        "delete",
        "show",
        "exists",
        "list",
        "create",
        "export",
        "update",
        "wait",
        "lock",
        "deployment",
    ],
};

const NAME: &[&str] = &["--name", "-n", "--resource-group", "-g"];
const NAME_HELP: &str = "Name of the resource group. Without it, az's configured default \
                         ([defaults] group).";

static SHOW: Command = Command {
    summary: "Show a resource group.",
    examples: &[(
        "Where a group is.",
        "group show -n MyGroup --query location -o tsv",
    )],
    policy: false,
    table: &Rows(&SHOW_OPTIONS),
    ..Command::DEFAULT
};

static SHOW_OPTIONS: [Opt<ShowGroupRequest>; 2] = [
    ignored(&["--cmd"]),
    text(
        NAME,
        |request: &mut ShowGroupRequest| &mut request.resource_group_name,
        NAME_HELP,
    )
    .required_or_configured("resource_group_name"),
];

static EXISTS: Command = Command {
    summary: "Tell whether there is a resource group.",
    examples: &[("`true` or `false`.", "group exists -n MyGroup")],
    table: &Rows(&EXISTS_OPTIONS),
    ..Command::DEFAULT
};

static EXISTS_OPTIONS: [Opt<GroupExistsRequest>; 2] = [
    ignored(&["--cmd"]),
    text(
        NAME,
        |request: &mut GroupExistsRequest| &mut request.resource_group_name,
        NAME_HELP,
    )
    .required_or_configured("resource_group_name"),
];

static LIST: Command = Command {
    summary: "List the subscription's resource groups.",
    examples: &[
        ("All of them.", "group list -o table"),
        (
            "Those with a tag.",
            "group list --tag env=prod --query [].name -o tsv",
        ),
    ],
    policy: false,
    table: &Rows(&LIST_OPTIONS),
    ..Command::DEFAULT
};

static LIST_OPTIONS: [Opt<ListGroupsRequest>; 2] = [
    ignored(&["--cmd"]),
    optional_text(
        &["--tag"],
        |request| &mut request.tag,
        "A tag, as `key` or `key=value`.",
    ),
];
