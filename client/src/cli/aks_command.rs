//! `az aks command …`: commands in a cluster's own shell.

use azq_proto::v1::{GetClusterCommandResultRequest, InvokeClusterCommandRequest};

use super::command::{Command, Group, Node, Rows};
use super::node_pools::{no_wait, resource_group};
use super::option::{Opt, handed_over, ignored, text};

pub(super) static COMMAND: Group = Group {
    path: "aks command",
    summary: "Commands in a cluster's own shell.",
    known: &[Node::Command(&INVOKE), Node::Command(&RESULT)],
    words: &["invoke", "result"],
};

const fn cluster<R>(place: fn(&mut R) -> &mut Option<String>) -> Opt<R> {
    text(&["--name", "-n"], place, "Name of the cluster.").required("name")
}

static INVOKE: Command = Command {
    summary: "Run a command in a cluster.",
    details: "az answers --file, which attaches files to the command.",
    examples: &[(
        "The pods.",
        "aks command invoke -g MyResourceGroup -n MyCluster -c \"kubectl get pods -A\"",
    )],
    table: &Rows(&INVOKE_OPTIONS),
    ..Command::DEFAULT
};

static INVOKE_OPTIONS: [Opt<InvokeClusterCommandRequest>; 6] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut request.resource_group_name),
    cluster(|request| &mut request.name),
    text(
        &["--command", "-c"],
        |request| &mut request.command_string,
        "The command, or a shell script.",
    ),
    handed_over(&["--file", "-f"], 1),
    no_wait(|request| &mut request.no_wait),
];

static RESULT: Command = Command {
    summary: "Show what a command in a cluster came to.",
    table: &Rows(&RESULT_OPTIONS),
    ..Command::DEFAULT
};

static RESULT_OPTIONS: [Opt<GetClusterCommandResultRequest>; 4] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut request.resource_group_name),
    cluster(|request| &mut request.name),
    text(
        &["--command-id", "-i"],
        |request| &mut request.command_id,
        "The id that `aks command invoke --no-wait` has printed.",
    ),
];
