//! `az aks …`: managed clusters.

use azq_proto::v1::{
    GetClusterCredentialsRequest, GetClusterUpgradesRequest, GetKubernetesVersionsRequest,
    ListAksVmSkusRequest, ListClustersRequest, ShowClusterRequest,
};

use super::aks_command::COMMAND;
use super::command::{Command, Group, Node};
use super::node_pools::{NODE_POOLS, RESOURCE_GROUP_HELP};
use super::node_pools_snapshot::MACHINE;
use super::vm::{LOCATION_HELP, MAX_AGE_HELP};
use crate::extension::AKS_PREVIEW;

pub(crate) static AKS: Group = Group {
    path: "aks",
    summary: "Managed Kubernetes clusters.",
    known: &[
        Node::Group(&COMMAND),
        Node::Group(&NODE_POOLS),
        Node::Command(&GET_CREDENTIALS),
        Node::Command(&GET_UPGRADES),
        Node::Command(&GET_VERSIONS),
        Node::Command(&LIST),
        Node::Command(&LIST_VM_SKUS),
        Node::Group(&MACHINE),
        Node::Command(&SHOW),
    ],
    words: &[
        "safeguards",
        "browse",
        "create",
        "update",
        "get-upgrades",
        "upgrade",
        "scale",
        "delete",
        "show",
        "list",
        "enable-addons",
        "disable-addons",
        "get-credentials",
        "update-credentials",
        "check-acr",
        "install-cli",
        "install-desktop",
        "rotate-certs",
        "stop",
        "start",
        "wait",
        "use-dev-spaces",
        "remove-dev-spaces",
        "operation-abort",
        "get-versions",
        "machine",
        "maintenanceconfiguration",
        "namespace",
        "nodepool",
        "command",
        "snapshot",
        "oidc-issuer",
        "trustedaccess",
        "identity-binding",
        "mesh",
        "approuting",
        "connection",
    ],
};

static SHOW: Command = Command {
    summary: "Show a managed cluster.",
    examples: &[(
        "A cluster.",
        "aks show -g MyResourceGroup -n MyCluster -o table",
    )],
    table: options! { ShowClusterRequest: named_cluster; },
    ..Command::DEFAULT
};

static LIST: Command = Command {
    summary: "List managed clusters.",
    details: "Those of the subscription, or of one resource group.",
    examples: &[("The subscription's clusters.", "aks list -o table")],
    table: options! { ListClustersRequest:
        ignored = ["--cmd"];
        text resource_group_name: RESOURCE_GROUP_HELP;
    },
    ..Command::DEFAULT
};

static GET_CREDENTIALS: Command = Command {
    summary: "Get access credentials for a managed cluster.",
    details: "They are merged into ~/.kube/config, where kubectl finds them.",
    examples: &[
        (
            "For kubectl.",
            "aks get-credentials -g MyResourceGroup -n MyCluster",
        ),
        (
            "On stdout.",
            "aks get-credentials -g MyResourceGroup -n MyCluster --file -",
        ),
    ],
    table: options! { GetClusterCredentialsRequest:
        named_cluster;
        flag admin ["-a"]:
            "The credentials of the cluster's administrator. Without it, those of a user.";
        text path = ["--file", "-f"]:
            "The kubeconfig to merge into, or - for stdout.",
            default("$KUBECONFIG, else ~/.kube/config");
        flag overwrite_existing: "Overwrite what has the same name.";
        text context_name = ["--context"]: "A name for the context instead of the cluster's.";
        flag public_fqdn: "Reach a private cluster by its public name.";
        text credential_format = ["--format"]:
            "The form of a user's credentials, for clusters with Microsoft Entra ID: exec or azure.";
    },
    ..Command::DEFAULT
};

static GET_UPGRADES: Command = Command {
    summary: "List the versions to which a managed cluster can be upgraded.",
    examples: &[(
        "As a table.",
        "aks get-upgrades -g MyResourceGroup -n MyCluster -o table",
    )],
    table: options! { GetClusterUpgradesRequest: named_cluster; },
    ..Command::DEFAULT
};

static GET_VERSIONS: Command = Command {
    summary: "List the versions of Kubernetes that AKS has in a region.",
    examples: &[
        ("As a table.", "aks get-versions -l eastus -o table"),
        (
            "The default.",
            "aks get-versions -l eastus --query values[?isDefault].version -o tsv",
        ),
    ],
    table: options! { GetKubernetesVersionsRequest:
        ignored = ["--cmd"];
        text location ["-l"]: LOCATION_HELP, required_or_configured;
    },
    ..Command::DEFAULT
};

static LIST_VM_SKUS: Command = Command {
    summary: "List the VM SKUs that AKS accepts for node pools in a region.",
    details: "From az's extension aks-preview, which need not be installed; a newer one than azq knows answers \
              itself. Answered from a catalogue that azq keeps per region; --max-age says how old it may be.",
    examples: &[
        (
            "What AKS makes a region's nodes of, as a table.",
            "aks list-vm-skus -l eastus -o table",
        ),
        (
            "One size, and its zones.",
            "aks list-vm-skus -l eastus --size D4s_v5 --query [].locationInfo[0].zones",
        ),
        (
            "SKUs that support availability zones, those that the subscription may not use among them.",
            "aks list-vm-skus -l eastus --zone --all",
        ),
    ],
    extension: Some(&AKS_PREVIEW),
    table: options! { ListAksVmSkusRequest:
        ignored = ["--cmd"];
        text location ["-l"]: LOCATION_HELP, required_or_configured;
        text size ["-s"]: "Name of a size, or a part of it.";
        flag zone ["-z"]: "Only SKUs that support availability zones.";
        flag show_all = ["--all"]: "Also SKUs that the subscription may not use.";
        seconds max_age: MAX_AGE_HELP, own;
    },
    ..Command::DEFAULT
};
