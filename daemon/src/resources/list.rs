//! `az resource list`.

use azq_document::Value;
use azq_proto::v1;

use super::{API_VERSION, listed};
use crate::groups;
use azq_arm::Arm;
use azq_arm::Report;
use azq_arm::segment;
use azq_command::{CommandError, bail};
use azq_schema::selection;

/// Reads resources from Azure, without a cache: all that match the request's options. `location` is
/// the region's name.
///
/// # Errors
/// Options that exclude each other; a resource group that does not exist; an error of Azure's.
pub async fn list(
    arm: &Arm,
    request: &v1::ListResourcesRequest,
    location: &str,
    report: &dyn Report,
) -> Result<Value, CommandError> {
    // az reads the group before it checks the other options.
    if let Some(group) = request.resource_group_name.as_deref() {
        groups::show::show(arm, group, report).await?;
    }
    let filter = filter(request, location)?;
    let path = format!("/subscriptions/{}/resources", segment(arm.subscription()));
    let expand = "createdTime,changedTime,provisioningState".to_owned();
    let filter = (!filter.is_empty()).then(|| ("$filter".to_owned(), filter));
    let query: Vec<_> = filter
        .into_iter()
        .chain([("$expand".to_owned(), expand)])
        .collect();
    let resources = arm.list(&path, API_VERSION, &query, report).await?;
    Ok(resources.iter().map(listed).collect::<Vec<_>>().into())
}

/// Returns the filter for the options (azure-cli, `resource/custom.py`,
/// `_list_resources_odata_filter_builder`).
fn filter(request: &v1::ListResourcesRequest, location: &str) -> Result<String, CommandError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let group = given(&request.resource_group_name);
    let namespace = given(&request.namespace);
    let kind = given(&request.resource_type);
    let name = given(&request.name);
    let location = given(&Some(location.to_owned()));
    if request.tag.is_some() {
        let others = [
            (&group, "--resource-group", GROUP_DEFAULT),
            (&namespace, "--namespace", ""),
            (&kind, "--resource-type", ""),
            (&name, "--name", ""),
            (&location, "--location", LOCATION_DEFAULT),
        ];
        if let Some((_, option, advice)) = others.iter().find(|(value, ..)| value.is_some()) {
            bail!("you cannot use '--tag' with '{option}'{advice}");
        }
    }
    let kind = match (kind, namespace) {
        (Some(kind), Some(namespace)) => Some(format!("{namespace}/{kind}")),
        (Some(kind), None) if !has_namespace(&kind) => {
            bail!("Malformed resource-type: --resource-type=<namespace>/<resource-type> expected.");
        }
        (None, Some(_)) => {
            bail!("--namespace also requires --resource-type");
        }
        (kind, None) => kind,
    };
    let equal = [
        ("resourceGroup", group),
        ("name", name),
        ("location", location),
        ("resourceType", kind),
    ];
    let equal = equal
        .into_iter()
        .filter_map(|(property, value)| Some(format!("{property} eq '{}'", value?)));
    let tag = request.tag.as_deref().and_then(tag_filter);
    Ok(equal.chain(tag).collect::<Vec<_>>().join(" and "))
}

const GROUP_DEFAULT: &str = "(If the default value for resource group is set, please use 'az \
    configure --defaults group=\"\"' command to clear it first)";
const LOCATION_DEFAULT: &str = "(If the default value for location is set, please use 'az \
    configure --defaults location=\"\"' command to clear it first)";

/// Whether a type begins with two parts (`[^/]+/[^/]+`).
fn has_namespace(kind: &str) -> bool {
    kind.split_once('/').is_some_and(|(namespace, rest)| {
        !namespace.is_empty() && !rest.is_empty() && !rest.starts_with('/')
    })
}

/// Returns the filter for a tag, given as `key`, `key*` or `key=value`.
fn tag_filter(tag: &str) -> Option<String> {
    let (name, _) = tag.split_once('=').unwrap_or((tag, ""));
    match name.strip_suffix('*') {
        _ if name.is_empty() => None,
        Some(begin) => Some(format!("startswith(tagname, '{begin}')")),
        None => groups::list::filter(tag),
    }
}

/// Returns the table: a row for each resource. `None` if one has no resource group, which az's own
/// table needs (`resource/commands.py`, `transform_resource_list`).
pub fn table(document: &Value) -> Option<Value> {
    let row = |resource: &Value| {
        Some(selection([
            ("Name", resource.get("name")?.clone()),
            ("ResourceGroup", resource.get("resourceGroup")?.clone()),
            ("Location", resource.get("location")?.clone()),
            ("Type", resource.get("type")?.clone()),
            ("Status", resource.get("provisioningState")?.clone()),
        ]))
    };
    let rows = document.as_array()?.iter().map(row);
    Some(rows.collect::<Option<Vec<_>>>()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &[(&str, &str)]) -> v1::ListResourcesRequest {
        let mut request = v1::ListResourcesRequest::default();
        for (name, value) in fields {
            let place = match *name {
                "group" => &mut request.resource_group_name,
                "namespace" => &mut request.namespace,
                "type" => &mut request.resource_type,
                "name" => &mut request.name,
                _ => &mut request.tag,
            };
            *place = Some((*value).to_owned());
        }
        request
    }

    #[test]
    fn options_become_parts_of_the_filter() {
        for (fields, location, expected) in [
            (&[][..], "", ""),
            (
                &[("group", "g"), ("name", "n")],
                "",
                "resourceGroup eq 'g' and name eq 'n'",
            ),
            (
                &[("type", "N/t")],
                "eastus",
                "location eq 'eastus' and resourceType eq 'N/t'",
            ),
            (
                &[("type", "t"), ("namespace", "N")],
                "",
                "resourceType eq 'N/t'",
            ),
            (&[("tag", "")], "", ""),
            (&[("tag", "k")], "", "tagname eq 'k'"),
            (
                &[("tag", "k=v=w")],
                "",
                "tagname eq 'k' and tagvalue eq 'v=w'",
            ),
            (&[("tag", "k*")], "", "startswith(tagname, 'k')"),
            (&[("group", "")], "", ""),
        ] {
            let found = filter(&request(fields), location);
            assert_eq!(found.as_deref(), Ok(expected), "{fields:?}");
        }
    }

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        for (fields, location, words) in [
            (
                &[("tag", "k"), ("group", "g")][..],
                "",
                "'--tag' with '--resource-group'(If",
            ),
            (&[("tag", ""), ("name", "n")], "", "'--tag' with '--name'"),
            (&[("tag", "k")], "eastus", "'--tag' with '--location'(If"),
            (&[("namespace", "N")], "", "--namespace also requires"),
            (&[("type", "t")], "", "Malformed resource-type"),
            (&[("type", "N//t")], "", "Malformed resource-type"),
        ] {
            let error = filter(&request(fields), location).unwrap_err();
            assert!(error.message.contains(words), "{}", error.message);
        }
    }
}
