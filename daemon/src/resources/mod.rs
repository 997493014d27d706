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

use azq_schema::{add_resource_groups, models};

/// The API version of `Microsoft.Resources` that az 2.91 uses here.
const API_VERSION: &str = "2024-11-01";

/// Declares a model of any resource: its name, and further rows.
macro_rules! generic_resource {
    ($name:ident $(, $more:literal: $kind:ident)*) => {
        models! {
            $name {
                "id": Text,
                "name": Text,
                "type": Text,
                "location": Text,
                "extendedLocation": Object { "type": Text, "name": Text },
                "tags": Map(Text),
                "plan": Object {
                    "name": Text,
                    "publisher": Text,
                    "product": Text,
                    "promotionCode": Text,
                    "version": Text,
                },
                "properties": Any,
                "kind": Text,
                "managedBy": Text,
                "sku": Object {
                    "name": Text,
                    "tier": Text,
                    "size": Text,
                    "family": Text,
                    "model": Text,
                    "capacity": Integer,
                },
                "identity": Object {
                    "principalId": Text,
                    "tenantId": Text,
                    "type": Text,
                    "userAssignedIdentities": Map(Object { "principalId": Text, "clientId": Text }),
                },
                $($more: $kind,)*
            }
        }
    };
}

generic_resource!(GENERIC_RESOURCE);
generic_resource!(
    GENERIC_RESOURCE_EXPANDED,
    "createdTime": DateTime,
    "changedTime": DateTime,
    "provisioningState": Text
);

/// Returns az's document of a resource in a list.
fn listed(resource: &Json) -> Value {
    add_resource_groups(GENERIC_RESOURCE_EXPANDED.open_document(resource))
}
