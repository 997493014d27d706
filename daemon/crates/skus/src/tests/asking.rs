//! The requests to Azure, their number, and the effects of their errors.

use super::*;

#[tokio::test]
async fn a_location_is_asked_for_alone_and_once() {
    let desk = Desk::new([skus(&["b", "a", "c@westus"])]);
    for location in ["eastus", "EastUS", "EASTUS"] {
        assert_eq!(desk.names_at(Some(location)).await.unwrap(), ["b", "a"]);
    }
    assert_eq!(desk.azure.asked(), [first(Some("eastus"))]);
}

#[tokio::test]
async fn without_a_location_everything_is_asked_for_and_answers_for_locations_too() {
    let desk = Desk::new([skus(&["a", "b@westus"])]);
    assert_eq!(desk.names_at(None).await.unwrap(), ["a", "b"]);
    assert_eq!(desk.names_at(Some("")).await.unwrap(), ["a", "b"]);
    assert_eq!(desk.names_at(Some("westus")).await.unwrap(), ["b"]);
    assert_eq!(desk.names_at(Some("nowhere")).await.unwrap(), [""; 0]);
    assert_eq!(desk.azure.asked(), [first(None)]);
}

#[tokio::test]
async fn a_location_that_azures_filter_cannot_take_is_looked_up_in_everything() {
    let desk = Desk::new([skus(&["a"])]);
    assert_eq!(desk.names_at(Some("east'us")).await.unwrap(), [""; 0]);
    assert_eq!(desk.azure.asked(), [first(None)]);
}

#[tokio::test]
async fn display_names_are_looked_up_once() {
    let desk = Desk::new([skus(&["a", "b@westus"])]);
    assert_eq!(desk.names_at(Some("EAST us")).await.unwrap(), ["a"]);
    assert_eq!(desk.names_at(Some("West US")).await.unwrap(), ["b"]);
    assert_eq!(desk.names_at(Some("Moon Base")).await.unwrap(), [""; 0]);
    assert_eq!(desk.azure.0.asked_for_locations.load(Ordering::Relaxed), 1);
    let asked = [first(Some("eastus")), first(Some("westus"))];
    assert_eq!(desk.azure.asked()[..2], asked);
    desk.set(2.0);
    desk.names_at(Some("East US")).await.unwrap();
    assert_eq!(desk.azure.0.asked_for_locations.load(Ordering::Relaxed), 1);
    desk.names_at(Some("Moon Base")).await.unwrap();
    assert_eq!(desk.azure.0.asked_for_locations.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn pages_are_followed_as_they_are() {
    let pages = vec![
        page(&["a"], Some("https://x/?$skiptoken=1")),
        page(&["b"], Some("")),
        vec![],
    ];
    let desk = Desk::new([Answer::Pages(pages)]);
    assert_eq!(desk.eastus().await, ["a", "b"]);
    let next = Page::Next {
        provider: Provider::Compute,
        link: "https://x/?$skiptoken=1".into(),
    };
    assert_eq!(desk.azure.asked(), [first(Some("eastus")), next]);
}

#[tokio::test]
async fn pages_that_lead_back_are_an_error() {
    let back = || page(&["a"], Some("https://x/again"));
    let desk = Desk::new([Answer::Pages(vec![back(), back(), back()])]);
    let error = desk.names_at(Some("eastus")).await.unwrap_err();
    assert!(error.message.ends_with("its pages do not end."), "{error}");
    assert_eq!(desk.azure.times_asked(), 2);
}

#[tokio::test]
async fn scopes_have_catalogues_of_their_own() {
    let desk = Desk::new([skus(&["a"])]);
    let request = ListSkusRequest::default();
    for subscription in ["one", "two", "one"] {
        let (scope, eastus) = (scope(subscription), Some("eastus"));
        let found = desk
            .catalogues
            .find(&desk.azure, &scope, &request, eastus, &Silent);
        found.await.unwrap();
    }
    assert_eq!(desk.azure.times_asked(), 2);
}

#[tokio::test]
async fn errors_are_not_kept_and_concern_one_location() {
    let refusal = Answer::Error(error("AuthorizationFailed", false));
    let desk = Desk::new([skus(&["a"]), refusal, skus(&["b@westus"])]);
    assert_eq!(desk.eastus().await, ["a"]);
    assert!(desk.names_at(Some("westus")).await.is_err());
    assert_eq!(desk.eastus().await, ["a"]);
    assert_eq!(desk.names_at(Some("westus")).await.unwrap(), ["b"]);
    assert_eq!(desk.azure.times_asked(), 3);
}

#[tokio::test]
async fn a_location_without_skus_is_not_kept() {
    let desk = Desk::new([skus(&[]), skus(&["a"])]);
    assert_eq!(desk.eastus().await, [""; 0]);
    assert_eq!(desk.eastus().await, ["a"]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_asked_for_again() {
    let mut broken = page(&["a", "b"], None);
    broken.truncate(10);
    let cut = Answer::Pages(vec![broken.clone()]);
    broken.push(Err(error("reset", true)));
    let reset = Answer::Pages(vec![broken]);
    let html = Answer::Pages(vec![vec![Ok(Bytes::from_static(b"<html>"))]]);
    let desk = Desk::new([cut, reset, skus(&["a", "b"])]);
    assert_eq!(desk.eastus().await, ["a", "b"]);
    assert_eq!(desk.azure.times_asked(), 3);
    desk.azure.answer([html]);
    let error = desk.names_at(Some("westus")).await.unwrap_err();
    let words = "Azure's answer is no list of resource SKUs: it is not JSON at byte 0.";
    assert_eq!(error.message, words);
    assert_eq!(desk.azure.times_asked(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_ask_once_and_hear_the_same() {
    let desk = Arc::new(Desk::new([skus(&["a"])]));
    let gate = desk.azure.close_gate();
    let callers = (0..50).map(|_| {
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            let heard = RecordedReport::default();
            let names = desk.names(Some("eastus"), None, &heard).await.unwrap();
            (names, heard.debug.into_inner().unwrap())
        })
    });
    let callers: Vec<_> = callers.collect();
    gate.add_permits(1);
    for caller in callers {
        let (names, debug) = caller.await.unwrap();
        assert_eq!(names, ["a"]);
        // A caller that came after the response heard no report, the others all of them.
        assert!(debug.is_empty() || debug == ["asked"]);
    }
    assert_eq!(desk.azure.times_asked(), 1);
}

#[tokio::test]
async fn callers_who_want_the_present_share_at_most_two_requests() {
    let desk = Arc::new(Desk::new([skus(&["a"])]));
    let gate = desk.azure.close_gate();
    let mut callers = Vec::new();
    for number in 0..20 {
        desk.set(f64::from(number) / 1_000.0);
        let desk = Arc::clone(&desk);
        callers.push(tokio::spawn(async move {
            desk.names(Some("eastus"), Some(0), &Silent).await
        }));
        tokio::task::yield_now().await;
    }
    gate.add_permits(20);
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), ["a"]);
    }
    assert_eq!(desk.azure.times_asked(), 2);
}

#[tokio::test]
async fn a_caller_who_leaves_takes_nothing_from_the_others() {
    let desk = Arc::new(Desk::new([skus(&["a"])]));
    let gate = desk.azure.close_gate();
    let call = |desk: &Arc<Desk>| {
        let desk = Arc::clone(desk);
        tokio::spawn(async move { desk.names_at(Some("eastus")).await })
    };
    let leader = call(&desk);
    while desk.azure.times_asked() == 0 {
        tokio::task::yield_now().await;
    }
    let follower = call(&desk);
    tokio::task::yield_now().await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    assert_eq!(follower.await.unwrap().unwrap(), ["a"]);
    assert_eq!(desk.azure.times_asked(), 1);
}

#[tokio::test]
async fn a_crash_while_fetching_is_an_error_once() {
    let desk = Desk::new([Answer::Crash]);
    let error = desk.names_at(Some("eastus")).await.unwrap_err();
    let words = "The request for resource SKUs was abandoned.";
    assert_eq!(error.message, words);
    desk.azure.answer([skus(&["a"])]);
    assert_eq!(desk.eastus().await, ["a"]);
}

/// An Azure that sends page after page without end, each in good time.
#[derive(Clone, Default)]
struct EndlessSource(Arc<AtomicUsize>);

impl Source for EndlessSource {
    async fn page(&self, _: &Page, _: &dyn Report) -> Result<Body, SourceError> {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let next = format!("https://azure.test/{number}");
        Ok(stream::iter(page(&["a"], Some(&next))).boxed())
    }

    async fn locations(&self, _: &dyn Report) -> Result<Vec<Location>, SourceError> {
        Ok(Vec::new())
    }
}

#[tokio::test(start_paused = true)]
async fn pages_that_go_on_and_on_are_given_up_in_time() {
    let azure = EndlessSource::default();
    let catalogues = Catalogues::new(Settings::default());
    let (scope, request) = (scope("sub"), ListSkusRequest::default());
    let start = tokio::time::Instant::now();
    let found = catalogues.find(&azure, &scope, &request, None, &Silent);
    let error = found.await.err().unwrap();
    assert!(error.message.contains("more than an hour"), "{error}");
    assert_eq!(start.elapsed().as_secs() / 10, LONGEST.as_secs() / 10);
    assert!(azure.0.load(Ordering::Relaxed) < MAX_PAGES);
}
