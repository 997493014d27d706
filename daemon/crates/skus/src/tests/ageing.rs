//! Fresh, stale and expired catalogues.

use super::*;

#[tokio::test]
async fn a_stale_catalogue_is_served_and_renewed_behind_the_caller() {
    let desk = Desk::new([skus(&["old"]), skus(&["new"])]);
    assert_eq!(desk.eastus().await, ["old"]);
    desk.set(0.99);
    assert_eq!(desk.eastus().await, ["old"]);
    assert_eq!(desk.azure.times_asked(), 1);
    desk.set(1.0);
    assert_eq!(desk.eastus().await, ["old"]);
    desk.catalogues.finish().await;
    assert_eq!(desk.azure.times_asked(), 2);
    assert_eq!(desk.eastus().await, ["new"]);
    assert_eq!(desk.azure.times_asked(), 2);
}

#[tokio::test]
async fn an_expired_catalogue_is_renewed_first() {
    let desk = Desk::new([skus(&["old"]), skus(&["new"])]);
    assert_eq!(desk.eastus().await, ["old"]);
    desk.set(24.0);
    assert_eq!(desk.eastus().await, ["new"]);
}

#[tokio::test]
async fn an_expired_catalogue_is_better_than_none_and_says_its_age() {
    let desk = Desk::new([skus(&["old"]), down()]);
    desk.eastus().await;
    desk.set(50.0);
    let heard = RecordedReport::default();
    let names = desk.names(Some("eastus"), None, &heard).await;
    assert_eq!(names.unwrap(), ["old"]);
    let warning = "Azure cannot be reached; these resource SKUs are 2 days old.";
    assert_eq!(*heard.warnings.lock().unwrap(), [warning]);
    let debug = heard.debug.lock().unwrap().join("\n");
    assert!(debug.contains("no route"), "{debug}");
    desk.azure.answer([skus(&["new"])]);
    assert_eq!(desk.eastus().await, ["new"]);
}

#[tokio::test]
async fn an_expired_catalogue_does_not_hide_that_azure_refuses() {
    let refusal = Answer::Error(error("AuthorizationFailed", false));
    let desk = Desk::new([skus(&["old"]), refusal]);
    desk.eastus().await;
    desk.set(50.0);
    let error = desk.names_at(Some("eastus")).await.unwrap_err();
    assert_eq!(error.message, "AuthorizationFailed");
}

#[tokio::test]
async fn a_caller_waits_for_an_expired_catalogue_with_patience_only() {
    let desk = Desk::with([skus(&["old"]), skus(&["new"])], |settings| {
        settings.patience = Duration::from_millis(10);
    });
    desk.eastus().await;
    desk.set(30.0);
    let gate = desk.azure.close_gate();
    let heard = RecordedReport::default();
    let names = desk.names(Some("eastus"), None, &heard).await;
    assert_eq!(names.unwrap(), ["old"]);
    assert_eq!(heard.warnings.lock().unwrap().len(), 1);
    gate.add_permits(1);
    desk.catalogues.finish().await;
    assert_eq!(desk.eastus().await, ["new"]);
}

#[tokio::test]
async fn a_failed_renewal_behind_callers_is_not_repeated_at_once() {
    let desk = Desk::new([skus(&["old"]), down()]);
    desk.eastus().await;
    for (hours, times_asked) in [(2.0, 2), (2.0, 2), (2.005, 2), (2.01, 3)] {
        desk.set(hours);
        assert_eq!(desk.eastus().await, ["old"]);
        desk.catalogues.finish().await;
        assert_eq!(desk.azure.times_asked(), times_asked, "after {hours} hours");
    }
}

#[tokio::test]
async fn max_age_decides() {
    let answers = ["one", "two", "three"].map(|name| skus(&[name]));
    let desk = Desk::new(answers);
    let names = |max_age| desk.names(Some("eastus"), Some(max_age), &Silent);
    assert_eq!(names(100).await.unwrap(), ["one"]);
    assert_eq!(names(100).await.unwrap(), ["one"]);
    assert_eq!(names(0).await.unwrap(), ["two"]);
    desk.set(0.5);
    assert_eq!(names(HOUR).await.unwrap(), ["two"]);
    assert_eq!(names(60).await.unwrap(), ["three"]);
    desk.azure.answer([down()]);
    desk.set(100.0);
    assert_eq!(names(200 * HOUR).await.unwrap(), ["three"]);
    assert_eq!(names(HOUR).await.unwrap_err().message, "no route");
}

#[tokio::test]
async fn a_clock_set_back_makes_nothing_eternal() {
    let desk = Desk::new([skus(&["old"]), skus(&["new"])]);
    desk.set(100.0);
    desk.eastus().await;
    desk.set(0.0);
    assert_eq!(desk.eastus().await, ["new"]);
}

#[tokio::test]
async fn only_what_is_fresh_is_at_hand() {
    let desk = Desk::new([skus(&["here"]), skus(&["everywhere"])]);
    let at_hand = |location: Option<&str>| {
        let location = location.map(str::to_owned);
        let key = Key::new(Provider::Compute, &scope("sub"), location);
        desk.catalogues.at_hand(&key)
    };
    assert!(at_hand(Some("eastus")).is_none());
    desk.eastus().await;
    assert!(at_hand(Some("eastus")).is_some() && at_hand(None).is_none());
    desk.set(0.5);
    desk.names_at(None).await.unwrap();
    let everywhere = at_hand(None).unwrap();
    assert!(Arc::ptr_eq(&at_hand(Some("westus")).unwrap(), &everywhere));
    desk.set(1.5);
    assert!(at_hand(Some("westus")).is_none() && at_hand(None).is_none());
}
