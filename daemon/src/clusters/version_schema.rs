//! az's models of Kubernetes versions and upgrade profiles, written by `tests/record_schema.py`
//! from azure-cli 2.91.0.

use crate::nodepools::schema::SYSTEM_DATA;
use azq_schema::models;

models! {
    KUBERNETES_VERSION_LIST_RESULT {
        "values": List(Object {
            "version": Text,
            "capabilities": Object { "supportPlan": List(Choice) },
            "isDefault": Boolean,
            "isPreview": Boolean,
            "patchVersions": Map(Object { "upgrades": List(Text) }),
        }),
    }
    MANAGED_CLUSTER_POOL_UPGRADE_PROFILE {
        "kubernetesVersion": Text,
        "name": Text,
        "osType": Choice,
        "upgrades": List(Object { "kubernetesVersion": Text, "isPreview": Boolean }),
    }
    MANAGED_CLUSTER_UPGRADE_PROFILE {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(SYSTEM_DATA),
        "properties": Flattened {
            "controlPlaneProfile": Object(MANAGED_CLUSTER_POOL_UPGRADE_PROFILE),
            "agentPoolProfiles": List(Object(MANAGED_CLUSTER_POOL_UPGRADE_PROFILE)),
        },
    }
}
