//! `az aks nodepool add`: every option of az 2.91. The daemon implements their meaning and az's
//! defaults.

use azq_proto::v1::AddNodePoolRequest;

use super::command::{Command, Rows};
use super::node_pools::{
    CUSTOM_HEADERS_HELP, IF_MATCH_HELP, IF_NONE_MATCH_HELP, cluster_name, name, no_wait,
    nodepool_name, preflight, resource_group,
};
use super::option::{
    Opt, any_integer, choice, file, flag, float, ignored, some_words, text, words,
};

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
    table: &Rows(&ADD_OPTIONS),
    ..Command::DEFAULT
};

static ADD_OPTIONS: [Opt<AddNodePoolRequest>; 64] = [
    ignored(&["--cmd"]),
    resource_group(|request| &mut name(&mut request.pool).resource_group_name),
    cluster_name(|request| &mut name(&mut request.pool).cluster_name),
    nodepool_name(|request| &mut name(&mut request.pool).nodepool_name),
    text(
        &["--kubernetes-version", "-k"],
        |request| &mut request.kubernetes_version,
        "Kubernetes version of the nodes; without it, the cluster's.",
    ),
    text(
        &["--node-vm-size", "-s"],
        |request| &mut request.node_vm_size,
        "VM size of the nodes.",
    ),
    text(
        &["--vm-sizes"],
        |request| &mut request.vm_sizes,
        "VM sizes of a pool of type VirtualMachines, with commas between.",
    ),
    text(
        &["--vm-set-type"],
        |request| &mut request.vm_set_type,
        "Kind of the pool: VirtualMachineScaleSets, AvailabilitySet or VirtualMachines.",
    ),
    text(
        &["--os-type"],
        |request| &mut request.os_type,
        "Operating system of the nodes: Linux or Windows.",
    ),
    choice(
        &["--os-sku"],
        &[
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
        ],
        |request| &mut request.os_sku,
        "Distribution or edition of the operating system.",
    ),
    text(
        &["--snapshot-id"],
        |request| &mut request.snapshot_id,
        "ID of a node pool snapshot to create the pool from.",
    ),
    text(
        &["--vnet-subnet-id"],
        |request| &mut request.vnet_subnet_id,
        "ID of the subnet for the nodes.",
    ),
    text(
        &["--pod-subnet-id"],
        |request| &mut request.pod_subnet_id,
        "ID of the subnet for the pods.",
    ),
    choice(
        &["--pod-ip-allocation-mode"],
        &["DynamicIndividual", "StaticBlock"],
        |request| &mut request.pod_ip_allocation_mode,
        "How pods get their addresses from the pod subnet.",
    ),
    flag(
        &["--enable-node-public-ip"],
        |request| &mut request.enable_node_public_ip,
        "Give every node a public address.",
    ),
    text(
        &["--node-public-ip-prefix-id"],
        |request| &mut request.node_public_ip_prefix_id,
        "ID of the prefix that the nodes' public addresses come from.",
    ),
    flag(
        &["--enable-cluster-autoscaler", "-e"],
        |request| &mut request.enable_cluster_autoscaler,
        "Let the cluster autoscaler choose the number of nodes.",
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
    any_integer(
        &["--node-count", "-c"],
        |request: &mut AddNodePoolRequest| &mut request.node_count,
        |request| &mut request.large_integers,
        "Number of nodes.",
    )
    .default("3"),
    choice(
        &["--priority"],
        &["Regular", "Spot"],
        |request: &mut AddNodePoolRequest| &mut request.priority,
        "Whether the nodes are regular or spot machines.",
    )
    .default("Regular"),
    choice(
        &["--eviction-policy"],
        &["Delete", "Deallocate"],
        |request: &mut AddNodePoolRequest| &mut request.eviction_policy,
        "What becomes of an evicted spot machine.",
    )
    .default("Delete"),
    float(
        &["--spot-max-price"],
        |request| &mut request.spot_max_price,
        "Most that a spot machine may cost, in US dollars an hour; -1 sets no limit.",
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
    file(
        &["--message-of-the-day"],
        |request| &mut request.message_of_the_day,
        "File with the message shown at a login on a Linux node.",
    ),
    choice(
        &["--node-osdisk-type"],
        &["Managed", "Ephemeral"],
        |request| &mut request.node_osdisk_type,
        "Whether the OS disk is managed or ephemeral.",
    ),
    any_integer(
        &["--node-osdisk-size"],
        |request| &mut request.node_osdisk_size,
        |request| &mut request.large_integers,
        "Size of the OS disk in GiB.",
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
        |request: &mut AddNodePoolRequest| &mut request.undrainable_node_behavior,
        "What an upgrade does with a node that does not drain: Schedule or Cordon.",
    )
    .default("Schedule"),
    choice(
        &["--mode"],
        &["System", "User", "Gateway"],
        |request: &mut AddNodePoolRequest| &mut request.mode,
        "What the pool is for.",
    )
    .default("User"),
    choice(
        &["--scale-down-mode"],
        &["Delete", "Deallocate"],
        |request: &mut AddNodePoolRequest| &mut request.scale_down_mode,
        "What becomes of nodes when the pool shrinks.",
    )
    .default("Delete"),
    any_integer(
        &["--max-pods", "-m"],
        |request| &mut request.max_pods,
        |request| &mut request.large_integers,
        "Most pods on a node.",
    ),
    some_words(
        &["--zones", "-z"],
        |request| &mut request.zones,
        "Availability zones of the nodes, with spaces between.",
    ),
    text(
        &["--ppg"],
        |request| &mut request.ppg,
        "ID of a proximity placement group.",
    ),
    flag(
        &["--enable-encryption-at-host"],
        |request| &mut request.enable_encryption_at_host,
        "Encrypt the nodes' disks at the host.",
    ),
    flag(
        &["--enable-ultra-ssd"],
        |request| &mut request.enable_ultra_ssd,
        "Let the nodes use ultra disks.",
    ),
    flag(
        &["--enable-fips-image"],
        |request| &mut request.enable_fips_image,
        "Use a node image with FIPS modules.",
    ),
    file(
        &["--kubelet-config"],
        |request| &mut request.kubelet_config,
        "JSON file with settings of the kubelet.",
    ),
    file(
        &["--linux-os-config"],
        |request| &mut request.linux_os_config,
        "JSON file with settings of the nodes' Linux.",
    ),
    text(
        &["--aks-custom-headers"],
        |request| &mut request.aks_custom_headers,
        CUSTOM_HEADERS_HELP,
    ),
    text(
        &["--host-group-id"],
        |request| &mut request.host_group_id,
        "ID of a dedicated host group for the nodes.",
    ),
    text(
        &["--crg-id"],
        |request| &mut request.crg_id,
        "ID of a capacity reservation group.",
    ),
    choice(
        &["--gpu-instance-profile"],
        &["MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g"],
        |request| &mut request.gpu_instance_profile,
        "How to partition the nodes' GPUs.",
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
    words(
        &["--node-public-ip-tags"],
        |request| &mut request.node_public_ip_tags,
        "Tags of the nodes' public addresses: key=value, with spaces between.",
    ),
    flag(
        &["--disable-windows-outbound-nat"],
        |request| &mut request.disable_windows_outbound_nat,
        "Turn outbound NAT of Windows nodes off.",
    ),
    choice(
        &["--workload-runtime"],
        &["KataVmIsolation"],
        |request| &mut request.workload_runtime,
        "What runs the pods.",
    ),
    flag(
        &["--enable-vtpm"],
        |request| &mut request.enable_vtpm,
        "Give the nodes a virtual TPM.",
    ),
    flag(
        &["--enable-secure-boot"],
        |request| &mut request.enable_secure_boot,
        "Turn secure boot on.",
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
    choice(
        &["--gpu-driver"],
        &["Install", "None"],
        |request| &mut request.gpu_driver,
        "Whether to install a GPU driver.",
    ),
    any_integer(
        &["--gateway-prefix-size"],
        |request| &mut request.gateway_prefix_size,
        |request| &mut request.large_integers,
        "Size of the public address prefix of a gateway pool.",
    ),
    file(
        &["--localdns-config"],
        |request| &mut request.localdns_config,
        "JSON file with settings of the nodes' local DNS.",
    ),
    flag(
        &["--enable-artifact-streaming"],
        |request| &mut request.enable_artifact_streaming,
        "Stream container images to the nodes.",
    ),
    no_wait(|request| &mut request.no_wait),
    preflight(|request| &mut request.preflight),
];
