//! az's models of agent pools, written by `tests/record_schema.py` from azure-cli 2.91.0.

use azq_schema::Kind::{
    Any, Boolean, Choice, DateTime, Flattened, Float, Integer, List, Map, Object, Text,
};
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
    POWER_STATE { "code": Choice }
    KUBELET_CONFIG {
        "cpuManagerPolicy": Text,
        "cpuCfsQuota": Boolean,
        "cpuCfsQuotaPeriod": Text,
        "imageGcHighThreshold": Integer,
        "imageGcLowThreshold": Integer,
        "topologyManagerPolicy": Text,
        "allowedUnsafeSysctls": List(&Text),
        "failSwapOn": Boolean,
        "containerLogMaxSizeMB" as "containerLogMaxSizeMb": Integer,
        "containerLogMaxFiles": Integer,
        "podMaxPids": Integer,
    }
    SYSCTL_CONFIG {
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
    }
    LINUX_OS_CONFIG {
        "sysctls": Object(&SYSCTL_CONFIG),
        "transparentHugePageEnabled": Text,
        "transparentHugePageDefrag": Text,
        "swapFileSizeMB" as "swapFileSizeMb": Integer,
    }
    CREATION_DATA { "sourceResourceId": Text }
    IP_TAG { "ipTagType": Text, "tag": Text }
    PORT_RANGE { "portStart": Integer, "portEnd": Integer, "protocol": Choice }
    DRANET_PROFILE { "mode": Choice }
    AGENT_POOL_NETWORK_PROFILE {
        "nodePublicIPTags" as "nodePublicIpTags": List(&Object(&IP_TAG)),
        "allowedHostPorts": List(&Object(&PORT_RANGE)),
        "applicationSecurityGroups": List(&Text),
        "dranet": Object(&DRANET_PROFILE),
    }
    AGENT_POOL_WINDOWS_PROFILE { "disableOutboundNat": Boolean }
    AGENT_POOL_SECURITY_PROFILE {
        "enableVTPM" as "enableVtpm": Boolean,
        "enableSecureBoot": Boolean,
        "sshAccess": Choice,
    }
    GPU_PROFILE { "driver": Choice }
    AGENT_POOL_GATEWAY_PROFILE { "publicIPPrefixSize" as "publicIpPrefixSize": Integer }
    AGENT_POOL_ARTIFACT_STREAMING_PROFILE { "enabled": Boolean }
    MANUAL_SCALE_PROFILE { "size": Text, "count": Integer }
    AUTO_SCALE_PROFILE { "size": Text, "minCount": Integer, "maxCount": Integer }
    SCALE_PROFILE {
        "manual": List(&Object(&MANUAL_SCALE_PROFILE)),
        "autoscale": List(&Object(&AUTO_SCALE_PROFILE)),
    }
    VIRTUAL_MACHINES_PROFILE { "scale": Object(&SCALE_PROFILE) }
    VIRTUAL_MACHINE_NODES { "size": Text, "count": Integer }
    ERROR_ADDITIONAL_INFO { "type": Text, "info": Any }
    ERROR_DETAIL {
        "code": Text,
        "message": Text,
        "target": Text,
        "details": List(&Object(&ERROR_DETAIL)),
        "additionalInfo": List(&Object(&ERROR_ADDITIONAL_INFO)),
    }
    AGENT_POOL_STATUS { "provisioningError": Object(&ERROR_DETAIL) }
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
        "vnetDNSOverrides" as "vnetDnsOverrides": Map(&Object(&LOCAL_DNS_OVERRIDE)),
        "kubeDNSOverrides" as "kubeDnsOverrides": Map(&Object(&LOCAL_DNS_OVERRIDE)),
    }
    AGENT_POOL_MANAGED_CLUSTER_AGENT_POOL_PROFILE_PROPERTIES {
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
        "type" as "typePropertiesType": Choice,
        "mode": Choice,
        "orchestratorVersion": Text,
        "currentOrchestratorVersion": Text,
        "nodeImageVersion": Text,
        "upgradeSettings": Object(&AGENT_POOL_UPGRADE_SETTINGS),
        "provisioningState": Text,
        "powerState": Object(&POWER_STATE),
        "availabilityZones": List(&Text),
        "enableNodePublicIP" as "enableNodePublicIp": Boolean,
        "nodePublicIPPrefixID" as "nodePublicIpPrefixId": Text,
        "scaleSetPriority": Choice,
        "scaleSetEvictionPolicy": Choice,
        "spotMaxPrice": Float,
        "tags": Map(&Text),
        "nodeLabels": Map(&Text),
        "nodeTaints": List(&Text),
        "proximityPlacementGroupID" as "proximityPlacementGroupId": Text,
        "kubeletConfig": Object(&KUBELET_CONFIG),
        "linuxOSConfig" as "linuxOsConfig": Object(&LINUX_OS_CONFIG),
        "enableEncryptionAtHost": Boolean,
        "enableUltraSSD" as "enableUltraSsd": Boolean,
        "enableFIPS" as "enableFips": Boolean,
        "gpuInstanceProfile": Choice,
        "creationData": Object(&CREATION_DATA),
        "capacityReservationGroupID" as "capacityReservationGroupId": Text,
        "hostGroupID" as "hostGroupId": Text,
        "networkProfile": Object(&AGENT_POOL_NETWORK_PROFILE),
        "windowsProfile": Object(&AGENT_POOL_WINDOWS_PROFILE),
        "securityProfile": Object(&AGENT_POOL_SECURITY_PROFILE),
        "gpuProfile": Object(&GPU_PROFILE),
        "gatewayProfile": Object(&AGENT_POOL_GATEWAY_PROFILE),
        "artifactStreamingProfile": Object(&AGENT_POOL_ARTIFACT_STREAMING_PROFILE),
        "virtualMachinesProfile": Object(&VIRTUAL_MACHINES_PROFILE),
        "virtualMachineNodesStatus": List(&Object(&VIRTUAL_MACHINE_NODES)),
        "status": Object(&AGENT_POOL_STATUS),
        "localDNSProfile" as "localDnsProfile": Object(&LOCAL_DNS_PROFILE),
    }
    AGENT_POOL {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(&SYSTEM_DATA),
        "properties": Flattened(&AGENT_POOL_MANAGED_CLUSTER_AGENT_POOL_PROFILE_PROPERTIES),
    }
}
