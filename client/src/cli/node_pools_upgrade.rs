//! `az aks nodepool upgrade` and `wait`.

use azq_proto::v1::{UpgradeNodePoolRequest, WaitNodePoolRequest};

use super::command::Command;
use super::node_pools::{
    CUSTOM_HEADERS_HELP, IF_MATCH_HELP, IF_NONE_MATCH_HELP, NO_WAIT_HELP, RESOURCE_GROUP_HELP,
    YES_HELP,
};

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
    table: options! { UpgradeNodePoolRequest:
        nodepool;
        text kubernetes_version ["-k"]:
            "Kubernetes version of the nodes; without it, the cluster's.";
        flag node_image_only: "Upgrade only the node image.";
        text max_surge:
            "How many nodes an upgrade may add meanwhile: a number, or a percentage such as 33%.";
        text max_unavailable:
            "How many nodes may be missing during an upgrade: a number or a percentage.";
        any_integer drain_timeout: "How long an upgrade waits for a node to drain, in minutes.";
        any_integer node_soak_duration: "How long an upgrade waits between nodes, in minutes.";
        text undrainable_node_behavior:
            "What an upgrade does with a node that does not drain: Schedule or Cordon.";
        text snapshot_id: "ID of a node pool snapshot to create the pool from.";
        text aks_custom_headers: CUSTOM_HEADERS_HELP;
        flag yes ["-y"]: YES_HELP;
        text if_match: IF_MATCH_HELP;
        text if_none_match: IF_NONE_MATCH_HELP;
        flag no_wait: NO_WAIT_HELP;
    },
    ..Command::DEFAULT
};

pub(crate) static WAIT: Command = Command {
    summary: "Wait until a node pool is as asked for.",
    details: "For an operation that was started with --no-wait, or interrupted.",
    examples: &[(
        "Until the pool is ready, at most ten minutes.",
        "aks nodepool wait -g MyResourceGroup --cluster-name MyCluster -n mypool --created --timeout 600",
    )],
    table: options! { WaitNodePoolRequest:
        text pool.resource_group_name: RESOURCE_GROUP_HELP, required_or_configured;
        text pool.cluster_name: "Name of the cluster.", required;
        text pool.nodepool_name ["--name", "-n", "--agent-pool-name"]:
            "Name of the node pool.", required, deprecated("--agent-pool-name", "--nodepool-name");
        ignored = ["--cmd"];
        integer timeout:
            "Longest wait in seconds.", default("3600"), group("Wait Condition Arguments");
        integer interval:
            "Seconds between two looks.", default("30"), group("Wait Condition Arguments");
        flag deleted: "Wait until it is gone.", group("Wait Condition Arguments");
        flag created:
            "Wait until provisioningState is Succeeded.", group("Wait Condition Arguments");
        flag updated:
            "Wait until provisioningState is Succeeded.", group("Wait Condition Arguments");
        flag exists: "Wait until it exists.", group("Wait Condition Arguments");
        text custom:
            "Wait until this JMESPath expression holds.", group("Wait Condition Arguments");
    },
    ..Command::DEFAULT
};
