//! `az aks nodepool snapshot` and `az aks machine`: the read commands about snapshots and machines.

use azq_proto::v1::{
    ListMachinesRequest, ListNodePoolSnapshotsRequest, ShowMachineRequest,
    ShowNodePoolSnapshotRequest,
};

use super::command::{Command, Group, Node};
use super::node_pools::RESOURCE_GROUP_HELP;

pub(super) static SNAPSHOT: Group = Group {
    path: "aks nodepool snapshot",
    summary: "Snapshots of node pools.",
    known: &[
        Node::Command(&LIST_SNAPSHOTS),
        Node::Command(&SHOW_SNAPSHOT),
    ],
    words: &["create", "delete", "update", "wait", "list", "show"],
};

static LIST_SNAPSHOTS: Command = Command {
    summary: "List node pool snapshots.",
    details: "Those of the subscription, or of one resource group.",
    table: options! { ListNodePoolSnapshotsRequest:
        ignored = ["--cmd"];
        text resource_group_name: RESOURCE_GROUP_HELP;
    },
    ..Command::DEFAULT
};

static SHOW_SNAPSHOT: Command = Command {
    summary: "Show a node pool snapshot.",
    table: options! { ShowNodePoolSnapshotRequest:
        ignored = ["--cmd"];
        text resource_group_name: RESOURCE_GROUP_HELP, required_or_configured;
        text snapshot_name = ["--name", "-n"]: "Name of the snapshot.", required;
    },
    ..Command::DEFAULT
};

pub(super) static MACHINE: Group = Group {
    path: "aks machine",
    summary: "Machines of node pools.",
    known: &[Node::Command(&LIST_MACHINES), Node::Command(&SHOW_MACHINE)],
    words: &["list", "show"],
};

static LIST_MACHINES: Command = Command {
    summary: "List the machines of a node pool.",
    examples: &[(
        "Their addresses.",
        "aks machine list -g MyResourceGroup --cluster-name MyCluster --nodepool-name mypool -o table",
    )],
    table: options! { ListMachinesRequest:
        cluster;
        text pool.nodepool_name: "Name of the node pool.", required;
    },
    ..Command::DEFAULT
};

static SHOW_MACHINE: Command = Command {
    summary: "Show a machine of a node pool.",
    table: options! { ShowMachineRequest:
        cluster;
        text pool.nodepool_name: "Name of the node pool.", required;
        text machine_name: "Name of the machine.", required;
    },
    ..Command::DEFAULT
};
