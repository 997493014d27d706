//! Runs every target over its seeds, over inputs that once failed, and over mutations that are the
//! same each time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use azq_fuzz::mutation::mutated;
use azq_fuzz::{TARGETS, Target};
use fastrand::Rng;

/// Number of mutations: enough to find plain faults, and few enough for a second or two of a debug
/// build.
const MUTATIONS: usize = 100;

fn target(name: &str) -> &'static Target {
    let mut targets = TARGETS.iter();
    targets
        .find(|target| target.name == name)
        .expect("a target")
}

fn check(name: &str) {
    let target = target(name);
    let seeds = (target.seeds)();
    assert!(seeds.len() >= 5, "only {} seeds", seeds.len());
    let mut random = Rng::with_seed(7);
    let some: Vec<_> = random.choose_multiple(seeds.iter().cloned(), MUTATIONS);
    let mutations = (0..MUTATIONS).map(|_| mutated(&seeds, &mut random));
    for input in regressions(name).into_iter().chain(some).chain(mutations) {
        let run = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        let input = String::from_utf8_lossy(&input);
        assert!(run.is_ok(), "{name} fails for {input:?}");
    }
}

/// Returns the inputs that once failed.
fn regressions(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let files = fs::read_dir(folder.join(name)).into_iter().flatten();
    let contents = files.map(|file| fs::read(file.unwrap().path()).unwrap());
    contents.collect()
}

macro_rules! each {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_target_is_listed_in_order() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name),)*]);
        }
    };
}

each! {
    clouds command_line config errors jmespath operations pools profile requests skus snapshot
}
