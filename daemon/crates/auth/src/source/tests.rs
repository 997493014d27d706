use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// A source of numbered tokens with these lives in seconds. Each fetch waits for `go`.
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
        Ok(lasting(number.to_string(), seconds))
    }
}

/// Returns a token that ends in so many seconds.
fn lasting(text: String, seconds: u64) -> Token {
    Token::new(text, SystemTime::now() + Duration::from_secs(seconds))
}

fn source(
    lives: Vec<Result<u64, CredentialError>>,
    go: Option<Arc<Notify>>,
) -> (TokenSource, Arc<AtomicUsize>) {
    let fetched = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&fetched);
    let script = Script { lives, fetched, go };
    (TokenSource::new(script), counted)
}

fn refused() -> CredentialError {
    CredentialError::refused("AADSTS70043: expired".to_owned())
}

async fn text(source: &TokenSource) -> String {
    let token = source.token().await.expect("a token");
    let header = token.header().expect("a header");
    header.to_str().expect("text").to_owned()
}

#[tokio::test]
async fn calls_that_may_not_fetch_have_what_is_held() {
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
async fn fifty_callers_fetch_one_token() {
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
async fn a_token_is_renewed_in_the_background_and_served_if_that_fails() {
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
async fn an_expired_token_is_not_served() {
    let (source, _) = source(vec![Ok(10), Ok(3600)], None);
    assert_eq!(text(&source).await, "Bearer 0");
    assert_eq!(text(&source).await, "Bearer 1");
}

#[tokio::test]
async fn a_refusal_stands_until_the_account_changes() {
    let (source, fetched) = source(vec![Err(refused()), Ok(3600)], None);
    for _ in 0..10 {
        assert_eq!(source.token().await, Err(refused()));
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

/// A source whose token contains the requested claims.
struct Claims;

#[async_trait::async_trait]
impl Fetch for Claims {
    async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
        self.fetch_with_claims("", "none").await
    }

    async fn fetch_with_claims(&self, _: &str, claims: &str) -> Result<Token, CredentialError> {
        Ok(lasting(claims.to_owned(), 3600))
    }
}

/// A source that fetches by subscription, one of which no longer exists.
struct ByWay;

#[async_trait::async_trait]
impl Fetch for ByWay {
    async fn fetch(&self, subscription: &str) -> Result<Token, CredentialError> {
        if subscription == "gone" {
            return Err(refused());
        }
        Ok(lasting(subscription.to_owned(), 10))
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
    // A token that has already ended is fetched anew for each call.
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

/// A source that always returns the same token, as identity endpoints do until it is about to end.
struct Same(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl Fetch for Same {
    async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(lasting("same".to_owned(), 1 << 30))
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
    assert_eq!(source.token().await, Err(CredentialError::Expired));
}
