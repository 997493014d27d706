//! Names from Azure's lists, cached for a while.
//!
//! If a list is not fresh, Azure is asked once for all callers that wait. When the budget ends,
//! each caller gets the names that have arrived by then, else older ones, else none. Names that
//! arrive later serve the next TAB.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use serde_json::Value as Json;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

use super::List;
use azq_account::Scope;
use azq_arm::Silent;
use azq_arm::{Arm, Session};

/// How long a caller waits for Azure.
const BUDGET: Duration = Duration::from_millis(230);
/// How long names are used without a new request.
const FRESH: Duration = Duration::from_secs(15);
/// How long names are used if Azure has not responded in time.
pub(crate) const KEPT: Duration = Duration::from_secs(10 * 60);
/// How long a request for the next TAB may take.
const LONGEST: Duration = Duration::from_secs(10);
/// How many lists are cached. (The compiler checks that it is not zero.)
pub(crate) const LISTS: NonZeroUsize = NonZeroUsize::new(64).unwrap();
/// The most requests for lists at once.
pub(crate) const ASKING: usize = 4;
/// How many names of a list are cached: more than a user reads.
pub(crate) const MOST_NAMES: usize = 5_000;
/// The limit of a list's names together, in bytes.
pub(crate) const MOST_BYTES: usize = 256 << 10;

/// The cached lists of all accounts.
pub(crate) struct Names {
    lists: Mutex<LruCache<(Scope, List), Arc<CachedNames>>>,
    asking: Arc<Semaphore>,
}

/// One account's view of one list.
struct CachedNames {
    state: Mutex<State>,
    is_asked: AtomicBool,
    /// How many requests have ended, with a response or without one.
    answers: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    asked: Option<Instant>,
    named: Option<(Instant, Arc<[String]>)>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            lists: Mutex::new(LruCache::new(LISTS)),
            asking: Arc::new(Semaphore::new(ASKING)),
        }
    }
}

impl Names {
    /// Returns the names in a list, within [`BUDGET`].
    pub(crate) async fn of(&self, session: &Session, list: List) -> Vec<String> {
        let remembered = self.remembered(&session.scope, &list);
        if !remembered.is_fresh() {
            let mut answers = remembered.answers.subscribe();
            self.ask(&remembered, session.arm.with_held_token(), list);
            // After a timeout, or if too many requests are running, the cached names are used.
            let _late = timeout(BUDGET, answers.changed()).await;
        }
        remembered.names().to_vec()
    }

    /// Returns how many lists are cached.
    pub(crate) fn count(&self) -> usize {
        self.lists().len()
    }

    fn remembered(&self, scope: &Scope, list: &List) -> Arc<CachedNames> {
        let key = (scope.clone(), list.clone());
        let mut lists = self.lists();
        Arc::clone(lists.get_or_insert(key, Arc::default))
    }

    fn ask(&self, remembered: &Arc<CachedNames>, arm: Arm, list: List) {
        if remembered.is_asked.swap(true, Ordering::Relaxed) {
            return;
        }
        let Ok(permit) = Arc::clone(&self.asking).try_acquire_owned() else {
            remembered.answered(None);
            return;
        };
        let remembered = Arc::clone(remembered);
        tokio::spawn(async move {
            let listed = arm.list(&list.path, list.api_version, &[], &Silent);
            let listed = timeout(LONGEST, listed).await;
            remembered.answered(listed.ok().and_then(Result::ok));
            drop(permit);
        });
    }

    fn lists(&self) -> MutexGuard<'_, LruCache<(Scope, List), Arc<CachedNames>>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for CachedNames {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            is_asked: AtomicBool::default(),
            answers: watch::Sender::new(0),
        }
    }
}

impl CachedNames {
    fn is_fresh(&self) -> bool {
        let asked = self.state().asked;
        asked.is_some_and(|asked| asked.elapsed() < FRESH)
    }

    fn names(&self) -> Arc<[String]> {
        let named = self.state().named.clone();
        let named = named.filter(|(since, _)| since.elapsed() < KEPT);
        named.map(|(_, names)| names).unwrap_or_default()
    }

    fn answered(&self, elements: Option<Vec<Json>>) {
        let now = Instant::now();
        {
            let mut state = self.state();
            if let Some(elements) = elements {
                state.named = Some((now, names(&elements)));
                state.asked = Some(now);
            }
        }
        self.is_asked.store(false, Ordering::Relaxed);
        self.answers.send_modify(|count| *count += 1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the elements' names, within the limits.
fn names(elements: &[Json]) -> Arc<[String]> {
    let mut left = MOST_BYTES;
    let names = elements
        .iter()
        .filter_map(|element| element.get("name")?.as_str())
        // A control character would end a candidate.
        .filter(|name| !name.is_empty() && !name.chars().any(char::is_control))
        .take(MOST_NAMES);
    let fitting = names.take_while(|name| {
        let rest = left.checked_sub(name.len());
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    fitting.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_bounded_and_fit_on_a_line() {
        let elements = [
            json!({"name": "a"}),
            json!({"id": 1}),
            json!({"name": "x\ny"}),
            json!(null),
        ];
        assert_eq!(&*names(&elements), ["a"]);
        let many = vec![json!({"name": "n"}); MOST_NAMES + 1];
        assert_eq!(names(&many).len(), MOST_NAMES);
        let long = vec![json!({"name": "n".repeat(MOST_BYTES / 2)}); 3];
        assert_eq!(names(&long).len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn names_get_old() {
        let remembered = CachedNames::default();
        assert!(!remembered.is_fresh() && remembered.names().is_empty());
        remembered.answered(Some(vec![json!({"name": "a"})]));
        assert!(remembered.is_fresh());
        tokio::time::advance(FRESH).await;
        assert!(!remembered.is_fresh());
        assert_eq!(
            &*remembered.names(),
            ["a"],
            "until Azure has answered again"
        );
        remembered.answered(None);
        assert_eq!(&*remembered.names(), ["a"], "Azure has failed");
        tokio::time::advance(KEPT).await;
        assert!(remembered.names().is_empty());
    }
}
