//! The answers and situations that are kept, and the bounds of both.
//!
//! Invariants: an answer is given again only in its own situation and to the same selection; all is bounded, in number and in
//! bytes. A long answer is kept when it is asked for a second time, for most are wanted once, and only while it is asked for again
//! and again.

use super::situation::Situation;
use crate::skus::Filter;
use azq_proto::v1::{Context, ListSkusRequest};
use bytes::Bytes;
use foldhash::fast::RandomState;
use lru::LruCache;
use std::hash::BuildHasher as _;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// How many situations are kept: of a caller, one for each location and query. (The compiler checks that this and the next are not zero.)
pub(in super::super) const SITUATIONS: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// How many answers are kept.
pub(in super::super) const ANSWERS: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// The longest request that anything is kept for, in bytes: a query, and an environment of which few variables travel.
pub(in super::super) const LONGEST_REQUEST: usize = 16 << 10;
/// An answer up to this length, in bytes, is short.
pub(super) const SHORT: usize = 16 << 10;
/// The longest answer that is kept, in bytes: more than what a region comes to as JSON.
pub(super) const LONGEST: usize = 7 << 19;
/// What all answers may take together, in bytes: the longest, and some hundred short ones.
pub(in super::super) const ANSWER_BYTES: usize = 4 << 20;

/// An answer, in parts.
pub(crate) type Chunks = Arc<[Bytes]>;

/// What is kept.
pub(super) struct Answers {
    /// By a hash of what they were asked for with, so that no request has to be taken apart to look.
    situations: LruCache<u64, (Asking, Arc<Situation>)>,
    hasher: RandomState,
    last_number: u64,
    by_question: LruCache<Question, Answer, RandomState>,
    bytes: usize,
    /// Only one long answer is gathered at a time.
    pub(super) is_gathering: bool,
    /// There are long answers, and somebody lets them go.
    pub(super) is_watched: bool,
}

/// A request without what selects.
type Asking = (Option<Context>, Option<String>);

/// What is selected, in the situation of that number.
pub(super) type Question = (u64, Filter);

pub(super) struct Answer {
    /// None of an answer that was too long for its first time.
    chunks: Option<Chunks>,
    was_wanted: bool,
}

impl Answers {
    pub(super) fn new() -> Self {
        Self {
            situations: LruCache::new(SITUATIONS),
            hasher: RandomState::default(),
            last_number: 0,
            by_question: LruCache::with_hasher(ANSWERS, RandomState::default()),
            bytes: 0,
            is_gathering: false,
            is_watched: false,
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.situations.clear();
        self.by_question.clear();
        self.bytes = 0;
    }

    /// How many answers are kept, and how many bytes they have.
    pub(super) fn usage(&self) -> (usize, usize) {
        (self.by_question.len(), self.bytes)
    }

    /// The situation of a request that differs from an earlier one in nothing but what it selects.
    pub(super) fn situation(&mut self, request: &ListSkusRequest) -> Option<Arc<Situation>> {
        let asking = (&request.context, &request.location);
        let hash = self.hasher.hash_one(asking);
        let ((context, location), situation) = self.situations.get(&hash)?;
        ((context, location) == asking).then(|| Arc::clone(situation))
    }

    /// Keeps a request's situation, unless it is kept already. What it takes the place of is forgotten with its answers.
    pub(super) fn keep(
        &mut self,
        request: ListSkusRequest,
        mut situation: Situation,
    ) -> Arc<Situation> {
        if let Some(kept) = self.situation(&request)
            && kept.is_as(&situation)
        {
            return kept;
        }
        self.last_number += 1;
        situation.number = self.last_number;
        let situation = Arc::new(situation);
        let asking = (request.context, request.location);
        let hash = self.hasher.hash_one(&asking);
        let kept = (asking, Arc::clone(&situation));
        if let Some((_, (_, replaced))) = self.situations.push(hash, kept) {
            self.forget(replaced.number);
        }
        situation
    }

    fn forget(&mut self, number: u64) {
        let questions = self.by_question.iter().map(|(question, _)| question);
        let outdated: Vec<_> = questions.filter(|of| of.0 == number).cloned().collect();
        for question in outdated {
            let forgotten = self.by_question.pop(&question);
            self.bytes -= forgotten.map_or(0, |answer| answer.bytes());
        }
    }

    /// The answer, if it is kept; it is wanted again.
    pub(super) fn answer(&mut self, question: &Question) -> Option<Chunks> {
        let answer = self.by_question.get_mut(question)?;
        answer.was_wanted = true;
        answer.chunks.clone()
    }

    /// Keeps an answer, or that there was one which was too long for its first time.
    pub(super) fn put(&mut self, question: Question, chunks: Option<Chunks>) {
        if question.1.text_length() > LONGEST_REQUEST {
            return;
        }
        let answer = Answer {
            chunks,
            was_wanted: true,
        };
        self.bytes += answer.bytes();
        let replaced = self.by_question.push(question, answer);
        self.bytes -= replaced.map_or(0, |(_, answer)| answer.bytes());
        while self.bytes > ANSWER_BYTES
            && let Some((_, oldest)) = self.by_question.pop_lru()
        {
            self.bytes -= oldest.bytes();
        }
    }

    /// Whether a long answer to this may be gathered now: it was asked for before, and no other is being gathered.
    pub(super) fn begin_long(&mut self, question: &Question) -> bool {
        let may_be_long = self.by_question.contains(question) && !self.is_gathering;
        self.is_gathering |= may_be_long;
        may_be_long
    }

    /// Lets long answers go that were not wanted since the last time; whether any are left.
    pub(super) fn let_long_ones_go(&mut self) -> bool {
        self.is_watched = false;
        for (_, answer) in &mut self.by_question {
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
}

impl Answer {
    fn bytes(&self) -> usize {
        let chunks = self.chunks.iter().flat_map(|chunks| chunks.iter());
        chunks.map(Bytes::len).sum()
    }
}
