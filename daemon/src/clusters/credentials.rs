//! `az aks get-credentials`: reads credentials from Azure and merges them into the caller's
//! kubeconfig.
//!
//! Invariants: credentials stay in memory for one call. They are never logged.

use azq_document::Value;
use azq_kubeconfig::{Addition, MergeError, Merged, Names};
use azq_proto::{long_values, v1};
use serde_json::Value as Json;

use super::cluster_path;
use crate::nodepools::API_VERSION;
use azq_arm::Report;
use azq_arm::{Arm, Declared, Request};
use azq_command::{CommandError, bail, error};
use azq_schema::models;

models! {
    CREDENTIAL_RESULTS { "kubeconfigs": List(Object { "name": Text, "value": Bytes }) }
}

/// The outcome of a merge, for the service.
#[derive(Debug)]
pub enum Outcome {
    /// The kubeconfig.
    Done(v1::Kubeconfig),
    /// The caller must agree to this first.
    Confirm(String),
    /// The real az carries out the command, for this reason.
    HandOver(String),
}

/// Makes az's check of `--format`, which comes before anything else (`acs/_validators.py`).
///
/// # Errors
/// The format is neither of the two.
pub fn check_format(format: Option<&str>) -> Result<(), CommandError> {
    let known = ["", "azure", "exec"];
    let is_known = |format: &str| known.contains(&format.to_lowercase().as_str());
    if format.is_none_or(is_known) {
        return Ok(());
    }
    Err(error!("--format can only be azure or exec."))
}

/// Reads the credentials of a cluster from Azure, without a cache.
///
/// # Errors
/// A format for administrators, for whom there is none; an error of Azure's; a response without
/// credentials.
pub async fn credentials(
    arm: &Arm,
    group: &str,
    name: &str,
    request: &v1::GetClusterCredentialsRequest,
    report: &dyn Report,
) -> Result<v1::Kubeconfig, CommandError> {
    let format = request.credential_format.as_deref().unwrap_or_default();
    if request.admin && !format.is_empty() {
        bail!("--format can only be specified when requesting clusterUser credential.");
    }
    let role = if request.admin { "Admin" } else { "User" };
    let path = format!(
        "{}/listCluster{role}Credential",
        cluster_path(arm.subscription(), group, name)
    );
    let mut asked = Request::post(path, API_VERSION, None, Declared::READ);
    if request.public_fqdn {
        asked = asked.parameter("server-fqdn", "public");
    }
    if request.credential_format.is_some() && !request.admin {
        asked = asked.parameter("format", format.to_lowercase());
    }
    let answer = arm.send(&asked, report).await?.document()?;
    let content = kubeconfig(&answer.unwrap_or_default())?;
    Ok(v1::Kubeconfig {
        uses_device_code: azq_kubeconfig::uses_device_code(&content),
        content: content.into(),
        current_context: String::new(),
    })
}

/// Returns the first kubeconfig of Azure's response; the error has az's words.
fn kubeconfig(answer: &Json) -> Result<String, CommandError> {
    if answer.as_object().is_none_or(serde_json::Map::is_empty) {
        bail!("No Kubernetes credentials found.");
    }
    let results = CREDENTIAL_RESULTS.document(answer);
    let first = results.get("kubeconfigs").and_then(Value::as_array);
    let first = first.and_then(|list| list.first()?.get("value"));
    let text = match first {
        Some(Value::Bytes(bytes)) => String::from_utf8(bytes.to_vec()).ok(),
        _ => None,
    };
    text.ok_or_else(|| error!("Fail to find kubeconfig file."))
}

/// Merges credentials into the caller's kubeconfig.
///
/// # Errors
/// Another entry has the name of one that is merged; the kubeconfig lacks a list.
pub fn merge(
    request: &v1::GetClusterCredentialsRequest,
    merge: &v1::KubeconfigMerge,
) -> Result<Outcome, CommandError> {
    let path = request.path.as_deref().unwrap_or_default();
    let left = |reason: &dyn std::fmt::Display| {
        Outcome::HandOver(format!("azq does not merge into {path}, because {reason}"))
    };
    let (Ok(existing), Ok(kubeconfig)) = (
        std::str::from_utf8(&merge.existing),
        std::str::from_utf8(&merge.addition),
    ) else {
        return Ok(left(&"it is no UTF-8"));
    };
    let addition = Addition {
        kubeconfig,
        names: merge.has_names.then_some(Names {
            begin: long_values::BEGIN,
            end: long_values::END,
        }),
        context: request.context_name.as_deref(),
        overwrites: request.overwrite_existing,
        agreed: &merge.agreed,
        may_ask: merge.may_ask,
    };
    match azq_kubeconfig::merge(existing, &addition) {
        Ok(Merged::Question(question)) => Ok(Outcome::Confirm(question)),
        Ok(Merged::Text {
            text,
            current_context,
        }) => Ok(Outcome::Done(v1::Kubeconfig {
            content: text.into(),
            uses_device_code: false,
            current_context,
        })),
        Err(MergeError::Existing(reason)) => Ok(left(&reason)),
        Err(MergeError::Addition(reason)) => Ok(left(&format!("of Azure's kubeconfig: {reason}"))),
        Err(error @ (MergeError::Conflict { .. } | MergeError::MissingKey(_))) => {
            Err(CommandError::new(error.to_string()))
        }
        Err(MergeError::Output(error)) => Ok(left(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use serde_json::json;

    #[test]
    fn the_first_kubeconfig_counts() {
        let value = |text: &[u8]| json!({"name": "n", "value": BASE64_STANDARD.encode(text)});
        let answer = json!({"kubeconfigs": [value(b"one"), value(b"two")]});
        assert_eq!(kubeconfig(&answer), Ok("one".to_owned()));
        let none = "No Kubernetes credentials found.";
        let lost = "Fail to find kubeconfig file.";
        for (answer, message) in [
            (json!({}), none),
            (json!(null), none),
            (json!({"kubeconfigs": []}), lost),
            (json!({"kubeconfigs": null}), lost),
            (json!({"kubeconfigs": [value(b"\xff")]}), lost),
            (json!({"kubeconfigs": [{"name": "n"}]}), lost),
        ] {
            let error = kubeconfig(&answer).unwrap_err();
            assert_eq!(error.message, message, "{answer}");
        }
    }

    #[test]
    fn a_format_is_one_of_two_in_any_case() {
        for format in [None, Some(""), Some("EXEC"), Some("azure")] {
            assert!(check_format(format).is_ok(), "{format:?}");
        }
        assert!(check_format(Some("json")).is_err());
    }

    #[test]
    fn a_kubeconfig_that_az_may_read_otherwise_is_handed_over() {
        let request = v1::GetClusterCredentialsRequest {
            path: Some("/k".to_owned()),
            ..v1::GetClusterCredentialsRequest::default()
        };
        for (existing, addition) in [("a: [", "a: 1"), ("", "["), ("\u{1}", "")] {
            let texts = v1::KubeconfigMerge {
                existing: existing.into(),
                addition: addition.into(),
                ..v1::KubeconfigMerge::default()
            };
            let outcome = merge(&request, &texts);
            let Ok(Outcome::HandOver(reason)) = outcome else {
                panic!("{existing:?}: {outcome:?}")
            };
            assert!(
                reason.starts_with("azq does not merge into /k, because "),
                "{reason}"
            );
        }
    }
}
