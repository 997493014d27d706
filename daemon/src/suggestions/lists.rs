//! The lists of Resource Manager that contain the values of an option.

use azq_proto::v1::ValueKind;

use crate::clusters;
use crate::compute::vms;
use crate::groups;
use crate::nodepools::{self, PoolName};
use crate::subscriptions;

/// A list of Resource Manager.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct List {
    pub(super) path: String,
    pub(super) api_version: &'static str,
}

impl List {
    /// Returns the list of a kind in a subscription; `None` if the command line does not name the
    /// place, or there is no such list of names.
    pub(crate) fn of(
        kind: ValueKind,
        subscription: &str,
        group: Option<&str>,
        cluster: Option<&str>,
    ) -> Option<Self> {
        let (path, api_version) = match kind {
            ValueKind::Location => (
                subscriptions::list_locations::path(subscription),
                subscriptions::list_locations::API_VERSION,
            ),
            ValueKind::ResourceGroup => (groups::list::path(subscription), groups::API_VERSION),
            ValueKind::Cluster => (
                clusters::list::path(subscription, group),
                nodepools::API_VERSION,
            ),
            ValueKind::NodePool => {
                let pool = PoolName {
                    resource_group: group?.to_owned(),
                    cluster: cluster?.to_owned(),
                    pool: String::new(),
                };
                (pool.collection_path(subscription), nodepools::API_VERSION)
            }
            ValueKind::VirtualMachine => (vms::path(subscription, group), vms::API_VERSION),
            ValueKind::Unspecified | ValueKind::Subscription | ValueKind::VmSize => return None,
        };
        Some(Self { path, api_version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(kind: ValueKind, group: Option<&str>, cluster: Option<&str>) -> Option<String> {
        Some(List::of(kind, "s", group, cluster)?.path)
    }

    #[test]
    fn a_list_is_that_of_what_the_line_says() {
        let pools = path(ValueKind::NodePool, Some("g"), Some("c")).unwrap();
        assert!(pools.ends_with(
            "/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/agentPools"
        ));
        assert_eq!(path(ValueKind::NodePool, Some("g"), None), None);
        assert_eq!(path(ValueKind::VmSize, None, None), None);
        let groups = path(ValueKind::ResourceGroup, None, None).unwrap();
        assert_eq!(groups, "/subscriptions/s/resourcegroups");
    }
}
