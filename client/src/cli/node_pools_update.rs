//! `az aks nodepool update`: every option of az 2.91, and those that the Generation 2 guide
//! requires beyond it.

use azq_proto::v1::UpdateNodePoolRequest;

use super::command::{Command, Rows};
use super::node_pools::{
    CUSTOM_HEADERS_HELP, IF_MATCH_HELP, IF_NONE_MATCH_HELP, cluster_name, name, no_wait,
    nodepool_name, preflight, resource_group,
};
use super::option::{
    Beside, Opt, any_integer, choice, choice_beside, file, flag, ignored, some_text, some_words,
    text, words,
};

const NODE_VM_SIZE: &[&str] = &["--node-vm-size", "-s"];
const OS_TYPE: &[&str] = &["--os-type"];

/// The OS SKUs of the update. az 2.91 refuses Windows editions, in words that scripts may know. The
/// guide names one, always beside options that az does not have, so a line with one of these
/// options can only be meant for azq.
const OS_SKUS: Beside = Beside {
    choices: &[
        "AzureLinux",
        "AzureLinux3",
        "AzureContainerLinux",
        "Ubuntu",
        "Ubuntu2204",
        "Ubuntu2404",
    ],
    more: &["Windows2019", "Windows2022", "Windows2025"],
    options: &["--node-vm-size", "--os-type"],
    needed: "--os-type Windows",
};

pub(crate) static UPDATE: Command = Command {
    summary: "Change a node pool.",
    details: "Reads the pool, changes what the options say, and writes it back whole.",
    examples: &[
        (
            "Move a Windows pool to a size whose image is Generation 2.",
            "aks nodepool update -g MyResourceGroup --cluster-name MyCluster -n npwin --node-vm-size Standard_D4s_v5 --os-type Windows --os-sku Windows2022 --aks-custom-headers UseWindowsGen2VM=true",
        ),
        (
            "Other bounds for the cluster autoscaler.",
            "aks nodepool update -g MyResourceGroup --cluster-name MyCluster -n mypool --update-cluster-autoscaler --min-count 1 --max-count 5",
        ),
        (
            "No labels any more.",
            "aks nodepool update -g MyResourceGroup --cluster-name MyCluster -n mypool --labels",
        ),
    ],
    table: &Rows(&UPDATE_OPTIONS),
    ..Command::DEFAULT
};

static UPDATE_OPTIONS: [Opt<UpdateNodePoolRequest>; 40] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    flag(
        &["--enable-cluster-autoscaler", "-e"],
        |request| &mut request.enable_cluster_autoscaler,
        "Let the cluster autoscaler choose the number of nodes.",
    ),
    flag(
        &["--disable-cluster-autoscaler", "-d"],
        |request| &mut request.disable_cluster_autoscaler,
        "Stop the cluster autoscaler for this pool.",
    ),
    flag(
        &["--update-cluster-autoscaler", "-u"],
        |request| &mut request.update_cluster_autoscaler,
        "Change the bounds of the cluster autoscaler.",
    ),
    any_integer(
        &["--min-count"],
        |request| &mut request.min_count,
        |request| &mut request.large_integers,
        "Fewest nodes that the autoscaler keeps.",
    ),
    any_integer(
        &["--max-count"],
        |request| &mut request.max_count,
        |request| &mut request.large_integers,
        "Most nodes that the autoscaler keeps.",
    ),
    words(
        &["--labels"],
        |request| &mut request.labels,
        "Kubernetes labels of the nodes: key=value, with spaces between; none clears them.",
    ),
    words(
        &["--tags"],
        |request| &mut request.tags,
        "Azure tags: key=value, with spaces between; '' clears them.",
    ),
    text(
        &["--node-taints"],
        |request| &mut request.node_taints,
        "Kubernetes taints of the nodes: key=value:effect, with commas between.",
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
    choice(
        &["--mode"],
        &["System", "User", "Gateway"],
        |request| &mut request.mode,
        "What the pool is for.",
    ),
    choice(
        &["--scale-down-mode"],
        &["Delete", "Deallocate"],
        |request| &mut request.scale_down_mode,
        "What becomes of nodes when the pool shrinks.",
    ),
    text(
        &["--aks-custom-headers"],
        |request| &mut request.aks_custom_headers,
        CUSTOM_HEADERS_HELP,
    ),
    some_words(
        &["--allowed-host-ports"],
        |request| &mut request.allowed_host_ports,
        "Host ports to open: PORT/PROTOCOL or FIRST-LAST/PROTOCOL, with spaces between.",
    ),
    some_words(
        &["--asg-ids"],
        |request| &mut request.asg_ids,
        "IDs of application security groups, with spaces between.",
    ),
    flag(
        &["--enable-managed-dranet"],
        |request| &mut request.enable_managed_dranet,
        "Let AKS manage DRANET on the nodes.",
    ),
    choice_beside(
        &["--os-sku"],
        OS_SKUS,
        |request| &mut request.os_sku,
        "Distribution or edition of the operating system; a Windows edition only beside --node-vm-size or --os-type.",
    ),
    flag(
        &["--enable-fips-image"],
        |request| &mut request.enable_fips_image,
        "Use a node image with FIPS modules.",
    ),
    flag(
        &["--disable-fips-image"],
        |request| &mut request.disable_fips_image,
        "Use a node image without FIPS modules.",
    ),
    flag(
        &["--enable-vtpm"],
        |request| &mut request.enable_vtpm,
        "Give the nodes a virtual TPM.",
    ),
    flag(
        &["--disable-vtpm"],
        |request| &mut request.disable_vtpm,
        "Take the nodes' virtual TPM away.",
    ),
    flag(
        &["--enable-secure-boot"],
        |request| &mut request.enable_secure_boot,
        "Turn secure boot on.",
    ),
    flag(
        &["--disable-secure-boot"],
        |request| &mut request.disable_secure_boot,
        "Turn secure boot off.",
    ),
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
    file(
        &["--localdns-config"],
        |request| &mut request.localdns_config,
        "JSON file with settings of the nodes' local DNS.",
    ),
    choice(
        &["--gpu-driver"],
        &["Install", "None"],
        |request| &mut request.gpu_driver,
        "Whether to install a GPU driver.",
    ),
    flag(
        &["--enable-artifact-streaming"],
        |request| &mut request.enable_artifact_streaming,
        "Stream container images to the nodes.",
    ),
    flag(
        &["--disable-artifact-streaming"],
        |request| &mut request.disable_artifact_streaming,
        "Stop streaming container images.",
    ),
    no_wait(|request| &mut request.no_wait),
    some_text(
        NODE_VM_SIZE,
        |request: &mut UpdateNodePoolRequest| &mut request.node_vm_size,
        "azq's own: VM size of the nodes, to which AKS moves the pool.",
    )
    .own(),
    choice(
        OS_TYPE,
        &["Linux", "Windows"],
        |request: &mut UpdateNodePoolRequest| &mut request.os_type,
        "azq's own: operating system of the nodes, which must be the pool's; AKS cannot change it.",
    )
    .own(),
    preflight(|request| &mut request.preflight),
];
