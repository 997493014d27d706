//! Parts of one task that wake each other: polled again at once, instead of by way of the runtime, which would ask the system
//! for events in between, three times for each answer.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// How often in a row; then the runtime's other tasks have their turn.
const MOST: usize = 4;

/// Runs a future whose parts wake each other.
pub(super) async fn in_rounds<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let round = Arc::new(Round::default());
    let waker = Waker::from(Arc::clone(&round));
    std::future::poll_fn(|context| {
        round.is_for(context.waker());
        for _ in 0..MOST {
            round.begin();
            let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
            if polled.is_ready() || !round.end() {
                return polled;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Whoever is woken while the future is polled is heard at the end of that, else the task is woken.
#[derive(Default)]
struct Round {
    task: Mutex<Option<Waker>>,
    is_polling: AtomicBool,
    is_woken: AtomicBool,
}

impl Round {
    fn is_for(&self, waker: &Waker) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if !task.as_ref().is_some_and(|task| task.will_wake(waker)) {
            *task = Some(waker.clone());
        }
    }

    fn begin(&self) {
        self.is_polling.store(true, SeqCst);
        self.is_woken.store(false, SeqCst);
    }

    /// Whether anybody was woken meanwhile. Who is woken from another thread is seen either here or by [`Wake::wake`].
    fn end(&self) -> bool {
        self.is_polling.store(false, SeqCst);
        self.is_woken.load(SeqCst)
    }
}

impl Wake for Round {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, SeqCst);
        if self.is_polling.load(SeqCst) {
            return;
        }
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = &*task {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    }

    /// Two parts that answer each other, in one poll as far as a round goes.
    #[test]
    fn parts_that_wake_each_other_go_on() {
        let (to_one, mut one) = mpsc::unbounded_channel();
        let (to_two, mut two) = mpsc::unbounded_channel();
        let first = async {
            to_two.send(0).unwrap();
            while let Some(number) = one.recv().await {
                if number > 1000 {
                    return number;
                }
                to_two.send(number + 1).unwrap();
            }
            0
        };
        let second = async {
            while let Some(number) = two.recv().await {
                to_one.send(number + 1).unwrap();
            }
            std::future::pending::<u32>().await
        };
        let both = in_rounds(async {
            tokio::select! {
                biased;
                number = first => number,
                number = second => number,
            }
        });
        assert_eq!(runtime().block_on(both), 1001);
    }

    /// A future that never stops waking itself leaves the runtime to others; another thread's wake is never lost.
    #[test]
    fn others_have_their_turn() {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let restless = std::future::poll_fn(move |context| {
            context.waker().wake_by_ref();
            receiver.poll_recv(context)
        });
        let answer = runtime().block_on(async {
            tokio::spawn(async move { sender.send("other task").unwrap() });
            in_rounds(restless).await
        });
        assert_eq!(answer, Some("other task"));
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let thread = std::thread::spawn(move || (0..1000).for_each(|n| sender.send(n).unwrap()));
        let sum = runtime().block_on(in_rounds(async {
            let mut sum = 0;
            while let Some(number) = receiver.recv().await {
                sum += number;
            }
            sum
        }));
        thread.join().unwrap();
        assert_eq!(sum, 499_500);
    }
}
