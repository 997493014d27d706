//! A user's token, obtained with the refresh token that `az login` has left in az's cache.
//!
//! The real az is used in every doubtful case: an encrypted cache, ADFS, several accounts with one
//! name, a refusal. The user then sees az's own message. The cache is read for each fetch of a
//! token, about hourly, so that a new login counts at once.
//!
//! Invariants: az's files are never written; the authority's responses stay in memory and are wiped
//! when dropped; a refresh token is sent only to the authority of the account's cloud.

mod cache;
mod refresh;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::azure_cli::AzureCli;
use super::token_response::Issued;
use super::{CredentialError, Fetch, Login, Token, secret_file};
use cache::{AccountMatch, Entry, TokenCache};
use refresh::Refresh;

/// az's cache, and its encrypted form.
const CACHE: &str = "msal_token_cache.json";
const ENCRYPTED_CACHE: &str = "msal_token_cache.bin";
/// The size limit of the cache, which is far smaller.
const FILE_LIMIT: u64 = 16 << 20;
/// The number of attempts to read a cache that is being written, and the pause between them.
const READINGS: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// A source that uses the refresh token of az's cache.
pub(super) struct User {
    login: Login,
    az: AzureCli,
    memory: Mutex<TokenMemory>,
}

/// The state learned since the first token.
#[derive(Default)]
struct TokenMemory {
    /// A refresh token of the cache, and the newer one that the authority has sent for it.
    newer: Option<(Zeroizing<String>, Zeroizing<String>)>,
    /// The time up to which cached access tokens have been rejected, in seconds.
    rejected_until: i64,
}

/// The reason why the cache has led to no token.
enum NoToken {
    /// The case is doubtful, and only the real az can decide it.
    Doubtful,
    /// az would be refused too, with this message.
    Refused(CredentialError),
    /// The state of the login is unknown.
    Unavailable(CredentialError),
}

impl User {
    pub(super) fn new(login: Login, az: AzureCli) -> Self {
        let memory = Mutex::default();
        Self { login, az, memory }
    }
}

#[async_trait::async_trait]
impl Fetch for User {
    async fn fetch(&self, subscription: &str) -> Result<Token, CredentialError> {
        match self.token_by_cache(None).await {
            Ok(token) => Ok(token),
            Err(NoToken::Refused(error)) if !self.az.is_there() => Err(error),
            Err(NoToken::Unavailable(error)) => Err(error),
            Err(NoToken::Doubtful | NoToken::Refused(_)) => self.az.fetch(subscription).await,
        }
    }

    async fn fetch_with_claims(
        &self,
        _subscription: &str,
        claims: &str,
    ) -> Result<Token, CredentialError> {
        match self.token_by_cache(Some(claims)).await {
            Ok(token) => Ok(token),
            Err(NoToken::Unavailable(error)) => Err(error),
            // az also tries without interaction first, and then advises to log in.
            Err(NoToken::Doubtful) => Err(self.needs_login(claims, None)),
            Err(NoToken::Refused(error)) => Err(self.needs_login(claims, Some(error))),
        }
    }

    fn goes_by_subscription(&self) -> bool {
        self.az.goes_by_subscription()
    }
}

impl User {
    fn needs_login(&self, claims: &str, refusal: Option<CredentialError>) -> CredentialError {
        CredentialError::NeedsLogin {
            advice: self.login.advice(Some(claims)),
            refusal: refusal.map(|error| error.to_string()),
        }
    }

    async fn token_by_cache(&self, claims: Option<&str>) -> Result<Token, NoToken> {
        if self.login.needs_az(ENCRYPTED_CACHE) {
            return Err(NoToken::Doubtful);
        }
        // MSAL names an authority by its host without the port.
        let url = url::Url::parse(&self.login.authority).map_err(|_| NoToken::Doubtful)?;
        let host = url.host_str().ok_or(NoToken::Doubtful)?;
        let cache = self.read().await?;
        let name = &self.login.name;
        let account = match cache.account(name, host) {
            AccountMatch::One(account) => account,
            AccountMatch::None => return Err(NoToken::Refused(unknown_user(name))),
            AccountMatch::Several => return Err(NoToken::Doubtful),
        };
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let kept = match claims {
            Some(_) => {
                self.memory().rejected_until = now;
                None
            }
            None => self.kept(&cache, account, now),
        };
        match kept {
            Some(kept) if !kept.is_aging(now) => Ok(token(kept)),
            kept => match (self.refreshed(&cache, account, claims).await, kept) {
                (Err(_), Some(kept)) => Ok(token(kept)),
                (result, _) => result,
            },
        }
    }

    /// Returns the access token that az would take from the cache.
    fn kept<'a>(&self, cache: &'a TokenCache, account: &Entry, now: i64) -> Option<&'a Entry> {
        let login = &self.login;
        if refresh::agent_session(&login.environment).is_some() {
            return None;
        }
        let rejected_until = self.memory().rejected_until;
        cache
            .access_token(account, &login.tenant, &login.scopes, now)
            .filter(|entry| entry.cached_at() > rejected_until)
    }

    async fn refreshed(
        &self,
        cache: &TokenCache,
        account: &Entry,
        claims: Option<&str>,
    ) -> Result<Token, NoToken> {
        let login = &self.login;
        let client = login.transport.azure();
        let client = client.map_err(|error| NoToken::Unavailable(error.into()))?;
        let refresh = Refresh { login, claims };
        let mut refusal = NoToken::Doubtful;
        for entry in cache.refresh_tokens(account) {
            let secret = self.newest(&entry.secret);
            let sent = refresh.send(client, &secret, &account.home_account_id);
            match sent.await {
                Ok(issued) => return Ok(self.take(&entry.secret, issued)),
                Err(NoToken::Refused(error)) => refusal = NoToken::Refused(error),
                Err(unavailable) => return Err(unavailable),
            }
        }
        Err(refusal)
    }

    /// Returns the newest refresh token that the authority has sent for one in the cache.
    fn newest(&self, cached: &Zeroizing<String>) -> Zeroizing<String> {
        match &self.memory().newer {
            Some((of, newer)) if of == cached => newer.clone(),
            _ => cached.clone(),
        }
    }

    fn take(&self, cached: &Zeroizing<String>, issued: Issued) -> Token {
        if let Some(newer) = issued.refresh_token {
            self.memory().newer = Some((cached.clone(), newer));
        }
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        Token::until(issued.access_token, now.saturating_add(issued.life))
    }

    fn memory(&self) -> MutexGuard<'_, TokenMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the cache, several times if az is just writing it.
    async fn read(&self) -> Result<TokenCache, NoToken> {
        for reading in 1..=READINGS {
            let text = secret_file::read(&self.login.config_dir.join(CACHE), FILE_LIMIT);
            let cache = text.ok().and_then(|text| TokenCache::parse(&text).ok());
            match cache {
                Some(cache) => return Ok(cache),
                None if reading < READINGS => tokio::time::sleep(PAUSE).await,
                None => {}
            }
        }
        Err(NoToken::Doubtful)
    }
}

fn token(entry: &Entry) -> Token {
    Token::until(entry.secret.clone(), entry.expires_on())
}

/// Returns az's error for an unknown user (azure-cli-core, `auth/msal_credentials.py`).
fn unknown_user(name: &str) -> CredentialError {
    CredentialError::plain(format!(
        "User '{name}' does not exist in MSAL token cache. Run `az login`."
    ))
}
