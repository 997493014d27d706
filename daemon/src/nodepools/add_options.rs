//! The table of `az aks nodepool add`: option, type, place in Azure's request, check.
//!
//! Rows are in az's order of arguments, because that is the order of its checks; `--name` comes
//! before them all. An option with a default is always sent, any other only if it is given
//! (azure-cli, `acs/custom.py`, `acs/_params.py`, `acs/agentpool_decorator.py`).

use azq_proto::v1::AddNodePoolRequest;
use azq_python::number;
use serde_json::{Value as Json, json};

use super::options;
use super::resolve_add::ResolvedOptions;
use super::{checks, headers, lists};

/// One option.
pub(super) type Row = options::Row<AddNodePoolRequest, ResolvedOptions>;

/// The options of `add`.
pub(super) const OPTIONS: &[Row] = &[
    Row::computed("--kubernetes-version", "orchestratorVersion", |plan| {
        plan.version()
    })
    .checked(|r, _| checks::kubernetes_version(r.kubernetes_version.as_deref())),
    Row::computed("--node-vm-size", "vmSize", |plan| {
        plan.unless_machines(plan.vm_size())
    }),
    Row::computed("--vm-sizes", "virtualMachinesProfile", |plan| {
        plan.machines_profile()
    }),
    Row::computed("--vm-set-type", "type", |plan| {
        Some(plan.vm_set_type.into())
    })
    .checked(|r, _| checks::vm_set_type_or_empty(r.vm_set_type.as_deref())),
    Row::computed("--os-type", "osType", |plan| {
        Some(plan.os_type.as_str().into())
    }),
    Row::computed("--os-sku", "osSKU", ResolvedOptions::os_sku).checked(|r, report| {
        checks::warn_of_retiring_os_sku(r.os_sku.as_deref(), report);
        Ok(())
    }),
    Row::text("--snapshot-id", "creationData.sourceResourceId", |r| {
        r.snapshot_id.as_deref().filter(|id| !id.is_empty())
    })
    .valid(checks::optional_resource_id),
    Row::text("--vnet-subnet-id", "vnetSubnetID", |r| {
        r.vnet_subnet_id.as_deref()
    })
    .valid(checks::optional_resource_id),
    Row::text("--pod-subnet-id", "podSubnetID", |r| {
        r.pod_subnet_id.as_deref()
    })
    .valid(checks::optional_resource_id),
    Row::text("--pod-ip-allocation-mode", "podIPAllocationMode", |r| {
        r.pod_ip_allocation_mode.as_deref()
    }),
    Row::flag("--enable-node-public-ip", "enableNodePublicIP", |r| {
        r.enable_node_public_ip
    }),
    Row::text("--node-public-ip-prefix-id", "nodePublicIPPrefixID", |r| {
        r.node_public_ip_prefix_id.as_deref()
    }),
    Row::computed("--enable-cluster-autoscaler", "enableAutoScaling", |plan| {
        Some((plan.request.enable_cluster_autoscaler && !plan.is_machines()).into())
    }),
    Row::computed("--min-count", "minCount", |plan| {
        plan.unless_machines(plan.request.min_count)
    })
    .checked(|r, _| checks::node_counts(r.min_count, r.max_count)),
    Row::computed("--max-count", "maxCount", |plan| {
        plan.unless_machines(plan.request.max_count)
    })
    .checked(|r, _| checks::node_counts(r.min_count, r.max_count)),
    Row::computed("--node-count", "count", |plan| {
        plan.unless_machines(Some(plan.node_count()))
    }),
    Row::text("--priority", "scaleSetPriority", |r| Some(priority(r))),
    Row::text("--eviction-policy", "scaleSetEvictionPolicy", |r| {
        let policy = r.eviction_policy.as_deref().unwrap_or("Delete");
        is_spot(r).then_some(policy)
    }),
    Row::computed("--spot-max-price", "spotMaxPrice", |plan| {
        let price = plan.request.spot_max_price.filter(|price| !price.is_nan());
        is_spot(&plan.request).then(|| number::from_float(price.unwrap_or(-1.0)).into())
    })
    .checked(|r, _| checks::spot_max_price(r.spot_max_price, priority(r))),
    Row::computed("--labels", "nodeLabels", |plan| plan.labels.clone())
        .checked(|r, _| lists::labels(r.labels.as_ref()).map(drop)),
    Row::computed("--tags", "tags", |plan| {
        plan.request.tags.as_ref().map(lists::tags)
    }),
    Row::computed("--node-taints", "nodeTaints", |plan| {
        Some(lists::taints(
            plan.request.node_taints.as_deref().unwrap_or_default(),
        ))
    })
    .checked(|r, _| checks::taints(r.node_taints.as_deref())),
    Row::computed("--message-of-the-day", "messageOfTheDay", |plan| {
        plan.message_of_the_day.as_deref().map(Json::from)
    })
    .checked(|r, _| {
        checks::message_of_the_day(r.message_of_the_day.as_ref(), r.os_type.as_deref())
    }),
    Row::text("--node-osdisk-type", "osDiskType", |r| {
        r.node_osdisk_type.as_deref()
    }),
    Row::integer("--node-osdisk-size", "osDiskSizeGB", |r| r.node_osdisk_size),
    Row::text("--max-surge", "upgradeSettings.maxSurge", |r| {
        r.max_surge.as_deref()
    })
    .valid(checks::surge),
    Row::text("--max-unavailable", "upgradeSettings.maxUnavailable", |r| {
        r.max_unavailable.as_deref()
    })
    .valid(checks::surge),
    Row::integer(
        "--drain-timeout",
        "upgradeSettings.drainTimeoutInMinutes",
        |r| r.drain_timeout.filter(|minutes| *minutes != 0),
    ),
    Row::integer(
        "--node-soak-duration",
        "upgradeSettings.nodeSoakDurationInMinutes",
        |r| r.node_soak_duration.filter(|minutes| *minutes != 0),
    ),
    Row::text(
        "--undrainable-node-behavior",
        "upgradeSettings.undrainableNodeBehavior",
        |r| {
            let behavior = r.undrainable_node_behavior.as_deref().unwrap_or("Schedule");
            Some(behavior).filter(|behavior| !behavior.is_empty())
        },
    ),
    Row::text("--mode", "mode", |r| Some(mode(r))),
    Row::text("--scale-down-mode", "scaleDownMode", |r| {
        Some(r.scale_down_mode.as_deref().unwrap_or("Delete"))
    }),
    Row::integer("--max-pods", "maxPods", |r| {
        r.max_pods.filter(|pods| *pods != 0)
    }),
    Row::words("--zones", "availabilityZones", |r| r.zones.as_ref()),
    Row::text("--ppg", "proximityPlacementGroupID", |r| r.ppg.as_deref())
        .valid(checks::optional_resource_id),
    Row::flag(
        "--enable-encryption-at-host",
        "enableEncryptionAtHost",
        |r| r.enable_encryption_at_host,
    ),
    Row::flag("--enable-ultra-ssd", "enableUltraSSD", |r| {
        r.enable_ultra_ssd
    }),
    Row::flag("--enable-fips-image", "enableFIPS", |r| r.enable_fips_image),
    Row::computed("--kubelet-config", "kubeletConfig", |plan| {
        plan.kubelet_config.clone()
    }),
    Row::computed("--linux-os-config", "linuxOSConfig", |plan| {
        plan.linux_os_config.clone()
    }),
    Row::headers("--aks-custom-headers", |plan| {
        Some(plan.custom_headers.clone())
    }),
    Row::text("--host-group-id", "hostGroupID", |r| {
        r.host_group_id.as_deref()
    })
    .valid(checks::optional_resource_id),
    Row::text("--crg-id", "capacityReservationGroupID", |r| {
        r.crg_id.as_deref()
    })
    .valid(checks::resource_id),
    Row::text("--gpu-instance-profile", "gpuInstanceProfile", |r| {
        r.gpu_instance_profile.as_deref()
    }),
    Row::computed(
        "--allowed-host-ports",
        "networkProfile.allowedHostPorts",
        |plan| plan.host_ports.clone(),
    )
    .checked(|r, _| lists::host_ports(r.allowed_host_ports.as_ref()).map(drop)),
    Row::words(
        "--asg-ids",
        "networkProfile.applicationSecurityGroups",
        |r| r.asg_ids.as_ref(),
    )
    .checked(|r, _| checks::security_groups(r.asg_ids.as_ref(), r.allowed_host_ports.as_ref())),
    Row::text(
        "--enable-managed-dranet",
        "networkProfile.dranet.mode",
        |r| r.enable_managed_dranet.then_some("Managed"),
    ),
    Row::computed(
        "--node-public-ip-tags",
        "networkProfile.nodePublicIPTags",
        |plan| {
            plan.request
                .node_public_ip_tags
                .as_ref()
                .and_then(lists::ip_tags)
        },
    ),
    Row::switch(
        "--disable-windows-outbound-nat",
        "windowsProfile.disableOutboundNat",
        true,
        |r| r.disable_windows_outbound_nat,
    )
    .checked(|r, _| {
        checks::windows_outbound_nat(r.disable_windows_outbound_nat, r.os_type.as_deref())
    }),
    Row::text("--workload-runtime", "workloadRuntime", |r| {
        r.workload_runtime.as_deref()
    }),
    Row::switch("--enable-vtpm", "securityProfile.enableVTPM", true, |r| {
        r.enable_vtpm
    }),
    Row::switch(
        "--enable-secure-boot",
        "securityProfile.enableSecureBoot",
        true,
        |r| r.enable_secure_boot,
    ),
    Row::header("--if-match", "if-match", |plan| {
        headers::if_match(plan.request.if_match.as_deref())
    }),
    Row::header("--if-none-match", "if-none-match", |plan| {
        let request = &plan.request;
        headers::if_none_match(
            request.if_none_match.as_deref(),
            request.if_match.as_deref(),
        )
    }),
    Row::text("--gpu-driver", "gpuProfile.driver", |r| {
        r.gpu_driver.as_deref()
    }),
    Row::integer(
        "--gateway-prefix-size",
        "gatewayProfile.publicIPPrefixSize",
        |r| r.gateway_prefix_size,
    )
    .checked(|r, _| checks::gateway_prefix_size(r.gateway_prefix_size, mode(r))),
    Row::computed("--localdns-config", "localDNSProfile", |plan| {
        plan.local_dns.clone()
    }),
    Row::switch(
        "--enable-artifact-streaming",
        "artifactStreamingProfile.enabled",
        true,
        |r| r.enable_artifact_streaming,
    )
    .checked(|r, _| checks::artifact_streaming(r.enable_artifact_streaming, r.os_type.as_deref())),
    Row::consulted("--no-wait"),
];

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
