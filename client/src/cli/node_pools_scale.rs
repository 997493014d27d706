//! `az aks nodepool manual-scale` and `auto-scale`.

use azq_proto::v1::{
    AddAutoScaleRequest, AddManualScaleRequest, DeleteAutoScaleRequest, DeleteManualScaleRequest,
    UpdateAutoScaleRequest, UpdateManualScaleRequest,
};

use super::command::{Command, Group, Node};
use super::node_pools::{NO_WAIT_HELP, YES_HELP};

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
    table: options! { AddManualScaleRequest:
        nodepool;
        text vm_sizes: "The size; there can only be one.", required;
        integer node_count ["-c"]: NODE_COUNT_HELP, required;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static UPDATE_MANUAL: Command = Command {
    summary: "Change a size that people scale, or its number of nodes.",
    table: options! { UpdateManualScaleRequest:
        nodepool;
        text current_vm_sizes: "The size to be changed.", required;
        text vm_sizes: "The new size; az asks for it even where only the number changes.";
        integer node_count ["-c"]: NODE_COUNT_HELP;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static DELETE_MANUAL: Command = Command {
    summary: "Remove a size that people scale.",
    is_cancelled: true,
    table: options! { DeleteManualScaleRequest:
        nodepool;
        text current_vm_sizes: "The size to be removed.", required;
        flag no_wait: NO_WAIT_HELP;
        flag yes ["-y"]: YES_HELP;
    },
    ..Command::DEFAULT
};

static ADD_AUTO: Command = Command {
    summary: "Add a size that the autoscaler scales.",
    table: options! { AddAutoScaleRequest:
        nodepool;
        text node_vm_size: "The size.", required;
        integer min_count: MIN_COUNT_HELP, required;
        integer max_count: MAX_COUNT_HELP, required;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static UPDATE_AUTO: Command = Command {
    summary: "Change a size that the autoscaler scales, or its bounds.",
    table: options! { UpdateAutoScaleRequest:
        nodepool;
        text current_node_vm_size: "The size to be changed.", required;
        text node_vm_size: "The new size.";
        integer min_count: MIN_COUNT_HELP;
        integer max_count: MAX_COUNT_HELP;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static DELETE_AUTO: Command = Command {
    summary: "Remove a size that the autoscaler scales.",
    is_cancelled: true,
    table: options! { DeleteAutoScaleRequest:
        nodepool;
        text current_node_vm_size: "The size to be removed.", required;
        flag no_wait: NO_WAIT_HELP;
        flag yes ["-y"]: YES_HELP;
    },
    ..Command::DEFAULT
};
