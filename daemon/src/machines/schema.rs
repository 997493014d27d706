//! az's models of the machines of agent pools, written by `tests/record_schema.py` from azure-cli
//! 2.91.0.

use crate::nodepools::schema::SYSTEM_DATA;
use azq_schema::models;

models! {
    MACHINE {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(SYSTEM_DATA),
        "properties": Object {
            "network": Object { "ipAddresses": List(Object { "family": Choice, "ip": Text }) },
            "resourceId": Text,
        },
        "zones": List(Text),
    }
}
