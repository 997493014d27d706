//! The clouds that az knows: four built in, and what `clouds.config` changes or adds
//! (azure-cli-core, `cloud.py`).
//!
//! Only the endpoints that azq asks are kept. A cloud's `subscription` in `clouds.config` is not: az reads it
//! when it switches clouds, never to answer a command.

use std::borrow::Cow;

use super::AccountError;
use super::Ini;

/// The cloud that az falls back to.
const PUBLIC: &str = "AzureCloud";

/// Name; Resource Manager; login; the audience of Resource Manager's tokens.
const BUILT_IN: [(&str, &str, &str, &str); 4] = [
    (
        PUBLIC,
        "https://management.azure.com/",
        "https://login.microsoftonline.com",
        "https://management.core.windows.net/",
    ),
    (
        "AzureChinaCloud",
        "https://management.chinacloudapi.cn",
        "https://login.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn/",
    ),
    (
        "AzureUSGovernment",
        "https://management.usgovcloudapi.net/",
        "https://login.microsoftonline.us",
        "https://management.core.usgovcloudapi.net/",
    ),
    (
        "AzureBleuCloud",
        "https://management.sovcloud-api.fr",
        "https://login.sovcloud-identity.fr",
        "https://management.sovcloud-api.fr/",
    ),
];

/// What az calls a resource, the name of its endpoint, and the endpoint in each of [`BUILT_IN`]'s
/// clouds, of which some have none (azure-cli, `command_modules/profile/custom.py`).
const RESOURCES: [(&str, &str, [Option<&str>; 4]); 7] = [
    (
        "aad-graph",
        "active_directory_graph_resource_id",
        [
            Some("https://graph.windows.net/"),
            Some("https://graph.chinacloudapi.cn/"),
            Some("https://graph.microsoftazure.us/"),
            Some("https://graph.svc.sovcloud.fr/"),
        ],
    ),
    (
        "arm",
        "active_directory_resource_id",
        [
            Some(BUILT_IN[0].3),
            Some(BUILT_IN[1].3),
            Some(BUILT_IN[2].3),
            Some(BUILT_IN[3].3),
        ],
    ),
    (
        "batch",
        "batch_resource_id",
        [
            Some("https://batch.core.windows.net/"),
            Some("https://batch.chinacloudapi.cn/"),
            Some("https://batch.core.usgovcloudapi.net/"),
            Some("https://batch.sovcloud-api.fr/"),
        ],
    ),
    (
        "data-lake",
        "active_directory_data_lake_resource_id",
        [Some("https://datalake.azure.net/"), None, None, None],
    ),
    (
        "media",
        "media_resource_id",
        [
            Some("https://rest.media.azure.net"),
            Some("https://rest.media.chinacloudapi.cn"),
            Some("https://rest.media.usgovcloudapi.net"),
            Some("https://rest.media.sovcloud-api.fr"),
        ],
    ),
    (
        "ms-graph",
        "microsoft_graph_resource_id",
        [
            Some("https://graph.microsoft.com/"),
            Some("https://microsoftgraph.chinacloudapi.cn"),
            Some("https://graph.microsoft.us/"),
            Some("https://graph.svc.sovcloud.fr"),
        ],
    ),
    (
        "oss-rdbms",
        "ossrdbms_resource_id",
        [
            Some("https://ossrdbms-aad.database.windows.net"),
            Some("https://ossrdbms-aad.database.chinacloudapi.cn"),
            Some("https://ossrdbms-aad.database.usgovcloudapi.net"),
            Some("https://ossrdbms-aad.database.sovcloud-api.fr"),
        ],
    ),
];

/// The profiles of old Azure Stack versions, which az replaces by `latest`.
const REMOVED_PROFILES: [&str; 4] = [
    "2017-03-09-profile",
    "2018-03-01-hybrid",
    "2019-03-01-hybrid",
    "2020-09-01-hybrid",
];

/// A cloud with every endpoint that azq needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cloud {
    /// As `az cloud list` names it.
    pub name: String,
    /// Resource Manager's URL, `endpoint_resource_manager`.
    pub resource_manager: String,
    /// The login authority, `endpoint_active_directory`.
    pub active_directory: String,
    /// The audience of Resource Manager's tokens, `endpoint_active_directory_resource_id`.
    pub audience: String,
}

impl Cloud {
    /// The scope of Resource Manager's tokens. A slash that ends the audience is kept, so that there may be two
    /// (azure-cli-core, `auth/util.py`, `resource_to_scopes`).
    pub fn token_scope(&self) -> String {
        format!("{}/.default", self.audience)
    }

    /// A name for caches: a cloud whose endpoint was changed is another cloud.
    pub fn cache_name(&self) -> String {
        let known = BUILT_IN.iter().any(|(name, resource_manager, ..)| {
            self.name == *name && self.resource_manager == *resource_manager
        });
        if known {
            self.name.clone()
        } else {
            format!("{} {}", self.name, self.resource_manager)
        }
    }
}

/// The active cloud, and what az says about it before its log is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ActiveCloud {
    pub name: String,
    pub notices: Vec<String>,
}

/// Which cloud is active: the configured one, if there is such a cloud (`get_active_cloud`).
pub(super) fn active(wanted: Option<&str>, clouds: &Ini) -> ActiveCloud {
    let wanted = wanted.unwrap_or(PUBLIC);
    if built_in(wanted).is_some() || clouds.sections().any(|name| name == wanted) {
        return ActiveCloud {
            name: wanted.to_owned(),
            notices: Vec::new(),
        };
    }
    let notices = vec![
        format!("The cloud '{wanted}' is not registered."),
        format!("Resetting active cloud to'{PUBLIC}'."),
    ];
    ActiveCloud {
        name: PUBLIC.to_owned(),
        notices,
    }
}

/// A cloud by its name, its endpoints checked in az's order. `file` is the path of `clouds.config`, for errors.
pub(super) fn resolve(name: &str, clouds: &Ini, file: &str) -> Result<Cloud, AccountError> {
    check_profile(name, clouds)?;
    let built_in = built_in(name);
    let endpoint = |of: &str, known: Option<&str>| endpoint(name, clouds, file, of, known);
    Ok(Cloud {
        name: name.to_owned(),
        active_directory: endpoint("active_directory", built_in.map(|cloud| cloud.2))?,
        audience: endpoint(
            "active_directory_resource_id",
            built_in.map(|cloud| cloud.3),
        )?,
        resource_manager: endpoint("resource_manager", built_in.map(|cloud| cloud.1))?,
    })
}

/// The audience of what az calls a resource (`--resource-type`); an unknown one has none.
pub(super) fn resource(
    name: &str,
    clouds: &Ini,
    file: &str,
    resource: &str,
) -> Result<String, AccountError> {
    let row = RESOURCES.iter().find(|(known, ..)| *known == resource);
    let (_, of, known) = row.copied().unwrap_or((resource, resource, [None; 4]));
    let cloud = BUILT_IN.iter().position(|(built_in, ..)| *built_in == name);
    endpoint(name, clouds, file, of, cloud.and_then(|index| known[index]))
}

/// An endpoint as `clouds.config` has it, else as it is built in.
fn endpoint(
    name: &str,
    clouds: &Ini,
    file: &str,
    endpoint: &str,
    built_in: Option<&str>,
) -> Result<String, AccountError> {
    let configured = clouds.get(name, &format!("endpoint_{endpoint}"));
    configured
        .or(built_in.map(Cow::from))
        .map(Cow::into_owned)
        .ok_or_else(|| AccountError::EndpointNotSet {
            endpoint: endpoint.to_owned(),
            file: file.to_owned(),
        })
}

fn check_profile(name: &str, clouds: &Ini) -> Result<(), AccountError> {
    match clouds.get(name, "profile") {
        Some(profile) if profile != "latest" && !REMOVED_PROFILES.contains(&&*profile) => {
            Err(AccountError::UnknownApiProfile {
                profile: profile.into_owned(),
            })
        }
        _ => Ok(()),
    }
}

fn built_in(name: &str) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    BUILT_IN.into_iter().find(|cloud| cloud.0 == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve_in(name: &str, file: &str) -> Result<Cloud, AccountError> {
        resolve(name, &Ini::parse(file).expect("valid"), "/c/clouds.config")
    }

    #[test]
    fn the_file_changes_a_built_in_cloud() {
        let cloud = resolve_in(
            "AzureCloud",
            "[AzureCloud]\nsubscription = x\nendpoint_resource_manager = https://other/\n",
        )
        .expect("complete");
        assert_eq!(cloud.resource_manager, "https://other/");
        assert_eq!(cloud.active_directory, "https://login.microsoftonline.com");
        assert_eq!(
            cloud.token_scope(),
            "https://management.core.windows.net//.default"
        );
        assert_eq!(cloud.cache_name(), "AzureCloud https://other/");
        assert_eq!(
            resolve_in("AzureChinaCloud", "")
                .expect("complete")
                .cache_name(),
            "AzureChinaCloud"
        );
    }

    #[test]
    fn a_custom_cloud_must_be_complete() {
        let error =
            resolve_in("mine", "[mine]\nendpoint_resource_manager = https://rm/\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "The endpoint 'active_directory' for this cloud is not set but is used.\n\
             /c/clouds.config may be corrupt or invalid.\nResolve the error or delete this file and try again."
        );
    }

    #[test]
    fn an_unknown_cloud_gives_way_to_the_public_one() {
        let active = active(Some("azurecloud"), &Ini::default());
        assert_eq!(active.name, "AzureCloud");
        assert_eq!(
            active.notices[0],
            "The cloud 'azurecloud' is not registered."
        );
        assert!(super::active(None, &Ini::default()).notices.is_empty());
    }

    #[test]
    fn only_the_latest_profile_is_left() {
        let with =
            |profile: &str| resolve_in("AzureCloud", &format!("[AzureCloud]\nprofile={profile}\n"));
        assert!(with("latest").is_ok() && with("2019-03-01-hybrid").is_ok());
        assert_eq!(
            with("x").unwrap_err().to_string(),
            "Profile x does not exist or is not supported."
        );
    }
}
