//! Requests to Azure Storage, for configurations that share catalogues through it.
//!
//! Invariant: the token is for storage, never Resource Manager's.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use azq_share::{ClientSource, TokenProvider};

use azq_account::Account;
use azq_auth::{TokenRequest, TokenSource};
use azq_http::Transport;

/// The scope of tokens for storage, in every cloud.
const SCOPE: &str = "https://storage.azure.com/.default";

/// The storage domain of each known cloud.
const SUFFIXES: [(&str, &str); 3] = [
    ("AzureCloud", "core.windows.net"),
    ("AzureChinaCloud", "core.chinacloudapi.cn"),
    ("AzureUSGovernment", "core.usgovcloudapi.net"),
];

/// The kind of shared store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Azure Storage, which accepts tokens of the accounts that az is logged in with.
    Azure,
    /// Another store, which has credentials of its own.
    Other,
}

/// The identity and client for requests to a store.
#[derive(Clone)]
pub struct StorageCaller {
    /// A number that differs between callers whose requests may have different results.
    pub identity: u64,
    /// The HTTP client, with the caller's proxies and roots.
    pub client: ClientSource,
    /// Tokens for Azure Storage, if the store takes them.
    pub tokens: Option<Arc<dyn TokenProvider>>,
    /// The domain of the cloud's storage, if the cloud is a known one.
    pub suffix: Option<&'static str>,
}

impl std::fmt::Debug for StorageCaller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageCaller")
            .field("identity", &self.identity)
            .field("has_tokens", &self.tokens.is_some())
            .finish_non_exhaustive()
    }
}

/// Returns the request of a token for storage.
pub(super) fn request() -> TokenRequest {
    TokenRequest {
        tenant: None,
        scopes: vec![SCOPE.to_owned()],
    }
}

/// Creates the identity and client for an account's requests to a store, with its tokens if there
/// are any.
pub(super) fn caller(
    account: &Account,
    tokens: Option<TokenSource>,
    transport: &Transport,
) -> StorageCaller {
    let mut hasher = DefaultHasher::new();
    let subscription = &account.subscription;
    (&account.cloud, &account.config_dir, &subscription.tenant_id).hash(&mut hasher);
    (&subscription.user, transport.settings()).hash(&mut hasher);
    let cloud = account.cloud.name.as_str();
    let suffix = SUFFIXES.iter().find(|(name, _)| *name == cloud);
    let transport = transport.clone();
    let client = move || match transport.unredirected() {
        Ok(client) => Ok(client.clone()),
        Err(error) => Err(error.to_string()),
    };
    StorageCaller {
        // Identity 0 is that of a store for which all callers are the same.
        identity: hasher.finish() | 1,
        client: Arc::new(client),
        tokens: tokens.map(|tokens| Arc::new(StorageTokens(tokens)) as Arc<dyn TokenProvider>),
        suffix: suffix.map(|(_, suffix)| *suffix),
    }
}

struct StorageTokens(TokenSource);

#[async_trait::async_trait]
impl TokenProvider for StorageTokens {
    async fn token(&self) -> Result<String, String> {
        match self.0.token().await {
            Ok(token) => Ok(token.reveal().to_owned()),
            // The command itself reports the reason of a failed login.
            Err(_) => Err("no access token for Azure Storage could be had".to_owned()),
        }
    }
}
