//! Sessions: the account of a caller, ready for requests, with which every command begins.
//!
//! Kept between commands, each limited in number: the content of az's files, the HTTP clients, the
//! tokens, and the pauses that Azure has asked for. When az changes its files, the tokens of
//! principals that are no longer logged in are dropped at once, with the connections whose buffers
//! may contain them. The remaining principals may request tokens again.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use lru::LruCache;
use tokio::sync::Notify;

use super::Arm;
use super::storage::{self, Storage, StorageCaller};
use super::throttle::Throttle;
use crate::Report;
use azq_account::{Account, Caller, Cloud, Profile, Profiles, Scope, User, UserKind};
use azq_auth::{TokenRequest, TokenSource, UserTokens};
use azq_command::CommandError;
use azq_http::{Deadlines, Transport, TransportSettings, Transports};

/// The maximum number of sessions, token sources, pauses and configuration directories that are
/// kept. (The compiler checks that it is not zero.)
pub const KEPT: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// A caller's account, ready for requests.
#[derive(Clone, Debug)]
pub struct Session {
    /// The subscription and the identity.
    pub account: Account,
    /// The scope of cached data.
    pub scope: Scope,
    /// Resource Manager.
    pub arm: Arm,
    /// The warning that az prints with each command.
    warning: Option<String>,
}

/// Sessions for all callers.
#[derive(Debug)]
pub struct Sessions {
    deadlines: Deadlines,
    user_tokens: UserTokens,
    storage: Option<Storage>,
    profiles: Profiles,
    transports: Transports,
    kept: Mutex<SessionCache>,
    changes: AtomicU64,
    /// Notified when a token of another directory may be held.
    another: Notify,
}

#[derive(Debug)]
struct SessionCache {
    /// The open sessions. Each is used again while the caller's profile is the same, and changed
    /// files make a new profile.
    opened: LruCache<SessionKey, Arc<Session>>,
    sources: HashMap<SourceKey, TokenSource>,
    throttles: HashMap<Scope, Arc<Throttle>>,
    /// The reading of each directory's files that the sources were last compared with.
    readings: HashMap<PathBuf, u64>,
}

/// The key of a session: the caller's profile, by its address, and the requested subscription. The
/// session holds the profile, so that no other profile can have that address.
#[derive(Debug, PartialEq, Eq, Hash)]
struct SessionKey(usize, Option<String>);

/// The key of a token source: the account, and the way to get its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SourceKey {
    config_dir: PathBuf,
    cloud: Cloud,
    tenant: String,
    user: User,
    request: TokenRequest,
    transport: TransportSettings,
    /// The hash of the caller's settings that decide how the tokens are obtained
    /// ([`azq_auth::way`]).
    way: [u8; 32],
}

/// An account with a held token, for the daemon's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAccount {
    /// The cloud's name.
    pub cloud: String,
    /// The tenant's id.
    pub tenant: String,
    /// The user's, application's or identity's name.
    pub user: String,
    /// The kind of account.
    pub kind: &'static str,
    /// The end of the token's life, or `None` before the first token.
    pub expires: Option<SystemTime>,
}

impl Sessions {
    /// Creates an empty set of sessions.
    pub fn new(deadlines: Deadlines) -> Self {
        Self {
            deadlines,
            user_tokens: UserTokens::default(),
            storage: None,
            profiles: Profiles::default(),
            transports: Transports::new(deadlines),
            kept: Mutex::new(SessionCache {
                opened: LruCache::new(KEPT),
                sources: HashMap::new(),
                throttles: HashMap::new(),
                readings: HashMap::new(),
            }),
            changes: AtomicU64::new(0),
            another: Notify::new(),
        }
    }

    /// Sets where users' tokens come from.
    #[must_use]
    pub fn with_user_tokens(self, user_tokens: UserTokens) -> Self {
        Self {
            user_tokens,
            ..self
        }
    }

    /// Sets the kind of store that callers share, if they share one.
    #[must_use]
    pub fn with_storage(self, storage: Option<Storage>) -> Self {
        Self { storage, ..self }
    }

    /// Returns a caller's profile: the content of az's configuration directory.
    pub fn profile(&self, caller: &Caller) -> Result<Arc<Profile>, CommandError> {
        let profile = self.profiles.load(caller)?;
        // The logged-in users are unknown until the file is complete; until then no token is
        // dropped.
        if profile.is_being_written() {
            return Ok(profile);
        }
        let compared = self.kept().compare(&caller.config_dir, &profile);
        if let Some(anyone_gone) = compared {
            self.profiles.forget();
            self.changes.fetch_add(1, Ordering::Relaxed);
            if anyone_gone {
                self.transports.forget();
            }
        }
        Ok(profile)
    }

    /// Returns the number of detected changes to az's files. When it changes, data cached for
    /// callers must be dropped.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Returns the session of a caller with this profile, for a subscription (by id or name) or for
    /// az's default one.
    pub fn open(
        &self,
        profile: &Arc<Profile>,
        subscription: Option<&str>,
        report: &dyn Report,
    ) -> Result<Arc<Session>, CommandError> {
        if let Some(warning) = subscription.and_then(|wanted| profile.unrecognized(wanted)) {
            report.warning(&warning);
        }
        let asked = SessionKey(Arc::as_ptr(profile).addr(), subscription.map(str::to_owned));
        if let Some(session) = self.opened(&asked) {
            session.warn(report);
            return Ok(session);
        }
        let account = profile.select(subscription)?;
        let transport = self.transport(profile);
        let request = TokenRequest::for_resource_manager(&account);
        let tokens = self.tokens(&account, &request, profile.caller(), &transport);
        let (manager, id) = (&account.cloud.resource_manager, &account.subscription.id);
        let throttle = self.kept().throttle(account.scope());
        let arm = Arm::new(manager, id, &transport, tokens, throttle, self.deadlines)?;
        let storage = self
            .storage
            .map(|storage| self.storage_caller(storage, &account, profile.caller(), &transport));
        let session = Arc::new(Session {
            scope: account.scope(),
            warning: azq_auth::warning(&account, &request),
            account,
            arm: arm.with(|inner| {
                inner.profile = Some(Arc::clone(profile));
                inner.storage = storage;
            }),
        });
        session.warn(report);
        self.kept().opened.put(asked, Arc::clone(&session));
        Ok(session)
    }

    /// Returns an open session with this key, if its roots have not changed.
    fn opened(&self, asked: &SessionKey) -> Option<Arc<Session>> {
        let session = self.kept().opened.get(asked).cloned()?;
        session.arm.inner.transport.is_current().then_some(session)
    }

    /// Returns the configuration directories whose accounts have held tokens.
    pub fn directories(&self) -> BTreeSet<PathBuf> {
        let kept = self.kept();
        let directories = kept.sources.keys().map(|key| key.config_dir.clone());
        directories.collect()
    }

    /// Waits until [`Self::directories`] may have a further one.
    pub async fn another_directory(&self) {
        self.another.notified().await;
    }

    /// Returns the accounts with held tokens.
    pub fn accounts(&self) -> Vec<HeldAccount> {
        let kept = self.kept();
        let held = kept.sources.iter().map(|(key, source)| HeldAccount {
            cloud: key.cloud.name.clone(),
            tenant: key.tenant.clone(),
            user: key.user.name.clone(),
            kind: kind(&key.user.kind),
            expires: source.expires(),
        });
        held.collect()
    }

    /// Returns the source of an account's tokens for a request.
    pub fn token_source(
        &self,
        profile: &Profile,
        account: &Account,
        request: &TokenRequest,
    ) -> TokenSource {
        let transport = self.transport(profile);
        self.tokens(account, request, profile.caller(), &transport)
    }

    fn tokens(
        &self,
        account: &Account,
        request: &TokenRequest,
        caller: &Caller,
        transport: &Transport,
    ) -> TokenSource {
        let key = SourceKey {
            config_dir: account.config_dir.clone(),
            cloud: account.cloud.clone(),
            tenant: account.subscription.tenant_id.clone(),
            user: account.subscription.user.clone(),
            request: request.clone(),
            transport: transport.settings().clone(),
            way: azq_auth::way(account, caller),
        };
        let tokens = self.kept().source(key, || {
            self.another.notify_one();
            azq_auth::source(account, request, caller, transport, self.user_tokens)
        });
        tokens.for_subscription(&account.subscription.id)
    }

    /// Returns the identity and client for requests to a store. A token is fetched when it is
    /// needed.
    fn storage_caller(
        &self,
        kind: Storage,
        account: &Account,
        caller: &Caller,
        transport: &Transport,
    ) -> StorageCaller {
        let request = storage::request();
        let tokens =
            (kind == Storage::Azure).then(|| self.tokens(account, &request, caller, transport));
        storage::caller(account, tokens, transport)
    }

    /// Returns the HTTP clients for a caller's settings.
    pub(super) fn transport(&self, profile: &Profile) -> Transport {
        let settings = TransportSettings::of(profile.environment());
        self.transports.get(&settings)
    }

    fn kept(&self) -> MutexGuard<'_, SessionCache> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn warn(&self, report: &dyn Report) {
        if let Some(warning) = &self.warning {
            report.warning(warning);
        }
    }
}

impl SessionCache {
    fn source(&mut self, key: SourceKey, make: impl FnOnce() -> TokenSource) -> TokenSource {
        if !self.sources.contains_key(&key) && make_room(&mut self.sources) {
            self.opened.clear();
        }
        self.sources.entry(key).or_insert_with(make).clone()
    }

    fn throttle(&mut self, scope: Scope) -> Arc<Throttle> {
        if !self.throttles.contains_key(&scope) {
            make_room(&mut self.throttles);
        }
        Arc::clone(self.throttles.entry(scope).or_default())
    }

    /// Compares the held tokens with az's files after a change: drops the tokens of logged-out
    /// users, and forgets refusals because users may have logged in. Returns whether a token source
    /// was dropped, or `None` if the files are unchanged or nothing of this directory is kept.
    fn compare(&mut self, config_dir: &Path, profile: &Profile) -> Option<bool> {
        let compared = self.readings.get(config_dir).copied();
        if compared == Some(profile.reading()) {
            return None;
        }
        make_room(&mut self.readings);
        self.readings
            .insert(config_dir.to_owned(), profile.reading());
        let holds_any = self.sources.keys().any(|key| key.config_dir == config_dir);
        if compared.is_none() && !holds_any {
            return None;
        }
        // The open sessions hold tokens too.
        self.opened.clear();
        let before = self.sources.len();
        self.sources.retain(|key, source| {
            let logged_in = profile.has_login(&key.user, &key.tenant);
            source.forget_refusal();
            logged_in || key.config_dir != config_dir
        });
        Some(self.sources.len() < before)
    }
}

/// Returns the name of a kind of account, for metrics.
fn kind(of: &UserKind) -> &'static str {
    match of {
        UserKind::User => "user",
        UserKind::CloudShell => "cloud_shell",
        UserKind::ManagedIdentity { .. } => "managed_identity",
        UserKind::ServicePrincipal => "service_principal",
    }
}

/// Makes room for an addition: a full map is emptied, which costs each caller one fetch. Returns
/// whether it was emptied.
fn make_room<K, V>(map: &mut HashMap<K, V>) -> bool {
    let is_full = map.len() >= KEPT.get();
    if is_full {
        map.clear();
    }
    is_full
}
