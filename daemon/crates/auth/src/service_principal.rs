//! A service principal's token, obtained with the secret that `az login` has stored.
//!
//! az keeps secrets, paths of certificates and assertions in `service_principal_entries.json` of
//! its configuration directory (azure-cli-core, `auth/identity.py`). The file is read at each
//! fetch, that is about hourly, so that a new login counts and no secret stays in memory. The real
//! az is used for an encrypted store, and for an authority that `azure_identity` cannot represent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientMethodOptions, ClientOptions};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::azure_cli::AzureCli;
use super::{
    CredentialError, Fetch, Login, Token, TokenRequest, capabilities, certificate, entra,
    secret_file,
};
use azq_account::Account;

/// az's store of secrets, and its encrypted form.
const STORE: &str = "service_principal_entries.json";
const ENCRYPTED_STORE: &str = "service_principal_entries.bin";
/// The size limit of a store or certificate, which are far smaller.
const FILE_LIMIT: u64 = 1 << 20;

/// Returns az's warning if an application's secret is stored for another tenant
/// (`ServicePrincipalStore.load_entry`).
pub(super) fn warning(account: &Account, request: &TokenRequest) -> Option<String> {
    let client_id = &account.subscription.user.name;
    let tenant = request.tenant_of(account);
    let text = read(&account.config_dir.join(STORE)).ok()?;
    let entries: Vec<Entry> = serde_json::from_slice(&text).ok()?;
    let mut own = entries.iter().filter(|entry| entry.client_id == *client_id);
    let first = &own.next()?.tenant;
    let is_known = first == tenant || own.any(|entry| entry.tenant == *tenant);
    (!is_known).then(|| {
        format!(
            "Could not retrieve credential from local cache for service principal {client_id} under tenant {tenant}. Trying \
             credential under tenant {first}, assuming that is an app credential."
        )
    })
}

/// A source that uses az's stored secret.
pub(super) struct ServicePrincipal {
    pub(super) login: Login,
    pub(super) fallback: AzureCli,
}

/// az's stored entry of a service principal. It has a secret, a certificate or an assertion.
#[derive(Deserialize)]
struct Entry {
    client_id: String,
    tenant: String,
    client_secret: Option<Zeroizing<String>>,
    certificate: Option<PathBuf>,
    #[serde(default)]
    use_cert_sn_issuer: Option<bool>,
    client_assertion: Option<Zeroizing<String>>,
}

#[async_trait::async_trait]
impl Fetch for ServicePrincipal {
    async fn fetch(&self, subscription: &str) -> Result<Token, CredentialError> {
        self.ask(subscription, None).await
    }

    async fn fetch_with_claims(
        &self,
        subscription: &str,
        claims: &str,
    ) -> Result<Token, CredentialError> {
        self.ask(subscription, Some(claims)).await
    }

    fn goes_by_subscription(&self) -> bool {
        self.needs_az() || self.entry().is_ok_and(|entry| entry.is_empty())
    }
}

impl ServicePrincipal {
    /// Requests a token, with these claims if there are any.
    async fn ask(
        &self,
        subscription: &str,
        claims: Option<&str>,
    ) -> Result<Token, CredentialError> {
        if self.needs_az() {
            return self.fallback.fetch(subscription).await;
        }
        let entry = self.entry()?;
        if let Some(secret) = &entry.client_secret {
            return self.with_secret(secret, claims).await;
        }
        match (&entry.certificate, entry.client_assertion) {
            (Some(file), _) => {
                let pem = read(file).map_err(|error| unreadable(file, &error))?;
                let chain = entry.use_cert_sn_issuer == Some(true);
                let audience = self.login.token_endpoint();
                let assertion = certificate::assertion(&pem, &self.login.name, &audience, chain)?;
                self.with_assertion(assertion, claims).await
            }
            (None, Some(assertion)) => self.with_assertion(assertion, claims).await,
            (None, None) => self.fallback.fetch(subscription).await,
        }
    }
}

impl Entry {
    /// Whether the entry has no secret of a known kind.
    fn is_empty(&self) -> bool {
        let is_secret = self.client_secret.is_some() || self.client_assertion.is_some();
        !is_secret && self.certificate.is_none()
    }
}

impl ServicePrincipal {
    /// Whether the real az must fetch the token. `azure_identity` drops the path of an authority,
    /// and ADFS has one; only az can read an encrypted store.
    fn needs_az(&self) -> bool {
        let has_plain_store = self.store().exists();
        self.login.is_adfs() || (!has_plain_store && self.login.needs_az(ENCRYPTED_STORE))
    }

    /// Returns the entry of the service principal (`ServicePrincipalStore.load_entry`). An entry
    /// for another tenant is accepted, because an application may be registered in several.
    fn entry(&self) -> Result<Entry, CredentialError> {
        let store = &self.store();
        let text = match read(store) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => b"[]".to_vec().into(),
            Err(error) => return Err(unreadable(store, &error)),
        };
        let entries: Vec<Entry> = serde_json::from_slice(&text).map_err(|_| {
            CredentialError::unavailable(format!("{} is malformed.", store.display()))
        })?;
        let id = &self.login.name;
        let own = entries.into_iter().filter(|entry| entry.client_id == *id);
        // Among several of another tenant the first is taken.
        own.min_by_key(|entry| entry.tenant != self.login.tenant)
            .ok_or_else(|| {
                CredentialError::plain(format!(
                    "Could not retrieve credential from local cache for service principal {id}. \
                     Run `az login` for this service principal."
                ))
            })
    }

    fn store(&self) -> PathBuf {
        self.login.config_dir.join(STORE)
    }

    fn options(&self, claims: Option<&str>) -> Result<ClientOptions, CredentialError> {
        let client = self.login.transport.azure()?;
        let claims = capabilities::with_own(claims, &self.login.environment);
        Ok(entra::options(client, &self.login.authority, claims))
    }

    async fn with_secret(
        &self,
        secret: &str,
        claims: Option<&str>,
    ) -> Result<Token, CredentialError> {
        let client_options = self.options(claims)?;
        let credential = ClientSecretCredential::new(
            &self.login.tenant,
            self.login.name.clone(),
            Secret::new(secret.to_owned()),
            Some(ClientSecretCredentialOptions { client_options }),
        );
        self.token(credential).await
    }

    async fn with_assertion(
        &self,
        assertion: Zeroizing<String>,
        claims: Option<&str>,
    ) -> Result<Token, CredentialError> {
        let client_options = self.options(claims)?;
        let credential = ClientAssertionCredential::new(
            self.login.tenant.clone(),
            self.login.name.clone(),
            Assertion(assertion),
            Some(ClientAssertionCredentialOptions { client_options }),
        );
        self.token(credential).await
    }

    /// Gets a token from a credential, if it could be made.
    async fn token<C: TokenCredential>(
        &self,
        credential: azure_core::Result<Arc<C>>,
    ) -> Result<Token, CredentialError> {
        let credential = credential.map_err(|error| entra::explain(&error))?;
        entra::token(&*credential, &self.login.scopes.join(" ")).await
    }
}

/// A signed assertion of the application's identity.
struct Assertion(Zeroizing<String>);

impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Assertion(..)")
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.to_string())
    }
}

fn read(file: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    secret_file::read(file, FILE_LIMIT)
}

fn unreadable(file: &Path, error: &std::io::Error) -> CredentialError {
    CredentialError::unavailable(format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use azq_account::{Caller, Profile};
    use azq_http::{Deadlines, TransportSettings, Transports};

    fn principal(directory: &Path, store: Option<&str>) -> ServicePrincipal {
        let profile = r#"{"subscriptions": [{"id": "s", "name": "n", "tenantId": "t2", "isDefault": true,
            "environmentName": "AzureCloud", "user": {"name": "app", "type": "servicePrincipal"}}]}"#;
        std::fs::write(directory.join("azureProfile.json"), profile).expect("written");
        if let Some(store) = store {
            std::fs::write(directory.join(STORE), store).expect("written");
        }
        let profile = Profile::load(&Caller::without_variables(directory)).expect("loaded");
        let account = profile.select(None).expect("selected");
        let transports = Transports::new(Deadlines::default());
        let transport = transports.get(&TransportSettings::default());
        let caller = Caller::without_variables(directory);
        let request = TokenRequest::for_resource_manager(&account);
        let fallback = AzureCli::new(&account, &request, &caller);
        ServicePrincipal {
            login: Login::new(&account, &request, &caller, &transport),
            fallback: fallback.with(|az| az.with_path("/nosuch")),
        }
    }

    /// Returns the error of a principal with this store.
    async fn error(directory: &Path, store: Option<&str>) -> CredentialError {
        let fetched = principal(directory, store).fetch("s").await;
        fetched.expect_err("no token")
    }

    #[tokio::test]
    async fn without_an_entry_the_error_is_azs() {
        let directory = tempfile::tempdir().expect("a directory");
        for store in [
            None,
            Some("[]"),
            Some(r#"[{"client_id": "other", "tenant": "t2"}]"#),
        ] {
            let wanted = "Could not retrieve credential from local cache for service principal app. \
                          Run `az login` for this service principal.";
            let error = error(directory.path(), store).await;
            assert_eq!(error.to_string(), wanted);
        }
        let error = error(directory.path(), Some("{")).await;
        assert!(error.to_string().ends_with("is malformed."), "{error}");
    }

    #[test]
    fn the_entry_of_the_tenant_goes_before_another() {
        let directory = tempfile::tempdir().expect("a directory");
        let two = r#"[{"client_id": "app", "tenant": "t1", "client_secret": "one"},
                      {"client_id": "app", "tenant": "t2", "client_secret": "two"}]"#;
        let entry = |store: &str| {
            let entry = principal(directory.path(), Some(store)).entry();
            entry.expect("an entry").tenant
        };
        assert_eq!(entry(two), "t2");
        assert_eq!(entry(r#"[{"client_id": "app", "tenant": "t1"}]"#), "t1");
    }

    #[test]
    fn another_tenants_secret_is_warned_of_in_azs_words() {
        let directory = tempfile::tempdir().expect("a directory");
        let warned = |store: &str| {
            principal(directory.path(), Some(store));
            let profile = Profile::load(&Caller::without_variables(directory.path()));
            let account = profile.expect("loaded").select(None).expect("selected");
            warning(&account, &TokenRequest::for_resource_manager(&account))
        };
        let own = r#"{"client_id": "app", "tenant": "t2"}"#;
        let other = r#"{"client_id": "app", "tenant": "t9"}"#;
        let words = "Could not retrieve credential from local cache for service principal app under tenant t2. Trying \
                     credential under tenant t9, assuming that is an app credential.";
        assert_eq!(warned(&format!("[{other}]")).as_deref(), Some(words));
        assert_eq!(warned(&format!("[{other}, {own}]")), None);
        assert_eq!(warned(&format!("[{own}]")), None);
        assert_eq!(warned("[]"), None);
    }

    #[tokio::test]
    async fn an_encrypted_store_needs_az() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join(ENCRYPTED_STORE), "x").expect("written");
        let error = error(directory.path(), None).await;
        let needs_az = matches!(error, CredentialError::NoAzureCli { .. });
        assert!(needs_az, "{error}");
    }
}
