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
pub(crate) const FETCH: Duration = Duration::from_secs(60);

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
    pub(crate) fn held_only(self) -> Self {
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
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    /// Gives numbered tokens of these lives in seconds, one each fetch, when `go` lets it.
    struct Script {
        lives: Vec<Result<u64, CredentialError>>,
        fetched: Arc<AtomicUsize>,
        go: Option<Arc<Notify>>,
    }

    #[async_trait::async_trait]
    impl Fetch for Script {
        async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
            let number = self.fetched.fetch_add(1, Ordering::SeqCst);
            if let Some(go) = &self.go {
                go.notified().await;
            }
            let seconds = self.lives[number.min(self.lives.len() - 1)].clone()?;
            Ok(Token::new(
                number.to_string(),
                SystemTime::now() + Duration::from_secs(seconds),
            ))
        }
    }

    fn source(
        lives: Vec<Result<u64, CredentialError>>,
        go: Option<Arc<Notify>>,
    ) -> (TokenSource, Arc<AtomicUsize>) {
        let fetched = Arc::new(AtomicUsize::new(0));
        (
            TokenSource::new(Script {
                lives,
                fetched: Arc::clone(&fetched),
                go,
            }),
            fetched,
        )
    }

    fn refused() -> CredentialError {
        CredentialError::refused("AADSTS70043: expired".to_owned())
    }

    async fn text(source: &TokenSource) -> String {
        let header = source
            .token()
            .await
            .expect("a token")
            .header()
            .expect("a header");
        header.to_str().expect("text").to_owned()
    }

    #[tokio::test]
    async fn who_may_not_fetch_has_what_is_held() {
        let (source, fetched) = source(vec![Ok(3600)], None);
        let held = source.clone().held_only();
        assert!(held.token().await.is_err());
        let token = source.token().await.unwrap();
        assert_eq!(held.token().await.unwrap(), token);
        assert_eq!(held.instead_of(&token).await, None);
        assert!(held.with_claims(&token, "{}").await.is_err());
        if let Some(held) = &mut source.state().held {
            held.renew_at = SystemTime::now();
        }
        assert_eq!(held.token().await.unwrap(), token);
        assert!(!source.state().renewing, "nor is it renewed");
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn pitfall_50_fifty_callers_fetch_once() {
        let go = Arc::new(Notify::new());
        let (source, fetched) = source(vec![Ok(3600)], Some(Arc::clone(&go)));
        let callers = (0..50).map(|_| {
            let source = source.clone();
            tokio::spawn(async move { text(&source).await })
        });
        let callers: Vec<_> = callers.collect();
        go.notify_one();
        for caller in callers {
            assert_eq!(caller.await.expect("ended"), "Bearer 0");
        }
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_the_fetch_to_the_next() {
        let go = Arc::new(Notify::new());
        let (source, fetched) = source(vec![Ok(3600)], Some(Arc::clone(&go)));
        let gone = tokio::time::timeout(Duration::from_millis(5), source.token()).await;
        assert!(gone.is_err());
        go.notify_one();
        assert_eq!(text(&source).await, "Bearer 1");
        assert_eq!(fetched.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn pitfall_50_a_token_is_renewed_behind_the_callers_and_served_if_that_fails() {
        let (source, fetched) = source(vec![Ok(3600), Err(refused()), Ok(3600)], None);
        assert_eq!(text(&source).await, "Bearer 0");
        let age = |source: &TokenSource| {
            source.state().held.as_mut().expect("held").renew_at = SystemTime::UNIX_EPOCH;
        };
        let settled = async |source: &TokenSource| {
            while source.state().renewing {
                tokio::task::yield_now().await;
            }
        };
        age(&source);
        assert_eq!(text(&source).await, "Bearer 0");
        settled(&source).await;
        assert_eq!(text(&source).await, "Bearer 0");
        assert_eq!(fetched.load(Ordering::SeqCst), 2);
        age(&source);
        assert_eq!(text(&source).await, "Bearer 0");
        settled(&source).await;
        assert_eq!(text(&source).await, "Bearer 2");
    }

    #[tokio::test]
    async fn pitfall_50_an_ended_token_is_not_served() {
        let (source, _) = source(vec![Ok(10), Ok(3600)], None);
        assert_eq!(text(&source).await, "Bearer 0");
        assert_eq!(text(&source).await, "Bearer 1");
    }

    #[tokio::test]
    async fn a_refusal_stands_until_the_account_changes() {
        let (source, fetched) = source(vec![Err(refused()), Ok(3600)], None);
        for _ in 0..10 {
            assert_eq!(
                source.token().await.expect_err("refused").to_string(),
                "AADSTS70043: expired"
            );
        }
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
        source.forget_refusal();
        assert_eq!(text(&source).await, "Bearer 1");
    }

    #[tokio::test]
    async fn a_rejected_token_is_replaced_once_for_all() {
        let (source, fetched) = source(vec![Ok(3600)], None);
        let first = source.token().await.expect("a token");
        let (one, other) = tokio::join!(source.instead_of(&first), source.instead_of(&first));
        assert!(one.is_some() && one == other);
        assert_eq!(fetched.load(Ordering::SeqCst), 2);
    }

    /// Tells the claims that it is asked for, as the token.
    struct Claims;

    #[async_trait::async_trait]
    impl Fetch for Claims {
        async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
            self.fetch_with_claims("", "none").await
        }

        async fn fetch_with_claims(&self, _: &str, claims: &str) -> Result<Token, CredentialError> {
            let end = SystemTime::now() + Duration::from_secs(3600);
            Ok(Token::new(claims.to_owned(), end))
        }
    }

    /// Fetches by way of a subscription, one of which is gone.
    struct ByWay;

    #[async_trait::async_trait]
    impl Fetch for ByWay {
        async fn fetch(&self, subscription: &str) -> Result<Token, CredentialError> {
            if subscription == "gone" {
                return Err(refused());
            }
            let end = SystemTime::now() + Duration::from_secs(10);
            Ok(Token::new(subscription.to_owned(), end))
        }

        fn goes_by_subscription(&self) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn claims_are_asked_for_once_and_the_token_that_has_them_is_kept() {
        let source = TokenSource::new(Claims);
        let rejected = source.token().await.expect("a token");
        for claims in ["mfa", "later"] {
            let asked = source.with_claims(&rejected, claims).await;
            asked.expect("a token");
            assert_eq!(text(&source).await, "Bearer mfa");
        }
    }

    #[tokio::test]
    async fn a_subscription_that_is_gone_breaks_no_other() {
        let gone = TokenSource::new(ByWay).for_subscription("gone");
        let other = gone.clone().for_subscription("other");
        assert!(gone.token().await.is_err());
        // A token that lasts no longer than now is fetched for each call.
        assert_eq!(text(&other).await, "Bearer other");
        assert_eq!(text(&other).await, "Bearer other");
        assert!(gone.token().await.is_err());
        assert_eq!(text(&other).await, "Bearer other");
    }

    #[tokio::test]
    async fn a_principals_token_serves_all_its_subscriptions() {
        let (source, fetched) = source(vec![Ok(3600)], None);
        for subscription in ["one", "two"] {
            let source = source.clone().for_subscription(subscription);
            assert_eq!(text(&source).await, "Bearer 0");
        }
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
    }

    /// Always gives the same token, as identity endpoints do until it is about to end.
    struct Same(Arc<AtomicUsize>);

    #[async_trait::async_trait]
    impl Fetch for Same {
        async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let end = SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800);
            Ok(Token::new("same".to_owned(), end))
        }
    }

    #[tokio::test]
    async fn for_a_revoked_token_another_is_asked_for_once() {
        let fetched = Arc::new(AtomicUsize::new(0));
        let source = TokenSource::new(Same(Arc::clone(&fetched)));
        let revoked = source.token().await.expect("a token");
        for _ in 0..50 {
            assert_eq!(source.instead_of(&revoked).await, None);
        }
        assert_eq!(fetched.load(Ordering::SeqCst), 2);
        source.forget_refusal();
        assert_eq!(source.instead_of(&revoked).await, None);
        assert_eq!(fetched.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_token_that_has_ended_already_is_an_error() {
        let (source, _) = source(vec![Ok(0)], None);
        assert!(matches!(
            source.token().await,
            Err(CredentialError::Expired)
        ));
    }
}
