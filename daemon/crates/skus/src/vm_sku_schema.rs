//! az's models of the VM SKUs of AKS, written by `tests/record_schema.py` from
//! azure-mgmt-containerservice 41.4.0b1.

use azq_schema::Kind::{Choice, Integer, List, Object, Text};
use azq_schema::models;

models! {
    RESOURCE_SKU_CAPACITY {
        "minimum": Integer,
        "maximum": Integer,
        "default": Integer,
        "scaleType": Choice,
    }
    RESOURCE_SKU_CAPABILITIES { "name": Text, "value": Text }
    RESOURCE_SKU_ZONE_DETAILS {
        "name": List(&Text),
        "capabilities": List(&Object(&RESOURCE_SKU_CAPABILITIES)),
    }
    RESOURCE_SKU_LOCATION_INFO {
        "location": Text,
        "zones": List(&Text),
        "zoneDetails": List(&Object(&RESOURCE_SKU_ZONE_DETAILS)),
        "extendedLocations": List(&Text),
        "type": Choice,
    }
    RESOURCE_SKU_COSTS { "meterID" as "meterId": Text, "quantity": Integer, "extendedUnit": Text }
    RESOURCE_SKU_RESTRICTION_INFO { "locations": List(&Text), "zones": List(&Text) }
    RESOURCE_SKU_RESTRICTIONS {
        "type": Choice,
        "values": List(&Text),
        "restrictionInfo": Object(&RESOURCE_SKU_RESTRICTION_INFO),
        "reasonCode": Choice,
    }
    RESOURCE_SKU {
        "resourceType": Text,
        "name": Text,
        "tier": Text,
        "size": Text,
        "family": Text,
        "kind": Text,
        "capacity": Object(&RESOURCE_SKU_CAPACITY),
        "locations": List(&Text),
        "locationInfo": List(&Object(&RESOURCE_SKU_LOCATION_INFO)),
        "apiVersions": List(&Text),
        "costs": List(&Object(&RESOURCE_SKU_COSTS)),
        "capabilities": List(&Object(&RESOURCE_SKU_CAPABILITIES)),
        "restrictions": List(&Object(&RESOURCE_SKU_RESTRICTIONS)),
    }
}
