//! `az aks nodepool manual-scale` and `auto-scale`.

use azq_proto::v1::{
    AddAutoScaleRequest, AddManualScaleRequest, DeleteAutoScaleRequest, DeleteManualScaleRequest,
    UpdateAutoScaleRequest, UpdateManualScaleRequest,
};

use super::command::{Command, Group, Node, Rows};
use super::node_pools::{YES_HELP, cluster_name, name, no_wait, nodepool_name, resource_group};
use super::option::{Opt, flag, ignored, integer, text};

pub(super) static MANUAL_SCALE: Group = Group {
    path: "aks nodepool manual-scale",
    summary: "Sizes of a pool of single virtual machines that people scale.",
    known: &[
        Node::Command(&ADD_MANUAL),
        Node::Command(&DELETE_MANUAL),
        Node::Command(&UPDATE_MANUAL),
    ],
    words: &["add", "update", "delete"],
};

pub(super) static AUTO_SCALE: Group = Group {
    path: "aks nodepool auto-scale",
    summary: "Sizes of a pool of single virtual machines that the autoscaler scales.",
    known: &[
        Node::Command(&ADD_AUTO),
        Node::Command(&DELETE_AUTO),
        Node::Command(&UPDATE_AUTO),
    ],
    words: &["add", "update", "delete"],
};

const MIN_COUNT_HELP: &str = "The least number of nodes.";
const MAX_COUNT_HELP: &str = "The greatest number of nodes.";
const NODE_COUNT_HELP: &str = "Number of nodes of the size.";

static ADD_MANUAL: Command = Command {
    summary: "Add a size that people scale.",
    table: &Rows(&ADD_MANUAL_OPTIONS),
    ..Command::DEFAULT
};

static ADD_MANUAL_OPTIONS: [Opt<AddManualScaleRequest>; 7] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--vm-sizes"],
        |request: &mut AddManualScaleRequest| &mut request.vm_sizes,
        "The size; there can only be one.",
    )
    .required("vm_sizes"),
    integer(
        &["--node-count", "-c"],
        |request: &mut AddManualScaleRequest| &mut request.node_count,
        NODE_COUNT_HELP,
    )
    .required("node_count"),
    no_wait(|request| &mut request.no_wait),
];

static UPDATE_MANUAL: Command = Command {
    summary: "Change a size that people scale, or its number of nodes.",
    table: &Rows(&UPDATE_MANUAL_OPTIONS),
    ..Command::DEFAULT
};

static UPDATE_MANUAL_OPTIONS: [Opt<UpdateManualScaleRequest>; 8] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--current-vm-sizes"],
        |request: &mut UpdateManualScaleRequest| &mut request.current_vm_sizes,
        "The size to be changed.",
    )
    .required("current_vm_sizes"),
    text(
        &["--vm-sizes"],
        |request| &mut request.vm_sizes,
        "The new size; az asks for it even where only the number changes.",
    ),
    integer(
        &["--node-count", "-c"],
        |request| &mut request.node_count,
        NODE_COUNT_HELP,
    ),
    no_wait(|request| &mut request.no_wait),
];

static DELETE_MANUAL: Command = Command {
    summary: "Remove a size that people scale.",
    is_cancelled: true,
    table: &Rows(&DELETE_MANUAL_OPTIONS),
    ..Command::DEFAULT
};

static DELETE_MANUAL_OPTIONS: [Opt<DeleteManualScaleRequest>; 7] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--current-vm-sizes"],
        |request: &mut DeleteManualScaleRequest| &mut request.current_vm_sizes,
        "The size to be removed.",
    )
    .required("current_vm_sizes"),
    no_wait(|request| &mut request.no_wait),
    flag(&["--yes", "-y"], |request| &mut request.yes, YES_HELP),
];

static ADD_AUTO: Command = Command {
    summary: "Add a size that the autoscaler scales.",
    table: &Rows(&ADD_AUTO_OPTIONS),
    ..Command::DEFAULT
};

static ADD_AUTO_OPTIONS: [Opt<AddAutoScaleRequest>; 8] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--node-vm-size"],
        |request: &mut AddAutoScaleRequest| &mut request.node_vm_size,
        "The size.",
    )
    .required("node_vm_size"),
    integer(
        &["--min-count"],
        |request: &mut AddAutoScaleRequest| &mut request.min_count,
        MIN_COUNT_HELP,
    )
    .required("min_count"),
    integer(
        &["--max-count"],
        |request: &mut AddAutoScaleRequest| &mut request.max_count,
        MAX_COUNT_HELP,
    )
    .required("max_count"),
    no_wait(|request| &mut request.no_wait),
];

static UPDATE_AUTO: Command = Command {
    summary: "Change a size that the autoscaler scales, or its bounds.",
    table: &Rows(&UPDATE_AUTO_OPTIONS),
    ..Command::DEFAULT
};

static UPDATE_AUTO_OPTIONS: [Opt<UpdateAutoScaleRequest>; 9] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--current-node-vm-size"],
        |request: &mut UpdateAutoScaleRequest| &mut request.current_node_vm_size,
        "The size to be changed.",
    )
    .required("current_node_vm_size"),
    text(
        &["--node-vm-size"],
        |request| &mut request.node_vm_size,
        "The new size.",
    ),
    integer(
        &["--min-count"],
        |request| &mut request.min_count,
        MIN_COUNT_HELP,
    ),
    integer(
        &["--max-count"],
        |request| &mut request.max_count,
        MAX_COUNT_HELP,
    ),
    no_wait(|request| &mut request.no_wait),
];

static DELETE_AUTO: Command = Command {
    summary: "Remove a size that the autoscaler scales.",
    is_cancelled: true,
    table: &Rows(&DELETE_AUTO_OPTIONS),
    ..Command::DEFAULT
};

static DELETE_AUTO_OPTIONS: [Opt<DeleteAutoScaleRequest>; 7] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--current-node-vm-size"],
        |request: &mut DeleteAutoScaleRequest| &mut request.current_node_vm_size,
        "The size to be removed.",
    )
    .required("current_node_vm_size"),
    no_wait(|request| &mut request.no_wait),
    flag(&["--yes", "-y"], |request| &mut request.yes, YES_HELP),
];
