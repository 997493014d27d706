//! The endpoints of az's built-in clouds (azure-cli-core 2.91, `cloud.py`).

/// The built-in clouds.
pub(super) const CLOUDS: [&str; 4] = [
    "AzureCloud",
    "AzureChinaCloud",
    "AzureUSGovernment",
    "AzureBleuCloud",
];

/// The endpoints: the name of each, and its value in each of [`CLOUDS`], `None` where a cloud has
/// none. They are sorted by name, which is the order in which az compares them with a URL.
pub(super) const ENDPOINTS: [(&str, [Option<&str>; 4]); 20] = [
    (
        "active_directory",
        [
            Some("https://login.microsoftonline.com"),
            Some("https://login.chinacloudapi.cn"),
            Some("https://login.microsoftonline.us"),
            Some("https://login.sovcloud-identity.fr"),
        ],
    ),
    (
        "active_directory_data_lake_resource_id",
        [Some("https://datalake.azure.net/"), None, None, None],
    ),
    (
        "active_directory_graph_resource_id",
        [
            Some("https://graph.windows.net/"),
            Some("https://graph.chinacloudapi.cn/"),
            Some("https://graph.microsoftazure.us/"),
            Some("https://graph.svc.sovcloud.fr/"),
        ],
    ),
    (
        "active_directory_resource_id",
        [
            Some("https://management.core.windows.net/"),
            Some("https://management.core.chinacloudapi.cn/"),
            Some("https://management.core.usgovcloudapi.net/"),
            Some("https://management.sovcloud-api.fr/"),
        ],
    ),
    (
        "app_insights_resource_id",
        [
            Some("https://api.applicationinsights.io"),
            Some("https://api.applicationinsights.azure.cn"),
            Some("https://api.applicationinsights.us"),
            None,
        ],
    ),
    (
        "app_insights_telemetry_channel_resource_id",
        [
            Some("https://dc.applicationinsights.azure.com/v2/track"),
            Some("https://dc.applicationinsights.azure.cn/v2/track"),
            Some("https://dc.applicationinsights.us/v2/track"),
            None,
        ],
    ),
    (
        "app_service_resource_id",
        [
            Some("https://appservice.azure.com"),
            Some("https://management.core.chinacloudapi.cn/"),
            Some("https://management.core.usgovcloudapi.net/"),
            None,
        ],
    ),
    (
        "attestation_resource_id",
        [Some("https://attest.azure.net"), None, None, None],
    ),
    (
        "batch_resource_id",
        [
            Some("https://batch.core.windows.net/"),
            Some("https://batch.chinacloudapi.cn/"),
            Some("https://batch.core.usgovcloudapi.net/"),
            Some("https://batch.sovcloud-api.fr/"),
        ],
    ),
    (
        "gallery",
        [
            Some("https://gallery.azure.com/"),
            Some("https://gallery.chinacloudapi.cn/"),
            Some("https://gallery.usgovcloudapi.net/"),
            Some("https://gallery.sovcloud-api.fr/"),
        ],
    ),
    (
        "log_analytics_resource_id",
        [
            Some("https://api.loganalytics.io"),
            Some("https://api.loganalytics.azure.cn"),
            Some("https://api.loganalytics.us"),
            None,
        ],
    ),
    (
        "management",
        [
            Some("https://management.core.windows.net/"),
            Some("https://management.core.chinacloudapi.cn/"),
            Some("https://management.core.usgovcloudapi.net/"),
            Some("https://management.sovcloud-api.fr/"),
        ],
    ),
    (
        "media_resource_id",
        [
            Some("https://rest.media.azure.net"),
            Some("https://rest.media.chinacloudapi.cn"),
            Some("https://rest.media.usgovcloudapi.net"),
            Some("https://rest.media.sovcloud-api.fr"),
        ],
    ),
    (
        "microsoft_graph_resource_id",
        [
            Some("https://graph.microsoft.com/"),
            Some("https://microsoftgraph.chinacloudapi.cn"),
            Some("https://graph.microsoft.us/"),
            Some("https://graph.svc.sovcloud.fr"),
        ],
    ),
    (
        "ossrdbms_resource_id",
        [
            Some("https://ossrdbms-aad.database.windows.net"),
            Some("https://ossrdbms-aad.database.chinacloudapi.cn"),
            Some("https://ossrdbms-aad.database.usgovcloudapi.net"),
            Some("https://ossrdbms-aad.database.sovcloud-api.fr"),
        ],
    ),
    (
        "portal",
        [
            Some("https://portal.azure.com"),
            Some("https://portal.azure.cn"),
            Some("https://portal.azure.us"),
            Some("https://portal.sovcloud-azure.fr"),
        ],
    ),
    (
        "resource_manager",
        [
            Some("https://management.azure.com/"),
            Some("https://management.chinacloudapi.cn"),
            Some("https://management.usgovcloudapi.net/"),
            Some("https://management.sovcloud-api.fr"),
        ],
    ),
    (
        "sql_management",
        [
            Some("https://management.core.windows.net:8443/"),
            Some("https://management.core.chinacloudapi.cn:8443/"),
            Some("https://management.core.usgovcloudapi.net:8443/"),
            Some("https://management.database.sovcloud-api.fr:8443/"),
        ],
    ),
    (
        "synapse_analytics_resource_id",
        [
            Some("https://dev.azuresynapse.net"),
            Some("https://dev.azuresynapse.azure.cn"),
            Some("https://dev.azuresynapse.usgovcloudapi.net"),
            None,
        ],
    ),
    (
        "vm_image_alias_doc",
        [
            Some("https://azcliprod.blob.core.windows.net/cli/vm/aliases.json"),
            Some("https://azcliprod.blob.core.windows.net/cli/vm/aliases.json"),
            Some("https://azcliprod.blob.core.windows.net/cli/vm/aliases.json"),
            Some("https://azcliprod.blob.core.windows.net/cli/vm/aliases_master.json"),
        ],
    ),
];

/// az's names of resources, and the name of each one's endpoint (azure-cli,
/// `command_modules/profile/custom.py`).
pub(super) const RESOURCES: [(&str, &str); 7] = [
    ("aad-graph", "active_directory_graph_resource_id"),
    ("arm", "active_directory_resource_id"),
    ("batch", "batch_resource_id"),
    ("data-lake", "active_directory_data_lake_resource_id"),
    ("media", "media_resource_id"),
    ("ms-graph", "microsoft_graph_resource_id"),
    ("oss-rdbms", "ossrdbms_resource_id"),
];

/// Returns an endpoint of a built-in cloud.
pub(super) fn built_in(cloud: &str, endpoint: &str) -> Option<&'static str> {
    let cloud = CLOUDS.iter().position(|known| *known == cloud)?;
    let (_, values) = ENDPOINTS.iter().find(|(known, _)| *known == endpoint)?;
    values.get(cloud).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_sorted_and_every_resource_has_one() {
        assert!(ENDPOINTS.is_sorted_by_key(|(name, _)| *name));
        for (resource, endpoint) in RESOURCES {
            assert!(built_in("AzureCloud", endpoint).is_some(), "{resource}");
        }
        assert_eq!(built_in("AzureCloud", "nosuch"), None);
        assert_eq!(built_in("Nosuch", "portal"), None);
    }
}
