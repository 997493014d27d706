//! `az account …`: the subscriptions of the logged-in account.

use azq_proto::v1::{
    GetAccessTokenRequest, ListAccountsRequest, ListLocationsRequest, ShowAccountRequest,
};

use super::command::{Command, Group, Node};

pub(crate) static ACCOUNT: Group = Group {
    path: "account",
    summary: "Subscriptions of the logged-in account.",
    known: &[
        Node::Command(&GET_ACCESS_TOKEN),
        Node::Command(&LIST),
        Node::Command(&LIST_LOCATIONS),
        Node::Command(&SHOW),
    ],
    words: &[
        "list",
        "set",
        "show",
        "clear",
        "get-access-token",
        "list-locations",
        "lock",
        "management-group",
    ],
};

const RESOURCE_TYPES: &[&str] = &[
    "oss-rdbms",
    "arm",
    "aad-graph",
    "ms-graph",
    "batch",
    "media",
    "data-lake",
];

const YES_OR_NO: &[&str] = &["true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"];

static SHOW: Command = Command {
    summary: "Show a subscription.",
    examples: &[("The subscription in use.", "account show -o table")],
    table: options! { ShowAccountRequest:
        ignored = ["--cmd"];
        text context.subscription ["-s", "--name", "-n"]: "Name or ID of the subscription.";
    },
    ..Command::DEFAULT
};

static LIST: Command = Command {
    summary: "List the subscriptions of the logged-in account.",
    details: "Only enabled ones of the current cloud, unless --all is given.",
    examples: &[("Every subscription.", "account list --all -o table")],
    table: options! { ListAccountsRequest:
        ignored = ["--cmd"];
        flag all: "Also subscriptions that are not enabled, and those of other clouds.";
        // The option rewrites az's own files, which azq never does.
        handed_over(0) = ["--refresh"];
    },
    ..Command::DEFAULT
};

static GET_ACCESS_TOKEN: Command = Command {
    summary: "Get a token for utilities to access Azure.",
    details: "The token lasts at least five minutes.",
    examples: &[
        ("A token for Resource Manager.", "account get-access-token"),
        (
            "A token for Microsoft Graph, alone.",
            "account get-access-token --resource-type ms-graph --query accessToken -o tsv",
        ),
    ],
    table: options! { GetAccessTokenRequest:
        ignored = ["--cmd"];
        text context.subscription ["-s", "--name", "-n"]: "Name or ID of the subscription.";
        text resource: "Azure resource endpoint, as Microsoft Entra v1.0 has it.";
        words scope: "Scopes, as Microsoft Entra v2.0 has them. Resource Manager's by default.";
        choice(RESOURCE_TYPES) resource_type: "A well-known resource.";
        text tenant ["-t"]: "ID of the tenant to get the token from; not with a managed identity.";
    },
    ..Command::DEFAULT
};

static LIST_LOCATIONS: Command = Command {
    summary: "List the regions that the subscription may use.",
    examples: &[(
        "The names of the regions.",
        "account list-locations --query [].name -o tsv",
    )],
    table: options! { ListLocationsRequest:
        boolean(YES_OR_NO) include_extended_locations:
            "Also extended locations, such as edge zones.";
    },
    ..Command::DEFAULT
};
