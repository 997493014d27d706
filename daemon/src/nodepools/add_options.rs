//! The table of `az aks nodepool add`: option, type, place in Azure's request, check.
//!
//! Rows are in az's order of arguments, because that is the order of its checks; `--name` comes
//! before them all. An option with a default is always sent, any other only if it is given
//! (azure-cli, `acs/custom.py`, `acs/_params.py`, `acs/agentpool_decorator.py`).
//!
//! Deliberately absent: `--no-wait`, which the sending uses, and the options that become headers
//! (see `headers`).

use azq_proto::v1::AddNodePoolRequest;
use azq_python::number;
use serde_json::{Value as Json, json};

use super::options::{self, Value, rows};
use super::resolve_add::{ResolvedOptions, node_count};
use super::{checks, lists};

/// One option.
pub(super) type Row = options::Row<AddNodePoolRequest, ResolvedOptions>;

/// The options of `add`.
pub(super) const OPTIONS: &[Row] = rows! {
    computed kubernetes_version => "orchestratorVersion" = ResolvedOptions::version,
        check |r, _| checks::kubernetes_version(r.kubernetes_version.as_deref());
    computed node_vm_size => "vmSize" = |plan| plan.unless_machines(plan.vm_size());
    computed vm_sizes => "virtualMachinesProfile" = ResolvedOptions::machines_profile;
    computed vm_set_type => "type" = |plan| Some(plan.vm_set_type.into()),
        check |r, _| checks::vm_set_type_or_empty(r.vm_set_type.as_deref());
    computed os_type => "osType" = |plan| Some(plan.os_type.as_str().into());
    computed os_sku => "osSKU" = ResolvedOptions::os_sku,
        check |r, report| {
            checks::warn_of_retiring_os_sku(r.os_sku.as_deref(), report);
            Ok(())
        };
    text snapshot_id => "creationData.sourceResourceId"
        = |r| r.snapshot_id.as_deref().filter(|id| !id.is_empty()),
        valid checks::optional_resource_id;
    text vnet_subnet_id => "vnetSubnetID", valid checks::optional_resource_id;
    text pod_subnet_id => "podSubnetID", valid checks::optional_resource_id;
    text pod_ip_allocation_mode => "podIPAllocationMode";
    flag enable_node_public_ip => "enableNodePublicIP";
    text node_public_ip_prefix_id => "nodePublicIPPrefixID";
    computed enable_cluster_autoscaler => "enableAutoScaling"
        = |plan| Some((plan.request.enable_cluster_autoscaler && !plan.is_machines()).into());
    computed min_count => "minCount" = |plan| plan.unless_machines(plan.request.min_count),
        check |r, _| checks::node_counts(r.min_count, r.max_count);
    computed max_count => "maxCount" = |plan| plan.unless_machines(plan.request.max_count),
        check |r, _| checks::node_counts(r.min_count, r.max_count);
    computed node_count => "count" = |plan| plan.unless_machines(Some(node_count(&plan.request)));
    text priority => "scaleSetPriority" = |r| Some(priority(r));
    text eviction_policy => "scaleSetEvictionPolicy"
        = |r| is_spot(r).then_some(r.eviction_policy.as_deref().unwrap_or("Delete"));
    computed spot_max_price => "spotMaxPrice" = |plan| {
            let price = plan.request.spot_max_price.filter(|price| !price.is_nan());
            is_spot(&plan.request).then(|| number::from_float(price.unwrap_or(-1.0)).into())
        },
        check |r, _| checks::spot_max_price(r.spot_max_price, priority(r));
    computed labels => "nodeLabels" = |plan| plan.labels.clone(),
        check |r, _| lists::labels(r.labels.as_ref()).map(drop);
    computed tags => "tags" = |plan| plan.request.tags.as_ref().map(lists::tags);
    computed node_taints => "nodeTaints"
        = |plan| Some(lists::taints(plan.request.node_taints.as_deref().unwrap_or_default())),
        check |r, _| checks::taints(r.node_taints.as_deref());
    computed message_of_the_day => "messageOfTheDay"
        = |plan| plan.message_of_the_day.as_deref().map(Json::from),
        check |r, _| {
            checks::message_of_the_day(r.message_of_the_day.as_ref(), r.os_type.as_deref())
        };
    text node_osdisk_type => "osDiskType";
    integer node_osdisk_size => "osDiskSizeGB";
    text max_surge => "upgradeSettings.maxSurge", valid checks::surge;
    text max_unavailable => "upgradeSettings.maxUnavailable", valid checks::surge;
    integer drain_timeout => "upgradeSettings.drainTimeoutInMinutes"
        = |r| r.drain_timeout.filter(|minutes| *minutes != 0);
    integer node_soak_duration => "upgradeSettings.nodeSoakDurationInMinutes"
        = |r| r.node_soak_duration.filter(|minutes| *minutes != 0);
    text undrainable_node_behavior => "upgradeSettings.undrainableNodeBehavior" = |r| {
        let behavior = r.undrainable_node_behavior.as_deref().unwrap_or("Schedule");
        Some(behavior).filter(|behavior| !behavior.is_empty())
    };
    text mode => "mode" = |r| Some(mode(r));
    text scale_down_mode => "scaleDownMode"
        = |r| Some(r.scale_down_mode.as_deref().unwrap_or("Delete"));
    integer max_pods => "maxPods" = |r| r.max_pods.filter(|pods| *pods != 0);
    words zones => "availabilityZones";
    text ppg => "proximityPlacementGroupID", valid checks::optional_resource_id;
    flag enable_encryption_at_host => "enableEncryptionAtHost";
    flag enable_ultra_ssd => "enableUltraSSD";
    flag enable_fips_image => "enableFIPS";
    computed kubelet_config => "kubeletConfig" = |plan| plan.kubelet_config.clone();
    computed linux_os_config => "linuxOSConfig" = |plan| plan.linux_os_config.clone();
    text host_group_id => "hostGroupID", valid checks::optional_resource_id;
    text crg_id => "capacityReservationGroupID", valid checks::resource_id;
    text gpu_instance_profile => "gpuInstanceProfile";
    computed allowed_host_ports => "networkProfile.allowedHostPorts"
        = |plan| plan.host_ports.clone(),
        check |r, _| lists::host_ports(r.allowed_host_ports.as_ref()).map(drop);
    words asg_ids => "networkProfile.applicationSecurityGroups",
        check |r, _| checks::security_groups(r.asg_ids.as_ref(), r.allowed_host_ports.as_ref());
    text enable_managed_dranet => "networkProfile.dranet.mode"
        = |r| r.enable_managed_dranet.then_some("Managed");
    computed node_public_ip_tags => "networkProfile.nodePublicIPTags"
        = |plan| lists::ip_tags(plan.request.node_public_ip_tags.as_ref()?);
    switch disable_windows_outbound_nat => "windowsProfile.disableOutboundNat" = true,
        check |r, _| {
            checks::windows_outbound_nat(r.disable_windows_outbound_nat, r.os_type.as_deref())
        };
    text workload_runtime => "workloadRuntime";
    switch enable_vtpm => "securityProfile.enableVTPM" = true;
    switch enable_secure_boot => "securityProfile.enableSecureBoot" = true;
    text gpu_driver => "gpuProfile.driver";
    integer gateway_prefix_size => "gatewayProfile.publicIPPrefixSize",
        check |r, _| checks::gateway_prefix_size(r.gateway_prefix_size, mode(r));
    computed localdns_config => "localDNSProfile" = |plan| plan.local_dns.clone();
    switch enable_artifact_streaming => "artifactStreamingProfile.enabled" = true,
        check |r, _| {
            checks::artifact_streaming(r.enable_artifact_streaming, r.os_type.as_deref())
        };
};

/// Returns the pool to which the options are added: az sends upgrade settings even if they are
/// empty.
pub(super) fn skeleton() -> Json {
    json!({"properties": {"upgradeSettings": {}}})
}

/// Returns `--mode`, or its default.
pub(super) fn mode(request: &AddNodePoolRequest) -> &str {
    request.mode.as_deref().unwrap_or("User")
}

fn priority(request: &AddNodePoolRequest) -> &str {
    request.priority.as_deref().unwrap_or("Regular")
}

fn is_spot(request: &AddNodePoolRequest) -> bool {
    priority(request) == "Spot"
}
