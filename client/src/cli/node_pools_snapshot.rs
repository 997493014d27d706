//! `az aks nodepool snapshot` and `az aks machine`: the read commands about snapshots and machines.

use azq_proto::v1::{
    ListMachinesRequest, ListNodePoolSnapshotsRequest, ShowMachineRequest,
    ShowNodePoolSnapshotRequest,
};

use super::command::{Command, Group, Node, Rows};
use super::node_pools::{RESOURCE_GROUP, RESOURCE_GROUP_HELP, cluster_name, name, resource_group};
use super::option::{Opt, ignored, text};

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
    policy: false,
    table: &Rows(&LIST_SNAPSHOTS_OPTIONS),
    ..Command::DEFAULT
};

static LIST_SNAPSHOTS_OPTIONS: [Opt<ListNodePoolSnapshotsRequest>; 2] = [
    ignored(&["--cmd"]),
    text(
        RESOURCE_GROUP,
        |request| &mut request.resource_group_name,
        RESOURCE_GROUP_HELP,
    ),
];

static SHOW_SNAPSHOT: Command = Command {
    summary: "Show a node pool snapshot.",
    policy: false,
    table: &Rows(&SHOW_SNAPSHOT_OPTIONS),
    ..Command::DEFAULT
};

static SHOW_SNAPSHOT_OPTIONS: [Opt<ShowNodePoolSnapshotRequest>; 3] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut request.resource_group_name),
    text(
        &["--name", "-n"],
        |request: &mut ShowNodePoolSnapshotRequest| &mut request.snapshot_name,
        "Name of the snapshot.",
    )
    .required("snapshot_name"),
];

pub(super) static MACHINE: Group = Group {
    path: "aks machine",
    summary: "Machines of node pools.",
    known: &[Node::Command(&LIST_MACHINES), Node::Command(&SHOW_MACHINE)],
    words: &["list", "show"],
};

const fn pool_name<R>(place: fn(&mut R) -> &mut Option<String>) -> Opt<R> {
    text(&["--nodepool-name"], place, "Name of the node pool.").required("nodepool_name")
}

static LIST_MACHINES: Command = Command {
    summary: "List the machines of a node pool.",
    examples: &[(
        "Their addresses.",
        "aks machine list -g MyResourceGroup --cluster-name MyCluster --nodepool-name mypool -o table",
    )],
    policy: false,
    table: &Rows(&LIST_MACHINES_OPTIONS),
    ..Command::DEFAULT
};

static LIST_MACHINES_OPTIONS: [Opt<ListMachinesRequest>; 4] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    pool_name(|request| &mut name(&mut request.pool).nodepool_name),
];

static SHOW_MACHINE: Command = Command {
    summary: "Show a machine of a node pool.",
    policy: false,
    table: &Rows(&SHOW_MACHINE_OPTIONS),
    ..Command::DEFAULT
};

static SHOW_MACHINE_OPTIONS: [Opt<ShowMachineRequest>; 5] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    pool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--machine-name"],
        |request: &mut ShowMachineRequest| &mut request.machine_name,
        "Name of the machine.",
    )
    .required("machine_name"),
];
