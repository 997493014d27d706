//! `az aks nodepool update`: every option of az 2.91, and those that the Generation 2 guide
//! requires beyond it.

use azq_proto::v1::UpdateNodePoolRequest;

use super::command::Command;
use super::node_pools::{
    CUSTOM_HEADERS_HELP, IF_MATCH_HELP, IF_NONE_MATCH_HELP, NO_WAIT_HELP, PREFLIGHT_HELP,
};
use super::option::Beside;

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
    table: options! { UpdateNodePoolRequest:
        nodepool;
        flag enable_cluster_autoscaler ["-e"]:
            "Let the cluster autoscaler choose the number of nodes.";
        flag disable_cluster_autoscaler ["-d"]: "Stop the cluster autoscaler for this pool.";
        flag update_cluster_autoscaler ["-u"]: "Change the bounds of the cluster autoscaler.";
        any_integer min_count: "Fewest nodes that the autoscaler keeps.";
        any_integer max_count: "Most nodes that the autoscaler keeps.";
        words labels:
            "Kubernetes labels of the nodes: key=value, with spaces between; none clears them.";
        words tags: "Azure tags: key=value, with spaces between; '' clears them.";
        text node_taints: "Kubernetes taints of the nodes: key=value:effect, with commas between.";
        text max_surge:
            "How many nodes an upgrade may add meanwhile: a number, or a percentage such as 33%.";
        text max_unavailable:
            "How many nodes may be missing during an upgrade: a number or a percentage.";
        any_integer drain_timeout: "How long an upgrade waits for a node to drain, in minutes.";
        any_integer node_soak_duration: "How long an upgrade waits between nodes, in minutes.";
        text undrainable_node_behavior:
            "What an upgrade does with a node that does not drain: Schedule or Cordon.";
        choice(&["System", "User", "Gateway"]) mode: "What the pool is for.";
        choice(&["Delete", "Deallocate"]) scale_down_mode:
            "What becomes of nodes when the pool shrinks.";
        text aks_custom_headers: CUSTOM_HEADERS_HELP;
        some_words allowed_host_ports:
            "Host ports to open: PORT/PROTOCOL or FIRST-LAST/PROTOCOL, with spaces between.";
        some_words asg_ids: "IDs of application security groups, with spaces between.";
        flag enable_managed_dranet: "Let AKS manage DRANET on the nodes.";
        choice_beside(OS_SKUS) os_sku:
            "Distribution or edition of the operating system; a Windows edition only beside --node-vm-size or --os-type.";
        flag enable_fips_image: "Use a node image with FIPS modules.";
        flag disable_fips_image: "Use a node image without FIPS modules.";
        flag enable_vtpm: "Give the nodes a virtual TPM.";
        flag disable_vtpm: "Take the nodes' virtual TPM away.";
        flag enable_secure_boot: "Turn secure boot on.";
        flag disable_secure_boot: "Turn secure boot off.";
        text if_match: IF_MATCH_HELP;
        text if_none_match: IF_NONE_MATCH_HELP;
        file localdns_config: "JSON file with settings of the nodes' local DNS.";
        choice(&["Install", "None"]) gpu_driver: "Whether to install a GPU driver.";
        flag enable_artifact_streaming: "Stream container images to the nodes.";
        flag disable_artifact_streaming: "Stop streaming container images.";
        flag no_wait: NO_WAIT_HELP;
        some_text node_vm_size ["-s"]:
            "azq's own: VM size of the nodes, to which AKS moves the pool.", own;
        choice(&["Linux", "Windows"]) os_type:
            "azq's own: operating system of the nodes, which must be the pool's; AKS cannot change it.",
            own;
        flag preflight: PREFLIGHT_HELP, own;
    },
    ..Command::DEFAULT
};
