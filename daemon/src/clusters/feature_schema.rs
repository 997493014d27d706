//! az's models of a managed cluster's upgrades, monitoring, security and scaling, written by
//! `tests/record_schema.py` from azure-cli 2.91.0.

use azq_schema::models;

models! {
    MANAGED_CLUSTER_AUTO_UPGRADE_PROFILE {
        "upgradeChannel": Choice,
        "nodeOSUpgradeChannel" as "nodeOsUpgradeChannel": Choice,
    }
    MANAGED_CLUSTER_AZURE_MONITOR_PROFILE {
        "metrics": Object {
            "enabled": Boolean,
            "kubeStateMetrics": Object {
                "metricLabelsAllowlist": Text,
                "metricAnnotationsAllowList": Text,
            },
            "controlPlane": Object { "enabled": Boolean },
        },
        "containerInsights": Object {
            "enabled": Boolean,
            "logAnalyticsWorkspaceResourceId": Text,
            "syslogPort": Integer,
            "disablePrometheusMetricsScraping": Boolean,
            "containerNetworkLogs": Choice,
        },
        "appMonitoring": Object {
            "autoInstrumentation": Object { "enabled": Boolean },
            "openTelemetryMetrics": Object {
                "enabled": Boolean,
                "httpPort": Integer,
                "grpcPort": Integer,
            },
            "openTelemetryLogsAndTraces": Object {
                "enabled": Boolean,
                "httpPort": Integer,
                "grpcPort": Integer,
            },
        },
    }
    CLUSTER_UPGRADE_SETTINGS {
        "overrideSettings": Object { "forceUpgrade": Boolean, "until": DateTime },
    }
    MANAGED_CLUSTER_METRICS_PROFILE { "costAnalysis": Object { "enabled": Boolean } }
    MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_ERROR_BODY {
        "code": Text,
        "message": Text,
        "target": Text,
        "details": List(Object(MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_ERROR_BODY)),
    }
    MANAGED_CLUSTER_POD_IDENTITY_PROFILE {
        "enabled": Boolean,
        "allowNetworkPluginKubenet": Boolean,
        "userAssignedIdentities": List(Object {
            "name": Text,
            "namespace": Text,
            "bindingSelector": Text,
            "identity": Object { "resourceId": Text, "clientId": Text, "objectId": Text },
            "provisioningState": Choice,
            "provisioningInfo": Object {
                "error": Object {
                    "error": Object(MANAGED_CLUSTER_POD_IDENTITY_PROVISIONING_ERROR_BODY),
                },
            },
        }),
        "userAssignedIdentityExceptions": List(Object {
            "name": Text,
            "namespace": Text,
            "podLabels": Map(Text),
        }),
    }
    MANAGED_CLUSTER_SECURITY_PROFILE {
        "defender": Object {
            "logAnalyticsWorkspaceResourceId": Text,
            "securityMonitoring": Object { "enabled": Boolean },
            "securityGating": Object {
                "enabled": Boolean,
                "identities": List(Object {
                    "azureContainerRegistry": Text,
                    "identity": Object { "resourceId": Text, "clientId": Text, "objectId": Text },
                }),
                "allowSecretAccess": Boolean,
            },
        },
        "azureKeyVaultKms": Object {
            "enabled": Boolean,
            "keyId": Text,
            "keyVaultNetworkAccess": Choice,
            "keyVaultResourceId": Text,
        },
        "workloadIdentity": Object { "enabled": Boolean },
        "imageCleaner": Object { "enabled": Boolean, "intervalHours": Integer },
        "customCATrustCertificates" as "customCaTrustCertificates": List(Bytes),
    }
    MANAGED_CLUSTER_STORAGE_PROFILE {
        "diskCSIDriver" as "diskCsiDriver": Object { "enabled": Boolean },
        "fileCSIDriver" as "fileCsiDriver": Object { "enabled": Boolean },
        "snapshotController": Object { "enabled": Boolean },
        "blobCSIDriver" as "blobCsiDriver": Object { "enabled": Boolean },
    }
    MANAGED_CLUSTER_WORKLOAD_AUTO_SCALER_PROFILE {
        "keda": Object { "enabled": Boolean },
        "verticalPodAutoscaler": Object { "enabled": Boolean },
    }
}
