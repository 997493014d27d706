//! Results of one call that serve the next: compiled queries, and answers about resource SKUs.
//!
//! Scripts repeat the same request, or the same request for one size after the other. A cached
//! answer is returned again. Any other answer is selected and rendered in place, if an index finds
//! it and there is no query, because everything else about such a call is known from the one
//! before.
//!
//! Invariants: see [`context`] for how long cached data is valid, and [`answers`] for how much is
//! kept. A call with messages beside its answer is not cached.

mod answers;
mod cache_fill;
mod context;
mod files;

use super::DaemonState;
use super::render::{OwnedRendering, here_and_now};
pub(super) use answers::{ANSWER_BYTES, ANSWERS, CONTEXTS, LONGEST_REQUEST, Usage};
use answers::{Answer, Answers};
use azq_account::{Caller, Profile};
use azq_command::CommandError;
use azq_jmespath::Expression;
use azq_skus::{Filter, Found, Question};
use bytes::Bytes;
pub(super) use cache_fill::CacheFill;
use context::CachedContext;
pub(crate) use files::AnswerFile;
use files::AnswerFiles;
pub(super) use files::LEFT_FREE;
use lru::LruCache;
use prost::Message as _;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many queries are kept. (The compiler checks that it is not zero.)
pub(super) const QUERIES: NonZeroUsize = NonZeroUsize::new(128).unwrap();
/// The longest query that is kept, in bytes: twice the longest of the 187 that were found in public
/// scripts.
pub(super) const LONGEST_QUERY: usize = 2 << 10;

/// Queries and answers, shared by all calls.
pub(crate) struct ResponseCache {
    queries: Mutex<LruCache<Box<str>, Expression>>,
    answers: Mutex<Answers>,
    files: AnswerFiles,
    /// A profile that was current at this number of arrivals.
    looked: Mutex<Option<(u64, Arc<Profile>)>>,
    /// [`Sessions::changes`](azq_arm::Sessions::changes) at the time of the oldest answer.
    changes: AtomicU64,
}

/// An answer that takes no more than a look-up.
pub(super) enum Known {
    Short(Bytes),
    /// An open file.
    Long(Arc<AnswerFile>, File),
}

impl ResponseCache {
    /// Returns an empty cache. Long answers are kept in the directory, if there is one, up to so
    /// many bytes.
    pub(crate) fn new(directory: Option<PathBuf>, most_file_bytes: u64) -> Self {
        Self {
            queries: Mutex::new(LruCache::new(QUERIES)),
            answers: Mutex::new(Answers::new(most_file_bytes)),
            files: AnswerFiles::new(directory, most_file_bytes),
            looked: Mutex::new(None),
            changes: AtomicU64::new(0),
        }
    }

    /// Drops all answers, with the requests' contexts, if az's files have changed since.
    pub(crate) fn follow(&self, changes: u64) {
        if self.changes.swap(changes, Ordering::Relaxed) != changes {
            *locked(&self.looked) = None;
            locked(&self.answers).clear();
        }
    }

    /// Drops all answers, and removes their files and those that another daemon has left.
    pub(crate) fn forget(&self) {
        locked(&self.answers).clear();
        self.files.clear();
    }

    /// Returns how many answers are kept, and their size.
    pub(super) fn answers(&self) -> (usize, Usage) {
        locked(&self.answers).usage()
    }

    /// Returns a query, compiled.
    pub(super) fn query(
        &self,
        text: Option<&str>,
    ) -> Result<Option<Expression>, azq_jmespath::SyntaxError> {
        let Some(text) = text else {
            return Ok(None);
        };
        if let Some(known) = locked(&self.queries).get(text) {
            return Ok(Some(known.clone()));
        }
        let compiled = azq_jmespath::compile(text)?;
        if text.len() <= LONGEST_QUERY {
            locked(&self.queries).put(text.into(), compiled.clone());
        }
        Ok(Some(compiled))
    }

    /// Returns a caller's profile. az's files are checked once for all calls that had arrived by
    /// then.
    pub(super) fn profile(
        &self,
        caller: &Caller,
        daemon: &DaemonState,
    ) -> Result<Arc<Profile>, CommandError> {
        let arrivals = daemon.arrivals.count();
        if let Some((then, profile)) = &*locked(&self.looked)
            && (*then, profile.caller()) == (arrivals, caller)
            && arrivals > 0
        {
            return Ok(Arc::clone(profile));
        }
        let profile = daemon.sessions.profile(caller)?;
        if profile.is_being_written() {
            return Ok(profile);
        }
        *locked(&self.looked) = Some((arrivals, Arc::clone(&profile)));
        Ok(profile)
    }

    /// Returns the answer to a request, if that takes no more than a look-up.
    pub(super) fn at_once(&self, asked: &Question<'_>, daemon: &DaemonState) -> Option<Known> {
        let context = locked(&self.answers).context(asked)?;
        let catalogue = context.catalogue(daemon)?;
        let filter = Filter::of(asked.clone(), context.location.clone());
        let question = (context.number, filter);
        let known = locked(&self.answers).answer(&question);
        match known {
            Some(Answer::Short(answer)) => return Some(Known::Short(answer)),
            Some(Answer::Long(answer)) => match answer.open() {
                Some(file) => return Some(Known::Long(answer, file)),
                None => locked(&self.answers).has_lost(question.clone()),
            },
            Some(Answer::Asked | Answer::TooLong) | None => {}
        }
        let rendered = here_and_now(&catalogue, &question.1, &context.look)?;
        // The copy has no spare capacity, because the cache counts only the length.
        let rendered = Bytes::from(rendered.into_boxed_slice());
        locked(&self.answers).put(question, Answer::Short(rendered.clone()));
        Some(Known::Short(rendered))
    }

    /// Starts to cache the answer to a request, if it is of a kind that is cached, and keeps its
    /// context.
    pub(super) fn gather(
        self: &Arc<Self>,
        question: Option<Question<'static>>,
        profile: &Arc<Profile>,
        found: &Found,
        look: &OwnedRendering,
    ) -> CacheFill {
        let Some((question, context)) = question.zip(CachedContext::of(profile, found, look))
        else {
            return CacheFill::none();
        };
        let options = question.sizes.as_ref().map_or(0, |options| options.len());
        if question.request.encoded_len() + options > LONGEST_REQUEST {
            return CacheFill::none();
        }
        // The same key as in `at_once`.
        let filter = Filter::of(question.clone(), context.location.clone());
        let context = locked(&self.answers).keep(question, context);
        CacheFill::of((context.number, filter), self)
    }
}

/// Locks a map, even after a panic, which cannot leave it inconsistent.
fn locked<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
