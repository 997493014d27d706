//! The cached contexts and answers, and the limits of both.
//!
//! Invariants: an answer is used again only for its own context and the same selection; everything
//! is limited, in number and in bytes. A long answer is kept when it is requested for a second
//! time, because most are requested once.

use super::super::answer::CHUNK;
use super::context::CachedContext;
use super::files::AnswerFile;
use azq_proto::v1::Context;
use azq_skus::{Filter, Provider, Question as Asked};
use bytes::Bytes;
use foldhash::fast::RandomState;
use lru::LruCache;
use std::hash::BuildHasher as _;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// How many contexts are kept: of a caller, one for each location and query. (The compiler checks
/// that this and the next are not zero.)
pub(in super::super) const CONTEXTS: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// How many answers are kept.
pub(in super::super) const ANSWERS: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// The longest request for which anything is kept, in bytes: a query, and an environment of which
/// few variables are forwarded.
pub(in super::super) const LONGEST_REQUEST: usize = 16 << 10;
/// The longest short answer, which is kept in memory, in bytes.
pub(super) const SHORT: usize = CHUNK;
/// The limit of all short answers together, in bytes.
pub(in super::super) const ANSWER_BYTES: u64 = 4 << 20;

/// The contexts and answers that are kept.
pub(super) struct Answers {
    /// The contexts, by a hash of their request, so that a search need not clone parts of the
    /// request.
    contexts: LruCache<u64, (RequestKey, Arc<CachedContext>)>,
    hasher: RandomState,
    last_number: u64,
    by_question: LruCache<Question, Answer, RandomState>,
    usage: Usage,
    /// The limit of all files together, in bytes.
    most_file_bytes: u64,
    /// Whether a long answer is being written; there is only one at a time.
    pub(super) is_gathering: bool,
}

/// A request without the selection.
type RequestKey = (Provider, Option<Context>, Option<String>, Option<Arc<[u8]>>);

/// A selection in the context of this number.
pub(super) type Question = (u64, Filter);

/// The cached knowledge of an answer.
#[derive(Clone)]
pub(super) enum Answer {
    Short(Bytes),
    Long(Arc<AnswerFile>),
    /// There was an answer, which was too long to be kept the first time.
    Asked,
    /// The answer is too long to be kept at all.
    TooLong,
}

/// The size of the kept answers, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Usage {
    pub(in super::super) memory: u64,
    pub(in super::super) files: u64,
}

impl Answers {
    pub(super) fn new(most_file_bytes: u64) -> Self {
        Self {
            contexts: LruCache::new(CONTEXTS),
            hasher: RandomState::default(),
            last_number: 0,
            by_question: LruCache::with_hasher(ANSWERS, RandomState::default()),
            usage: Usage::default(),
            most_file_bytes,
            is_gathering: false,
        }
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.contexts.clear();
        self.by_question.clear();
        self.usage = Usage::default();
    }

    /// Returns how many answers are kept, and their size.
    pub(super) fn usage(&self) -> (usize, Usage) {
        (self.by_question.len(), self.usage)
    }

    /// Returns the context of a request that differs from an earlier one only in its selection.
    pub(super) fn context(&mut self, asked: &Asked<'_>) -> Option<Arc<CachedContext>> {
        let asking = (
            asked.provider,
            &asked.request.context,
            &asked.request.location,
            &asked.sizes,
        );
        let hash = self.hasher.hash_one(asking);
        let ((provider, context, location, sizes), cached) = self.contexts.get(&hash)?;
        ((*provider, context, location, sizes) == asking).then(|| Arc::clone(cached))
    }

    /// Keeps a request's context, unless it is kept already. A context that it replaces is dropped
    /// with its answers.
    pub(super) fn keep(
        &mut self,
        asked: Asked<'static>,
        mut context: CachedContext,
    ) -> Arc<CachedContext> {
        if let Some(kept) = self.context(&asked)
            && kept.is_as(&context)
        {
            return kept;
        }
        self.last_number += 1;
        context.number = self.last_number;
        let context = Arc::new(context);
        let request = asked.request.into_owned();
        let asking = (
            asked.provider,
            request.context,
            request.location,
            asked.sizes,
        );
        let hash = self.hasher.hash_one(&asking);
        let kept = (asking, Arc::clone(&context));
        if let Some((_, (_, replaced))) = self.contexts.push(hash, kept) {
            self.forget_all(replaced.number);
        }
        context
    }

    fn forget_all(&mut self, number: u64) {
        let questions = self.by_question.iter().map(|(question, _)| question);
        let outdated: Vec<_> = questions.filter(|of| of.0 == number).cloned().collect();
        for question in outdated {
            self.forget_one(&question);
        }
    }

    /// Drops an answer.
    fn forget_one(&mut self, question: &Question) {
        let dropped = self.by_question.pop(question);
        self.count_out(dropped.as_ref());
    }

    /// Returns what is known of an answer.
    pub(super) fn answer(&mut self, question: &Question) -> Option<Answer> {
        self.by_question.get(question).cloned()
    }

    /// Keeps what is known of an answer.
    pub(super) fn put(&mut self, question: Question, answer: Answer) {
        let is_of_use = match &answer {
            Answer::Asked => !self.by_question.contains(&question),
            // The context may have been dropped while the answer was written.
            Answer::Long(_) => self.is_kept(question.0),
            Answer::Short(_) | Answer::TooLong => true,
        };
        if !is_of_use || question.1.text_length() > LONGEST_REQUEST {
            return;
        }
        let kept = answer.usage();
        self.usage.memory += kept.memory;
        self.usage.files += kept.files;
        let replaced = self.by_question.push(question, answer);
        self.count_out(replaced.as_ref().map(|(_, answer)| answer));
        while self.usage.files > self.most_file_bytes
            && let Some(oldest) = self.oldest(|answer| matches!(answer, Answer::Long(_)))
        {
            self.forget_one(&oldest);
        }
        while self.usage.memory > ANSWER_BYTES
            && let Some(oldest) = self.oldest(|answer| matches!(answer, Answer::Short(_)))
        {
            self.forget_one(&oldest);
        }
    }

    fn is_kept(&self, number: u64) -> bool {
        let mut contexts = self.contexts.iter();
        contexts.any(|(_, (_, context))| context.number == number)
    }

    /// Drops an answer whose file is gone, so that the file is written anew.
    pub(super) fn has_lost(&mut self, question: Question) {
        self.forget_one(&question);
        self.put(question, Answer::Asked);
    }

    /// Returns the least recently used answer of a kind.
    fn oldest(&self, is_of_the_kind: impl Fn(&Answer) -> bool) -> Option<Question> {
        let mut from_the_oldest = self.by_question.iter().rev();
        let (question, _) = from_the_oldest.find(|(_, answer)| is_of_the_kind(answer))?;
        Some(question.clone())
    }

    fn count_out(&mut self, answer: Option<&Answer>) {
        let left = answer.map(Answer::usage).unwrap_or_default();
        self.usage.memory -= left.memory;
        self.usage.files -= left.files;
    }

    /// Whether a long answer may be written now: it was requested before, and no other is being
    /// written.
    pub(super) fn begin_long(&mut self, question: &Question) -> bool {
        let was_asked = matches!(self.by_question.peek(question), Some(Answer::Asked));
        let may_be_long = was_asked && !self.is_gathering;
        self.is_gathering |= may_be_long;
        may_be_long
    }
}

impl Answer {
    fn usage(&self) -> Usage {
        let (memory, files) = match self {
            Self::Short(bytes) => (bytes.len() as u64, 0),
            Self::Long(file) => (0, file.length()),
            Self::Asked | Self::TooLong => (0, 0),
        };
        Usage { memory, files }
    }
}
