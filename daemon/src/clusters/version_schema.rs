//! az's models of Kubernetes versions and upgrade profiles, written by `tests/record_schema.py`
//! from azure-cli 2.91.0.

use crate::nodepools::schema::SYSTEM_DATA;
use azq_schema::Kind::{Boolean, Choice, Flattened, List, Map, Object, Text};
use azq_schema::models;

models! {
    KUBERNETES_VERSION_CAPABILITIES { "supportPlan": List(&Choice) }
    KUBERNETES_PATCH_VERSION { "upgrades": List(&Text) }
    KUBERNETES_VERSION {
        "version": Text,
        "capabilities": Object(&KUBERNETES_VERSION_CAPABILITIES),
        "isDefault": Boolean,
        "isPreview": Boolean,
        "patchVersions": Map(&Object(&KUBERNETES_PATCH_VERSION)),
    }
    KUBERNETES_VERSION_LIST_RESULT { "values": List(&Object(&KUBERNETES_VERSION)) }
    MANAGED_CLUSTER_POOL_UPGRADE_PROFILE_UPGRADES_ITEM {
        "kubernetesVersion": Text,
        "isPreview": Boolean,
    }
    MANAGED_CLUSTER_POOL_UPGRADE_PROFILE {
        "kubernetesVersion": Text,
        "name": Text,
        "osType": Choice,
        "upgrades": List(&Object(&MANAGED_CLUSTER_POOL_UPGRADE_PROFILE_UPGRADES_ITEM)),
    }
    MANAGED_CLUSTER_UPGRADE_PROFILE_PROPERTIES {
        "controlPlaneProfile": Object(&MANAGED_CLUSTER_POOL_UPGRADE_PROFILE),
        "agentPoolProfiles": List(&Object(&MANAGED_CLUSTER_POOL_UPGRADE_PROFILE)),
    }
    MANAGED_CLUSTER_UPGRADE_PROFILE {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(&SYSTEM_DATA),
        "properties": Flattened(&MANAGED_CLUSTER_UPGRADE_PROFILE_PROPERTIES),
    }
}
