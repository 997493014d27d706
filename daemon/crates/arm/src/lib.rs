//! The client of Resource Manager, and the only crate that sends requests to it.
//!
//! An [`Arm`] is one subscription as one account sees it: Resource Manager's address, a source of
//! tokens, a warm HTTP client. It sends requests with az's retries (`retry`), reads pages (`page`),
//! waits for long-running operations (`operation`), streams large responses (`stream`), and words
//! errors as az does (`error`, `odata`). [`Sessions`] makes one for each call and keeps the parts
//! that can be used again.
//!
//! Invariants: a token goes to the cloud's own Resource Manager and nowhere else, regardless of a
//! `nextLink`, an operation's URL or a redirect; every request ends by its deadline; every response
//! has a size limit; JSON is nested less than `JSON_DEPTH` deep.
//!
//! Deliberately absent: the meaning of the resources.

mod address;
mod body;
mod claims;
mod continuation;
mod declared;
mod error;
mod headers;
mod odata;
mod operation;
mod page;
mod raw;
mod registration;
mod report;
mod request;
mod retry;
mod send;
mod session;
mod storage;
mod stream;
mod template;
mod throttle;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use url::Url;

use azq_http::{Deadlines, Transport};
pub use continuation::{Continuation, Polled};
pub use declared::Declared;
pub use error::{ArmError, Refusal};
pub use operation::OperationStatus;
pub use page::PAGE_LIMIT;
pub use raw::{Raw, RawResponse};
pub use report::{Report, Silent};
pub use request::{Request, Response, resource_path, segment};
pub use send::WHOLE_LIMIT;
pub use session::KEPT as SESSIONS;
pub use session::{HeldAccount, Session, Sessions};
pub use storage::{Storage, StorageCaller};
pub use stream::ByteStream;
pub use stream::{STREAM_LIMIT, STREAM_TIME};
pub use throttle::pauses as throttle_pauses;

use azq_account::{AccountError, Profile};
use azq_auth::TokenSource;
use throttle::Throttle;

/// The depth of nesting at which JSON is refused. `serde_json` has this limit but no name for it.
pub const JSON_DEPTH: usize = 128;

/// One subscription of one account. Clones share everything.
#[derive(Clone, Debug)]
pub struct Arm {
    inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    base: Url,
    subscription: String,
    profile: Option<Arc<Profile>>,
    storage: Option<StorageCaller>,
    transport: Transport,
    tokens: TokenSource,
    throttle: Arc<Throttle>,
    deadlines: Deadlines,
}

impl Arm {
    /// Returns the subscription's id.
    pub fn subscription(&self) -> &str {
        &self.inner.subscription
    }

    /// Fails in az's words if az is logged in to no subscription with this id or name. az makes a
    /// client for each subscription that a command uses, and looks the subscription up first.
    pub fn require_subscription(&self, wanted: &str) -> Result<(), AccountError> {
        match &self.inner.profile {
            Some(profile) => profile.select(Some(wanted)).map(drop),
            None => Ok(()),
        }
    }

    /// Returns the identity and client for requests to a store.
    pub fn storage(&self) -> Option<StorageCaller> {
        self.inner.storage.clone()
    }

    /// Returns an `Arm` that never fetches a token; a request fails if no token is held.
    #[must_use]
    pub fn with_held_token(&self) -> Self {
        let tokens = self.inner.tokens.clone().held_only();
        self.clone().with(|inner| inner.tokens = tokens)
    }

    /// Returns an `Arm` that differs in what `change` sets.
    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.inner));
        self
    }

    fn new(
        resource_manager: &str,
        subscription: &str,
        transport: &Transport,
        tokens: TokenSource,
        throttle: Arc<Throttle>,
        deadlines: Deadlines,
    ) -> Result<Self, ArmError> {
        let base = Url::parse(resource_manager).map_err(|error| {
            ArmError::Setting(format!(
                "The cloud's Resource Manager '{resource_manager}' is no URL: {error}"
            ))
        })?;
        if !azq_share::may_carry_credentials(&base) {
            return Err(ArmError::Setting(address::NOT_TLS.to_owned()));
        }
        let inner = Inner {
            base,
            subscription: subscription.to_owned(),
            profile: None,
            storage: None,
            transport: transport.clone(),
            tokens,
            throttle,
            deadlines,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}
