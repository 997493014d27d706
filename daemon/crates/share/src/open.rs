//! Opens stores in a cloud: endpoints and credentials.
//!
//! Requests to Azure Blob Storage use the caller's tokens, a workload identity's, or an account
//! key. S3 and Google Cloud Storage take their credentials from the usual places: the process's
//! environment, web identities, and the machine's metadata service. The store does not retry,
//! because the share decides about failures.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::RetryConfig;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, AzureCredential, MicrosoftAzureBuilder};
use object_store::client::CredentialProvider;
use object_store::gcp::GoogleCloudStorageBuilder;
use url::{Host, Url};

use crate::address::Address;
use crate::http::{ClientSource, Connector};
use crate::object::ObjectBackend;

/// A source of tokens for Azure Storage.
#[async_trait::async_trait]
pub trait TokenProvider: Send + Sync {
    /// Returns a valid token.
    async fn token(&self) -> Result<String, String>;
}

/// The storage endpoint of Azure Blob Storage, and the source of its tokens.
pub struct AzureAccess {
    /// The suffix of the cloud's storage, such as `core.windows.net`, if it is known.
    pub suffix: Option<String>,
    /// The source of tokens, unless the environment names other credentials.
    pub tokens: Option<Arc<dyn TokenProvider>>,
}

/// The reason why a store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The address belongs to another kind of store.
    #[error("the address is of another kind of store")]
    Kind,
    /// A token or a signature would go over the network unencrypted.
    #[error("the endpoint '{0}' is neither https nor an address of this machine")]
    NotEncrypted(String),
    /// azq does not know the storage of this cloud.
    #[error("the cloud's storage is not known; set AZURE_STORAGE_ENDPOINT")]
    NoEndpoint,
    /// There are no credentials.
    #[error("there are no credentials for it")]
    NoCredentials,
    /// An error of the store's library.
    #[error("{0}")]
    Settings(String),
}

impl From<object_store::Error> for OpenError {
    fn from(error: object_store::Error) -> Self {
        Self::Settings(error.to_string())
    }
}

struct Tokens(Arc<dyn TokenProvider>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoToken(String);

#[async_trait::async_trait]
impl CredentialProvider for Tokens {
    type Credential = AzureCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AzureCredential>> {
        match self.0.token().await {
            Ok(token) => Ok(Arc::new(AzureCredential::BearerToken(token))),
            Err(why) => Err(object_store::Error::Unauthenticated {
                path: String::new(),
                source: Box::new(NoToken(why)),
            }),
        }
    }
}

/// Opens Azure Blob Storage. In the environment, `AZURE_STORAGE_KEY` is the account's key,
/// `AZURE_STORAGE_ENDPOINT` is another endpoint, and `AZURE_FEDERATED_TOKEN_FILE` with
/// `AZURE_CLIENT_ID` and `AZURE_TENANT_ID` is a workload identity.
pub fn azure(
    address: &Address,
    access: AzureAccess,
    variable: &dyn Fn(&str) -> Option<String>,
    client: ClientSource,
) -> Result<ObjectBackend, OpenError> {
    let Address::Azure {
        account,
        container,
        prefix,
    } = address
    else {
        return Err(OpenError::Kind);
    };
    let usual = |suffix| format!("https://{account}.blob.{suffix}");
    let endpoint = variable("AZURE_STORAGE_ENDPOINT").or_else(|| access.suffix.map(usual));
    let endpoint = endpoint.ok_or(OpenError::NoEndpoint)?;
    check_endpoint(&endpoint)?;
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(account)
        .with_container_name(container)
        .with_endpoint(endpoint)
        .with_retry(once())
        .with_http_connector(Connector(client));
    let variables = [
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
    ];
    let identity = variables.map(variable);
    builder = match (variable("AZURE_STORAGE_KEY"), identity) {
        (Some(key), _) => builder.with_access_key(key),
        (None, [Some(file), Some(client), Some(tenant)]) => {
            if let Some(host) = variable("AZURE_AUTHORITY_HOST") {
                builder = builder.with_config(AzureConfigKey::AuthorityHost, host);
            }
            builder
                .with_federated_token_file(file)
                .with_client_id(client)
                .with_tenant_id(tenant)
        }
        _ => match access.tokens {
            Some(tokens) => builder.with_credentials(Arc::new(Tokens(tokens))),
            None => return Err(OpenError::NoCredentials),
        },
    };
    Ok(ObjectBackend::new(Arc::new(builder.build()?), prefix))
}

/// Opens S3, or a compatible store (`AWS_ENDPOINT_URL`).
pub fn s3(address: &Address, client: ClientSource) -> Result<ObjectBackend, OpenError> {
    let Address::S3 { bucket, prefix } = address else {
        return Err(OpenError::Kind);
    };
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_retry(once())
        .with_http_connector(Connector(client));
    if let Some(endpoint) = builder.get_config_value(&AmazonS3ConfigKey::Endpoint) {
        check_endpoint(&endpoint)?;
        builder = builder.with_allow_http(true);
    }
    Ok(ObjectBackend::new(Arc::new(builder.build()?), prefix))
}

/// Opens Google Cloud Storage.
pub fn google(address: &Address, client: ClientSource) -> Result<ObjectBackend, OpenError> {
    let Address::Google { bucket, prefix } = address else {
        return Err(OpenError::Kind);
    };
    let store = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(bucket)
        .with_retry(once())
        .with_http_connector(Connector(client))
        .build()?;
    Ok(ObjectBackend::new(Arc::new(store), prefix))
}

fn once() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        retry_timeout: Duration::from_secs(60),
        ..RetryConfig::default()
    }
}

/// Checks that credentials may be sent to an endpoint.
fn check_endpoint(endpoint: &str) -> Result<(), OpenError> {
    match Url::parse(endpoint) {
        Ok(url) if may_carry_credentials(&url) => Ok(()),
        _ => Err(OpenError::NotEncrypted(endpoint.to_owned())),
    }
}

/// Whether a credential may be sent to a URL: over TLS, or to a loopback address. A host name
/// without TLS is refused, because it might resolve to another machine.
pub fn may_carry_credentials(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_in_the_clear_is_on_this_machine() {
        for (endpoint, is_fine) in [
            ("https://x.blob.core.windows.net", true),
            ("http://127.0.0.1:10000/x", true),
            ("http://[::1]:1", true),
            ("http://x.blob.core.windows.net", false),
            ("http://localhost:1", false),
            ("ftp://127.0.0.1", false),
            ("x", false),
        ] {
            assert_eq!(check_endpoint(endpoint).is_ok(), is_fine, "{endpoint}");
        }
    }
}
