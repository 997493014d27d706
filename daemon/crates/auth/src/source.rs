//! One token for many callers, fetched once and renewed before it ends.
//!
//! Invariants: at most one fetch is under way per source, however many callers wait; a token that
//! is still valid is served while and after a renewal fails; a refused login, and one whose token
//! Azure rejects, is not asked again for [`REMEMBERED`], so that a script with a revoked login
//! makes no storm; validity is read off the wall clock at each use, so that a token that ended
//! while the laptop slept is not sent.
//!
//! A token is the principal's and serves all its subscriptions. Who fetches by way of a
//! subscription (the real az) is told that of the call that waits, never one that was asked for
//! earlier and may be gone; what is refused by way of one subscription says nothing of another.
//!
//! Renewal starts with the first use after 70 % of the token's life rather than by a timer: an idle
//! daemon stays idle, and one that is used has a fresh token before the old one ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{CredentialError, Token};

/// A token with less than this left is not sent: it might end on the way.
const MARGIN: Duration = Duration::from_secs(30);
/// How long a refusal stands, and how long after a failed renewal the next one starts.
const REMEMBERED: Duration = Duration::from_secs(10);
/// How many subscriptions' refusals are remembered of one principal.
const MOST_REFUSALS: usize = 64;
/// A fetch takes no longer; az itself needs a second or two.
pub const FETCH: Duration = Duration::from_secs(60);

/// Fetches a token from wherever the account's kind has it.
#[async_trait::async_trait]
pub trait Fetch: Send + Sync {
    /// A new token, for a call that concerns this subscription.
    async fn fetch(&self, subscription: &str) -> Result<Token, CredentialError>;

    /// A new token that has the claims which Azure asks for. A source without a way to ask for
    /// claims asks for any other token.
    ///
    /// # Errors
    /// [`CredentialError::NeedsLogin`] where only a login can meet the claims.
    async fn fetch_with_claims(
        &self,
        subscription: &str,
        _claims: &str,
    ) -> Result<Token, CredentialError> {
        self.fetch(subscription).await
    }

    /// Whether what is refused may concern the subscription rather than the principal.
    fn goes_by_subscription(&self) -> bool {
        false
    }
}

/// The tokens of one principal for one audience, as one subscription's calls ask for them. Clones
/// share them.
#[derive(Clone)]
pub struct TokenSource {
    shared: Arc<Shared>,
    subscription: Arc<str>,
    may_fetch: bool,
}

struct Shared {
    fetch: Box<dyn Fetch>,
    state: Mutex<State>,
    /// Held by whoever fetches.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// By the subscription, where that matters; at most [`MOST_REFUSALS`].
    refusals: HashMap<String, (Instant, CredentialError)>,
    /// A token that Azure has rejected and for which there was no other.
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
        self.held = Some(Held {
            token: token.clone(),
            renew_at,
        });
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
    /// A source without a token yet.
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

    /// The same tokens, for the calls of a subscription.
    #[must_use]
    pub fn for_subscription(self, subscription: &str) -> Self {
        Self {
            subscription: subscription.into(),
            ..self
        }
    }

    /// The same tokens, for calls that must not cause a fetch.
    #[must_use]
    pub fn held_only(self) -> Self {
        Self {
            may_fetch: false,
            ..self
        }
    }

    /// A valid token.
    pub async fn token(&self) -> Result<Token, CredentialError> {
        self.token_for(MARGIN).await
    }

    /// A token that lasts at least so long, if such tokens are issued.
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

    /// Another token than one that Azure has rejected, if there is another to be had.
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

    /// Asks for a token that has these claims, unless there is another already than the one that
    /// Azure has rejected for want of them. What is held from then on is that token.
    pub async fn with_claims(&self, rejected: &Token, claims: &str) -> Result<(), CredentialError> {
        if !self.may_fetch {
            return Err(not_held());
        }
        let _flight = self.shared.flight.lock().await;
        if self.held().is_some_and(|held| held.token != *rejected) {
            return Ok(());
        }
        let fetch = self
            .shared
            .fetch
            .fetch_with_claims(&self.subscription, claims);
        let late = CredentialError::Slow {
            seconds: FETCH.as_secs(),
        };
        let token = tokio::time::timeout(FETCH, fetch)
            .await
            .unwrap_or(Err(late))?;
        self.state().hold(&token);
        Ok(())
    }

    fn is_the_last_one(&self, rejected: &Token) -> bool {
        let state = self.state();
        let recent =
            |(since, token): &(Instant, Token)| since.elapsed() < REMEMBERED && token == rejected;
        state.last_one.as_ref().is_some_and(recent)
    }

    /// Forgets a refusal: the user may have logged in since.
    pub fn forget_refusal(&self) {
        let mut state = self.state();
        state.refusals.clear();
        state.last_one = None;
    }

    /// When the token that is held ends, if one is.
    pub fn expires(&self) -> Option<SystemTime> {
        self.state().held.as_ref().map(|held| held.token.expires())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> Option<Held> {
        self.state()
            .held
            .clone()
            .filter(|held| held.token.remaining() > MARGIN)
    }

    fn refusal(&self) -> Option<CredentialError> {
        let state = self.state();
        let (since, error) = state.refusals.get(self.refused())?;
        (since.elapsed() < REMEMBERED).then(|| error.clone())
    }

    /// What a refusal is remembered by.
    fn refused(&self) -> &str {
        if self.shared.fetch.goes_by_subscription() {
            &self.subscription
        } else {
            ""
        }
    }

    /// Fetches while the flight is held.
    async fn fetch(&self) -> Result<Token, CredentialError> {
        let fetch = self.shared.fetch.fetch(&self.subscription);
        let fetched =
            tokio::time::timeout(FETCH, fetch)
                .await
                .unwrap_or(Err(CredentialError::Slow {
                    seconds: FETCH.as_secs(),
                }));
        let fetched = fetched.and_then(|token| {
            if token.remaining().is_zero() {
                Err(CredentialError::Expired)
            } else {
                Ok(token)
            }
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

    /// Renews behind the callers. A failure is tried again by a later use.
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
