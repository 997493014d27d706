//! `az group list`.

use azq_document::Value;

use super::{API_VERSION, document};
use azq_arm::Arm;
use azq_arm::Report;
use azq_arm::segment;
use azq_command::CommandError;
use azq_schema::selection;

/// Reads the subscription's resource groups from Azure, without a cache. A tag, as `key` or
/// `key=value`, selects the groups that have it.
///
/// # Errors
/// An error of Azure's.
pub async fn list(
    arm: &Arm,
    tag: Option<&str>,
    report: &dyn Report,
) -> Result<Value, CommandError> {
    let path = path(arm.subscription());
    let filter = tag.and_then(filter);
    let query: Vec<_> = filter
        .into_iter()
        .map(|filter| ("$filter".to_owned(), filter))
        .collect();
    let groups = arm.list(&path, API_VERSION, &query, report).await?;
    Ok(groups.iter().map(document).collect::<Vec<_>>().into())
}

/// Returns the list's path.
pub(crate) fn path(subscription: &str) -> String {
    format!("/subscriptions/{}/resourcegroups", segment(subscription))
}

/// Returns the filter for a tag, given as `key` or `key=value` (azure-cli, `resource/custom.py`,
/// `list_resource_groups`).
pub(crate) fn filter(tag: &str) -> Option<String> {
    let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
    let value = match value {
        "" => String::new(),
        value => format!(" and tagvalue eq '{value}'"),
    };
    (!tag.is_empty()).then(|| format!("tagname eq '{name}'{value}"))
}

/// Returns the table: a row for each group. `None` if a group lacks its properties, which az's own
/// table needs (`resource/commands.py`, `transform_resource_group_list`).
pub fn table(document: &Value) -> Option<Value> {
    let groups = document.as_array().unwrap_or_default();
    let row = |group: &Value| {
        let state = group.get("properties")?.get("provisioningState")?;
        Some(selection([
            ("Name", group.get("name")?.clone()),
            ("Location", group.get("location")?.clone()),
            ("Status", state.clone()),
        ]))
    };
    let rows = groups.iter().map(row).collect::<Option<Vec<_>>>()?;
    Some(rows.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_filter_of_its_name_and_value() {
        let with_value = "tagname eq 'env' and tagvalue eq 'a=b'";
        assert_eq!(filter("env=a=b").as_deref(), Some(with_value));
        for name_alone in ["env", "env="] {
            assert_eq!(filter(name_alone).as_deref(), Some("tagname eq 'env'"));
        }
        assert_eq!(filter(""), None);
    }
}
