//! az's token cache, `msal_token_cache.json`, as MSAL for Python writes it (`token_cache.py`).
//!
//! The file is read and never written. Look-ups follow MSAL (`application.py`,
//! `acquire_token_silent`): the account by its name; an access token with all scopes and five
//! minutes left; refresh tokens of the family before the client's own, the newest first.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

/// az's client id in Microsoft Entra ID.
pub(super) const CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// The minimum remaining life of an access token that is taken from the cache, in seconds.
const LEAST_LIFE: i64 = 300;
/// The names of the public cloud's authority, any of which an entry may have.
const PUBLIC_ALIASES: [&str; 4] = [
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
];
/// The kinds of authority whose accounts MSAL considers.
const AUTHORITY_TYPES: [&str; 2] = ["MSSTS", "ADFS"];

/// The content of the file.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct TokenCache {
    account: HashMap<String, Entry>,
    access_token: HashMap<String, Entry>,
    refresh_token: HashMap<String, Entry>,
    app_metadata: HashMap<String, Entry>,
}

/// An entry of any kind, with the members that are used here. Secrets are wiped when it is dropped.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    pub(super) home_account_id: String,
    environment: String,
    username: Option<String>,
    authority_type: String,
    client_id: String,
    realm: String,
    target: String,
    pub(super) secret: Zeroizing<String>,
    token_type: Option<String>,
    family_id: Option<String>,
    cached_at: Value,
    expires_on: Value,
    refresh_on: Value,
    last_modification_time: Value,
    /// These two mark tokens of agents and tokens bound to a key, which are kept apart.
    ext_cache_key: Option<String>,
    key_id: Option<String>,
}

impl Entry {
    /// Returns the end of an access token's life, in seconds.
    pub(super) fn expires_on(&self) -> i64 {
        seconds(&self.expires_on)
    }

    /// Returns the time when the entry was written, in seconds.
    pub(super) fn cached_at(&self) -> i64 {
        seconds(&self.cached_at)
    }

    /// Whether the token is to be renewed although it is still valid.
    pub(super) fn is_aging(&self, now: i64) -> bool {
        !self.refresh_on.is_null() && seconds(&self.refresh_on) < now
    }
}

/// Parses a time, which MSAL writes as text.
fn seconds(value: &Value) -> i64 {
    match value {
        Value::String(text) => text.trim().parse().unwrap_or_default(),
        other => other.as_i64().unwrap_or_default(),
    }
}

/// The accounts in the cache with a user's name.
pub(super) enum AccountMatch<'a> {
    None,
    One(&'a Entry),
    /// Several accounts. MSAL's own order decides among them, and azq cannot reproduce it.
    Several,
}

impl TokenCache {
    /// Parses the file's text, which is empty after the last logout.
    pub(super) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        if text.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(text)
    }

    /// Returns the account of a user at an authority's host.
    pub(super) fn account(&self, user: &str, host: &str) -> AccountMatch<'_> {
        let mut own = self.account.values().filter(|entry| {
            let name = entry.username.as_deref().unwrap_or_default();
            is_at(entry, host)
                && AUTHORITY_TYPES.contains(&entry.authority_type.as_str())
                && name.to_lowercase() == user.to_lowercase()
        });
        let Some(first) = own.next() else {
            return AccountMatch::None;
        };
        // The same account has one entry for each tenant.
        if own.all(|other| other.home_account_id == first.home_account_id) {
            AccountMatch::One(first)
        } else {
            AccountMatch::Several
        }
    }

    /// Returns a valid access token of the account for this tenant and all of these scopes.
    pub(super) fn access_token(
        &self,
        account: &Entry,
        tenant: &str,
        scopes: &[String],
        now: i64,
    ) -> Option<&Entry> {
        let has_scopes = |entry: &Entry| {
            let target: Vec<&str> = entry.target.split_whitespace().collect();
            scopes.iter().all(|scope| target.contains(&scope.as_str()))
        };
        let is_bearer = |entry: &Entry| {
            let kind = entry.token_type.as_deref();
            kind.is_none_or(|kind| kind.eq_ignore_ascii_case("Bearer"))
        };
        self.access_token.values().find(|entry| {
            entry.home_account_id == account.home_account_id
                && entry.environment == account.environment
                && entry.client_id == CLIENT
                && entry.realm == tenant
                && entry.ext_cache_key.as_ref().is_none_or(String::is_empty)
                && entry.key_id.is_none()
                && is_bearer(entry)
                && has_scopes(entry)
                && entry.expires_on() - now >= LEAST_LIFE
        })
    }

    /// Returns the account's refresh tokens in the order in which they are to be tried.
    pub(super) fn refresh_tokens(&self, account: &Entry) -> Vec<&Entry> {
        let is_own = |entry: &&Entry| {
            entry.home_account_id == account.home_account_id
                && entry.environment == account.environment
        };
        let mut metadata = self
            .app_metadata
            .values()
            .filter(|entry| entry.environment == account.environment && entry.client_id == CLIENT);
        // A client without metadata is used for the first time, and may belong to the only family.
        let family = metadata
            .next()
            .map_or(Some("1"), |entry| entry.family_id.as_deref());
        let all = || self.refresh_token.values().filter(is_own);
        let family = family.filter(|family| !family.is_empty());
        let of_family =
            all().filter(|entry| family.is_some() && entry.family_id.as_deref() == family);
        let mut order = newest_first(of_family);
        order.extend(newest_first(
            all().filter(|entry| entry.client_id == CLIENT),
        ));
        let mut seen = HashSet::new();
        order.retain(|entry| seen.insert(entry.secret.as_str()));
        order
    }
}

fn newest_first<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<&'a Entry> {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(seconds(&entry.last_modification_time)));
    entries
}

fn is_at(entry: &Entry, host: &str) -> bool {
    let is_public = |name: &str| PUBLIC_ALIASES.contains(&name);
    entry.environment == host || is_public(&entry.environment) && is_public(host)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HOST: &str = "login.microsoftonline.com";

    fn cache(value: &Value) -> TokenCache {
        TokenCache::parse(value.to_string().as_bytes()).expect("a cache")
    }

    fn account(home: &str, user: &str, environment: &str) -> Value {
        json!({"home_account_id": home, "environment": environment, "realm": "t", "username": user,
               "authority_type": "MSSTS", "local_account_id": "o"})
    }

    /// Returns the only account of a user.
    fn one<'a>(cache: &'a TokenCache, user: &str) -> &'a Entry {
        match cache.account(user, HOST) {
            AccountMatch::One(account) => account,
            AccountMatch::None | AccountMatch::Several => panic!("one account"),
        }
    }

    #[test]
    fn the_account_is_found_by_its_name_in_any_case_and_under_any_alias() {
        let cache = cache(&json!({"Account": {
            "a": account("o.t", "Me@Example.com", "login.windows.net"),
            "b": account("p.t", "you@example.com", HOST),
        }}));
        assert_eq!(one(&cache, "me@example.COM").home_account_id, "o.t");
        for (user, host) in [("nobody", HOST), ("me@example.com", "other")] {
            assert!(matches!(cache.account(user, host), AccountMatch::None));
        }
    }

    #[test]
    fn one_name_of_two_homes_is_ambiguous_and_of_two_tenants_is_not() {
        let two = |home: &str| {
            let [a, b] = ["o.t", home].map(|home| account(home, "me", HOST));
            cache(&json!({"Account": {"a": a, "b": b}}))
        };
        let several = two("o.u");
        assert!(matches!(several.account("me", HOST), AccountMatch::Several));
        one(&two("o.t"), "me");
    }

    #[test]
    fn refresh_tokens_of_the_family_come_first_and_the_newest_before() {
        let token = |secret: &str, client: &str, family: Option<&str>, time: &str| {
            json!({"home_account_id": "o.t", "environment": HOST, "client_id": client, "secret": secret,
                   "family_id": family, "last_modification_time": time})
        };
        let with = |metadata: Value| {
            let cache = cache(&json!({
                "Account": {"a": account("o.t", "me", HOST)},
                "AppMetadata": metadata,
                "RefreshToken": {
                    "1": token("own", CLIENT, None, "9"),
                    "2": token("old", "other", Some("1"), "1"),
                    "3": token("new", "another", Some("1"), "5"),
                    "4": json!({"home_account_id": "p.t", "environment": HOST, "client_id": CLIENT, "secret": "x"}),
                },
            }));
            let order = cache.refresh_tokens(one(&cache, "me")).into_iter();
            order
                .map(|entry| entry.secret.to_string())
                .collect::<Vec<_>>()
        };
        let metadata = |family: Value| json!({"a": {"client_id": CLIENT, "environment": HOST, "family_id": family}});
        assert_eq!(with(metadata("1".into())), ["new", "old", "own"]);
        assert_eq!(with(json!({})), ["new", "old", "own"]);
        assert_eq!(with(metadata(Value::Null)), ["own"]);
    }

    #[test]
    fn an_access_token_serves_with_all_scopes_and_five_minutes() {
        let cache = cache(&json!({
            "Account": {"a": account("o.t", "me", HOST)},
            "AccessToken": {"1": {"home_account_id": "o.t", "environment": HOST, "client_id": CLIENT,
                "realm": "t", "target": "r/.default r/user_impersonation", "secret": "s",
                "expires_on": "1000", "cached_at": "1", "token_type": "Bearer"}},
        }));
        let account = one(&cache, "me");
        let has = |tenant: &str, scope: &str, now| {
            let token = cache.access_token(account, tenant, &[scope.to_owned()], now);
            token.is_some()
        };
        assert!(has("t", "r/.default", 700));
        assert!(!has("t", "r/.default", 701));
        assert!(!has("u", "r/.default", 0) && !has("t", "q/.default", 0));
    }

    #[test]
    fn an_empty_file_has_nobody_and_half_a_file_is_an_error() {
        assert!(TokenCache::parse(b"").is_ok_and(|cache| cache.account.is_empty()));
        assert!(TokenCache::parse(b"{\"Account\": {").is_err());
    }
}
