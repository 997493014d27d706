//! Faults of Azure: a command then ends with the right answer or a clear error, and the next one
//! works.

use crate::prelude::*;

const ALL_SKUS: &str = "GET .*/skus";
const ONE_POOL: &str = "GET .*/mynodepool";
/// A number above that of any retries.
const ALWAYS: u32 = 100;

fn refusal(pattern: &str, status: u16, code: &str) -> Fault {
    let error = json!({"error": {"code": code, "message": "In Azure's words."}});
    Fault::answer(pattern, status, error)
}

fn html(pattern: &str, status: u16) -> Fault {
    Fault {
        pattern: pattern.to_owned(),
        status: Some(status),
        text: Some("<html><body>A proxy's page</body></html>".to_owned()),
        ..Fault::default()
    }
}

enum End {
    /// The request is retried until Azure answers it.
    Answer,
    /// An exit code and a part of the error.
    Error(i32, &'static str),
}

/// Returns faults of requests like this for both commands, and each command's outcome.
fn cases(p: &str) -> Vec<(Fault, End)> {
    use End::{Answer, Error};
    let once = |effect| (Fault::effect(p, effect), Answer);
    let always = |effect, says| (Fault::effect(p, effect).times(ALWAYS), Error(1, says));
    let refused = |status, code, end| (refusal(p, status, code).times(ALWAYS), end);
    let too_many = refusal(p, 429, "TooManyRequests").header("Retry-After", "1");
    let token = "InvalidAuthenticationToken";
    let server = "InternalServerError";
    vec![
        (refusal(p, 401, token), Answer),
        refused(
            401,
            token,
            Error(1, "(InvalidAuthenticationToken) In Azure's words."),
        ),
        refused(
            403,
            "AuthorizationFailed",
            Error(1, "(AuthorizationFailed) In Azure's words."),
        ),
        refused(
            404,
            "ResourceNotFound",
            Error(3, "(ResourceNotFound) In Azure's words."),
        ),
        (too_many.times(2), Answer),
        (refusal(p, 500, server).times(2), Answer),
        refused(
            500,
            server,
            Error(1, "(InternalServerError) In Azure's words."),
        ),
        once(Effect::Reset),
        always(Effect::Reset, "Connection"),
        once(Effect::Drop),
        once(Effect::HalfBody),
        always(Effect::HalfBody, "Connection broken: IncompleteRead"),
        once(Effect::Silence),
        always(Effect::Silence, "Read timed out."),
        (html(p, 502), Answer),
        (html(p, 502).times(ALWAYS), Error(1, "")),
        (html(p, 200).times(ALWAYS), Error(1, "")),
        always(Effect::BadGzip, ""),
    ]
}

/// Runs a command under a fault, then without it.
fn suffer(fault: Fault, end: &End, line: &str, answer: &str) {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_READ_TIMEOUT", "1s");
    let about = format!("{fault:?}, {line}");
    emulator.inject(fault);
    let outcome = home.line(line);
    assert!(!outcome.timed_out, "{about}");
    assert!(
        !outcome.stderr.contains("panicked") && !outcome.stderr.contains("inside azqd"),
        "{about}: {outcome:?}"
    );
    let (code, stdout) = match end {
        End::Answer => (0, answer),
        End::Error(code, _) => (*code, ""),
    };
    assert_eq!(outcome.code, Some(code), "{about}: {outcome}");
    assert_eq!(outcome.text(), stdout, "{about}: {outcome}");
    if let End::Error(_, says) = end {
        let mut lines = outcome.stderr.lines();
        let error = lines.find_map(|line| line.strip_prefix("ERROR: "));
        let error = error.unwrap_or_else(|| panic!("{about}: {outcome}"));
        assert!(error.contains(says) && error.len() > 10, "{about}: {error}");
    }
    let daemon = home.daemons();
    emulator.state().faults.clear();
    for _ in 0..2 {
        assert_eq!(home.line(line).success(), answer, "{about}");
    }
    assert_eq!(home.daemons(), daemon, "{about}: the daemon goes on");
    let asked = emulator.requests().len();
    home.line("daemon stop").success();
    let from_disk = home.line(LIST_SKUS).success();
    assert_eq!(from_disk, SKUS, "{about}: from the disk");
    if line == LIST_SKUS {
        assert_eq!(emulator.requests().len(), asked, "{about}: from the disk");
    }
}

fn suffer_all(pattern: &str, line: &str, answer: &str) {
    thread::scope(|scope| {
        let suffering = |(fault, end)| scope.spawn(move || suffer(fault, &end, line, answer));
        let threads: Vec<_> = cases(pattern).into_iter().map(suffering).collect();
        let failed = threads.into_iter().filter_map(|thread| thread.join().err());
        assert_eq!(failed.count(), 0);
    });
}

#[test]
fn a_command_ends_correctly_with_every_response_about_a_pool() {
    suffer_all(ONE_POOL, SHOW_POOL, POOL);
}

#[test]
fn the_cache_stays_valid_with_every_response_about_skus() {
    suffer_all(ALL_SKUS, LIST_SKUS, SKUS);
}

#[test]
fn all_calls_of_a_throttled_subscription_wait_for_one_pause() {
    let (emulator, home) = logged_in();
    home.line("account show").success();
    // All but one of the requests after the first pause are refused too, so there is a second
    // pause; unless some were sent during the first.
    let throttled = refusal(ONE_POOL, 429, "TooManyRequests").header("Retry-After", "2");
    emulator.inject(throttled.times(5));
    let started = Instant::now();
    let mut first = home.begin(&format!("{SHOW_POOL} --debug"));
    // The other commands start when the daemon knows of the refusal, and are not sent before its
    // end.
    let mut said = BufReader::new(Bounded(first.stderr.take().unwrap())).lines();
    assert!(said.any(|line| line.unwrap().contains(": 429")));
    thread::scope(|scope| {
        let rest = scope.spawn(move || said.count());
        let others: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| home.line(SHOW_POOL)))
            .collect();
        for client in others {
            assert_eq!(client.join().unwrap().success(), POOL);
        }
        let mut answer = String::new();
        let mut output = Bounded(first.stdout.take().unwrap());
        output.read_to_string(&mut answer).unwrap();
        assert_eq!((answer.as_str(), first.ends().code()), (POOL, Some(0)));
        rest.join().unwrap();
    });
    assert!(started.elapsed() >= Duration::from_secs(4));
    assert_eq!(emulator.request_count("/mynodepool"), 10);
}

/// The pause is too long to wait for, and the next commands do not wait for it either.
#[test]
fn a_pause_that_is_too_long_is_an_error_without_another_request() {
    let (emulator, home) = logged_in();
    emulator.inject(refusal(ONE_POOL, 429, "TooManyRequests").header("Retry-After", "3600"));
    let refused = home.line(SHOW_POOL);
    refused.failure(1).assert_contains("TooManyRequests");
    for _ in 0..3 {
        let throttled = home.line(SHOW_POOL);
        throttled.failure(1).assert_contains("throttles");
    }
    assert_eq!(emulator.request_count("/mynodepool"), 1);
}

/// The token reaches no other host, whatever address Azure sends.
#[test]
fn no_other_host_sees_a_token() {
    let elsewhere = emulator();
    for stranger in [elsewhere.endpoint(), elsewhere.plain_endpoint()] {
        let (emulator, home) = logged_in();
        let path =
            "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Compute/skus";
        let url = format!("{stranger}{path}");
        let linked = |pattern| Fault::answer(pattern, 200, json!({"value": [], "nextLink": url}));
        let listed = "aks nodepool list -g myResourceGroup --cluster-name myAKSCluster";
        let moved =
            |pattern, status| Fault::answer(pattern, status, json!(null)).header("Location", &url);
        let begun = Fault::answer("PUT .*", 201, json!({})).header("Azure-AsyncOperation", &url);
        for (fault, line) in [
            (moved(ONE_POOL, 307), SHOW_POOL),
            (moved(ALL_SKUS, 302), LIST_SKUS),
            (linked(ALL_SKUS), LIST_SKUS),
            (linked("GET .*/agentPools"), listed),
            (begun, UPDATE_POOL),
            (moved("PUT .*", 201), UPDATE_POOL),
        ] {
            emulator.inject(fault);
            let outcome = home.line(line);
            let stderr = outcome.failure(1);
            stderr.assert_starts_with("ERROR: ");
            let is_refused = stderr.contains("not followed") || stderr.contains("not permitted");
            assert!(is_refused, "{line}: {stderr}");
        }
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    let requests = elsewhere.requests();
    assert!(requests.is_empty(), "{requests:?}");
}

#[test]
fn pages_that_do_not_end_or_do_not_exist_are_errors() {
    let (emulator, home) = logged_in();
    for effect in [Effect::LoopingNextLink, Effect::BadNextLink] {
        emulator.inject(Fault::effect(ALL_SKUS, effect).times(ALWAYS));
        let outcome = home.line(LIST_SKUS);
        assert!(matches!(outcome.code, Some(1 | 3)), "{outcome}");
        outcome.stderr.assert_starts_with("ERROR: ");
        emulator.state().faults.clear();
    }
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
}
