//! The endpoints of az's built-in clouds (azure-cli-core 2.91, `cloud.py`).

/// The built-in clouds.
pub(super) const CLOUDS: [&str; 4] = [
    "AzureCloud",
    "AzureChinaCloud",
    "AzureUSGovernment",
    "AzureBleuCloud",
];

/// Makes [`ENDPOINTS`] of rows `name: "value" "value" …;`.
macro_rules! endpoints {
    ($($name:ident: $($value:literal)+;)*) => {
        /// The endpoints: the name of each, and its value in each of [`CLOUDS`]; the last clouds
        /// may have none. They are sorted by name, which is the order in which az compares them
        /// with a URL.
        pub(super) const ENDPOINTS: &[(&str, &[&str])] =
            &[$((stringify!($name), &[$($value),+])),*];
    };
}

endpoints! {
    active_directory:
        "https://login.microsoftonline.com"
        "https://login.chinacloudapi.cn"
        "https://login.microsoftonline.us"
        "https://login.sovcloud-identity.fr";
    active_directory_data_lake_resource_id: "https://datalake.azure.net/";
    active_directory_graph_resource_id:
        "https://graph.windows.net/"
        "https://graph.chinacloudapi.cn/"
        "https://graph.microsoftazure.us/"
        "https://graph.svc.sovcloud.fr/";
    active_directory_resource_id:
        "https://management.core.windows.net/"
        "https://management.core.chinacloudapi.cn/"
        "https://management.core.usgovcloudapi.net/"
        "https://management.sovcloud-api.fr/";
    app_insights_resource_id:
        "https://api.applicationinsights.io"
        "https://api.applicationinsights.azure.cn"
        "https://api.applicationinsights.us";
    app_insights_telemetry_channel_resource_id:
        "https://dc.applicationinsights.azure.com/v2/track"
        "https://dc.applicationinsights.azure.cn/v2/track"
        "https://dc.applicationinsights.us/v2/track";
    app_service_resource_id:
        "https://appservice.azure.com"
        "https://management.core.chinacloudapi.cn/"
        "https://management.core.usgovcloudapi.net/";
    attestation_resource_id: "https://attest.azure.net";
    batch_resource_id:
        "https://batch.core.windows.net/"
        "https://batch.chinacloudapi.cn/"
        "https://batch.core.usgovcloudapi.net/"
        "https://batch.sovcloud-api.fr/";
    gallery:
        "https://gallery.azure.com/"
        "https://gallery.chinacloudapi.cn/"
        "https://gallery.usgovcloudapi.net/"
        "https://gallery.sovcloud-api.fr/";
    log_analytics_resource_id:
        "https://api.loganalytics.io"
        "https://api.loganalytics.azure.cn"
        "https://api.loganalytics.us";
    management:
        "https://management.core.windows.net/"
        "https://management.core.chinacloudapi.cn/"
        "https://management.core.usgovcloudapi.net/"
        "https://management.sovcloud-api.fr/";
    media_resource_id:
        "https://rest.media.azure.net"
        "https://rest.media.chinacloudapi.cn"
        "https://rest.media.usgovcloudapi.net"
        "https://rest.media.sovcloud-api.fr";
    microsoft_graph_resource_id:
        "https://graph.microsoft.com/"
        "https://microsoftgraph.chinacloudapi.cn"
        "https://graph.microsoft.us/"
        "https://graph.svc.sovcloud.fr";
    ossrdbms_resource_id:
        "https://ossrdbms-aad.database.windows.net"
        "https://ossrdbms-aad.database.chinacloudapi.cn"
        "https://ossrdbms-aad.database.usgovcloudapi.net"
        "https://ossrdbms-aad.database.sovcloud-api.fr";
    portal:
        "https://portal.azure.com"
        "https://portal.azure.cn"
        "https://portal.azure.us"
        "https://portal.sovcloud-azure.fr";
    resource_manager:
        "https://management.azure.com/"
        "https://management.chinacloudapi.cn"
        "https://management.usgovcloudapi.net/"
        "https://management.sovcloud-api.fr";
    sql_management:
        "https://management.core.windows.net:8443/"
        "https://management.core.chinacloudapi.cn:8443/"
        "https://management.core.usgovcloudapi.net:8443/"
        "https://management.database.sovcloud-api.fr:8443/";
    synapse_analytics_resource_id:
        "https://dev.azuresynapse.net"
        "https://dev.azuresynapse.azure.cn"
        "https://dev.azuresynapse.usgovcloudapi.net";
    vm_image_alias_doc:
        "https://azcliprod.blob.core.windows.net/cli/vm/aliases.json"
        "https://azcliprod.blob.core.windows.net/cli/vm/aliases.json"
        "https://azcliprod.blob.core.windows.net/cli/vm/aliases.json"
        "https://azcliprod.blob.core.windows.net/cli/vm/aliases_master.json";
}

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
    values.get(cloud).copied()
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
