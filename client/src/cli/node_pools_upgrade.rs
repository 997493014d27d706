//! `az aks nodepool upgrade` and `wait`.

use azq_proto::v1::{UpgradeNodePoolRequest, WaitNodePoolRequest};

use super::command::{Command, Rows};
use super::node_pools::{
    CUSTOM_HEADERS_HELP, IF_MATCH_HELP, IF_NONE_MATCH_HELP, YES_HELP, cluster_name, name, no_wait,
    nodepool_name, resource_group,
};
use super::option::{Opt, any_integer, flag, ignored, integer, text};

pub(crate) static UPGRADE: Command = Command {
    summary: "Upgrade a node pool.",
    details: "Asks for confirmation if the version would stay the same.",
    examples: &[
        (
            "A newer Kubernetes.",
            "aks nodepool upgrade -g MyResourceGroup --cluster-name MyCluster -n mypool -k 1.33.0",
        ),
        (
            "The newest node image.",
            "aks nodepool upgrade -g MyResourceGroup --cluster-name MyCluster -n mypool --node-image-only --no-wait",
        ),
    ],
    table: &Rows(&UPGRADE_OPTIONS),
    ..Command::DEFAULT
};

static UPGRADE_OPTIONS: [Opt<UpgradeNodePoolRequest>; 17] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--kubernetes-version", "-k"],
        |request| &mut request.kubernetes_version,
        "Kubernetes version of the nodes; without it, the cluster's.",
    ),
    flag(
        &["--node-image-only"],
        |request| &mut request.node_image_only,
        "Upgrade only the node image.",
    ),
    text(
        &["--max-surge"],
        |request| &mut request.max_surge,
        "How many nodes an upgrade may add meanwhile: a number, or a percentage such as 33%.",
    ),
    text(
        &["--max-unavailable"],
        |request| &mut request.max_unavailable,
        "How many nodes may be missing during an upgrade: a number or a percentage.",
    ),
    any_integer(
        &["--drain-timeout"],
        |request| &mut request.drain_timeout,
        |request| &mut request.large_integers,
        "How long an upgrade waits for a node to drain, in minutes.",
    ),
    any_integer(
        &["--node-soak-duration"],
        |request| &mut request.node_soak_duration,
        |request| &mut request.large_integers,
        "How long an upgrade waits between nodes, in minutes.",
    ),
    text(
        &["--undrainable-node-behavior"],
        |request| &mut request.undrainable_node_behavior,
        "What an upgrade does with a node that does not drain: Schedule or Cordon.",
    ),
    text(
        &["--snapshot-id"],
        |request| &mut request.snapshot_id,
        "ID of a node pool snapshot to create the pool from.",
    ),
    text(
        &["--aks-custom-headers"],
        |request| &mut request.aks_custom_headers,
        CUSTOM_HEADERS_HELP,
    ),
    flag(&["--yes", "-y"], |request| &mut request.yes, YES_HELP),
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

pub(crate) static WAIT: Command = Command {
    summary: "Wait until a node pool is as asked for.",
    details: "For an operation that was started with --no-wait, or interrupted.",
    examples: &[(
        "Until the pool is ready, at most ten minutes.",
        "aks nodepool wait -g MyResourceGroup --cluster-name MyCluster -n mypool --created --timeout 600",
    )],
    table: &Rows(&WAIT_OPTIONS),
    ..Command::DEFAULT
};

static WAIT_OPTIONS: [Opt<WaitNodePoolRequest>; 11] = [
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    text(
        &["--nodepool-name", "--name", "-n", "--agent-pool-name"],
        |request: &mut WaitNodePoolRequest| &mut name(&mut request.pool).nodepool_name,
        "Name of the node pool.",
    )
    .required("nodepool_name")
    .deprecated("--agent-pool-name", "--nodepool-name"),
    ignored(&["--cmd"]),
    integer(
        &["--timeout"],
        |request: &mut WaitNodePoolRequest| &mut request.timeout,
        "Longest wait in seconds.",
    )
    .default("3600")
    .group("Wait Condition Arguments"),
    integer(
        &["--interval"],
        |request: &mut WaitNodePoolRequest| &mut request.interval,
        "Seconds between two looks.",
    )
    .default("30")
    .group("Wait Condition Arguments"),
    flag(
        &["--deleted"],
        |request: &mut WaitNodePoolRequest| &mut request.deleted,
        "Wait until it is gone.",
    )
    .group("Wait Condition Arguments"),
    flag(
        &["--created"],
        |request: &mut WaitNodePoolRequest| &mut request.created,
        "Wait until provisioningState is Succeeded.",
    )
    .group("Wait Condition Arguments"),
    flag(
        &["--updated"],
        |request: &mut WaitNodePoolRequest| &mut request.updated,
        "Wait until provisioningState is Succeeded.",
    )
    .group("Wait Condition Arguments"),
    flag(
        &["--exists"],
        |request: &mut WaitNodePoolRequest| &mut request.exists,
        "Wait until it exists.",
    )
    .group("Wait Condition Arguments"),
    text(
        &["--custom"],
        |request: &mut WaitNodePoolRequest| &mut request.custom,
        "Wait until this JMESPath expression holds.",
    )
    .group("Wait Condition Arguments"),
];
