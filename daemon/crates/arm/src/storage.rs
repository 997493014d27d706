//! Who asks Azure Storage, where the configuration shares catalogues through it.
//!
//! Invariant: the token is one for storage, never Resource Manager's.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use azq_share::{ClientSource, TokenProvider};

use super::Arm;
use azq_account::Account;
use azq_auth::{TokenRequest, TokenSource};
use azq_http::Transport;

/// The scope of tokens for storage, in every cloud.
const SCOPE: &str = "https://storage.azure.com/.default";

/// Where each of the clouds that az knows has its storage accounts.
const SUFFIXES: [(&str, &str); 3] = [
    ("AzureCloud", "core.windows.net"),
    ("AzureChinaCloud", "core.chinacloudapi.cn"),
    ("AzureUSGovernment", "core.usgovcloudapi.net"),
];

/// What kind of store is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Azure Storage, which takes tokens of the accounts that az is logged in as.
    Azure,
    /// Another, which has credentials of its own.
    Other,
}

/// Who asks a store.
#[derive(Clone)]
pub struct StorageCaller {
    /// Tells callers apart that do not ask alike.
    pub identity: u64,
    /// The HTTP client, with the caller's proxies and roots.
    pub client: ClientSource,
    /// Tokens for Azure Storage, if the store takes them.
    pub tokens: Option<Arc<dyn TokenProvider>>,
    /// The suffix of the cloud's storage, if the cloud is a known one.
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

/// What a token for storage is asked for.
pub(super) fn request() -> TokenRequest {
    TokenRequest {
        tenant: None,
        scopes: vec![SCOPE.to_owned()],
    }
}

/// One who asks a store with an account's tokens, if there are some, over a caller's transport.
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
        // 0 is the store that everybody asks alike.
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
            // What is wrong with a login the command itself will say.
            Err(_) => Err("no access token for Azure Storage could be had".to_owned()),
        }
    }
}

impl Arm {
    /// Who asks a store.
    pub fn storage(&self) -> Option<StorageCaller> {
        self.inner.storage.clone()
    }

    /// The same as one who may ask a store.
    pub(super) fn with_storage(mut self, caller: StorageCaller) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.storage = Some(caller);
        }
        self
    }
}
