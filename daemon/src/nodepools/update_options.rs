//! The table of `az aks nodepool update`: option, type, place in Azure's request, check.
//!
//! Rows are in az's order of arguments, because that is the order of its checks; `--name` comes
//! before them all. The last one is not in az 2.91: the Generation 2 guide requires it. An option
//! that is not given leaves its property as Azure has it.
//!
//! Deliberately absent: the options that only other code consults (`--update-cluster-autoscaler`,
//! `--no-wait`, and `--os-type`, which is not in az 2.91 either), and those that become headers
//! (see `headers`).

use azq_proto::v1::UpdateNodePoolRequest;
use serde_json::{Value as Json, json};

use super::options::{self, Value, rows};
use super::resolve_update::ResolvedOptions;
use super::{checks, lists};

/// One option.
pub(super) type Row = options::Row<UpdateNodePoolRequest, ResolvedOptions>;

/// The options of `update`.
pub(super) const OPTIONS: &[Row] = rows! {
    computed enable_cluster_autoscaler => "enableAutoScaling" = |plan| plan.scaling.enabled();
    computed disable_cluster_autoscaler => "virtualMachinesProfile"
        = |plan| plan.scaling.machines();
    computed min_count => "minCount" = |plan| plan.scaling.bound(|min, _| min),
        check |r, _| checks::node_counts(r.min_count, r.max_count);
    computed max_count => "maxCount" = |plan| plan.scaling.bound(|_, max| max),
        check |r, _| checks::node_counts(r.min_count, r.max_count);
    computed labels => "nodeLabels" = |plan| plan.labels.clone(),
        check |r, _| lists::labels(r.labels.as_ref()).map(drop);
    computed tags => "tags" = |plan| plan.request.tags.as_ref().map(lists::tags);
    computed node_taints => "nodeTaints"
        = |plan| plan.request.node_taints.as_deref().map(lists::taints),
        check |r, _| checks::taints(r.node_taints.as_deref());
    text max_surge => "upgradeSettings.maxSurge", valid checks::surge;
    computed max_unavailable => "upgradeSettings.maxUnavailable" = |plan| {
            let given = plan.request.max_unavailable.as_deref();
            given.filter(|_| plan.has_upgrade_settings).map(Json::from)
        },
        check |r, _| checks::surge("--max-unavailable", r.max_unavailable.as_deref());
    integer drain_timeout => "upgradeSettings.drainTimeoutInMinutes"
        = |r| r.drain_timeout.filter(|minutes| *minutes != 0);
    integer node_soak_duration => "upgradeSettings.nodeSoakDurationInMinutes"
        = |r| r.node_soak_duration.filter(|minutes| *minutes != 0);
    text undrainable_node_behavior => "upgradeSettings.undrainableNodeBehavior"
        = |r| r.undrainable_node_behavior.as_deref().filter(|behavior| !behavior.is_empty());
    text mode => "mode";
    text scale_down_mode => "scaleDownMode";
    computed allowed_host_ports => "networkProfile.allowedHostPorts"
        = |plan| plan.host_ports.clone(),
        check |r, _| lists::host_ports(r.allowed_host_ports.as_ref()).map(drop);
    words asg_ids => "networkProfile.applicationSecurityGroups",
        check |r, _| checks::security_groups(r.asg_ids.as_ref(), r.allowed_host_ports.as_ref());
    computed enable_managed_dranet => "networkProfile.dranet"
        = |plan| plan.request.enable_managed_dranet.then(|| json!({"mode": "Managed"}));
    computed os_sku => "osSKU" = |plan| plan.os_sku.as_deref().map(Json::from),
        check |r, report| {
            checks::warn_of_retiring_os_sku(r.os_sku.as_deref(), report);
            Ok(())
        };
    switch enable_fips_image => "enableFIPS" = true;
    switch disable_fips_image => "enableFIPS" = false;
    switch enable_vtpm => "securityProfile.enableVTPM" = true;
    switch disable_vtpm => "securityProfile.enableVTPM" = false;
    switch enable_secure_boot => "securityProfile.enableSecureBoot" = true;
    switch disable_secure_boot => "securityProfile.enableSecureBoot" = false;
    computed localdns_config => "localDNSProfile" = |plan| plan.local_dns.clone();
    computed gpu_driver => "gpuProfile"
        = |plan| plan.request.gpu_driver.as_deref().map(|driver| json!({"driver": driver}));
    switch enable_artifact_streaming => "artifactStreamingProfile.enabled" = true,
        check |r, _| checks::not_both(
            r.enable_artifact_streaming,
            r.disable_artifact_streaming,
            "Cannot specify both --enable-artifact-streaming and --disable-artifact-streaming at the same \
             time.",
        );
    switch disable_artifact_streaming => "artifactStreamingProfile.enabled" = false;
    text node_vm_size => "vmSize"
        = |r| r.node_vm_size.as_deref().filter(|size| !size.is_empty());
};
