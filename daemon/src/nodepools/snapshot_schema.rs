//! az's models of node pool snapshots, written by `tests/record_schema.py` from azure-cli 2.91.0.

use crate::nodepools::schema::SYSTEM_DATA;
use azq_schema::models;

models! {
    SNAPSHOT {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(SYSTEM_DATA),
        "tags": Map(Text),
        "location": Text,
        "properties": Flattened {
            "creationData": Object { "sourceResourceId": Text },
            "snapshotType": Choice,
            "kubernetesVersion": Text,
            "nodeImageVersion": Text,
            "osType": Choice,
            "osSku": Choice,
            "vmSize": Text,
            "enableFIPS" as "enableFips": Boolean,
        },
    }
}
