//! The clouds that az knows: the four built-in ones, with the changes and additions of
//! `clouds.config` (azure-cli-core, `cloud.py`).
//!
//! Only the endpoints that azq uses are kept. A cloud's `subscription` in `clouds.config` is not
//! kept, because az reads it only when it switches clouds, never to answer a command.

use std::borrow::Cow;

use super::AccountError;
use super::Ini;
use super::endpoints::{self, CLOUDS, ENDPOINTS, RESOURCES};

/// The cloud that az falls back to.
const PUBLIC: &str = "AzureCloud";

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
    /// The name, as in `az cloud list`.
    pub name: String,
    /// Resource Manager's URL, `endpoint_resource_manager`.
    pub resource_manager: String,
    /// The login authority, `endpoint_active_directory`.
    pub active_directory: String,
    /// The audience of Resource Manager's tokens, `endpoint_active_directory_resource_id`.
    pub audience: String,
}

impl Cloud {
    /// Returns the scope of Resource Manager's tokens. A slash at the end of the audience is kept,
    /// so the scope may contain two in a row (azure-cli-core, `auth/util.py`,
    /// `resource_to_scopes`).
    pub fn token_scope(&self) -> String {
        format!("{}/.default", self.audience)
    }

    /// Returns a name for use as a cache key. A cloud whose endpoint was changed gets another name.
    pub fn cache_name(&self) -> String {
        let built_in = endpoints::built_in(&self.name, "resource_manager");
        if built_in == Some(&self.resource_manager) {
            self.name.clone()
        } else {
            format!("{} {}", self.name, self.resource_manager)
        }
    }
}

/// The active cloud, and the lines that az prints about it before its log is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ActiveCloud {
    pub name: String,
    pub notices: Vec<String>,
}

/// Returns the active cloud: the configured one if it exists, else the public one
/// (`get_active_cloud`).
pub(super) fn active(wanted: Option<&str>, clouds: &Ini) -> ActiveCloud {
    let wanted = wanted.unwrap_or(PUBLIC);
    if CLOUDS.contains(&wanted) || clouds.sections().any(|name| name == wanted) {
        let (name, notices) = (wanted.to_owned(), Vec::new());
        return ActiveCloud { name, notices };
    }
    let notices = vec![
        format!("The cloud '{wanted}' is not registered."),
        format!("Resetting active cloud to'{PUBLIC}'."),
    ];
    let name = PUBLIC.to_owned();
    ActiveCloud { name, notices }
}

/// Returns a cloud by name, and checks its endpoints in az's order. `file` is the path of
/// `clouds.config`, for errors.
pub(super) fn resolve(name: &str, clouds: &Ini, file: &str) -> Result<Cloud, AccountError> {
    check_profile(name, clouds)?;
    let endpoint = |of: &str| endpoint(name, clouds, file, of);
    Ok(Cloud {
        name: name.to_owned(),
        active_directory: endpoint("active_directory")?,
        audience: endpoint("active_directory_resource_id")?,
        resource_manager: endpoint("resource_manager")?,
    })
}

/// Returns every endpoint that a cloud has, in az's order.
pub(super) fn endpoints(name: &str, clouds: &Ini) -> Vec<String> {
    let all = ENDPOINTS.iter().map(|(endpoint, _)| *endpoint);
    all.filter_map(|of| endpoint(name, clouds, "", of).ok())
        .collect()
}

/// Returns the audience of a resource by az's name for it (`--resource-type`). An unknown name is
/// looked up as the name of an endpoint.
pub(super) fn resource(
    name: &str,
    clouds: &Ini,
    file: &str,
    resource: &str,
) -> Result<String, AccountError> {
    let row = RESOURCES.iter().find(|(known, _)| *known == resource);
    endpoint(name, clouds, file, row.map_or(resource, |(_, of)| *of))
}

/// Returns an endpoint from `clouds.config`, else the built-in one.
fn endpoint(name: &str, clouds: &Ini, file: &str, endpoint: &str) -> Result<String, AccountError> {
    let configured = clouds.get(name, &format!("endpoint_{endpoint}"));
    configured
        .or_else(|| endpoints::built_in(name, endpoint).map(Cow::from))
        .map(Cow::into_owned)
        .ok_or_else(|| AccountError::EndpointNotSet {
            endpoint: endpoint.to_owned(),
            file: file.to_owned(),
        })
}

fn check_profile(name: &str, clouds: &Ini) -> Result<(), AccountError> {
    match clouds.get(name, "profile") {
        Some(profile) if profile != "latest" && !REMOVED_PROFILES.contains(&&*profile) => {
            Err(AccountError::UnknownApiProfile(profile.into_owned()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve_in(name: &str, file: &str) -> Result<Cloud, AccountError> {
        resolve(name, &Ini::parse(file).expect("valid"), "/c/clouds.config")
    }

    #[test]
    fn the_file_changes_a_built_in_cloud() {
        let file = "[AzureCloud]\nsubscription = x\nendpoint_resource_manager = https://other/\n";
        let cloud = resolve_in("AzureCloud", file).expect("complete");
        assert_eq!(cloud.resource_manager, "https://other/");
        assert_eq!(cloud.active_directory, "https://login.microsoftonline.com");
        let scope = "https://management.core.windows.net//.default";
        assert_eq!(cloud.token_scope(), scope);
        assert_eq!(cloud.cache_name(), "AzureCloud https://other/");
        let china = resolve_in("AzureChinaCloud", "").expect("complete");
        assert_eq!(china.cache_name(), "AzureChinaCloud");
    }

    #[test]
    fn a_custom_cloud_must_be_complete() {
        let file = "[mine]\nendpoint_resource_manager = https://rm/\n";
        let error = resolve_in("mine", file).unwrap_err();
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
        let notice = "The cloud 'azurecloud' is not registered.";
        assert_eq!(active.notices[0], notice);
        assert!(super::active(None, &Ini::default()).notices.is_empty());
    }

    #[test]
    fn only_the_latest_profile_is_left() {
        let with =
            |profile: &str| resolve_in("AzureCloud", &format!("[AzureCloud]\nprofile={profile}\n"));
        assert!(with("latest").is_ok() && with("2019-03-01-hybrid").is_ok());
        let error = with("x").unwrap_err().to_string();
        assert_eq!(error, "Profile x does not exist or is not supported.");
    }
}
