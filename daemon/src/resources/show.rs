//! `az resource show`.

use std::sync::Arc;

use azq_document::Value;
use azq_proto::v1;
use serde_json::Value as Json;

use super::identifier::{Identifier, Versioned};
use super::{API_VERSION, GENERIC_RESOURCE};
use crate::nodepools::Printed;
use azq_arm::Arm;
use azq_arm::Report;
use azq_arm::segment;
use azq_command::{CommandError, bail, error};
use azq_schema::add_resource_groups;

/// Reads resources from Azure, without a cache: one by its names, or those with the given ids.
///
/// # Errors
/// A name that is missing; an invalid id; a type that the provider does not have; an error of
/// Azure's.
pub async fn show(arm: &Arm, request: &v1::ShowResourceRequest, report: &dyn Report) -> Printed {
    let call = Call {
        arm,
        request,
        report,
    };
    let ids = request.ids.as_ref().map_or(&[][..], |ids| &ids.word);
    if ids.is_empty() {
        let (path, version) = call.named().await?;
        return call.read(&path, &version).await.map(Some);
    }
    let mut resources = Vec::with_capacity(ids.len());
    for id in ids {
        let version = call.version_of_id(id).await?;
        let path = format!("/{}", id.trim_start_matches('/'));
        resources.push(call.read(&path, &version).await?);
    }
    Ok(match <[Value; 1]>::try_from(resources) {
        Ok([only]) => Some(only),
        Err(several) => Some(several.into()),
    })
}

/// A call of the command.
struct Call<'a> {
    arm: &'a Arm,
    request: &'a v1::ShowResourceRequest,
    report: &'a dyn Report,
}

impl Call<'_> {
    async fn read(&self, path: &str, version: &str) -> Result<Value, CommandError> {
        let answer = self.arm.get(path, version, self.report).await?;
        let mut shown = GENERIC_RESOURCE.open_document(&answer);
        let is_wanted = self.request.include_response_body == Some(true);
        if let (true, Value::Object(object)) = (is_wanted, &mut shown) {
            Arc::make_mut(object).set("responseBody", Value::from(&answer));
        }
        Ok(add_resource_groups(shown))
    }

    /// Returns the path of a resource by its names, and its API version.
    async fn named(&self) -> Result<(String, String), CommandError> {
        let request = self.request;
        let mut namespace = request.namespace.as_deref();
        let mut kind = request.resource_type.as_deref();
        let parent = request.parent.as_deref().unwrap_or_default();
        let is_empty = |text: Option<&str>| text.is_none_or(str::is_empty);
        // A type may contain its provider. As in az, parts after the second are dropped.
        if is_empty(namespace)
            && parent.is_empty()
            && let Some((first, rest)) = kind.and_then(|kind| kind.split_once('/'))
        {
            namespace = Some(first);
            kind = rest.split('/').next();
        }
        let group = request.resource_group_name.as_deref();
        let name = request.name.as_deref();
        let version = if let Some(version) = &request.api_version {
            version.clone()
        } else {
            for (value, message) in [
                (group, "--resource-group/-g is required."),
                (kind, "--resource-type is required"),
                (name, "--name/-n is required"),
                (namespace, "--namespace is required"),
            ] {
                value.ok_or_else(|| CommandError::new(message))?;
            }
            let topmost = parent.split('/').next().filter(|first| !first.is_empty());
            let kind = topmost.or(kind).unwrap_or_default();
            self.resolved(namespace.unwrap_or_default(), kind).await?
        };
        let path = format!(
            "/subscriptions/{}/resourcegroups/{}/providers/{}/{parent}/{}/{}",
            segment(self.arm.subscription()),
            segment(group.unwrap_or_default()),
            segment(namespace.unwrap_or_default()),
            kind.unwrap_or_default(),
            segment(name.unwrap_or_default()),
        );
        Ok((path, version))
    }

    /// Returns the API version of the resource with an id.
    async fn version_of_id(&self, id: &str) -> Result<String, CommandError> {
        let Some(identifier) = Identifier::read(id) else {
            bail!("az resource: error: argument --ids: invalid ResourceId value: '{id}'");
        };
        if let Some(version) = &self.request.api_version {
            return Ok(version.clone());
        }
        match identifier.versioned() {
            Some(Versioned::Group) => Ok(API_VERSION.to_owned()),
            Some(Versioned::Type { namespace, kind }) => self.resolved(&namespace, &kind).await,
            None => Err(error!(
                "The type of value entered by --ids parameter is not supported."
            )),
        }
    }

    /// Returns the newest stable version that a provider has of a type, else its newest one.
    async fn resolved(&self, namespace: &str, kind: &str) -> Result<String, CommandError> {
        let path = format!(
            "/subscriptions/{}/providers/{}",
            segment(self.arm.subscription()),
            segment(namespace)
        );
        let provider = self.arm.get(&path, API_VERSION, self.report).await?;
        let types = provider.get("resourceTypes").and_then(Json::as_array);
        let is_it = |found: &&Json| {
            let name = found.get("resourceType").and_then(Json::as_str);
            name.is_some_and(|name| name.to_lowercase() == kind.to_lowercase())
        };
        let mut found = types.into_iter().flatten().filter(is_it);
        let Some(first) = found.next() else {
            bail!("Resource type {kind} not found.");
        };
        let versions = first.get("apiVersions").and_then(Json::as_array);
        let versions: Vec<&str> = versions
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let is_stable = |version: &&&str| !version.to_lowercase().contains("preview");
        let newest = versions.iter().find(is_stable).or_else(|| versions.first());
        match newest.filter(|_| found.next().is_none()) {
            Some(version) => Ok((*version).to_owned()),
            None => Err(error!(
                "API version is required and could not be resolved for resource {kind}"
            )),
        }
    }
}
