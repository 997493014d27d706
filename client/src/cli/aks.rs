//! `az aks …`: managed clusters.

use azq_proto::v1::{
    GetClusterUpgradesRequest, GetKubernetesVersionsRequest, ListClustersRequest,
    ShowClusterRequest,
};

use super::command::{Command, Group, Node, Rows};
use super::node_pools::{NODE_POOLS, RESOURCE_GROUP, RESOURCE_GROUP_HELP};
use super::option::{Opt, ignored, text};
use super::vm::{LOCATION, LOCATION_HELP};

pub(crate) static AKS: Group = Group {
    path: "aks",
    summary: "Managed Kubernetes clusters.",
    known: &[
        Node::Group(&NODE_POOLS),
        Node::Command(&GET_UPGRADES),
        Node::Command(&GET_VERSIONS),
        Node::Command(&LIST),
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
    policy: false,
    table: &Rows(&SHOW_OPTIONS),
    ..Command::DEFAULT
};

static SHOW_OPTIONS: [Opt<ShowClusterRequest>; 3] = [
    ignored(&["--cmd"]),
    text(
        RESOURCE_GROUP,
        |request: &mut ShowClusterRequest| &mut request.resource_group_name,
        RESOURCE_GROUP_HELP,
    )
    .required_or_configured("resource_group_name"),
    text(
        &["--name", "-n"],
        |request: &mut ShowClusterRequest| &mut request.name,
        "Name of the cluster.",
    )
    .required("name"),
];

static LIST: Command = Command {
    summary: "List managed clusters.",
    details: "Those of the subscription, or of one resource group.",
    examples: &[("The subscription's clusters.", "aks list -o table")],
    policy: false,
    table: &Rows(&LIST_OPTIONS),
    ..Command::DEFAULT
};

static LIST_OPTIONS: [Opt<ListClustersRequest>; 2] = [
    ignored(&["--cmd"]),
    text(
        RESOURCE_GROUP,
        |request| &mut request.resource_group_name,
        RESOURCE_GROUP_HELP,
    ),
];

static GET_UPGRADES: Command = Command {
    summary: "List the versions to which a managed cluster can be upgraded.",
    examples: &[(
        "As a table.",
        "aks get-upgrades -g MyResourceGroup -n MyCluster -o table",
    )],
    table: &Rows(&GET_UPGRADES_OPTIONS),
    ..Command::DEFAULT
};

static GET_UPGRADES_OPTIONS: [Opt<GetClusterUpgradesRequest>; 3] = [
    ignored(&["--cmd"]),
    text(
        RESOURCE_GROUP,
        |request: &mut GetClusterUpgradesRequest| &mut request.resource_group_name,
        RESOURCE_GROUP_HELP,
    )
    .required_or_configured("resource_group_name"),
    text(
        &["--name", "-n"],
        |request: &mut GetClusterUpgradesRequest| &mut request.name,
        "Name of the cluster.",
    )
    .required("name"),
];

static GET_VERSIONS: Command = Command {
    summary: "List the versions of Kubernetes that AKS has in a region.",
    examples: &[
        ("As a table.", "aks get-versions -l eastus -o table"),
        (
            "The default.",
            "aks get-versions -l eastus --query values[?isDefault].version -o tsv",
        ),
    ],
    table: &Rows(&GET_VERSIONS_OPTIONS),
    ..Command::DEFAULT
};

static GET_VERSIONS_OPTIONS: [Opt<GetKubernetesVersionsRequest>; 2] = [
    ignored(&["--cmd"]),
    text(
        LOCATION,
        |request: &mut GetKubernetesVersionsRequest| &mut request.location,
        LOCATION_HELP,
    )
    .required_or_configured("location"),
];
