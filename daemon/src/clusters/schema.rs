//! az's models of managed clusters, written by `tests/record_schema.py` from azure-cli 2.91.0.

use crate::clusters::feature_schema::{
    CLUSTER_UPGRADE_SETTINGS, MANAGED_CLUSTER_AUTO_UPGRADE_PROFILE,
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE, MANAGED_CLUSTER_METRICS_PROFILE,
    MANAGED_CLUSTER_POD_IDENTITY_PROFILE, MANAGED_CLUSTER_SECURITY_PROFILE,
    MANAGED_CLUSTER_STORAGE_PROFILE, MANAGED_CLUSTER_WORKLOAD_AUTO_SCALER_PROFILE,
};
use crate::clusters::network_schema::{
    CONTAINER_SERVICE_NETWORK_PROFILE, MANAGED_CLUSTER_API_SERVER_ACCESS_PROFILE,
    MANAGED_CLUSTER_HTTP_PROXY_CONFIG, MANAGED_CLUSTER_INGRESS_PROFILE, SERVICE_MESH_PROFILE,
    USER_ASSIGNED_IDENTITY,
};
use crate::nodepools::schema::{
    AGENT_POOL_ARTIFACT_STREAMING_PROFILE, AGENT_POOL_GATEWAY_PROFILE, AGENT_POOL_NETWORK_PROFILE,
    AGENT_POOL_SECURITY_PROFILE, AGENT_POOL_STATUS, AGENT_POOL_UPGRADE_SETTINGS,
    AGENT_POOL_WINDOWS_PROFILE, CREATION_DATA, ERROR_DETAIL, GPU_PROFILE, KUBELET_CONFIG,
    LINUX_OS_CONFIG, LOCAL_DNS_PROFILE, POWER_STATE, SYSTEM_DATA, VIRTUAL_MACHINE_NODES,
    VIRTUAL_MACHINES_PROFILE,
};
use azq_schema::Kind::{Boolean, Choice, Flattened, Float, Integer, List, Map, Object, Text};
use azq_schema::models;

models! {
    MANAGED_CLUSTER_AGENT_POOL_PROFILE {
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
        "type": Choice,
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
        "name": Text,
    }
    CONTAINER_SERVICE_SSH_PUBLIC_KEY { "keyData": Text }
    CONTAINER_SERVICE_SSH_CONFIGURATION {
        "publicKeys": List(&Object(&CONTAINER_SERVICE_SSH_PUBLIC_KEY)),
    }
    CONTAINER_SERVICE_LINUX_PROFILE {
        "adminUsername": Text,
        "ssh": Object(&CONTAINER_SERVICE_SSH_CONFIGURATION),
    }
    WINDOWS_GMSA_PROFILE { "enabled": Boolean, "dnsServer": Text, "rootDomainName": Text }
    MANAGED_CLUSTER_WINDOWS_PROFILE {
        "adminUsername": Text,
        "adminPassword": Text,
        "licenseType": Choice,
        "enableCSIProxy" as "enableCsiProxy": Boolean,
        "gmsaProfile": Object(&WINDOWS_GMSA_PROFILE),
    }
    MANAGED_CLUSTER_SERVICE_PRINCIPAL_PROFILE { "clientId": Text, "secret": Text }
    MANAGED_CLUSTER_ADDON_PROFILE_IDENTITY {
        "resourceId": Text,
        "clientId": Text,
        "objectId": Text,
    }
    MANAGED_CLUSTER_ADDON_PROFILE {
        "enabled": Boolean,
        "config": Map(&Text),
        "identity": Object(&MANAGED_CLUSTER_ADDON_PROFILE_IDENTITY),
    }
    MANAGED_CLUSTER_OIDC_ISSUER_PROFILE { "issuerURL" as "issuerUrl": Text, "enabled": Boolean }
    MANAGED_CLUSTER_NODE_RESOURCE_GROUP_PROFILE { "restrictionLevel": Choice }
    MANAGED_CLUSTER_AAD_PROFILE {
        "managed": Boolean,
        "enableAzureRBAC" as "enableAzureRbac": Boolean,
        "adminGroupObjectIDs": List(&Text),
        "clientAppID" as "clientAppId": Text,
        "serverAppID" as "serverAppId": Text,
        "serverAppSecret": Text,
        "tenantID" as "tenantId": Text,
    }
    MANAGED_CLUSTER_PROPERTIES_AUTO_SCALER_PROFILE {
        "balance-similar-node-groups" as "balanceSimilarNodeGroups": Text,
        "daemonset-eviction-for-empty-nodes" as "daemonsetEvictionForEmptyNodes": Boolean,
        "daemonset-eviction-for-occupied-nodes" as "daemonsetEvictionForOccupiedNodes": Boolean,
        "ignore-daemonsets-utilization" as "ignoreDaemonsetsUtilization": Boolean,
        "expander": Choice,
        "max-empty-bulk-delete" as "maxEmptyBulkDelete": Text,
        "max-graceful-termination-sec" as "maxGracefulTerminationSec": Text,
        "max-node-provision-time" as "maxNodeProvisionTime": Text,
        "max-total-unready-percentage" as "maxTotalUnreadyPercentage": Text,
        "new-pod-scale-up-delay" as "newPodScaleUpDelay": Text,
        "ok-total-unready-count" as "okTotalUnreadyCount": Text,
        "scan-interval" as "scanInterval": Text,
        "scale-down-delay-after-add" as "scaleDownDelayAfterAdd": Text,
        "scale-down-delay-after-delete" as "scaleDownDelayAfterDelete": Text,
        "scale-down-delay-after-failure" as "scaleDownDelayAfterFailure": Text,
        "scale-down-unneeded-time" as "scaleDownUnneededTime": Text,
        "scale-down-unready-time" as "scaleDownUnreadyTime": Text,
        "scale-down-utilization-threshold" as "scaleDownUtilizationThreshold": Text,
        "skip-nodes-with-local-storage" as "skipNodesWithLocalStorage": Text,
        "skip-nodes-with-system-pods" as "skipNodesWithSystemPods": Text,
    }
    PRIVATE_LINK_RESOURCE {
        "id": Text,
        "name": Text,
        "type": Text,
        "groupId": Text,
        "requiredMembers": List(&Text),
        "privateLinkServiceID" as "privateLinkServiceId": Text,
    }
    MANAGED_CLUSTER_NODE_PROVISIONING_PROFILE { "mode": Choice, "defaultNodePools": Choice }
    MANAGED_CLUSTER_BOOTSTRAP_PROFILE { "artifactSource": Choice, "containerRegistryId": Text }
    MANAGED_CLUSTER_AI_TOOLCHAIN_OPERATOR_PROFILE { "enabled": Boolean }
    SCHEDULER_INSTANCE_PROFILE { "schedulerConfigMode": Choice }
    SCHEDULER_PROFILE { "upstream": Object(&SCHEDULER_INSTANCE_PROFILE) }
    MANAGED_CLUSTER_HOSTED_SYSTEM_PROFILE {
        "enabled": Boolean,
        "systemNodeSubnetID" as "systemNodeSubnetId": Text,
        "nodeSubnetID" as "nodeSubnetId": Text,
    }
    MANAGED_CLUSTER_STATUS { "provisioningError": Object(&ERROR_DETAIL) }
    MANAGED_CLUSTER_PROPERTIES {
        "provisioningState": Text,
        "powerState": Object(&POWER_STATE),
        "maxAgentPools": Integer,
        "kubernetesVersion": Text,
        "currentKubernetesVersion": Text,
        "dnsPrefix": Text,
        "fqdnSubdomain": Text,
        "fqdn": Text,
        "privateFQDN" as "privateFqdn": Text,
        "azurePortalFQDN" as "azurePortalFqdn": Text,
        "agentPoolProfiles": List(&Object(&MANAGED_CLUSTER_AGENT_POOL_PROFILE)),
        "linuxProfile": Object(&CONTAINER_SERVICE_LINUX_PROFILE),
        "windowsProfile": Object(&MANAGED_CLUSTER_WINDOWS_PROFILE),
        "servicePrincipalProfile": Object(&MANAGED_CLUSTER_SERVICE_PRINCIPAL_PROFILE),
        "addonProfiles": Map(&Object(&MANAGED_CLUSTER_ADDON_PROFILE)),
        "podIdentityProfile": Object(&MANAGED_CLUSTER_POD_IDENTITY_PROFILE),
        "oidcIssuerProfile": Object(&MANAGED_CLUSTER_OIDC_ISSUER_PROFILE),
        "nodeResourceGroup": Text,
        "nodeResourceGroupProfile": Object(&MANAGED_CLUSTER_NODE_RESOURCE_GROUP_PROFILE),
        "enableRBAC" as "enableRbac": Boolean,
        "supportPlan": Choice,
        "networkProfile": Object(&CONTAINER_SERVICE_NETWORK_PROFILE),
        "aadProfile": Object(&MANAGED_CLUSTER_AAD_PROFILE),
        "autoUpgradeProfile": Object(&MANAGED_CLUSTER_AUTO_UPGRADE_PROFILE),
        "upgradeSettings": Object(&CLUSTER_UPGRADE_SETTINGS),
        "autoScalerProfile": Object(&MANAGED_CLUSTER_PROPERTIES_AUTO_SCALER_PROFILE),
        "apiServerAccessProfile": Object(&MANAGED_CLUSTER_API_SERVER_ACCESS_PROFILE),
        "diskEncryptionSetID" as "diskEncryptionSetId": Text,
        "identityProfile": Map(&Object(&USER_ASSIGNED_IDENTITY)),
        "privateLinkResources": List(&Object(&PRIVATE_LINK_RESOURCE)),
        "disableLocalAccounts": Boolean,
        "httpProxyConfig": Object(&MANAGED_CLUSTER_HTTP_PROXY_CONFIG),
        "securityProfile": Object(&MANAGED_CLUSTER_SECURITY_PROFILE),
        "storageProfile": Object(&MANAGED_CLUSTER_STORAGE_PROFILE),
        "ingressProfile": Object(&MANAGED_CLUSTER_INGRESS_PROFILE),
        "publicNetworkAccess": Choice,
        "workloadAutoScalerProfile": Object(&MANAGED_CLUSTER_WORKLOAD_AUTO_SCALER_PROFILE),
        "azureMonitorProfile": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE),
        "serviceMeshProfile": Object(&SERVICE_MESH_PROFILE),
        "resourceUID" as "resourceUid": Text,
        "metricsProfile": Object(&MANAGED_CLUSTER_METRICS_PROFILE),
        "nodeProvisioningProfile": Object(&MANAGED_CLUSTER_NODE_PROVISIONING_PROFILE),
        "bootstrapProfile": Object(&MANAGED_CLUSTER_BOOTSTRAP_PROFILE),
        "aiToolchainOperatorProfile": Object(&MANAGED_CLUSTER_AI_TOOLCHAIN_OPERATOR_PROFILE),
        "schedulerProfile": Object(&SCHEDULER_PROFILE),
        "hostedSystemProfile": Object(&MANAGED_CLUSTER_HOSTED_SYSTEM_PROFILE),
        "status": Object(&MANAGED_CLUSTER_STATUS),
    }
    MANAGED_CLUSTER_SKU { "name": Choice, "tier": Choice }
    EXTENDED_LOCATION { "name": Text, "type": Choice }
    DELEGATED_RESOURCE {
        "resourceId": Text,
        "tenantId": Text,
        "referralResource": Text,
        "location": Text,
    }
    MANAGED_SERVICE_IDENTITY_USER_ASSIGNED_IDENTITIES_VALUE {
        "principalId": Text,
        "clientId": Text,
    }
    MANAGED_CLUSTER_IDENTITY {
        "principalId": Text,
        "tenantId": Text,
        "type": Choice,
        "delegatedResources": Map(&Object(&DELEGATED_RESOURCE)),
        "userAssignedIdentities": Map(&Object(&MANAGED_SERVICE_IDENTITY_USER_ASSIGNED_IDENTITIES_VALUE)),
    }
    MANAGED_CLUSTER {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(&SYSTEM_DATA),
        "tags": Map(&Text),
        "location": Text,
        "properties": Flattened(&MANAGED_CLUSTER_PROPERTIES),
        "eTag": Text,
        "sku": Object(&MANAGED_CLUSTER_SKU),
        "extendedLocation": Object(&EXTENDED_LOCATION),
        "identity": Object(&MANAGED_CLUSTER_IDENTITY),
        "kind": Text,
    }
}
