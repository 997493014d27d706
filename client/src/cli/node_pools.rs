//! `az aks nodepool …`: the group, and its commands with few options.

use azq_proto::v1::{
    AbortNodePoolOperationRequest, DeleteMachinesRequest, DeleteNodePoolRequest,
    GetNodePoolRollbackVersionsRequest, GetNodePoolUpgradesRequest, ListNodePoolsRequest,
    RollbackNodePoolRequest, ScaleNodePoolRequest, ShowNodePoolRequest, StartNodePoolRequest,
    StopNodePoolRequest,
};

use super::command::{Command, Group, Node};
use super::node_pools_add::ADD;
use super::node_pools_scale::{AUTO_SCALE, MANUAL_SCALE};
use super::node_pools_snapshot::SNAPSHOT;
use super::node_pools_update::UPDATE;
use super::node_pools_upgrade::{UPGRADE, WAIT};

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

pub(super) const RESOURCE_GROUP_HELP: &str =
    "Name of the resource group. Without it, az's configured default ([defaults] group).";
pub(super) const CUSTOM_HEADERS_HELP: &str = "Headers to send along, such as \
                                              UseWindowsGen2VM=true; several with commas between.";
pub(super) const IF_MATCH_HELP: &str = "Only if the pool's ETag is this one, or * for any.";
pub(super) const IF_NONE_MATCH_HELP: &str = "With *, only if there is no such pool yet.";
pub(super) const YES_HELP: &str = "Do not ask for confirmation.";
pub(super) const PREFLIGHT_HELP: &str = "azq's own: send nothing, and tell check by check whether Azure would \
                              take this; exit code 1 if a check fails.";
pub(super) const NO_WAIT_HELP: &str = "Do not wait for the operation to end.";

static SHOW: Command = Command {
    summary: "Show a node pool.",
    examples: &[(
        "Which node image a pool runs.",
        "aks nodepool show -g MyResourceGroup --cluster-name MyCluster -n mypool --query nodeImageVersion -o tsv",
    )],
    table: options! { ShowNodePoolRequest: nodepool; },
    ..Command::DEFAULT
};

static LIST: Command = Command {
    summary: "List a cluster's node pools.",
    examples: &[(
        "A cluster's pools.",
        "aks nodepool list -g MyResourceGroup --cluster-name MyCluster -o table",
    )],
    table: options! { ListNodePoolsRequest: cluster; },
    ..Command::DEFAULT
};

static DELETE: Command = Command {
    summary: "Delete a node pool.",
    table: options! { DeleteNodePoolRequest:
        nodepool;
        text if_match: IF_MATCH_HELP;
        flag ignore_pdb ["-i"]: "Delete even where pod disruption budgets forbid it.";
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static SCALE: Command = Command {
    summary: "Set a node pool's number of nodes.",
    table: options! { ScaleNodePoolRequest:
        nodepool;
        any_integer node_count ["-c"]: "Number of nodes.", default("3");
        flag no_wait: NO_WAIT_HELP;
        flag preflight: PREFLIGHT_HELP, own;
    },
    ..Command::DEFAULT
};

static START: Command = Command {
    summary: "Start a stopped node pool.",
    table: options! { StartNodePoolRequest:
        nodepool;
        text aks_custom_headers: CUSTOM_HEADERS_HELP;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static STOP: Command = Command {
    summary: "Stop a running node pool.",
    table: options! { StopNodePoolRequest:
        nodepool;
        text aks_custom_headers: CUSTOM_HEADERS_HELP;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static OPERATION_ABORT: Command = Command {
    summary: "Abort what is under way on a node pool.",
    table: options! { AbortNodePoolOperationRequest:
        nodepool;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static GET_UPGRADES: Command = Command {
    summary: "Show the versions that a node pool can be upgraded to.",
    table: options! { GetNodePoolUpgradesRequest: nodepool; },
    ..Command::DEFAULT
};

static GET_ROLLBACK_VERSIONS: Command = Command {
    summary: "List the configurations that a node pool can be rolled back to.",
    table: options! { GetNodePoolRollbackVersionsRequest: nodepool; },
    ..Command::DEFAULT
};

static ROLLBACK: Command = Command {
    summary: "Roll a node pool back to its previous configuration.",
    table: options! { RollbackNodePoolRequest:
        nodepool;
        text aks_custom_headers: CUSTOM_HEADERS_HELP;
        text if_match: IF_MATCH_HELP;
        text if_none_match: IF_NONE_MATCH_HELP;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static DELETE_MACHINES: Command = Command {
    summary: "Delete single machines of a node pool.",
    table: options! { DeleteMachinesRequest:
        nodepool;
        some_words machine_names: "Names of the machines, with spaces between.", required;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};
