//! The table of `az aks nodepool update`: option, type, place in Azure's request, check.
//!
//! Rows are in az's order of arguments, because that is the order of its checks; `--name` comes
//! before them all. The last two are not in az 2.91: the Generation 2 guide requires them. An
//! option that is not given leaves its property as Azure has it.

use azq_proto::v1::UpdateNodePoolRequest;
use serde_json::{Value as Json, json};

use super::options;
use super::resolve_update::ResolvedOptions;
use super::{checks, headers, lists};

/// One option.
pub(super) type Row = options::Row<UpdateNodePoolRequest, ResolvedOptions>;

/// The options of `update`.
pub(super) const OPTIONS: &[Row] = &[
    Row::computed("--enable-cluster-autoscaler", "enableAutoScaling", |plan| {
        plan.scaling.enabled()
    }),
    Row::computed("--disable-cluster-autoscaler", "virtualMachinesProfile", |plan| {
        plan.scaling.machines()
    }),
    Row::consulted("--update-cluster-autoscaler"),
    Row::computed("--min-count", "minCount", |plan| plan.scaling.min_count())
        .checked(|r, _| checks::node_counts(r.min_count, r.max_count)),
    Row::computed("--max-count", "maxCount", |plan| plan.scaling.max_count())
        .checked(|r, _| checks::node_counts(r.min_count, r.max_count)),
    Row::computed("--labels", "nodeLabels", |plan| plan.labels.clone())
        .checked(|r, _| lists::labels(r.labels.as_ref()).map(drop)),
    Row::computed("--tags", "tags", |plan| plan.request.tags.as_ref().map(lists::tags)),
    Row::computed("--node-taints", "nodeTaints", |plan| {
        plan.request.node_taints.as_deref().map(lists::taints)
    })
    .checked(|r, _| checks::taints(r.node_taints.as_deref())),
    Row::text("--max-surge", "upgradeSettings.maxSurge", |r| r.max_surge.as_deref())
        .valid(checks::surge),
    Row::computed("--max-unavailable", "upgradeSettings.maxUnavailable", |plan| {
        plan.request.max_unavailable.as_deref().filter(|_| plan.has_upgrade_settings).map(Json::from)
    })
    .checked(|r, _| checks::surge("--max-unavailable", r.max_unavailable.as_deref())),
    Row::integer("--drain-timeout", "upgradeSettings.drainTimeoutInMinutes", |r| {
        r.drain_timeout.filter(|minutes| *minutes != 0)
    }),
    Row::integer("--node-soak-duration", "upgradeSettings.nodeSoakDurationInMinutes", |r| {
        r.node_soak_duration.filter(|minutes| *minutes != 0)
    }),
    Row::text("--undrainable-node-behavior", "upgradeSettings.undrainableNodeBehavior", |r| {
        r.undrainable_node_behavior.as_deref().filter(|behavior| !behavior.is_empty())
    }),
    Row::text("--mode", "mode", |r| r.mode.as_deref()),
    Row::text("--scale-down-mode", "scaleDownMode", |r| r.scale_down_mode.as_deref()),
    Row::headers("--aks-custom-headers", |plan| Some(plan.custom_headers.clone())),
    Row::computed("--allowed-host-ports", "networkProfile.allowedHostPorts", |plan| {
        plan.host_ports.clone()
    })
    .checked(|r, _| lists::host_ports(r.allowed_host_ports.as_ref()).map(drop)),
    Row::words("--asg-ids", "networkProfile.applicationSecurityGroups", |r| r.asg_ids.as_ref())
        .checked(|r, _| {
            checks::security_groups(r.asg_ids.as_ref(), r.allowed_host_ports.as_ref())
        }),
    Row::computed("--enable-managed-dranet", "networkProfile.dranet", |plan| {
        plan.request.enable_managed_dranet.then(|| json!({"mode": "Managed"}))
    }),
    Row::computed("--os-sku", "osSKU", |plan| plan.os_sku.as_deref().map(Json::from))
        .checked(|r, report| {
            checks::warn_of_retiring_os_sku(r.os_sku.as_deref(), report);
            Ok(())
        }),
    Row::switch("--enable-fips-image", "enableFIPS", true, |r| r.enable_fips_image),
    Row::switch("--disable-fips-image", "enableFIPS", false, |r| r.disable_fips_image),
    Row::switch("--enable-vtpm", "securityProfile.enableVTPM", true, |r| r.enable_vtpm),
    Row::switch("--disable-vtpm", "securityProfile.enableVTPM", false, |r| r.disable_vtpm),
    Row::switch("--enable-secure-boot", "securityProfile.enableSecureBoot", true, |r| {
        r.enable_secure_boot
    }),
    Row::switch("--disable-secure-boot", "securityProfile.enableSecureBoot", false, |r| {
        r.disable_secure_boot
    }),
    Row::header("--if-match", "if-match", |plan| {
        headers::if_match(plan.request.if_match.as_deref())
    }),
    Row::header("--if-none-match", "if-none-match", |plan| {
        let request = &plan.request;
        headers::if_none_match(request.if_none_match.as_deref(), request.if_match.as_deref())
    }),
    Row::computed("--localdns-config", "localDNSProfile", |plan| plan.local_dns.clone()),
    Row::computed("--gpu-driver", "gpuProfile", |plan| {
        plan.request.gpu_driver.as_deref().map(|driver| json!({"driver": driver}))
    }),
    Row::switch("--enable-artifact-streaming", "artifactStreamingProfile.enabled", true, |r| {
        r.enable_artifact_streaming
    })
    .checked(|r, _| {
        checks::not_both(
            r.enable_artifact_streaming,
            r.disable_artifact_streaming,
            "Cannot specify both --enable-artifact-streaming and --disable-artifact-streaming at the same \
             time.",
        )
    }),
    Row::switch("--disable-artifact-streaming", "artifactStreamingProfile.enabled", false, |r| {
        r.disable_artifact_streaming
    }),
    Row::consulted("--no-wait"),
    Row::text("--node-vm-size", "vmSize", |r| {
        r.node_vm_size.as_deref().filter(|size| !size.is_empty())
    }),
    Row::consulted("--os-type"),
];
