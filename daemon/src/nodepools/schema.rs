//! az's models of agent pools, written by `tests/record_schema.py` from azure-cli 2.91.0.

use azq_schema::models;

models! {
    SYSTEM_DATA {
        "createdBy": Text,
        "createdByType": Choice,
        "createdAt": DateTime,
        "lastModifiedBy": Text,
        "lastModifiedByType": Choice,
        "lastModifiedAt": DateTime,
    }
    AGENT_POOL_UPGRADE_SETTINGS {
        "maxSurge": Text,
        "maxUnavailable": Text,
        "drainTimeoutInMinutes": Integer,
        "nodeSoakDurationInMinutes": Integer,
        "undrainableNodeBehavior": Choice,
    }
    KUBELET_CONFIG {
        "cpuManagerPolicy": Text,
        "cpuCfsQuota": Boolean,
        "cpuCfsQuotaPeriod": Text,
        "imageGcHighThreshold": Integer,
        "imageGcLowThreshold": Integer,
        "topologyManagerPolicy": Text,
        "allowedUnsafeSysctls": List(Text),
        "failSwapOn": Boolean,
        "containerLogMaxSizeMB" as "containerLogMaxSizeMb": Integer,
        "containerLogMaxFiles": Integer,
        "podMaxPids": Integer,
    }
    LINUX_OS_CONFIG {
        "sysctls": Object {
            "netCoreSomaxconn": Integer,
            "netCoreNetdevMaxBacklog": Integer,
            "netCoreRmemDefault": Integer,
            "netCoreRmemMax": Integer,
            "netCoreWmemDefault": Integer,
            "netCoreWmemMax": Integer,
            "netCoreOptmemMax": Integer,
            "netIpv4TcpMaxSynBacklog": Integer,
            "netIpv4TcpMaxTwBuckets": Integer,
            "netIpv4TcpFinTimeout": Integer,
            "netIpv4TcpKeepaliveTime": Integer,
            "netIpv4TcpKeepaliveProbes": Integer,
            "netIpv4TcpkeepaliveIntvl": Integer,
            "netIpv4TcpTwReuse": Boolean,
            "netIpv4IpLocalPortRange": Text,
            "netIpv4NeighDefaultGcThresh1": Integer,
            "netIpv4NeighDefaultGcThresh2": Integer,
            "netIpv4NeighDefaultGcThresh3": Integer,
            "netNetfilterNfConntrackMax": Integer,
            "netNetfilterNfConntrackBuckets": Integer,
            "fsInotifyMaxUserWatches": Integer,
            "fsFileMax": Integer,
            "fsAioMaxNr": Integer,
            "fsNrOpen": Integer,
            "kernelThreadsMax": Integer,
            "vmMaxMapCount": Integer,
            "vmSwappiness": Integer,
            "vmVfsCachePressure": Integer,
        },
        "transparentHugePageEnabled": Text,
        "transparentHugePageDefrag": Text,
        "swapFileSizeMB" as "swapFileSizeMb": Integer,
    }
    AGENT_POOL_NETWORK_PROFILE {
        "nodePublicIPTags" as "nodePublicIpTags": List(Object { "ipTagType": Text, "tag": Text }),
        "allowedHostPorts": List(Object {
            "portStart": Integer,
            "portEnd": Integer,
            "protocol": Choice,
        }),
        "applicationSecurityGroups": List(Text),
        "dranet": Object { "mode": Choice },
    }
    AGENT_POOL_SECURITY_PROFILE {
        "enableVTPM" as "enableVtpm": Boolean,
        "enableSecureBoot": Boolean,
        "sshAccess": Choice,
    }
    VIRTUAL_MACHINES_PROFILE {
        "scale": Object {
            "manual": List(Object { "size": Text, "count": Integer }),
            "autoscale": List(Object { "size": Text, "minCount": Integer, "maxCount": Integer }),
        },
    }
    ERROR_DETAIL {
        "code": Text,
        "message": Text,
        "target": Text,
        "details": List(Object(ERROR_DETAIL)),
        "additionalInfo": List(Object { "type": Text, "info": Any }),
    }
    LOCAL_DNS_OVERRIDE {
        "queryLogging": Choice,
        "protocol": Choice,
        "forwardDestination": Choice,
        "forwardPolicy": Choice,
        "maxConcurrent": Integer,
        "cacheDurationInSeconds": Integer,
        "serveStaleDurationInSeconds": Integer,
        "serveStale": Choice,
    }
    LOCAL_DNS_PROFILE {
        "mode": Choice,
        "state": Choice,
        "vnetDNSOverrides" as "vnetDnsOverrides": Map(Object(LOCAL_DNS_OVERRIDE)),
        "kubeDNSOverrides" as "kubeDnsOverrides": Map(Object(LOCAL_DNS_OVERRIDE)),
    }
    AGENT_POOL {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(SYSTEM_DATA),
        "properties": Flattened(AGENT_POOL_MANAGED_CLUSTER_AGENT_POOL_PROFILE_PROPERTIES),
    }
}

/// Declares the model of an agent pool: its name, az's name of the pool's type, and further rows.
macro_rules! agent_pool {
    ($name:ident, $type:literal $(, $more:literal: $kind:ident)*) => {
        models! {
            $name {
                "eTag": Text,
                "count": Integer,
                "vmSize": Text,
                "osDiskSizeGB" as "osDiskSizeGb": Integer,
                "osDiskType": Choice,
                "kubeletDiskType": Choice,
                "workloadRuntime": Choice,
                "messageOfTheDay": Text,
                "vnetSubnetID" as "vnetSubnetId": Text,
                "podSubnetID" as "podSubnetId": Text,
                "podIPAllocationMode" as "podIpAllocationMode": Choice,
                "maxPods": Integer,
                "osType": Choice,
                "osSKU" as "osSku": Choice,
                "maxCount": Integer,
                "minCount": Integer,
                "enableAutoScaling": Boolean,
                "scaleDownMode": Choice,
                "type" as $type: Choice,
                "mode": Choice,
                "orchestratorVersion": Text,
                "currentOrchestratorVersion": Text,
                "nodeImageVersion": Text,
                "upgradeSettings": Object(AGENT_POOL_UPGRADE_SETTINGS),
                "provisioningState": Text,
                "powerState": Object { "code": Choice },
                "availabilityZones": List(Text),
                "enableNodePublicIP" as "enableNodePublicIp": Boolean,
                "nodePublicIPPrefixID" as "nodePublicIpPrefixId": Text,
                "scaleSetPriority": Choice,
                "scaleSetEvictionPolicy": Choice,
                "spotMaxPrice": Float,
                "tags": Map(Text),
                "nodeLabels": Map(Text),
                "nodeTaints": List(Text),
                "proximityPlacementGroupID" as "proximityPlacementGroupId": Text,
                "kubeletConfig": Object(KUBELET_CONFIG),
                "linuxOSConfig" as "linuxOsConfig": Object(LINUX_OS_CONFIG),
                "enableEncryptionAtHost": Boolean,
                "enableUltraSSD" as "enableUltraSsd": Boolean,
                "enableFIPS" as "enableFips": Boolean,
                "gpuInstanceProfile": Choice,
                "creationData": Object { "sourceResourceId": Text },
                "capacityReservationGroupID" as "capacityReservationGroupId": Text,
                "hostGroupID" as "hostGroupId": Text,
                "networkProfile": Object(AGENT_POOL_NETWORK_PROFILE),
                "windowsProfile": Object { "disableOutboundNat": Boolean },
                "securityProfile": Object(AGENT_POOL_SECURITY_PROFILE),
                "gpuProfile": Object { "driver": Choice },
                "gatewayProfile": Object { "publicIPPrefixSize" as "publicIpPrefixSize": Integer },
                "artifactStreamingProfile": Object { "enabled": Boolean },
                "virtualMachinesProfile": Object(VIRTUAL_MACHINES_PROFILE),
                "virtualMachineNodesStatus": List(Object { "size": Text, "count": Integer }),
                "status": Object { "provisioningError": Object(ERROR_DETAIL) },
                "localDNSProfile" as "localDnsProfile": Object(LOCAL_DNS_PROFILE),
                $($more: $kind,)*
            }
        }
    };
}
pub(crate) use agent_pool;

agent_pool!(
    AGENT_POOL_MANAGED_CLUSTER_AGENT_POOL_PROFILE_PROPERTIES,
    "typePropertiesType"
);
