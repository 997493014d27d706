//! az's models of agent pool upgrade profiles, written by `tests/record_schema.py` from azure-cli
//! 2.91.0.

use crate::nodepools::schema::SYSTEM_DATA;
use azq_schema::Kind::{Boolean, Choice, DateTime, Flattened, List, Object, Text};
use azq_schema::models;

models! {
    AGENT_POOL_UPGRADE_PROFILE_PROPERTIES_UPGRADES_ITEM {
        "kubernetesVersion": Text,
        "isPreview": Boolean,
    }
    AGENT_POOL_RECENTLY_USED_VERSION {
        "orchestratorVersion": Text,
        "nodeImageVersion": Text,
        "timestamp": DateTime,
    }
    AGENT_POOL_UPGRADE_PROFILE_PROPERTIES {
        "kubernetesVersion": Text,
        "osType": Choice,
        "upgrades": List(&Object(&AGENT_POOL_UPGRADE_PROFILE_PROPERTIES_UPGRADES_ITEM)),
        "recentlyUsedVersions": List(&Object(&AGENT_POOL_RECENTLY_USED_VERSION)),
        "latestNodeImageVersion": Text,
    }
    AGENT_POOL_UPGRADE_PROFILE {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(&SYSTEM_DATA),
        "properties": Flattened(&AGENT_POOL_UPGRADE_PROFILE_PROPERTIES),
    }
}
