//! One machine requests the value for all, even if machines die.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};

use super::*;

/// Checks that all machines, which request the value at once, get the first one.
async fn all_get_the_first(machines: impl IntoIterator<Item = Machine>) {
    let got = all_at_once(machines).await;
    assert!(got.iter().all(|(_, value)| value.number == 1));
}

/// Lets all machines request the value at once, and returns the value that each got.
async fn all_at_once(machines: impl IntoIterator<Item = Machine>) -> Vec<(Machine, Value)> {
    let mut waiting = JoinSet::new();
    for mut machine in machines {
        waiting.spawn(async move {
            let value = machine.value().await.unwrap();
            (machine, value)
        });
    }
    waiting.join_all().await
}

#[tokio::test(start_paused = true)]
async fn fifty_machines_with_nothing_ask_once() {
    let world = World::new();
    all_get_the_first((0..50).map(|_| world.machine())).await;
    assert_eq!(world.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn clocks_that_differ_by_half_a_minute_change_nothing() {
    let world = World::new();
    let off = |at: i64| world.machine_with(at - 25, Mode::ReadWrite);
    all_get_the_first((0..50).map(off)).await;
    assert_eq!(world.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_serves_while_one_machine_renews_it() {
    let world = World::new();
    let got = all_at_once((0..50).map(|_| world.machine())).await;
    sleep(FRESH).await;
    let begun = Instant::now();
    let mut waiting = JoinSet::new();
    for (mut machine, _) in got {
        waiting.spawn(async move {
            let value = machine.renew().await.unwrap();
            (machine, value, begun.elapsed())
        });
    }
    let got = waiting.join_all().await;
    assert_eq!(world.asked(), 2);
    let waited = got.iter().filter(|(.., took)| *took >= world.origin.takes);
    assert_eq!(waited.count(), 1, "only the elected one");
    sleep(Duration::from_secs(5)).await;
    for (mut machine, ..) in got {
        assert_eq!(machine.value().await.unwrap().number, 2);
    }
    assert_eq!(world.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn when_the_elected_one_dies_another_takes_over_and_the_origin_is_asked_twice_at_most() {
    for dies_after in (0..30).map(|at| Duration::from_millis(at * 90)) {
        let world = World::new();
        let mut elected = world.machine();
        let dying = tokio::spawn(async move { elected.value().await });
        sleep(Duration::from_millis(1)).await;
        let others = (0..49).map(|_| world.machine()).collect::<Vec<_>>();
        let all = tokio::spawn(all_at_once(others));
        sleep(dies_after).await;
        dying.abort();
        let got = all.await.unwrap();
        assert!(world.asked() <= 2, "{dies_after:?}: {}", world.asked());
        let are_same = got.iter().all(|(_, value)| *value == got[0].1);
        assert!(are_same, "{dies_after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_takes_longer_than_a_lease_is_asked_by_one_machine_all_the_same() {
    let mut world = World::new();
    Arc::get_mut(&mut world.origin).unwrap().takes = Duration::from_secs(25);
    all_get_the_first((0..20).map(|_| world.machine())).await;
    assert_eq!(world.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_too_long_asks_as_well() {
    let mut world = World::new();
    Arc::get_mut(&mut world.origin).unwrap().takes = Duration::from_secs(600);
    let mut elected = world.machine();
    drop(tokio::spawn(async move { elected.value().await }));
    sleep(Duration::from_millis(1)).await;
    let begun = Instant::now();
    world.machine().value().await.unwrap();
    assert_eq!(world.asked(), 2);
    let waited = begun.elapsed().saturating_sub(world.origin.takes);
    assert!(waited < Duration::from_secs(35), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_fails_is_asked_by_the_next_one() {
    let world = World::new();
    world.origin.fails.store(1, Ordering::SeqCst);
    let mut elected = world.machine();
    let failing = tokio::spawn(async move { elected.value().await });
    sleep(Duration::from_millis(1)).await;
    all_get_the_first((0..9).map(|_| world.machine())).await;
    assert_eq!(failing.await.unwrap(), Err("the origin is down"));
    assert_eq!(world.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_only_reads_is_never_elected_and_serves_what_others_wrote() {
    let world = World::new();
    let mut reader = world.machine_with(0, Mode::ReadOnly);
    assert_eq!(reader.value().await.unwrap().number, 1);
    let found = world.store.get("0123abcd", None, 1024).await;
    assert_eq!(found, Ok(Found::Absent));
    let mut writer = world.machine();
    assert_eq!(writer.value().await.unwrap().number, 2);
    writer.share.finish().await;
    let mut reader = world.machine_with(0, Mode::ReadOnly);
    assert_eq!(reader.value().await.unwrap().number, 2);
    assert_eq!(world.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_not_transferred_again() {
    let world = World::new();
    let mut machine = world.machine();
    machine.value().await.unwrap();
    machine.share.finish().await;
    let mut other = world.machine();
    other.value().await.unwrap();
    let once = other.share.standing().counts.bytes_read;
    advance(FRESH).await;
    let mut elected = world.machine();
    elected.held = machine.held;
    drop(tokio::spawn(async move { elected.renew().await }));
    sleep(Duration::from_millis(1)).await;
    for _ in 0..10 {
        assert_eq!(other.renew().await.unwrap().number, 1);
    }
    let leases = 10 * crate::lease::LONGEST;
    let read = other.share.standing().counts.bytes_read - once;
    assert!(read < leases, "{read}: the leases alone were read");
}
