//! az's models of the VM SKUs of AKS, written by `tests/record_schema.py` from
//! azure-mgmt-containerservice 41.4.0b1.

use azq_schema::models;

models! {
    RESOURCE_SKU {
        "resourceType": Text,
        "name": Text,
        "tier": Text,
        "size": Text,
        "family": Text,
        "kind": Text,
        "capacity": Object {
            "minimum": Integer,
            "maximum": Integer,
            "default": Integer,
            "scaleType": Choice,
        },
        "locations": List(Text),
        "locationInfo": List(Object {
            "location": Text,
            "zones": List(Text),
            "zoneDetails": List(Object {
                "name": List(Text),
                "capabilities": List(Object { "name": Text, "value": Text }),
            }),
            "extendedLocations": List(Text),
            "type": Choice,
        }),
        "apiVersions": List(Text),
        "costs": List(Object {
            "meterID" as "meterId": Text,
            "quantity": Integer,
            "extendedUnit": Text,
        }),
        "capabilities": List(Object { "name": Text, "value": Text }),
        "restrictions": List(Object {
            "type": Choice,
            "values": List(Text),
            "restrictionInfo": Object { "locations": List(Text), "zones": List(Text) },
            "reasonCode": Choice,
        }),
    }
}
