//! az's models of the machines of agent pools, written by `tests/record_schema.py` from azure-cli
//! 2.91.0.

use crate::nodepools::schema::SYSTEM_DATA;
use azq_schema::Kind::{Choice, List, Object, Text};
use azq_schema::models;

models! {
    MACHINE_IP_ADDRESS { "family": Choice, "ip": Text }
    MACHINE_NETWORK_PROPERTIES { "ipAddresses": List(&Object(&MACHINE_IP_ADDRESS)) }
    MACHINE_PROPERTIES { "network": Object(&MACHINE_NETWORK_PROPERTIES), "resourceId": Text }
    MACHINE {
        "id": Text,
        "name": Text,
        "type": Text,
        "systemData": Object(&SYSTEM_DATA),
        "properties": Object(&MACHINE_PROPERTIES),
        "zones": List(&Text),
    }
}
