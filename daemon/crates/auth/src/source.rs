//! A token shared by many callers, fetched once and renewed before it ends.
//!
//! Invariants: at most one fetch is in progress per source, for any number of waiting callers; a
//! token that is still valid is used during and after a failed renewal; a refused login, and one
//! whose token Azure rejects, is not retried for [`REMEMBERED`], so that a script with a revoked
//! login does not cause a flood of requests; validity is checked by the wall clock at each use, so
//! that a token that ended while the laptop slept is not sent.
//!
//! A token belongs to the principal and is valid for all its subscriptions. A fetch that needs a
//! subscription (that of the real az) uses the subscription of the waiting call, never one of an
//! earlier call, which may no longer exist. A refusal for one subscription does not apply to
//! another.
//!
//! Renewal starts with the first use after 70 % of the token's life rather than by a timer. So an
//! idle daemon stays idle, and a busy one has a new token before the old one ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{CredentialError, Token};

/// The minimum remaining life of a token that is sent, because it must not end on the way.
const MARGIN: Duration = Duration::from_secs(30);
/// The time for which a refusal is remembered, and the delay of a renewal after a failed one.
const REMEMBERED: Duration = Duration::from_secs(10);
/// The maximum number of subscriptions whose refusals are remembered for one principal.
const MOST_REFUSALS: usize = 64;
/// The time limit of a fetch; az itself needs a second or two.
pub const FETCH: Duration = Duration::from_secs(60);

/// A way to fetch tokens for one kind of account.
#[async_trait::async_trait]
pub trait Fetch: Send + Sync {
    /// Fetches a new token, for a call that concerns this subscription.
    async fn fetch(&self, subscription: &str) -> Result<Token, CredentialError>;

    /// Fetches a new token with the claims that Azure asks for. A source that cannot request claims
    /// fetches any new token.
    ///
    /// # Errors
    /// Returns [`CredentialError::NeedsLogin`] if only a new login can meet the claims.
    async fn fetch_with_claims(
        &self,
        subscription: &str,
        _claims: &str,
    ) -> Result<Token, CredentialError> {
        self.fetch(subscription).await
    }

    /// Whether a refusal may concern the subscription rather than the principal.
    fn goes_by_subscription(&self) -> bool {
        false
    }
}

/// The tokens of one principal for one audience, as used by one subscription's calls. Clones share
/// them.
#[derive(Clone)]
pub struct TokenSource {
    shared: Arc<Shared>,
    subscription: Arc<str>,
    may_fetch: bool,
}

struct Shared {
    fetch: Box<dyn Fetch>,
    state: Mutex<State>,
    /// The lock that a fetch holds.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The refusals, by subscription where that matters; at most [`MOST_REFUSALS`].
    refusals: HashMap<String, (Instant, CredentialError)>,
    /// A token that Azure rejected and for which the source had no replacement.
    last_one: Option<(Instant, Token)>,
    renewing: bool,
}

#[derive(Clone)]
struct Held {
    token: Token,
    renew_at: SystemTime,
}

impl State {
    fn hold(&mut self, token: &Token) {
        let renew_at = SystemTime::now() + token.remaining().mul_f64(0.7);
        let token = token.clone();
        self.held = Some(Held { token, renew_at });
    }

    fn refuse(&mut self, subscription: &str, error: &CredentialError) {
        if self.refusals.len() >= MOST_REFUSALS {
            self.refusals.clear();
        }
        let refusal = (Instant::now(), error.clone());
        self.refusals.insert(subscription.to_owned(), refusal);
    }
}

impl TokenSource {
    /// Creates a source that has no token yet.
    pub fn new(fetch: impl Fetch + 'static) -> Self {
        let shared = Shared {
            fetch: Box::new(fetch),
            state: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
            subscription: "".into(),
            may_fetch: true,
        }
    }

    /// Returns a source of the same tokens, for the calls of a subscription.
    #[must_use]
    pub fn for_subscription(self, subscription: &str) -> Self {
        Self {
            subscription: subscription.into(),
            ..self
        }
    }

    /// Returns a source of the same tokens, for calls that must not cause a fetch.
    #[must_use]
    pub fn held_only(self) -> Self {
        Self {
            may_fetch: false,
            ..self
        }
    }

    /// Returns a valid token.
    pub async fn token(&self) -> Result<Token, CredentialError> {
        self.token_for(MARGIN).await
    }

    /// Returns a token that lasts at least so long, if such tokens are issued.
    pub async fn token_for(&self, least: Duration) -> Result<Token, CredentialError> {
        let held = || self.held().filter(|held| held.token.remaining() >= least);
        if let Some(held) = held() {
            if self.may_fetch && SystemTime::now() >= held.renew_at {
                self.renew();
            }
            return Ok(held.token);
        }
        if !self.may_fetch {
            return Err(not_held());
        }
        let _flight = self.shared.flight.lock().await;
        match (held(), self.refusal()) {
            (Some(held), _) => Ok(held.token),
            (None, Some(refusal)) => Err(refusal),
            (None, None) => self.fetch().await,
        }
    }

    /// Returns another token than one that Azure has rejected, if one is available.
    pub async fn instead_of(&self, rejected: &Token) -> Option<Token> {
        if !self.may_fetch {
            return None;
        }
        let _flight = self.shared.flight.lock().await;
        if let Some(held) = self.held().filter(|held| held.token != *rejected) {
            return Some(held.token);
        }
        if self.refusal().is_some() || self.is_the_last_one(rejected) {
            return None;
        }
        let fetched = self.fetch().await.ok()?;
        if fetched == *rejected {
            self.state().last_one = Some((Instant::now(), fetched));
            return None;
        }
        Some(fetched)
    }

    /// Fetches a token with these claims and holds it. It does nothing if another token is already
    /// held than the one that Azure has rejected for lack of them.
    pub async fn with_claims(&self, rejected: &Token, claims: &str) -> Result<(), CredentialError> {
        if !self.may_fetch {
            return Err(not_held());
        }
        let _flight = self.shared.flight.lock().await;
        if self.held().is_some_and(|held| held.token != *rejected) {
            return Ok(());
        }
        let fetch = &self.shared.fetch;
        let token = in_time(fetch.fetch_with_claims(&self.subscription, claims)).await?;
        self.state().hold(&token);
        Ok(())
    }

    fn is_the_last_one(&self, rejected: &Token) -> bool {
        let state = self.state();
        let recent =
            |(since, token): &(Instant, Token)| since.elapsed() < REMEMBERED && token == rejected;
        state.last_one.as_ref().is_some_and(recent)
    }

    /// Forgets all refusals, because the user may have logged in since.
    pub fn forget_refusal(&self) {
        let mut state = self.state();
        state.refusals.clear();
        state.last_one = None;
    }

    /// Returns the end of the held token's life, if one is held.
    pub fn expires(&self) -> Option<SystemTime> {
        self.state().held.as_ref().map(|held| held.token.expires())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> Option<Held> {
        let held = self.state().held.clone();
        held.filter(|held| held.token.remaining() > MARGIN)
    }

    fn refusal(&self) -> Option<CredentialError> {
        let state = self.state();
        let (since, error) = state.refusals.get(self.refused())?;
        (since.elapsed() < REMEMBERED).then(|| error.clone())
    }

    /// Returns the key under which a refusal is remembered.
    fn refused(&self) -> &str {
        if self.shared.fetch.goes_by_subscription() {
            &self.subscription
        } else {
            ""
        }
    }

    /// Fetches a token. The caller holds the `flight` lock.
    async fn fetch(&self) -> Result<Token, CredentialError> {
        let fetched = in_time(self.shared.fetch.fetch(&self.subscription)).await;
        let fetched = fetched.and_then(|token| match token.remaining() {
            Duration::ZERO => Err(CredentialError::Expired),
            _ => Ok(token),
        });
        let mut state = self.state();
        match &fetched {
            Ok(token) => {
                state.hold(token);
                state.refusals.clear();
            }
            Err(error) => state.refuse(self.refused(), error),
        }
        fetched
    }

    /// Renews the token in the background. After a failure a later use tries again.
    fn renew(&self) {
        if std::mem::replace(&mut self.state().renewing, true) {
            return;
        }
        let source = self.clone();
        tokio::spawn(async move {
            let flight = source.shared.flight.lock().await;
            if let Err(error) = source.fetch().await {
                tracing::warn!(%error, "an access token could not be renewed");
                if let Some(held) = &mut source.state().held {
                    held.renew_at = SystemTime::now() + REMEMBERED;
                }
            }
            drop(flight);
            source.state().renewing = false;
        });
    }
}

/// Waits for a fetch, but not longer than its limit.
async fn in_time(
    fetch: impl Future<Output = Result<Token, CredentialError>>,
) -> Result<Token, CredentialError> {
    let seconds = FETCH.as_secs();
    let fetched = tokio::time::timeout(FETCH, fetch).await;
    fetched.unwrap_or(Err(CredentialError::Slow { seconds }))
}

fn not_held() -> CredentialError {
    CredentialError::unavailable("No access token is held.")
}

impl std::fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSource")
            .field("expires", &self.expires())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
