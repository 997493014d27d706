//! `az group …`: resource groups.

use azq_proto::v1::{GroupExistsRequest, ListGroupsRequest, ShowGroupRequest};

use super::command::{Command, Group, Node};

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

const NAME: [&str; 4] = ["--name", "-n", "--resource-group", "-g"];
const NAME_HELP: &str = "Name of the resource group. Without it, az's configured default \
                         ([defaults] group).";

static SHOW: Command = Command {
    summary: "Show a resource group.",
    examples: &[(
        "Where a group is.",
        "group show -n MyGroup --query location -o tsv",
    )],
    table: options! { ShowGroupRequest:
        ignored = ["--cmd"];
        text resource_group_name = NAME: NAME_HELP, required_or_configured;
    },
    ..Command::DEFAULT
};

static EXISTS: Command = Command {
    summary: "Tell whether there is a resource group.",
    examples: &[("`true` or `false`.", "group exists -n MyGroup")],
    table: options! { GroupExistsRequest:
        ignored = ["--cmd"];
        text resource_group_name = NAME: NAME_HELP, required_or_configured;
    },
    ..Command::DEFAULT
};

static LIST: Command = Command {
    summary: "List the subscription's resource groups.",
    examples: &[
        ("All of them.", "group list -o table"),
        (
            "Those with a tag.",
            "group list --tag env=prod --query [].name -o tsv",
        ),
    ],
    table: options! { ListGroupsRequest:
        ignored = ["--cmd"];
        optional_text tag: "A tag, as `key` or `key=value`.";
    },
    ..Command::DEFAULT
};
