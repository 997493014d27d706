//! The top of az's tree of commands.

use super::account::ACCOUNT;
use super::aks::AKS;
use azq_proto::v1::ShowVersionRequest;

use super::command::{Command, Group, Node};
use super::group::GROUP;
use super::resource::RESOURCE;
use super::rest::REST;
use super::sizes::SIZES;
use super::vm::VM;

/// The version of az from which these commands, options and words are.
pub(crate) const AZ_VERSION: &str = "2.91.0";

/// The sentence that tells the user that azq answers in place of az.
pub(crate) const WHO_ANSWERS: &str = concat!(
    "azq ",
    env!("CARGO_PKG_VERSION"),
    " answers here as azure-cli 2.91.0."
);

static VERSION: Command = Command {
    summary: "Show the versions of az's packages.",
    examples: &[(
        "The version alone.",
        "version --query '\"azure-cli\"' -o tsv",
    )],
    table: options! { ShowVersionRequest: ignored = ["--cmd"]; },
    ..Command::DEFAULT
};

pub(crate) static TOP: Group = Group {
    path: "",
    summary: "az's commands, answered in milliseconds.",
    known: &[
        Node::Group(&ACCOUNT),
        Node::Group(&AKS),
        Node::Group(&GROUP),
        Node::Group(&RESOURCE),
        Node::Command(&REST),
        Node::Command(&SIZES),
        Node::Command(&VERSION),
        Node::Group(&VM),
    ],
    words: &[
        "acr",
        "aks",
        "advisor",
        "ams",
        "apim",
        "appconfig",
        "appservice",
        "webapp",
        "functionapp",
        "staticwebapp",
        "logicapp",
        "aro",
        "backup",
        "batch",
        "batchai",
        "billing",
        "bot",
        "cloud",
        "cognitiveservices",
        "compute-recommender",
        "compute-fleet",
        "config",
        "configure",
        "cache",
        "consumption",
        "container",
        "containerapp",
        "cosmosdb",
        "managed-cassandra",
        "databoxedge",
        "dls",
        "dms",
        "eventgrid",
        "eventhubs",
        "extension",
        "feedback",
        "survey",
        "find",
        "hdinsight",
        "identity",
        "interactive",
        "iot",
        "keyvault",
        "lab",
        "managedservices",
        "maps",
        "term",
        "monitor",
        "mysql",
        "netappfiles",
        "network",
        "policy",
        "postgres",
        "login",
        "logout",
        "self-test",
        "account",
        "mariadb",
        "redis",
        "relay",
        "data-boundary",
        "group",
        "resource",
        "provider",
        "feature",
        "tag",
        "deployment",
        "deployment-scripts",
        "ts",
        "stack",
        "stack-whatif",
        "lock",
        "managedapp",
        "bicep",
        "resourcemanagement",
        "private-link",
        "role",
        "ad",
        "search",
        "security",
        "servicebus",
        "connection",
        "sf",
        "signalr",
        "sql",
        "storage",
        "synapse",
        "rest",
        "version",
        "upgrade",
        "ppg",
        "snapshot",
        "vmss",
        "disk-encryption-set",
        "restore-point",
        "sig",
        "disk-access",
        "image",
        "disk",
        "vm",
        "capacity",
        "sshkey",
    ],
};
