//! `az aks nodepool add`: every option of az 2.91. The daemon implements their meaning and az's
//! defaults.

use azq_proto::v1::AddNodePoolRequest;

use super::command::Command;
use super::node_pools::{
    CUSTOM_HEADERS_HELP, IF_MATCH_HELP, IF_NONE_MATCH_HELP, NO_WAIT_HELP, PREFLIGHT_HELP,
};

const OS_SKUS: &[&str] = &[
    "AzureLinux",
    "AzureLinux3",
    "AzureContainerLinux",
    "Ubuntu",
    "CBLMariner",
    "Mariner",
    "Ubuntu2204",
    "Ubuntu2404",
    "Windows2019",
    "Windows2022",
    "Windows2025",
];

pub(crate) static ADD: Command = Command {
    summary: "Add a node pool to a managed cluster.",
    examples: &[
        (
            "Three Windows nodes that run a Generation 2 image.",
            "aks nodepool add -g MyResourceGroup --cluster-name MyCluster -n npwin --os-type Windows --os-sku Windows2022 --node-vm-size Standard_D4s_v5 --aks-custom-headers UseWindowsGen2VM=true",
        ),
        (
            "Spot machines, between none and five of them.",
            "aks nodepool add -g MyResourceGroup --cluster-name MyCluster -n npspot --priority Spot --spot-max-price -1 --enable-cluster-autoscaler --min-count 0 --max-count 5",
        ),
    ],
    table: options! { AddNodePoolRequest:
        nodepool;
        text kubernetes_version ["-k"]:
            "Kubernetes version of the nodes; without it, the cluster's.";
        text node_vm_size ["-s"]: "VM size of the nodes.";
        text vm_sizes: "VM sizes of a pool of type VirtualMachines, with commas between.";
        text vm_set_type:
            "Kind of the pool: VirtualMachineScaleSets, AvailabilitySet or VirtualMachines.";
        text os_type: "Operating system of the nodes: Linux or Windows.";
        choice(OS_SKUS) os_sku: "Distribution or edition of the operating system.";
        text snapshot_id: "ID of a node pool snapshot to create the pool from.";
        text vnet_subnet_id: "ID of the subnet for the nodes.";
        text pod_subnet_id: "ID of the subnet for the pods.";
        choice(&["DynamicIndividual", "StaticBlock"]) pod_ip_allocation_mode:
            "How pods get their addresses from the pod subnet.";
        flag enable_node_public_ip: "Give every node a public address.";
        text node_public_ip_prefix_id:
            "ID of the prefix that the nodes' public addresses come from.";
        flag enable_cluster_autoscaler ["-e"]:
            "Let the cluster autoscaler choose the number of nodes.";
        any_integer min_count: "Fewest nodes that the autoscaler keeps.";
        any_integer max_count: "Most nodes that the autoscaler keeps.";
        any_integer node_count ["-c"]: "Number of nodes.", default("3");
        choice(&["Regular", "Spot"]) priority:
            "Whether the nodes are regular or spot machines.", default("Regular");
        choice(&["Delete", "Deallocate"]) eviction_policy:
            "What becomes of an evicted spot machine.", default("Delete");
        float spot_max_price:
            "Most that a spot machine may cost, in US dollars an hour; -1 sets no limit.";
        words labels:
            "Kubernetes labels of the nodes: key=value, with spaces between; none clears them.";
        words tags: "Azure tags: key=value, with spaces between; '' clears them.";
        text node_taints: "Kubernetes taints of the nodes: key=value:effect, with commas between.";
        file message_of_the_day: "File with the message shown at a login on a Linux node.";
        choice(&["Managed", "Ephemeral"]) node_osdisk_type:
            "Whether the OS disk is managed or ephemeral.";
        any_integer node_osdisk_size: "Size of the OS disk in GiB.";
        text max_surge:
            "How many nodes an upgrade may add meanwhile: a number, or a percentage such as 33%.";
        text max_unavailable:
            "How many nodes may be missing during an upgrade: a number or a percentage.";
        any_integer drain_timeout: "How long an upgrade waits for a node to drain, in minutes.";
        any_integer node_soak_duration: "How long an upgrade waits between nodes, in minutes.";
        text undrainable_node_behavior:
            "What an upgrade does with a node that does not drain: Schedule or Cordon.",
            default("Schedule");
        choice(&["System", "User", "Gateway"]) mode: "What the pool is for.", default("User");
        choice(&["Delete", "Deallocate"]) scale_down_mode:
            "What becomes of nodes when the pool shrinks.", default("Delete");
        any_integer max_pods ["-m"]: "Most pods on a node.";
        some_words zones ["-z"]: "Availability zones of the nodes, with spaces between.";
        text ppg: "ID of a proximity placement group.";
        flag enable_encryption_at_host: "Encrypt the nodes' disks at the host.";
        flag enable_ultra_ssd: "Let the nodes use ultra disks.";
        flag enable_fips_image: "Use a node image with FIPS modules.";
        file kubelet_config: "JSON file with settings of the kubelet.";
        file linux_os_config: "JSON file with settings of the nodes' Linux.";
        text aks_custom_headers: CUSTOM_HEADERS_HELP;
        text host_group_id: "ID of a dedicated host group for the nodes.";
        text crg_id: "ID of a capacity reservation group.";
        choice(&["MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g"]) gpu_instance_profile:
            "How to partition the nodes' GPUs.";
        some_words allowed_host_ports:
            "Host ports to open: PORT/PROTOCOL or FIRST-LAST/PROTOCOL, with spaces between.";
        some_words asg_ids: "IDs of application security groups, with spaces between.";
        flag enable_managed_dranet: "Let AKS manage DRANET on the nodes.";
        words node_public_ip_tags:
            "Tags of the nodes' public addresses: key=value, with spaces between.";
        flag disable_windows_outbound_nat: "Turn outbound NAT of Windows nodes off.";
        choice(&["KataVmIsolation"]) workload_runtime: "What runs the pods.";
        flag enable_vtpm: "Give the nodes a virtual TPM.";
        flag enable_secure_boot: "Turn secure boot on.";
        text if_match: IF_MATCH_HELP;
        text if_none_match: IF_NONE_MATCH_HELP;
        choice(&["Install", "None"]) gpu_driver: "Whether to install a GPU driver.";
        any_integer gateway_prefix_size: "Size of the public address prefix of a gateway pool.";
        file localdns_config: "JSON file with settings of the nodes' local DNS.";
        flag enable_artifact_streaming: "Stream container images to the nodes.";
        flag no_wait: NO_WAIT_HELP;
        flag preflight: PREFLIGHT_HELP, own;
    },
    ..Command::DEFAULT
};
