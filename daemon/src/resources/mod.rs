//! `az resource list` and `show`: any resource, as az shows it.
//!
//! The SDK behind these commands is older than that of agent pools: it shows a property that its
//! models do not know unchanged (azure-mgmt-resource, `GenericResource`).
//!
//! Deliberately absent: any command that changes a resource; the real az carries those out.

mod identifier;
pub mod list;
pub mod show;

pub(crate) use identifier::Identifier;

use azq_document::Value;
use serde_json::Value as Json;

use azq_schema::Kind::{Any, DateTime, Integer, Map, Object, Text};
use azq_schema::{add_resource_groups, models};

/// The API version of `Microsoft.Resources` that az 2.91 uses here.
const API_VERSION: &str = "2024-11-01";

models! {
    EXTENDED_LOCATION { "type": Text, "name": Text }
    PLAN {
        "name": Text,
        "publisher": Text,
        "product": Text,
        "promotionCode": Text,
        "version": Text,
    }
    SKU {
        "name": Text,
        "tier": Text,
        "size": Text,
        "family": Text,
        "model": Text,
        "capacity": Integer,
    }
    USER_ASSIGNED_IDENTITY { "principalId": Text, "clientId": Text }
    IDENTITY {
        "principalId": Text,
        "tenantId": Text,
        "type": Text,
        "userAssignedIdentities": Map(&Object(&USER_ASSIGNED_IDENTITY)),
    }
    GENERIC_RESOURCE {
        "id": Text,
        "name": Text,
        "type": Text,
        "location": Text,
        "extendedLocation": Object(&EXTENDED_LOCATION),
        "tags": Map(&Text),
        "plan": Object(&PLAN),
        "properties": Any,
        "kind": Text,
        "managedBy": Text,
        "sku": Object(&SKU),
        "identity": Object(&IDENTITY),
    }
    GENERIC_RESOURCE_EXPANDED {
        "id": Text,
        "name": Text,
        "type": Text,
        "location": Text,
        "extendedLocation": Object(&EXTENDED_LOCATION),
        "tags": Map(&Text),
        "plan": Object(&PLAN),
        "properties": Any,
        "kind": Text,
        "managedBy": Text,
        "sku": Object(&SKU),
        "identity": Object(&IDENTITY),
        "createdTime": DateTime,
        "changedTime": DateTime,
        "provisioningState": Text,
    }
}

/// Returns az's document of a resource in a list.
fn listed(resource: &Json) -> Value {
    add_resource_groups(GENERIC_RESOURCE_EXPANDED.open_document(resource))
}
