//! `azq cache show|clear|refresh`, and how old a catalogue may be.

use crate::prelude::*;

fn kept(home: &Home, options: &[&str]) -> Vec<String> {
    let shown = home.azq(["cache", "show"].iter().chain(options)).unwrap();
    let rows: Vec<Value> = shown.json();
    let subscriptions = rows.iter().map(|row| row["subscription"].as_str().unwrap());
    subscriptions.map(str::to_owned).collect()
}

#[test]
fn only_the_subscription_that_is_named_is_shown_and_cleared() {
    let (_emulator, home) = logged_in();
    for subscription in [SUBSCRIPTION, OTHER_SUBSCRIPTION] {
        let line = format!("{LIST_SKUS} --subscription {subscription}");
        home.line(&line).success();
    }
    assert_eq!(kept(&home, &[]).len(), 2);
    assert_eq!(kept(&home, &["--subscription", "sub one"]), [SUBSCRIPTION]);
    let other = ["--subscription", OTHER_SUBSCRIPTION];
    assert_eq!(kept(&home, &other), [OTHER_SUBSCRIPTION]);

    for mistake in ["Sub Three", ""] {
        let refused = home
            .azq(["cache", "clear", "--subscription", mistake])
            .unwrap();
        assert_ne!(refused.code, Some(0), "{mistake:?}");
    }
    assert_eq!(kept(&home, &[]).len(), 2);
    let cleared = home
        .azq(["cache", "clear", "--subscription", "Sub Two"])
        .unwrap();
    assert_eq!(cleared.json::<Vec<Value>>().len(), 1);
    assert_eq!(kept(&home, &[]), [SUBSCRIPTION]);
    home.line("daemon restart").success();
    assert_eq!(
        kept(&home, &[]),
        [SUBSCRIPTION],
        "nor does its file come back"
    );
}

#[test]
fn a_refresh_that_has_nothing_to_renew_says_so() {
    let (emulator, home) = logged_in();
    let nothing = home.line("cache refresh");
    assert_eq!(nothing.printed(0), "[]\n");
    let said = "WARNING: No catalogue is kept";
    nothing.stderr.assert_starts_with(said);
    let nowhere = home.line("cache refresh -l nosuch");
    assert!(nowhere.failure(1).contains("'nosuch'"), "{nowhere:?}");
    let empty = home.azq(["cache", "refresh", "-l", ""]).unwrap();
    empty.failure(2).assert_contains("--location <LOCATION>");

    home.line(LIST_SKUS).success();
    let asked = sku_requests(&emulator);
    let fetched = home.line("cache refresh -l ukwest");
    let rows: Vec<Value> = fetched.json();
    assert_eq!((rows.len(), &rows[0]["location"]), (1, &"ukwest".into()));
    assert_eq!(sku_requests(&emulator), asked + 1);
    let fetched_at = rows[0]["fetchedAt"].as_str().unwrap();
    assert_eq!(
        fetched_at.len(),
        "2026-01-31T08:05:09Z".len(),
        "{fetched_at}"
    );
}

#[test]
fn an_age_of_a_catalogue_may_have_a_unit() {
    let (emulator, home) = logged_in();
    home.line(LIST_SKUS).success();
    let young = format!("{LIST_SKUS} --max-age 1h");
    assert_eq!(home.line(&young).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 1);
    let odd = home.line(&format!("{LIST_SKUS} --max-age 1y"));
    odd.failure(2)
        .assert_contains("invalid duration value: '1y'");
}
