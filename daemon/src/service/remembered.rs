//! What was worked out for one call and serves the next: compiled queries, and short answers about resource SKUs.
//!
//! Scripts ask the same thing over and over. Invariants: an answer is given again only for the same catalogue, that very
//! allocation, so that nothing outlives a refresh, and nothing passes from one account to another; everything is bounded.

use super::render::Look;
use crate::output::Format;
use crate::output::jmespath::{self, Expression};
use crate::skus::{Catalogue, Filter};
use bytes::Bytes;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// How many queries are kept. (The compiler checks that this and the next are not zero.)
const QUERIES: NonZeroUsize = NonZeroUsize::new(128).unwrap();
/// The longest query that is kept, in bytes: twice the longest of the 187 that were found in public scripts.
const LONGEST_QUERY: usize = 2 << 10;
/// How many answers are kept.
pub(super) const ANSWERS: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// The longest answer that is kept, in bytes; all together take 4 MiB at most.
const LONGEST_ANSWER: usize = 16 << 10;

/// Queries and answers, for all calls.
pub(crate) struct Remembered {
    queries: Mutex<LruCache<Box<str>, Expression>>,
    answers: Mutex<LruCache<Question, Answer>>,
}

/// Which answer: what is asked of which catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// Where the catalogue lies. Another may lie there later, so [`Answer`] says which it was.
    address: usize,
    pub(super) filter: Filter,
    format: Format,
    color: bool,
    query: Option<String>,
}

struct Answer {
    of: Weak<Catalogue>,
    bytes: Bytes,
}

impl Question {
    pub(super) fn new(
        catalogue: &Arc<Catalogue>,
        filter: Filter,
        look: &Look,
        query: Option<String>,
    ) -> Self {
        Self {
            address: Arc::as_ptr(catalogue).addr(),
            filter,
            format: look.format,
            color: look.color,
            query,
        }
    }
}

impl Remembered {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            queries: Mutex::new(LruCache::new(QUERIES)),
            answers: Mutex::new(LruCache::new(ANSWERS)),
        }
    }

    /// How many answers are kept.
    pub(super) fn answers(&self) -> usize {
        locked(&self.answers).len()
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

    /// The answer that this catalogue gave before.
    pub(super) fn answer(&self, question: &Question, catalogue: &Arc<Catalogue>) -> Option<Bytes> {
        let mut answers = locked(&self.answers);
        let answer = answers.get(question)?;
        let is_same = std::ptr::eq(answer.of.as_ptr(), Arc::as_ptr(catalogue));
        is_same.then(|| answer.bytes.clone())
    }

    /// Keeps an answer, if it is short.
    pub(super) fn remember(&self, question: Question, of: Weak<Catalogue>, bytes: &[u8]) {
        if bytes.len() <= LONGEST_ANSWER {
            // A copy of its own, for these may be a small part of what was reserved for them.
            let bytes = Bytes::copy_from_slice(bytes);
            locked(&self.answers).put(question, Answer { of, bytes });
        }
    }
}

/// A panic leaves these maps whole.
fn locked<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Table;

    fn question(catalogue: &Arc<Catalogue>, query: &str) -> Question {
        let look = Look {
            format: Format::Json,
            query: None,
            color: false,
            table: Table::Automatic,
        };
        Question::new(catalogue, Filter::default(), &look, Some(query.to_owned()))
    }

    #[test]
    fn an_answer_is_given_again_for_the_same_catalogue_and_question_alone() {
        let remembered = Remembered::new();
        let catalogue = Arc::new(Catalogue::default());
        let asked = question(&catalogue, "a");
        remembered.remember(asked.clone(), Arc::downgrade(&catalogue), b"answer");
        let answer = |asked: &Question, catalogue| remembered.answer(asked, catalogue);
        assert_eq!(answer(&asked, &catalogue).as_deref(), Some(&b"answer"[..]));
        assert_eq!(answer(&question(&catalogue, "b"), &catalogue), None);
        let other = Arc::new(Catalogue::default());
        assert_eq!(answer(&question(&other, "a"), &other), None);
        // As if the other lay where the first one lay.
        assert_eq!(answer(&asked, &other), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let remembered = Remembered::new();
        let catalogue = Arc::new(Catalogue::default());
        let long = vec![0; LONGEST_ANSWER + 1];
        let asked = question(&catalogue, "long");
        remembered.remember(asked.clone(), Arc::downgrade(&catalogue), &long);
        assert_eq!(remembered.answer(&asked, &catalogue), None);
        for number in 0..2 * ANSWERS.get() {
            let asked = question(&catalogue, &number.to_string());
            remembered.remember(asked, Arc::downgrade(&catalogue), b"short");
        }
        assert_eq!(remembered.answers(), ANSWERS.get());
    }

    #[test]
    fn a_query_is_compiled_once_and_a_bad_one_each_time() {
        let remembered = Remembered::new();
        assert!(remembered.query(None).unwrap().is_none());
        for _ in 0..2 {
            assert!(remembered.query(Some("[].name")).unwrap().is_some());
            assert!(remembered.query(Some("[")).is_err());
        }
        assert_eq!(locked(&remembered.queries).len(), 1);
    }
}
