//! az's models of a managed cluster's upgrades, monitoring, security and scaling, written by
//! `tests/record_schema.py` from azure-cli 2.91.0.

use crate::clusters::network_schema::USER_ASSIGNED_IDENTITY;
use azq_schema::Kind::{Boolean, Bytes, Choice, DateTime, Integer, List, Map, Object, Text};
use azq_schema::models;

models! {
    MANAGED_CLUSTER_AUTO_UPGRADE_PROFILE {
        "upgradeChannel": Choice,
        "nodeOSUpgradeChannel" as "nodeOsUpgradeChannel": Choice,
    }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_KUBE_STATE_METRICS {
        "metricLabelsAllowlist": Text,
        "metricAnnotationsAllowList": Text,
    }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_METRICS_CONTROL_PLANE { "enabled": Boolean }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_METRICS {
        "enabled": Boolean,
        "kubeStateMetrics": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_KUBE_STATE_METRICS),
        "controlPlane": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_METRICS_CONTROL_PLANE),
    }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_CONTAINER_INSIGHTS {
        "enabled": Boolean,
        "logAnalyticsWorkspaceResourceId": Text,
        "syslogPort": Integer,
        "disablePrometheusMetricsScraping": Boolean,
        "containerNetworkLogs": Choice,
    }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_APP_MONITORING_AUTO_INSTRUMENTATION { "enabled": Boolean }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_APP_MONITORING_OPEN_TELEMETRY_METRICS {
        "enabled": Boolean,
        "httpPort": Integer,
        "grpcPort": Integer,
    }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_APP_MONITORING_OPEN_TELEMETRY_LOGS_AND_TRACES {
        "enabled": Boolean,
        "httpPort": Integer,
        "grpcPort": Integer,
    }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_APP_MONITORING {
        "autoInstrumentation": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_APP_MONITORING_AUTO_INSTRUMENTATION),
        "openTelemetryMetrics": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_APP_MONITORING_OPEN_TELEMETRY_METRICS),
        "openTelemetryLogsAndTraces": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_APP_MONITORING_OPEN_TELEMETRY_LOGS_AND_TRACES),
    }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE {
        "metrics": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_METRICS),
        "containerInsights": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_CONTAINER_INSIGHTS),
        "appMonitoring": Object(&MANAGED_CLUSTER_AZURE_MONITOR_PROFILE_APP_MONITORING),
    }
    UPGRADE_OVERRIDE_SETTINGS { "forceUpgrade": Boolean, "until": DateTime }
    CLUSTER_UPGRADE_SETTINGS { "overrideSettings": Object(&UPGRADE_OVERRIDE_SETTINGS) }
    MANAGED_CLUSTER_COST_ANALYSIS { "enabled": Boolean }
    MANAGED_CLUSTER_METRICS_PROFILE { "costAnalysis": Object(&MANAGED_CLUSTER_COST_ANALYSIS) }
    MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_ERROR_BODY {
        "code": Text,
        "message": Text,
        "target": Text,
        "details": List(&Object(&MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_ERROR_BODY)),
    }
    MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_ERROR {
        "error": Object(&MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_ERROR_BODY),
    }
    MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_INFO {
        "error": Object(&MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_ERROR),
    }
    MANAGED_CLUSTER_POD_IDENTITY {
        "name": Text,
        "namespace": Text,
        "bindingSelector": Text,
        "identity": Object(&USER_ASSIGNED_IDENTITY),
        "provisioningState": Choice,
        "provisioningInfo": Object(&MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_INFO),
    }
    MANAGED_CLUSTER_POD_IDENTITY_EXCEPTION {
        "name": Text,
        "namespace": Text,
        "podLabels": Map(&Text),
    }
    MANAGED_CLUSTER_POD_IDENTITY_PROFILE {
        "enabled": Boolean,
        "allowNetworkPluginKubenet": Boolean,
        "userAssignedIdentities": List(&Object(&MANAGED_CLUSTER_POD_IDENTITY)),
        "userAssignedIdentityExceptions": List(&Object(&MANAGED_CLUSTER_POD_IDENTITY_EXCEPTION)),
    }
    MANAGED_CLUSTER_SECURITY_PROFILE_DEFENDER_SECURITY_MONITORING { "enabled": Boolean }
    MANAGED_CLUSTER_SECURITY_PROFILE_DEFENDER_SECURITY_GATING_IDENTITY {
        "azureContainerRegistry": Text,
        "identity": Object(&USER_ASSIGNED_IDENTITY),
    }
    MANAGED_CLUSTER_SECURITY_PROFILE_DEFENDER_SECURITY_GATING {
        "enabled": Boolean,
        "identities": List(&Object(&MANAGED_CLUSTER_SECURITY_PROFILE_DEFENDER_SECURITY_GATING_IDENTITY)),
        "allowSecretAccess": Boolean,
    }
    MANAGED_CLUSTER_SECURITY_PROFILE_DEFENDER {
        "logAnalyticsWorkspaceResourceId": Text,
        "securityMonitoring": Object(&MANAGED_CLUSTER_SECURITY_PROFILE_DEFENDER_SECURITY_MONITORING),
        "securityGating": Object(&MANAGED_CLUSTER_SECURITY_PROFILE_DEFENDER_SECURITY_GATING),
    }
    AZURE_KEY_VAULT_KMS {
        "enabled": Boolean,
        "keyId": Text,
        "keyVaultNetworkAccess": Choice,
        "keyVaultResourceId": Text,
    }
    MANAGED_CLUSTER_SECURITY_PROFILE_WORKLOAD_IDENTITY { "enabled": Boolean }
    MANAGED_CLUSTER_SECURITY_PROFILE_IMAGE_CLEANER { "enabled": Boolean, "intervalHours": Integer }
    MANAGED_CLUSTER_SECURITY_PROFILE {
        "defender": Object(&MANAGED_CLUSTER_SECURITY_PROFILE_DEFENDER),
        "azureKeyVaultKms": Object(&AZURE_KEY_VAULT_KMS),
        "workloadIdentity": Object(&MANAGED_CLUSTER_SECURITY_PROFILE_WORKLOAD_IDENTITY),
        "imageCleaner": Object(&MANAGED_CLUSTER_SECURITY_PROFILE_IMAGE_CLEANER),
        "customCATrustCertificates" as "customCaTrustCertificates": List(&Bytes),
    }
    MANAGED_CLUSTER_STORAGE_PROFILE_DISK_CSI_DRIVER { "enabled": Boolean }
    MANAGED_CLUSTER_STORAGE_PROFILE_FILE_CSI_DRIVER { "enabled": Boolean }
    MANAGED_CLUSTER_STORAGE_PROFILE_SNAPSHOT_CONTROLLER { "enabled": Boolean }
    MANAGED_CLUSTER_STORAGE_PROFILE_BLOB_CSI_DRIVER { "enabled": Boolean }
    MANAGED_CLUSTER_STORAGE_PROFILE {
        "diskCSIDriver" as "diskCsiDriver": Object(&MANAGED_CLUSTER_STORAGE_PROFILE_DISK_CSI_DRIVER),
        "fileCSIDriver" as "fileCsiDriver": Object(&MANAGED_CLUSTER_STORAGE_PROFILE_FILE_CSI_DRIVER),
        "snapshotController": Object(&MANAGED_CLUSTER_STORAGE_PROFILE_SNAPSHOT_CONTROLLER),
        "blobCSIDriver" as "blobCsiDriver": Object(&MANAGED_CLUSTER_STORAGE_PROFILE_BLOB_CSI_DRIVER),
    }
    MANAGED_CLUSTER_WORKLOAD_AUTO_SCALER_PROFILE_KEDA { "enabled": Boolean }
    MANAGED_CLUSTER_WORKLOAD_AUTO_SCALER_PROFILE_VERTICAL_POD_AUTOSCALER { "enabled": Boolean }
    MANAGED_CLUSTER_WORKLOAD_AUTO_SCALER_PROFILE {
        "keda": Object(&MANAGED_CLUSTER_WORKLOAD_AUTO_SCALER_PROFILE_KEDA),
        "verticalPodAutoscaler": Object(&MANAGED_CLUSTER_WORKLOAD_AUTO_SCALER_PROFILE_VERTICAL_POD_AUTOSCALER),
    }
}
