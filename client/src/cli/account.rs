//! `az account …`: the subscriptions of the logged-in account.

use azq_proto::v1::{
    GetAccessTokenRequest, ListAccountsRequest, ListLocationsRequest, ShowAccountRequest,
};

use super::command::{Command, Group, Node, Rows};
use super::option::{Opt, boolean, choice, flag, handed_over, ignored, text, words};

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

static SHOW: Command = Command {
    summary: "Show a subscription.",
    examples: &[("The subscription in use.", "account show -o table")],
    subscription: false,
    policy: false,
    table: &Rows(&SHOW_OPTIONS),
    ..Command::DEFAULT
};

static SHOW_OPTIONS: [Opt<ShowAccountRequest>; 2] = [
    ignored(&["--cmd"]),
    text(
        &["--subscription", "-s", "--name", "-n"],
        |request| &mut request.context.get_or_insert_default().subscription,
        "Name or ID of the subscription.",
    ),
];

static LIST: Command = Command {
    summary: "List the subscriptions of the logged-in account.",
    details: "Only enabled ones of the current cloud, unless --all is given.",
    examples: &[("Every subscription.", "account list --all -o table")],
    subscription: false,
    policy: false,
    table: &Rows(&LIST_OPTIONS),
    ..Command::DEFAULT
};

static LIST_OPTIONS: [Opt<ListAccountsRequest>; 3] = [
    ignored(&["--cmd"]),
    flag(
        &["--all"],
        |request| &mut request.all,
        "Also subscriptions that are not enabled, and those of other clouds.",
    ),
    // The option rewrites az's own files, which azq never does.
    handed_over(&["--refresh"], 0),
];

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
    subscription: false,
    table: &Rows(&GET_ACCESS_TOKEN_OPTIONS),
    ..Command::DEFAULT
};

static GET_ACCESS_TOKEN_OPTIONS: [Opt<GetAccessTokenRequest>; 6] = [
    ignored(&["--cmd"]),
    text(
        &["--subscription", "-s", "--name", "-n"],
        |request| &mut request.context.get_or_insert_default().subscription,
        "Name or ID of the subscription.",
    ),
    text(
        &["--resource"],
        |request| &mut request.resource,
        "Azure resource endpoint, as Microsoft Entra v1.0 has it.",
    ),
    words(
        &["--scope"],
        |request| &mut request.scope,
        "Scopes, as Microsoft Entra v2.0 has them. Resource Manager's by default.",
    ),
    choice(
        &["--resource-type"],
        &[
            "oss-rdbms",
            "arm",
            "aad-graph",
            "ms-graph",
            "batch",
            "media",
            "data-lake",
        ],
        |request| &mut request.resource_type,
        "A well-known resource.",
    ),
    text(
        &["--tenant", "-t"],
        |request| &mut request.tenant,
        "ID of the tenant to get the token from; not with a managed identity.",
    ),
];

static LIST_LOCATIONS: Command = Command {
    summary: "List the regions that the subscription may use.",
    examples: &[(
        "The names of the regions.",
        "account list-locations --query [].name -o tsv",
    )],
    subscription: false,
    table: &Rows(&LIST_LOCATIONS_OPTIONS),
    ..Command::DEFAULT
};

static LIST_LOCATIONS_OPTIONS: [Opt<ListLocationsRequest>; 1] = [boolean(
    &["--include-extended-locations"],
    &["true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"],
    |request| &mut request.include_extended_locations,
    "Also extended locations, such as edge zones.",
)];
