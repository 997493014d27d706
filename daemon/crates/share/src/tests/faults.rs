//! A store that fails in any way costs a machine only the request to the origin.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::*;

fn on(fault: impl Fn(Request) -> Fault + Send + Sync + 'static) -> World {
    let inner = ObjectBackend::new(Arc::new(InMemory::new()), "p");
    World::on(Arc::new(Faulty { inner, fault }))
}

/// Returns the time that a first and a later value take, beyond the time of the origin.
async fn cost(world: &World) -> (Duration, Duration) {
    let mut machine = world.machine();
    let mut costs = [Duration::ZERO; 2];
    for cost in &mut costs {
        let begun = Instant::now();
        machine.held = None;
        machine.value().await.unwrap();
        *cost = begun.elapsed().saturating_sub(world.origin.takes);
        sleep(Duration::from_secs(1)).await;
    }
    (costs[0], costs[1])
}

const INSTANT: Duration = Duration::from_millis(400);

/// Checks that neither a first nor a later value takes longer than at once.
async fn is_instant(world: &World) {
    let (first, second) = cost(world).await;
    assert!(first < INSTANT && second < INSTANT, "{first:?} {second:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_asked_once_and_then_left_alone() {
    let world = on(|_| Fault::Error(StoreError::Failed("connection refused".to_owned())));
    let (first, second) = cost(&world).await;
    assert!(first < INSTANT && second.is_zero(), "{first:?} {second:?}");
    assert_eq!(world.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_costs_one_deadline_and_then_nothing() {
    let world = on(|_| Fault::Takes(Duration::from_secs(86_400)));
    let (first, second) = cost(&world).await;
    assert_eq!(first, Timing::default().operation);
    assert!(second.is_zero());
}

#[tokio::test(start_paused = true)]
async fn a_store_whose_every_step_is_slow_costs_no_more_than_its_time() {
    let world = on(|_| Fault::Takes(Duration::from_millis(1200)));
    let (first, second) = cost(&world).await;
    assert!(first <= 2 * Timing::default().operation, "{first:?}");
    assert!(second.is_zero(), "{second:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_written_to_is_read_all_the_same() {
    for error in [
        StoreError::Refused("403".to_owned()),
        StoreError::Failed("no space left".to_owned()),
    ] {
        let world = on(move |request| match request {
            Request::Put => Fault::Error(error.clone()),
            Request::Get => Fault::None,
        });
        is_instant(&world).await;
        let machine = world.machine();
        drop(machine.share.renew(&machine.item, None).await);
        let standing = machine.share.standing();
        assert!(standing.writing.is_some() && standing.reading.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_throttles_is_left_alone() {
    let world = on(|_| Fault::Error(StoreError::Failed("429 SlowDown".to_owned())));
    let machine = world.machine();
    machine.share.renew(&machine.item, None).await.unwrap();
    machine.share.renew(&machine.item, None).await.unwrap();
    let counts = machine.share.standing().counts;
    assert_eq!((counts.requests, counts.failures), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lies_is_found_out() {
    for lie in [
        &b""[..],
        b"0123abcd",
        b"another 7 1800000000000",
        b"azq-lease 1 7 1",
        &[0xff; 2048],
    ] {
        let world = on(move |request| match request {
            Request::Get => Fault::Lies(lie),
            Request::Put => Fault::None,
        });
        is_instant(&world).await;
        assert_eq!(world.asked(), 2, "{lie:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_only_pretends_to_write_costs_a_bounded_wait() {
    let world = on(|request| match request {
        Request::Put => Fault::Pretends,
        Request::Get => Fault::None,
    });
    is_instant(&world).await;
}

/// A store whose lease is always near its end, though its holder does not exist.
#[derive(Debug)]
struct Leased(ObjectBackend, Instant);
#[async_trait::async_trait]
impl Backend for Leased {
    async fn get(&self, name: &str, known: Option<&Tag>, most: u64) -> Result<Found, StoreError> {
        if !name.contains("lease") {
            return self.0.get(name, known, most).await;
        }
        let elapsed = self.1.elapsed();
        let end = UNIX_EPOCH + Duration::from_secs(1_800_000_005) + elapsed;
        let lease = crate::lease::Lease { holder: 7, end };
        let (bytes, tag) = (lease.encode().into(), Tag::of(&format!("{elapsed:?}")));
        Ok(Found::Object { bytes, tag })
    }

    async fn put(&self, name: &str, bytes: Bytes, only_if: OnlyIf) -> Result<Put, StoreError> {
        self.0.put(name, bytes, only_if).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_never_ends_costs_a_bounded_wait() {
    let begun = Instant::now();
    let inner = ObjectBackend::new(Arc::new(InMemory::new()), "p");
    let world = World::on(Arc::new(Leased(inner, begun)));
    world.machine().value().await.unwrap();
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(40), "{waited:?}");
    assert_eq!(world.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_broken_object_is_replaced() {
    let world = World::new();
    let broken = Bytes::from_static(b"broken");
    let put = world.store.put("0123abcd", broken, OnlyIf::Absent);
    put.await.unwrap();
    let mut machine = world.machine();
    assert_eq!(machine.value().await.unwrap().number, 1);
    machine.share.finish().await;
    assert_eq!(world.machine().value().await.unwrap().number, 1);
    assert_eq!(world.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_works_again_is_used_again() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let world = on(move |_| {
        if down.load(Ordering::SeqCst) {
            Fault::Error(StoreError::Failed("down".to_owned()))
        } else {
            Fault::None
        }
    });
    let mut machine = world.machine();
    machine.value().await.unwrap();
    assert!(machine.share.standing().reading.is_some());
    is_down.store(false, Ordering::SeqCst);
    sleep(FRESH).await;
    machine.renew().await.unwrap();
    machine.share.finish().await;
    let standing = machine.share.standing();
    assert!(standing.reading.is_none() && standing.writing.is_none());
    assert_eq!(world.machine().value().await.unwrap().number, 2);
}
