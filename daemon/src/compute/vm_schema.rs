//! az's model of virtual machines, written by `tests/record_schema.py` from azure-cli 2.91.0.

use azq_schema::Kind::{Any, Boolean, Flattened, Float, Integer, List, Map, Object, Text};
use azq_schema::models;

models! {
    EXTENDED_LOCATION { "name": Text, "type": Text }
    USER_ASSIGNED_IDENTITIES { "clientId": Text, "principalId": Text }
    IDENTITY {
        "principalId": Text,
        "tenantId": Text,
        "type": Text,
        "userAssignedIdentities": Map(&Object(&USER_ASSIGNED_IDENTITIES)),
    }
    PLACEMENT {
        "excludeZones": List(&Text),
        "includeZones": List(&Text),
        "zonePlacementPolicy": Text,
    }
    PLAN { "name": Text, "product": Text, "promotionCode": Text, "publisher": Text }
    ADDITIONAL_CAPABILITIES {
        "enableFips1403Encryption": Boolean,
        "hibernationEnabled": Boolean,
        "ultraSSDEnabled": Boolean,
    }
    GALLERY_APPLICATIONS {
        "configurationReference": Text,
        "enableAutomaticUpgrade": Boolean,
        "order": Integer,
        "packageReferenceId": Text,
        "tags": Text,
        "treatFailureAsDeploymentFailure": Boolean,
    }
    APPLICATION_PROFILE { "galleryApplications": List(&Object(&GALLERY_APPLICATIONS)) }
    AVAILABILITY_SET { "id": Text }
    BILLING_PROFILE { "maxPrice": Float }
    CAPACITY_RESERVATION {
        "capacityReservationGroup": Object(&AVAILABILITY_SET),
        "disableCapacityReservationAssignment": Boolean,
    }
    BOOT_DIAGNOSTICS { "enabled": Boolean, "storageUri": Text }
    DIAGNOSTICS_PROFILE { "bootDiagnostics": Object(&BOOT_DIAGNOSTICS) }
    VM_SIZE_PROPERTIES { "vCPUsAvailable": Integer, "vCPUsPerCore": Integer }
    HARDWARE_PROFILE {
        "processorMode": Text,
        "vmSize": Text,
        "vmSizeProperties": Object(&VM_SIZE_PROPERTIES),
    }
    STATUS { "code": Text, "displayStatus": Text, "level": Text, "message": Text, "time": Text }
    INSTANCE_VIEW_BOOT_DIAGNOSTICS {
        "consoleScreenshotBlobUri": Text,
        "serialConsoleLogBlobUri": Text,
        "status": Object(&STATUS),
    }
    DISK_ENCRYPTION_KEY { "secretUrl": Text, "sourceVault": Object(&AVAILABILITY_SET) }
    KEY_ENCRYPTION_KEY { "keyUrl": Text, "sourceVault": Object(&AVAILABILITY_SET) }
    ENCRYPTION_SETTINGS {
        "diskEncryptionKey": Object(&DISK_ENCRYPTION_KEY),
        "enabled": Boolean,
        "keyEncryptionKey": Object(&KEY_ENCRYPTION_KEY),
    }
    DISKS {
        "encryptionSettings": List(&Object(&ENCRYPTION_SETTINGS)),
        "name": Text,
        "statuses": List(&Object(&STATUS)),
        "storageAlignmentStatus": Text,
    }
    EXTENSIONS {
        "name": Text,
        "statuses": List(&Object(&STATUS)),
        "substatuses": List(&Object(&STATUS)),
        "type": Text,
        "typeHandlerVersion": Text,
    }
    INTERCONNECT_INSTANCE_VIEW { "interconnectSubgroupId": Text }
    MAINTENANCE_REDEPLOY_STATUS {
        "isCustomerInitiatedMaintenanceAllowed": Boolean,
        "lastOperationMessage": Text,
        "lastOperationResultCode": Text,
        "maintenanceWindowEndTime": Text,
        "maintenanceWindowStartTime": Text,
        "preMaintenanceWindowEndTime": Text,
        "preMaintenanceWindowStartTime": Text,
    }
    DETAILS { "code": Text, "message": Text, "target": Text }
    INNERERROR { "errordetail": Text, "exceptiontype": Text }
    ERROR {
        "code": Text,
        "details": List(&Object(&DETAILS)),
        "innererror": Object(&INNERERROR),
        "message": Text,
        "target": Text,
    }
    AVAILABLE_PATCH_SUMMARY {
        "assessmentActivityId": Text,
        "criticalAndSecurityPatchCount": Integer,
        "error": Object(&ERROR),
        "lastModifiedTime": Text,
        "otherPatchCount": Integer,
        "rebootPending": Boolean,
        "startTime": Text,
        "status": Text,
    }
    LAST_PATCH_INSTALLATION_SUMMARY {
        "error": Object(&ERROR),
        "excludedPatchCount": Integer,
        "failedPatchCount": Integer,
        "installationActivityId": Text,
        "installedPatchCount": Integer,
        "lastModifiedTime": Text,
        "maintenanceWindowExceeded": Boolean,
        "notSelectedPatchCount": Integer,
        "pendingPatchCount": Integer,
        "startTime": Text,
        "status": Text,
    }
    PATCH_STATUS {
        "availablePatchSummary": Object(&AVAILABLE_PATCH_SUMMARY),
        "configurationStatuses": List(&Object(&STATUS)),
        "lastPatchInstallationSummary": Object(&LAST_PATCH_INSTALLATION_SUMMARY),
    }
    EXTENSION_HANDLERS { "status": Object(&STATUS), "type": Text, "typeHandlerVersion": Text }
    VM_AGENT {
        "extensionHandlers": List(&Object(&EXTENSION_HANDLERS)),
        "statuses": List(&Object(&STATUS)),
        "vmAgentVersion": Text,
    }
    VM_HEALTH { "status": Object(&STATUS) }
    INSTANCE_VIEW {
        "assignedHost": Text,
        "bootDiagnostics": Object(&INSTANCE_VIEW_BOOT_DIAGNOSTICS),
        "capacityReservationType": Text,
        "computerName": Text,
        "disks": List(&Object(&DISKS)),
        "extensions": List(&Object(&EXTENSIONS)),
        "hyperVGeneration": Text,
        "interconnectInstanceView": Object(&INTERCONNECT_INSTANCE_VIEW),
        "isVMInStandbyPool": Boolean,
        "maintenanceRedeployStatus": Object(&MAINTENANCE_REDEPLOY_STATUS),
        "osName": Text,
        "osVersion": Text,
        "patchStatus": Object(&PATCH_STATUS),
        "platformFaultDomain": Integer,
        "platformUpdateDomain": Integer,
        "rdpThumbPrint": Text,
        "statuses": List(&Object(&STATUS)),
        "vmAgent": Object(&VM_AGENT),
        "vmHealth": Object(&VM_HEALTH),
    }
    INTERCONNECT_BLOCK_PROFILE { "interconnectBlock": Object(&AVAILABILITY_SET) }
    INTERCONNECT_GROUP_PROFILE {
        "interconnectGroup": Object(&AVAILABILITY_SET),
        "subgroups": List(&Object(&AVAILABILITY_SET)),
    }
    DNS_SETTINGS { "dnsServers": List(&Text) }
    PROPERTIES_DNS_SETTINGS { "domainNameLabel": Text, "domainNameLabelScope": Text }
    IP_TAGS { "firstPartyServiceTagId": Text, "ipTagType": Text, "tag": Text }
    PUBLIC_IP_ADDRESS_CONFIGURATION_PROPERTIES {
        "deleteOption": Text,
        "dnsSettings": Object(&PROPERTIES_DNS_SETTINGS),
        "idleTimeoutInMinutes": Integer,
        "ipTags": List(&Object(&IP_TAGS)),
        "publicIPAddressVersion": Text,
        "publicIPAllocationMethod": Text,
        "publicIPPrefix": Object(&AVAILABILITY_SET),
    }
    SKU { "name": Text, "tier": Text }
    PUBLIC_IP_ADDRESS_CONFIGURATION {
        "name": Text,
        "properties": Flattened(&PUBLIC_IP_ADDRESS_CONFIGURATION_PROPERTIES),
        "sku": Object(&SKU),
        "tags": Map(&Text),
    }
    IP_CONFIGURATIONS_PROPERTIES {
        "applicationGatewayBackendAddressPools": List(&Object(&AVAILABILITY_SET)),
        "applicationSecurityGroups": List(&Object(&AVAILABILITY_SET)),
        "loadBalancerBackendAddressPools": List(&Object(&AVAILABILITY_SET)),
        "primary": Boolean,
        "privateIPAddressVersion": Text,
        "publicIPAddressConfiguration": Object(&PUBLIC_IP_ADDRESS_CONFIGURATION),
        "subnet": Object(&AVAILABILITY_SET),
    }
    IP_CONFIGURATIONS { "name": Text, "properties": Flattened(&IP_CONFIGURATIONS_PROPERTIES) }
    NETWORK_INTERFACE_CONFIGURATIONS_PROPERTIES {
        "auxiliaryMode": Text,
        "auxiliarySku": Text,
        "deleteOption": Text,
        "disableTcpStateTracking": Boolean,
        "dnsSettings": Object(&DNS_SETTINGS),
        "dscpConfiguration": Object(&AVAILABILITY_SET),
        "enableAcceleratedNetworking": Boolean,
        "enableFpga": Boolean,
        "enableIPForwarding": Boolean,
        "ipConfigurations": List(&Object(&IP_CONFIGURATIONS)),
        "networkSecurityGroup": Object(&AVAILABILITY_SET),
        "primary": Boolean,
    }
    NETWORK_INTERFACE_CONFIGURATIONS {
        "name": Text,
        "properties": Flattened(&NETWORK_INTERFACE_CONFIGURATIONS_PROPERTIES),
        "tags": Map(&Text),
    }
    NETWORK_INTERFACES_PROPERTIES { "deleteOption": Text, "primary": Boolean }
    NETWORK_INTERFACES { "id": Text, "properties": Flattened(&NETWORK_INTERFACES_PROPERTIES) }
    NETWORK_PROFILE {
        "interconnectGroupProfile": Object(&INTERCONNECT_GROUP_PROFILE),
        "networkApiVersion": Text,
        "networkInterfaceConfigurations": List(&Object(&NETWORK_INTERFACE_CONFIGURATIONS)),
        "networkInterfaces": List(&Object(&NETWORK_INTERFACES)),
    }
    AUTOMATIC_BY_PLATFORM_SETTINGS {
        "bypassPlatformSafetyChecksOnUserSchedule": Boolean,
        "rebootSetting": Text,
    }
    PATCH_SETTINGS {
        "assessmentMode": Text,
        "automaticByPlatformSettings": Object(&AUTOMATIC_BY_PLATFORM_SETTINGS),
        "patchMode": Text,
    }
    PUBLIC_KEYS { "keyData": Text, "path": Text }
    SSH { "publicKeys": List(&Object(&PUBLIC_KEYS)) }
    LINUX_CONFIGURATION {
        "disablePasswordAuthentication": Boolean,
        "enableVMAgentPlatformUpdates": Boolean,
        "patchSettings": Object(&PATCH_SETTINGS),
        "provisionVMAgent": Boolean,
        "ssh": Object(&SSH),
    }
    VAULT_CERTIFICATES { "certificateStore": Text, "certificateUrl": Text }
    SECRETS {
        "sourceVault": Object(&AVAILABILITY_SET),
        "vaultCertificates": List(&Object(&VAULT_CERTIFICATES)),
    }
    ADDITIONAL_UNATTEND_CONTENT {
        "componentName": Text,
        "content": Text,
        "passName": Text,
        "settingName": Text,
    }
    WINDOWS_CONFIGURATION_PATCH_SETTINGS {
        "assessmentMode": Text,
        "automaticByPlatformSettings": Object(&AUTOMATIC_BY_PLATFORM_SETTINGS),
        "enableHotpatching": Boolean,
        "patchMode": Text,
    }
    LISTENERS { "certificateUrl": Text, "protocol": Text }
    WIN_RM { "listeners": List(&Object(&LISTENERS)) }
    WINDOWS_CONFIGURATION {
        "additionalUnattendContent": List(&Object(&ADDITIONAL_UNATTEND_CONTENT)),
        "enableAutomaticUpdates": Boolean,
        "enableVMAgentPlatformUpdates": Boolean,
        "patchSettings": Object(&WINDOWS_CONFIGURATION_PATCH_SETTINGS),
        "provisionVMAgent": Boolean,
        "timeZone": Text,
        "winRM": Object(&WIN_RM),
    }
    OS_PROFILE {
        "adminPassword": Text,
        "adminUsername": Text,
        "allowExtensionOperations": Boolean,
        "computerName": Text,
        "customData": Text,
        "linuxConfiguration": Object(&LINUX_CONFIGURATION),
        "requireGuestProvisionSignal": Boolean,
        "secrets": List(&Object(&SECRETS)),
        "windowsConfiguration": Object(&WINDOWS_CONFIGURATION),
    }
    ZONE_MOVEMENT { "isEnabled": Boolean }
    RESILIENCY_PROFILE { "zoneMovement": Object(&ZONE_MOVEMENT) }
    ALL_INSTANCES_DOWN { "automaticallyApprove": Boolean }
    EVENT_GRID_AND_RESOURCE_GRAPH { "enable": Boolean, "scheduledEventsApiVersion": Text }
    SCHEDULED_EVENTS_ADDITIONAL_PUBLISHING_TARGETS {
        "eventGridAndResourceGraph": Object(&EVENT_GRID_AND_RESOURCE_GRAPH),
    }
    SCHEDULED_EVENTS_POLICY {
        "allInstancesDown": Object(&ALL_INSTANCES_DOWN),
        "scheduledEventsAdditionalPublishingTargets": Object(&SCHEDULED_EVENTS_ADDITIONAL_PUBLISHING_TARGETS),
        "userInitiatedReboot": Object(&ALL_INSTANCES_DOWN),
        "userInitiatedRedeploy": Object(&ALL_INSTANCES_DOWN),
    }
    OS_IMAGE_NOTIFICATION_PROFILE { "enable": Boolean, "notBeforeTimeout": Text }
    SCHEDULED_EVENTS_PROFILE {
        "osImageNotificationProfile": Object(&OS_IMAGE_NOTIFICATION_PROFILE),
        "terminateNotificationProfile": Object(&OS_IMAGE_NOTIFICATION_PROFILE),
    }
    ENCRYPTION_IDENTITY { "userAssignedIdentityResourceId": Text }
    IMDS { "inVMAccessControlProfileReferenceId": Text, "mode": Text, "useLocalFileRules": Boolean }
    PROXY_AGENT_SETTINGS {
        "addProxyAgentExtension": Boolean,
        "enabled": Boolean,
        "imds": Object(&IMDS),
        "keyIncarnationId": Integer,
        "mode": Text,
        "wireServer": Object(&IMDS),
    }
    UEFI_SETTINGS { "secureBootEnabled": Boolean, "vTpmEnabled": Boolean }
    SECURITY_PROFILE {
        "encryptionAtHost": Boolean,
        "encryptionIdentity": Object(&ENCRYPTION_IDENTITY),
        "proxyAgentSettings": Object(&PROXY_AGENT_SETTINGS),
        "securityType": Text,
        "uefiSettings": Object(&UEFI_SETTINGS),
    }
    IMAGE { "uri": Text }
    AVAILABILITY_POLICY { "actionOnDiskDelay": Text }
    MANAGED_DISK_PROPERTIES {
        "availabilityPolicy": Object(&AVAILABILITY_POLICY),
        "burstingEnabled": Boolean,
        "diskAccessId": Text,
        "diskIOPSReadOnly": Integer,
        "diskMBpsReadOnly": Integer,
        "logicalSectorSize": Integer,
        "maxShares": Integer,
        "networkAccessPolicy": Text,
        "optimizedForFrequentAttach": Boolean,
        "performancePlus": Boolean,
        "tier": Text,
    }
    ADDITIONAL_DISK_PROPERTIES { "managedDiskProperties": Object(&MANAGED_DISK_PROPERTIES) }
    MANAGED_DISK_SECURITY_PROFILE {
        "diskEncryptionSet": Object(&AVAILABILITY_SET),
        "securityEncryptionType": Text,
    }
    MANAGED_DISK {
        "additionalDiskProperties": Object(&ADDITIONAL_DISK_PROPERTIES),
        "diskEncryptionSet": Object(&AVAILABILITY_SET),
        "id": Text,
        "securityProfile": Object(&MANAGED_DISK_SECURITY_PROFILE),
        "storageAccountType": Text,
    }
    DATA_DISKS {
        "caching": Text,
        "createOption": Text,
        "deleteOption": Text,
        "detachOption": Text,
        "diskIOPSReadWrite": Integer,
        "diskMBpsReadWrite": Integer,
        "diskSizeGB": Integer,
        "image": Object(&IMAGE),
        "lun": Integer,
        "managedDisk": Object(&MANAGED_DISK),
        "name": Text,
        "sourceResource": Object(&AVAILABILITY_SET),
        "storageFaultDomainAlignment": Text,
        "toBeDetached": Boolean,
        "vhd": Object(&IMAGE),
        "writeAcceleratorEnabled": Boolean,
    }
    IMAGE_REFERENCE {
        "communityGalleryImageId": Text,
        "exactVersion": Text,
        "id": Text,
        "offer": Text,
        "publisher": Text,
        "sharedGalleryImageId": Text,
        "sku": Text,
        "version": Text,
    }
    DIFF_DISK_SETTINGS { "enableFullCaching": Boolean, "option": Text, "placement": Text }
    OS_DISK {
        "caching": Text,
        "createOption": Text,
        "deleteOption": Text,
        "diffDiskSettings": Object(&DIFF_DISK_SETTINGS),
        "diskSizeGB": Integer,
        "encryptionSettings": Object(&ENCRYPTION_SETTINGS),
        "image": Object(&IMAGE),
        "managedDisk": Object(&MANAGED_DISK),
        "name": Text,
        "osType": Text,
        "storageFaultDomainAlignment": Text,
        "vhd": Object(&IMAGE),
        "writeAcceleratorEnabled": Boolean,
    }
    STORAGE_PROFILE {
        "alignRegionalDisksToVMZone": Boolean,
        "dataDisks": List(&Object(&DATA_DISKS)),
        "diskApiVersion": Text,
        "diskControllerType": Text,
        "imageReference": Object(&IMAGE_REFERENCE),
        "osDisk": Object(&OS_DISK),
    }
    VIRTUAL_MACHINE_PROPERTIES {
        "additionalCapabilities": Object(&ADDITIONAL_CAPABILITIES),
        "applicationProfile": Object(&APPLICATION_PROFILE),
        "availabilitySet": Object(&AVAILABILITY_SET),
        "billingProfile": Object(&BILLING_PROFILE),
        "capacityReservation": Object(&CAPACITY_RESERVATION),
        "diagnosticsProfile": Object(&DIAGNOSTICS_PROFILE),
        "evictionPolicy": Text,
        "extensionsTimeBudget": Text,
        "hardwareProfile": Object(&HARDWARE_PROFILE),
        "host": Object(&AVAILABILITY_SET),
        "hostGroup": Object(&AVAILABILITY_SET),
        "instanceView": Object(&INSTANCE_VIEW),
        "interconnectBlockProfile": Object(&INTERCONNECT_BLOCK_PROFILE),
        "licenseType": Text,
        "networkProfile": Object(&NETWORK_PROFILE),
        "osProfile": Object(&OS_PROFILE),
        "platformFaultDomain": Integer,
        "priority": Text,
        "provisioningState": Text,
        "proximityPlacementGroup": Object(&AVAILABILITY_SET),
        "resiliencyProfile": Object(&RESILIENCY_PROFILE),
        "scheduledEventsPolicy": Object(&SCHEDULED_EVENTS_POLICY),
        "scheduledEventsProfile": Object(&SCHEDULED_EVENTS_PROFILE),
        "securityProfile": Object(&SECURITY_PROFILE),
        "storageProfile": Object(&STORAGE_PROFILE),
        "timeCreated": Text,
        "userData": Text,
        "virtualMachineScaleSet": Object(&AVAILABILITY_SET),
        "vmId": Text,
    }
    RESOURCES_PROPERTIES {
        "autoUpgradeMinorVersion": Boolean,
        "enableAutomaticUpgrade": Boolean,
        "forceUpdateTag": Text,
        "instanceView": Object(&EXTENSIONS),
        "protectedSettings": Any,
        "protectedSettingsFromKeyVault": Object(&DISK_ENCRYPTION_KEY),
        "provisionAfterExtensions": List(&Text),
        "provisioningState": Text,
        "publisher": Text,
        "settings": Any,
        "suppressFailures": Boolean,
        "type": Text,
        "typeHandlerVersion": Text,
    }
    SYSTEM_DATA {
        "createdAt": Text,
        "createdBy": Text,
        "createdByType": Text,
        "lastModifiedAt": Text,
        "lastModifiedBy": Text,
        "lastModifiedByType": Text,
    }
    RESOURCES {
        "id": Text,
        "location": Text,
        "name": Text,
        "properties": Flattened(&RESOURCES_PROPERTIES),
        "systemData": Object(&SYSTEM_DATA),
        "tags": Map(&Text),
        "type": Text,
    }
    VIRTUAL_MACHINE {
        "etag": Text,
        "extendedLocation": Object(&EXTENDED_LOCATION),
        "id": Text,
        "identity": Object(&IDENTITY),
        "location": Text,
        "managedBy": Text,
        "name": Text,
        "placement": Object(&PLACEMENT),
        "plan": Object(&PLAN),
        "properties": Flattened(&VIRTUAL_MACHINE_PROPERTIES),
        "resources": List(&Object(&RESOURCES)),
        "systemData": Object(&SYSTEM_DATA),
        "tags": Map(&Text),
        "type": Text,
        "zones": List(&Text),
    }
}
