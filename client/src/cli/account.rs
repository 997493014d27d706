//! `az account …`: the subscriptions of whoever is logged in.

use azq_proto::v1::{ListAccountsRequest, ListLocationsRequest, ShowAccountRequest};

use super::command::{Command, Group, Node, Rows};
use super::option::{Opt, boolean, flag, handed_over, ignored, text};

pub(crate) static ACCOUNT: Group = Group {
    path: "account",
    summary: "Subscriptions of the logged-in account.",
    known: &[
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
    // It rewrites az's own files, which azq never does.
    handed_over(&["--refresh"], 0),
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
