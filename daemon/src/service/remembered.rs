//! What was worked out for one call and serves the next: compiled queries, and answers about resource SKUs.
//!
//! Scripts ask the same thing over and over. Invariants: an answer is given again only to the same request, while the caller's
//! profile and the catalogue are those very allocations that it was made of, so that nothing outlives a refresh, a login or a
//! logout, and nothing passes from one account to another; an answer beside which something was said is not kept; everything
//! is bounded. A long answer is kept when it is asked for a second time, for most are wanted once, and only while it is asked for
//! again and again.

use super::Core;
use crate::account::{Caller, Profile};
use crate::error::CommandError;
use crate::lifecycle::give_back;
use crate::output::jmespath::{self, Expression};
use crate::skus::{Catalogue, Found, Key};
use azq_proto::v1;
use bytes::Bytes;
use foldhash::fast::RandomState;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How many queries are kept. (The compiler checks that this and the next are not zero.)
pub(super) const QUERIES: NonZeroUsize = NonZeroUsize::new(128).unwrap();
/// The longest query that is kept, in bytes: twice the longest of the 187 that were found in public scripts.
pub(super) const LONGEST_QUERY: usize = 2 << 10;
/// How many answers are kept.
pub(super) const ANSWERS: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// An answer up to this length, in bytes, is short.
const SHORT: usize = 16 << 10;
/// A long answer is let go when nobody has asked for it in so long a time, or twice that.
const REST: Duration = Duration::from_secs(1);
/// The longest answer that is kept, in bytes: more than what a region comes to as JSON.
const LONGEST: usize = 7 << 19;
/// What all answers may take together, in bytes: the longest, and some hundred short ones.
pub(super) const ANSWER_BYTES: usize = 4 << 20;

/// Queries and answers, for all calls.
pub(crate) struct Remembered {
    queries: Mutex<LruCache<Box<str>, Expression>>,
    answers: Mutex<Answers>,
    looked: Mutex<Option<Looked>>,
    /// [`Sessions::changes`](crate::arm::Sessions::changes) at the time of the oldest answer.
    changes: AtomicU64,
}

/// A profile that was its caller's when so much had come.
struct Looked {
    arrivals: u64,
    profile: Arc<Profile>,
}

struct Answers {
    by_request: LruCache<v1::ListSkusRequest, Answer, RandomState>,
    bytes: usize,
    /// Only one long answer is gathered at a time.
    is_gathering: bool,
    /// There are long answers, and somebody lets them go.
    is_watched: bool,
}

/// An answer and what it was made of.
struct Answer {
    made_of: MadeOf,
    /// None of an answer that was too long for its first time.
    chunks: Option<Arc<[Bytes]>>,
    was_wanted: bool,
}

#[derive(Clone)]
struct MadeOf {
    profile: Arc<Profile>,
    key: Key,
    catalogue: Weak<Catalogue>,
}

impl Remembered {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let answers = Answers {
            by_request: LruCache::with_hasher(ANSWERS, RandomState::default()),
            bytes: 0,
            is_gathering: false,
            is_watched: false,
        };
        Self {
            queries: Mutex::new(LruCache::new(QUERIES)),
            answers: Mutex::new(answers),
            looked: Mutex::new(None),
            changes: AtomicU64::new(0),
        }
    }

    /// Forgets all answers, and with them what callers have said of themselves, if az's files have changed since.
    pub(crate) fn follow(&self, changes: u64) {
        if self.changes.swap(changes, Ordering::Relaxed) != changes {
            *locked(&self.looked) = None;
            let mut answers = locked(&self.answers);
            answers.by_request.clear();
            answers.bytes = 0;
        }
    }

    /// How many answers are kept, and how many bytes they have.
    pub(super) fn answers(&self) -> (usize, usize) {
        let answers = locked(&self.answers);
        (answers.by_request.len(), answers.bytes)
    }

    /// A query, compiled.
    pub(super) fn query(
        &self,
        text: Option<&str>,
    ) -> Result<Option<Expression>, jmespath::SyntaxError> {
        let Some(text) = text else {
            return Ok(None);
        };
        if let Some(known) = locked(&self.queries).get(text) {
            return Ok(Some(known.clone()));
        }
        let compiled = jmespath::compile(text)?;
        if text.len() <= LONGEST_QUERY {
            locked(&self.queries).put(text.into(), compiled.clone());
        }
        Ok(Some(compiled))
    }

    /// The answer that the same request got before, in parts, if it would get that again.
    pub(super) fn answer(
        &self,
        request: &v1::ListSkusRequest,
        core: &Core,
    ) -> Option<Arc<[Bytes]>> {
        let (made_of, chunks) = self.kept(request)?;
        let catalogue = core.catalogues.at_hand(&made_of.key)?;
        let is_current = made_of.is_of(&catalogue) && self.is_current(&made_of.profile, core);
        is_current.then_some(chunks)
    }

    /// Whether a profile is still its caller's.
    fn is_current(&self, profile: &Arc<Profile>, core: &Core) -> bool {
        let now = self.profile(profile.caller(), core);
        now.is_ok_and(|now| Arc::ptr_eq(&now, profile))
    }

    /// A caller's profile. az's files are looked at once for all calls that had come by then.
    pub(super) fn profile(
        &self,
        caller: &Caller,
        core: &Core,
    ) -> Result<Arc<Profile>, CommandError> {
        let arrivals = core.arrivals.count();
        if let Some(looked) = &*locked(&self.looked)
            && (looked.arrivals, looked.profile.caller()) == (arrivals, caller)
            && arrivals > 0
        {
            return Ok(Arc::clone(&looked.profile));
        }
        let profile = core.sessions.profile(caller)?;
        *locked(&self.looked) = Some(Looked {
            arrivals,
            profile: Arc::clone(&profile),
        });
        Ok(profile)
    }

    fn kept(&self, request: &v1::ListSkusRequest) -> Option<(MadeOf, Arc<[Bytes]>)> {
        let mut answers = locked(&self.answers);
        let answer = answers.by_request.get_mut(request)?;
        answer.was_wanted = true;
        Some((answer.made_of.clone(), Arc::clone(answer.chunks.as_ref()?)))
    }

    /// Lets long answers go when nobody wants them any more.
    fn watch_long_answers(self: &Arc<Self>) {
        if std::mem::replace(&mut locked(&self.answers).is_watched, true) {
            return;
        }
        let remembered = Arc::clone(self);
        drop(tokio::spawn(async move {
            loop {
                tokio::time::sleep(REST).await;
                if !locked(&remembered.answers).let_long_ones_go() {
                    return spawn_blocking(give_back).await;
                }
            }
        }));
    }

    /// Gathers the answer to a request, if it is one whose answer is kept.
    pub(super) fn gather(
        self: &Arc<Self>,
        request: Option<v1::ListSkusRequest>,
        profile: &Arc<Profile>,
        found: &Found,
    ) -> Gathering {
        let Some((request, key)) = request.zip(found.key.clone()) else {
            return Gathering::none();
        };
        let made_of = MadeOf {
            profile: Arc::clone(profile),
            key,
            catalogue: Arc::downgrade(&found.catalogue),
        };
        let is_begun = locked(&self.answers).begin_long(&request);
        Gathering(Some(Gathered {
            remembered: Arc::clone(self),
            request,
            made_of,
            turn: is_begun.then(|| Turn(Arc::clone(self))),
            chunks: Vec::new(),
            bytes: 0,
        }))
    }
}

impl Answers {
    /// Whether a long answer to this may be gathered now: it was asked for before, and no other is being gathered.
    fn begin_long(&mut self, request: &v1::ListSkusRequest) -> bool {
        let may_be_long = self.by_request.contains(request) && !self.is_gathering;
        self.is_gathering |= may_be_long;
        may_be_long
    }

    /// Lets long answers go that were not wanted since the last time; whether any are left.
    fn let_long_ones_go(&mut self) -> bool {
        self.is_watched = false;
        for (_, answer) in &mut self.by_request {
            let bytes = answer.bytes();
            if bytes <= SHORT {
                continue;
            }
            if std::mem::take(&mut answer.was_wanted) {
                self.is_watched = true;
            } else {
                self.bytes -= bytes;
                answer.chunks = None;
            }
        }
        self.is_watched
    }

    fn put(&mut self, request: v1::ListSkusRequest, answer: Answer) {
        self.bytes += answer.bytes();
        let replaced = self.by_request.push(request, answer);
        self.bytes -= replaced.map_or(0, |(_, answer)| answer.bytes());
        while self.bytes > ANSWER_BYTES
            && let Some((_, oldest)) = self.by_request.pop_lru()
        {
            self.bytes -= oldest.bytes();
        }
    }
}

impl Answer {
    fn bytes(&self) -> usize {
        self.chunks
            .iter()
            .flat_map(|chunks| chunks.iter())
            .map(Bytes::len)
            .sum()
    }
}

impl MadeOf {
    fn is_of(&self, catalogue: &Arc<Catalogue>) -> bool {
        std::ptr::eq(self.catalogue.as_ptr(), Arc::as_ptr(catalogue))
    }
}

/// An answer on its way to the client, gathered to be given again.
pub(super) struct Gathering(Option<Gathered>);

struct Gathered {
    remembered: Arc<Remembered>,
    request: v1::ListSkusRequest,
    made_of: MadeOf,
    /// Without it only a short answer is kept.
    turn: Option<Turn>,
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Gathering {
    /// Gathers nothing.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// The next part.
    pub(super) fn add(&mut self, chunk: &Bytes) {
        let Some(gathered) = &mut self.0 else {
            return;
        };
        gathered.bytes += chunk.len();
        let limit = gathered.turn.as_ref().map_or(SHORT, |_| LONGEST);
        if gathered.bytes <= limit {
            gathered.chunks.push(chunk.clone());
        } else if let Some(gathered) = self.0.take() {
            gathered.end(false);
        }
    }

    /// The answer is whole.
    pub(super) fn end(mut self) {
        if let Some(gathered) = self.0.take() {
            gathered.end(true);
        }
    }
}

impl Gathered {
    fn end(mut self, is_whole: bool) {
        if self.bytes <= SHORT {
            // Copies of their own, for these may be a small part of what was reserved for them.
            let own = |chunk: &Bytes| Bytes::copy_from_slice(chunk);
            self.chunks = self.chunks.iter().map(own).collect();
        }
        let answer = Answer {
            made_of: self.made_of,
            chunks: is_whole.then(|| self.chunks.into()),
            was_wanted: true,
        };
        let is_long = answer.bytes() > SHORT;
        locked(&self.remembered.answers).put(self.request, answer);
        if is_long {
            self.remembered.watch_long_answers();
        }
    }
}

/// The turn of the one long answer that is gathered.
struct Turn(Arc<Remembered>);

impl Drop for Turn {
    fn drop(&mut self) {
        locked(&self.0.answers).is_gathering = false;
    }
}

/// A panic leaves these maps whole.
fn locked<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
