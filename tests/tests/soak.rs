//! The long runs of `azq-soak`, for a few seconds each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![expect(
    clippy::print_stdout,
    reason = "what a run finds is for the reader of a failure"
)]

use azq_tests::soak::{crashes, look_ups};

/// A few sizes, so that debug builds spend their time on the tested code.
const FEW_SIZES: &str = "Standard_[BDE][248]s_v5|Standard_D2s_v5";

fn say(text: &str) {
    println!("{text}");
}

/// Pitfall 40: growing memory, and descriptors that are never closed, while Azure fails.
#[test]
fn a_short_soak_finds_no_failure() {
    let plan = look_ups::Plan {
        look_ups: 2_000,
        early: 500,
        clients: 8,
        seed: 20_261_125,
        sku_names: Some(FEW_SIZES.to_owned()),
    };
    let report = look_ups::run(&plan, &say).unwrap();
    println!("{report}");
    // After so few look-ups memory has not settled.
    assert_eq!(report.failures(false), [""; 0], "{report}");
}

/// Pitfall 1, and any other work that was in progress when the daemon was killed.
#[test]
fn crashes_under_load_give_no_wrong_answer() {
    let plan = crashes::Plan {
        crashes: 20,
        clients: 4,
        seed: 20_261_125,
        sku_names: Some(FEW_SIZES.to_owned()),
    };
    let report = crashes::run(&plan, &say).unwrap();
    println!("{report}");
    // The limit of one second holds only on a machine without other load.
    assert_eq!(report.failures(false), [""; 0], "{report}");
}
