//! `az aks nodepool …`: the group, and its commands with few options.

use azq_proto::v1::{
    AbortNodePoolOperationRequest, DeleteMachinesRequest, DeleteNodePoolRequest,
    GetNodePoolRollbackVersionsRequest, GetNodePoolUpgradesRequest, ListNodePoolsRequest,
    NodePoolName, RollbackNodePoolRequest, ScaleNodePoolRequest, ShowNodePoolRequest,
    StartNodePoolRequest, StopNodePoolRequest,
};

use super::command::{Command, Group, Node, Rows};
use super::node_pools_add::ADD;
use super::node_pools_scale::{AUTO_SCALE, MANUAL_SCALE};
use super::node_pools_snapshot::SNAPSHOT;
use super::node_pools_update::UPDATE;
use super::node_pools_upgrade::{UPGRADE, WAIT};
use super::option::{Opt, any_integer, flag, ignored, some_words, text};

pub(crate) static NODE_POOLS: Group = Group {
    path: "aks nodepool",
    summary: "Node pools of a managed cluster.",
    known: &[
        Node::Command(&ADD),
        Node::Group(&AUTO_SCALE),
        Node::Command(&DELETE),
        Node::Command(&DELETE_MACHINES),
        Node::Command(&GET_ROLLBACK_VERSIONS),
        Node::Command(&GET_UPGRADES),
        Node::Command(&LIST),
        Node::Group(&MANUAL_SCALE),
        Node::Command(&OPERATION_ABORT),
        Node::Command(&ROLLBACK),
        Node::Command(&SCALE),
        Node::Command(&SHOW),
        Node::Group(&SNAPSHOT),
        Node::Command(&START),
        Node::Command(&STOP),
        Node::Command(&UPDATE),
        Node::Command(&UPGRADE),
        Node::Command(&WAIT),
    ],
    words: &[
        "add",
        "update",
        "get-upgrades",
        "get-rollback-versions",
        "rollback",
        "upgrade",
        "scale",
        "delete",
        "show",
        "list",
        "stop",
        "start",
        "wait",
        "operation-abort",
        "delete-machines",
        "manual-scale",
        "auto-scale",
        "snapshot",
    ],
};

pub(super) const RESOURCE_GROUP: &[&str] = &["--resource-group", "-g"];
pub(super) const RESOURCE_GROUP_HELP: &str =
    "Name of the resource group. Without it, az's configured default ([defaults] group).";
pub(super) const CUSTOM_HEADERS_HELP: &str = "Headers to send along, such as \
                                              UseWindowsGen2VM=true; several with commas between.";
pub(super) const IF_MATCH_HELP: &str = "Only if the pool's ETag is this one, or * for any.";
pub(super) const IF_NONE_MATCH_HELP: &str = "With *, only if there is no such pool yet.";
pub(super) const YES_HELP: &str = "Do not ask for confirmation.";
const PREFLIGHT_HELP: &str = "azq's own: send nothing, and tell check by check whether Azure would \
                              take this; exit code 1 if a check fails.";
pub(super) const NO_WAIT_HELP: &str = "Do not wait for the operation to end.";

/// Returns the row of `--resource-group`, for the given field of the request.
pub(super) const fn resource_group<R>(place: fn(&mut R) -> &mut Option<String>) -> Opt<R> {
    text(RESOURCE_GROUP, place, RESOURCE_GROUP_HELP).required_or_configured("resource_group_name")
}

pub(super) const fn cluster_name<R>(place: fn(&mut R) -> &mut Option<String>) -> Opt<R> {
    text(&["--cluster-name"], place, "Name of the cluster.").required("cluster_name")
}

pub(super) const fn nodepool_name<R>(place: fn(&mut R) -> &mut Option<String>) -> Opt<R> {
    text(
        &["--nodepool-name", "--name", "-n"],
        place,
        "Name of the node pool.",
    )
    .required("nodepool_name")
}

pub(super) const fn no_wait<R>(place: fn(&mut R) -> &mut bool) -> Opt<R> {
    flag(&["--no-wait"], place, NO_WAIT_HELP)
}

/// Returns the row of `--preflight`, for the commands that change a pool's nodes.
pub(super) const fn preflight<R>(place: fn(&mut R) -> &mut bool) -> Opt<R> {
    flag(&["--preflight"], place, PREFLIGHT_HELP).own()
}

pub(super) fn name(pool: &mut Option<NodePoolName>) -> &mut NodePoolName {
    pool.get_or_insert_default()
}

static SHOW: Command = Command {
    summary: "Show a node pool.",
    examples: &[(
        "Which node image a pool runs.",
        "aks nodepool show -g MyResourceGroup --cluster-name MyCluster -n mypool --query nodeImageVersion -o tsv",
    )],
    policy: false,
    table: &Rows(&SHOW_OPTIONS),
    ..Command::DEFAULT
};

static SHOW_OPTIONS: [Opt<ShowNodePoolRequest>; 4] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
];

static LIST: Command = Command {
    summary: "List a cluster's node pools.",
    examples: &[(
        "A cluster's pools.",
        "aks nodepool list -g MyResourceGroup --cluster-name MyCluster -o table",
    )],
    policy: false,
    table: &Rows(&LIST_OPTIONS),
    ..Command::DEFAULT
};

static LIST_OPTIONS: [Opt<ListNodePoolsRequest>; 3] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
];

static DELETE: Command = Command {
    summary: "Delete a node pool.",
    table: &Rows(&DELETE_OPTIONS),
    ..Command::DEFAULT
};

static DELETE_OPTIONS: [Opt<DeleteNodePoolRequest>; 7] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--if-match"],
        |request| &mut request.if_match,
        IF_MATCH_HELP,
    ),
    flag(
        &["--ignore-pdb", "-i"],
        |request| &mut request.ignore_pdb,
        "Delete even where pod disruption budgets forbid it.",
    ),
    no_wait(|request| &mut request.no_wait),
];

static SCALE: Command = Command {
    summary: "Set a node pool's number of nodes.",
    table: &Rows(&SCALE_OPTIONS),
    ..Command::DEFAULT
};

static SCALE_OPTIONS: [Opt<ScaleNodePoolRequest>; 7] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    any_integer(
        &["--node-count", "-c"],
        |request: &mut ScaleNodePoolRequest| &mut request.node_count,
        |request| &mut request.large_integers,
        "Number of nodes.",
    )
    .default("3"),
    no_wait(|request| &mut request.no_wait),
    preflight(|request| &mut request.preflight),
];

static START: Command = Command {
    summary: "Start a stopped node pool.",
    table: &Rows(&START_OPTIONS),
    ..Command::DEFAULT
};

static START_OPTIONS: [Opt<StartNodePoolRequest>; 6] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--aks-custom-headers"],
        |request| &mut request.aks_custom_headers,
        CUSTOM_HEADERS_HELP,
    ),
    no_wait(|request| &mut request.no_wait),
];

static STOP: Command = Command {
    summary: "Stop a running node pool.",
    table: &Rows(&STOP_OPTIONS),
    ..Command::DEFAULT
};

static STOP_OPTIONS: [Opt<StopNodePoolRequest>; 6] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--aks-custom-headers"],
        |request| &mut request.aks_custom_headers,
        CUSTOM_HEADERS_HELP,
    ),
    no_wait(|request| &mut request.no_wait),
];

static OPERATION_ABORT: Command = Command {
    summary: "Abort what is under way on a node pool.",
    table: &Rows(&OPERATION_ABORT_OPTIONS),
    ..Command::DEFAULT
};

static OPERATION_ABORT_OPTIONS: [Opt<AbortNodePoolOperationRequest>; 5] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    no_wait(|request| &mut request.no_wait),
];

static GET_UPGRADES: Command = Command {
    summary: "Show the versions that a node pool can be upgraded to.",
    table: &Rows(&GET_UPGRADES_OPTIONS),
    ..Command::DEFAULT
};

static GET_UPGRADES_OPTIONS: [Opt<GetNodePoolUpgradesRequest>; 4] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
];

static GET_ROLLBACK_VERSIONS: Command = Command {
    summary: "List the configurations that a node pool can be rolled back to.",
    table: &Rows(&GET_ROLLBACK_VERSIONS_OPTIONS),
    ..Command::DEFAULT
};

static GET_ROLLBACK_VERSIONS_OPTIONS: [Opt<GetNodePoolRollbackVersionsRequest>; 4] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
];

static ROLLBACK: Command = Command {
    summary: "Roll a node pool back to its previous configuration.",
    table: &Rows(&ROLLBACK_OPTIONS),
    ..Command::DEFAULT
};

static ROLLBACK_OPTIONS: [Opt<RollbackNodePoolRequest>; 8] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--aks-custom-headers"],
        |request| &mut request.aks_custom_headers,
        CUSTOM_HEADERS_HELP,
    ),
    text(
        &["--if-match"],
        |request| &mut request.if_match,
        IF_MATCH_HELP,
    ),
    text(
        &["--if-none-match"],
        |request| &mut request.if_none_match,
        IF_NONE_MATCH_HELP,
    ),
    no_wait(|request| &mut request.no_wait),
];

static DELETE_MACHINES: Command = Command {
    summary: "Delete single machines of a node pool.",
    table: &Rows(&DELETE_MACHINES_OPTIONS),
    ..Command::DEFAULT
};

static DELETE_MACHINES_OPTIONS: [Opt<DeleteMachinesRequest>; 6] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    some_words(
        &["--machine-names"],
        |request: &mut DeleteMachinesRequest| &mut request.machine_names,
        "Names of the machines, with spaces between.",
    )
    .required("machine_names"),
    no_wait(|request| &mut request.no_wait),
];
