//! az's models of agent pool upgrade profiles, written by `tests/record_schema.py` from azure-cli
//! 2.91.0.

use crate::nodepools::schema::SYSTEM_DATA;
use azq_schema::models;

models! {
    AGENT_POOL_UPGRADE_PROFILE {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(SYSTEM_DATA),
        "properties": Flattened {
            "kubernetesVersion": Text,
            "osType": Choice,
            "upgrades": List(Object { "kubernetesVersion": Text, "isPreview": Boolean }),
            "recentlyUsedVersions": List(Object {
                "orchestratorVersion": Text,
                "nodeImageVersion": Text,
                "timestamp": DateTime,
            }),
            "latestNodeImageVersion": Text,
        },
    }
}
