//! `az aks command …`: commands in a cluster's own shell.

use azq_proto::v1::{GetClusterCommandResultRequest, InvokeClusterCommandRequest};

use super::command::{Command, Group, Node};
use super::node_pools::NO_WAIT_HELP;

pub(super) static COMMAND: Group = Group {
    path: "aks command",
    summary: "Commands in a cluster's own shell.",
    known: &[Node::Command(&INVOKE), Node::Command(&RESULT)],
    words: &["invoke", "result"],
};

static INVOKE: Command = Command {
    summary: "Run a command in a cluster.",
    details: "az answers --file, which attaches files to the command.",
    examples: &[(
        "The pods.",
        "aks command invoke -g MyResourceGroup -n MyCluster -c \"kubectl get pods -A\"",
    )],
    table: options! { InvokeClusterCommandRequest:
        named_cluster;
        text command_string = ["--command", "-c"]: "The command, or a shell script.";
        handed_over(1) = ["--file", "-f"];
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

static RESULT: Command = Command {
    summary: "Show what a command in a cluster came to.",
    table: options! { GetClusterCommandResultRequest:
        named_cluster;
        text command_id ["-i"]: "The id that `aks command invoke --no-wait` has printed.";
    },
    ..Command::DEFAULT
};
