//! A user's token in Azure Cloud Shell, which has an endpoint of its own (MSAL, `cloudshell.py`).

use zeroize::Zeroizing;

use super::managed_identity::{body, read, unreachable};
use super::{CredentialError, Fetch, Token, TokenRequest};
use azq_account::Environment;
use azq_http::Transport;

/// The address of the endpoint.
const ADDRESS: &str = "http://localhost:50342/oauth2/token";
/// The variable that indicates Cloud Shell (azure-cli-core, `util.py`, `in_cloud_console`).
pub(super) const VARIABLE: &str = "ACC_CLOUD";
/// The audiences with a path, which the endpoint accepts unchanged.
const WHOLE: [&str; 2] = [
    "https://analysis.windows.net/powerbi/api",
    "https://pas.windows.net/CheckMyAccess/Linux/.default",
];

/// Whether a caller runs in Cloud Shell.
pub(super) fn is_here(environment: &Environment) -> bool {
    let value = environment.get(VARIABLE);
    value.is_some_and(|value| !value.is_empty())
}

/// A source that uses Cloud Shell's endpoint.
pub(super) struct CloudShell {
    resource: String,
    transport: Transport,
}

impl CloudShell {
    pub(super) fn new(request: &TokenRequest, transport: &Transport) -> Self {
        let resources = request.scopes.iter().map(|scope| resource(scope));
        Self {
            resource: resources.collect::<Vec<_>>().join(" "),
            transport: transport.clone(),
        }
    }
}

#[async_trait::async_trait]
impl Fetch for CloudShell {
    async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
        let client = self.transport.direct()?;
        let resource: String =
            url::form_urlencoded::byte_serialize(self.resource.as_bytes()).collect();
        let answer = client
            .post(ADDRESS)
            .header("Metadata", "true")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("resource={resource}"))
            .send()
            .await
            .map_err(unreachable)?;
        let status = answer.status().as_u16();
        let answer = body(answer).await?;
        if status >= 300 {
            return Err(refusal(status, &answer));
        }
        read(&answer)?.ok_or_else(|| refusal(status, &answer))
    }
}

/// Returns the endpoint's error.
fn refusal(status: u16, answer: &Zeroizing<Vec<u8>>) -> CredentialError {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    match answer["error"]["message"].as_str() {
        Some(message) => CredentialError::refused(message.to_owned()),
        None => CredentialError::unavailable(format!(
            "Cloud Shell's token endpoint answered with status {status}."
        )),
    }
}

/// Returns the resource of a scope (MSAL, `_scope_to_resource`).
fn resource(scope: &str) -> String {
    if let Some(whole) = WHOLE.iter().find(|whole| scope.starts_with(**whole)) {
        return (*whole).to_owned();
    }
    match scope.split_once("://") {
        None => scope.split('/').next().unwrap_or(scope).to_owned(),
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let slash = if path.starts_with('/') { "/" } else { "" };
            format!("{scheme}://{host}{slash}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_its_resource() {
        for wanted in [
            "https://management.core.windows.net/",
            "https://graph.microsoft.com",
            "https://analysis.windows.net/powerbi/api",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(resource(&format!("{wanted}/.default")), wanted);
        }
    }
}
