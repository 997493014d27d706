//! An endpoint of managed identities, and the request for a token, which is the same for all kinds
//! of endpoint.

use std::time::Duration;

use zeroize::Zeroizing;

use super::identity::Identity;
use super::{Kind, Protocol, arc, body, read, refusal, service_fabric, unreachable};
use crate::{CredentialError, Fetch, Token};
use azq_http::Transport;

/// The time limit of a request. These endpoints are on this machine or its host.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An endpoint, for one identity and resource.
pub(super) struct Endpoint {
    pub(super) protocol: &'static Protocol,
    pub(super) address: String,
    pub(super) secret: Zeroizing<String>,
    /// The thumbprint of the certificate of Service Fabric's endpoint.
    pub(super) thumbprint: String,
    pub(super) resource: String,
    pub(super) identity: Identity,
    pub(super) transport: Transport,
}

#[async_trait::async_trait]
impl Fetch for Endpoint {
    async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
        self.identity.check()?;
        match self.protocol.kind {
            Kind::ServiceFabric => service_fabric::fetch(self).await,
            Kind::Arc => arc::fetch(self).await,
            Kind::AppService | Kind::MachineLearning | Kind::VirtualMachine => {
                let answer = self.get(self.transport.direct()?)?.send().await;
                self.read(&body(answer.map_err(unreachable)?).await?)
            }
        }
    }
}

impl Endpoint {
    /// Returns the token of a response, or the endpoint's error.
    pub(super) fn read(&self, answer: &[u8]) -> Result<Token, CredentialError> {
        read(answer)?.ok_or_else(|| refusal(self.protocol.kind, answer))
    }

    /// Creates the request for a token.
    pub(super) fn get(
        &self,
        client: &reqwest::Client,
    ) -> Result<reqwest::RequestBuilder, CredentialError> {
        let request = client.get(self.url()?).timeout(TIMEOUT);
        let request = request.header("Metadata", "true");
        Ok(match self.protocol.secret {
            Some((variable, header)) => {
                request.header(header, header_value(&self.secret, variable)?)
            }
            None => request,
        })
    }

    fn url(&self) -> Result<url::Url, CredentialError> {
        let parameters = [
            ("api-version", self.protocol.version),
            ("resource", &self.resource),
        ];
        let identity = self.identity.parameter(self.protocol);
        let parameters = parameters.into_iter().chain(identity);
        url::Url::parse_with_params(&self.address, parameters).map_err(|_| {
            let variable = self.protocol.variables.first().copied().unwrap_or_default();
            CredentialError::unavailable(format!("{variable} is not a URL."))
        })
    }
}

/// Returns a secret as a header that no log shows.
pub(super) fn header_value(
    secret: &str,
    source: &str,
) -> Result<http::HeaderValue, CredentialError> {
    let mut value = http::HeaderValue::from_str(secret)
        .map_err(|_| CredentialError::unavailable(format!("{source} cannot be a header.")))?;
    value.set_sensitive(true);
    Ok(value)
}
