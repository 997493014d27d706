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

/// A fault for both commands, and the command's outcome.
struct Case {
    fault: fn(&str) -> Fault,
    times: u32,
    end: End,
}

enum End {
    /// The request is retried until Azure answers it.
    Answer,
    /// An exit code and a part of the error.
    Error(i32, &'static str),
}

fn case(fault: fn(&str) -> Fault, times: u32, end: End) -> Case {
    Case { fault, times, end }
}

fn cases() -> Vec<Case> {
    use End::{Answer, Error};
    vec![
        case(|p| refusal(p, 401, "InvalidAuthenticationToken"), 1, Answer),
        case(
            |p| refusal(p, 401, "InvalidAuthenticationToken"),
            ALWAYS,
            Error(1, "(InvalidAuthenticationToken) In Azure's words."),
        ),
        case(
            |p| refusal(p, 403, "AuthorizationFailed"),
            ALWAYS,
            Error(1, "(AuthorizationFailed) In Azure's words."),
        ),
        case(
            |p| refusal(p, 404, "ResourceNotFound"),
            ALWAYS,
            Error(3, "(ResourceNotFound) In Azure's words."),
        ),
        case(
            |p| refusal(p, 429, "TooManyRequests").header("Retry-After", "1"),
            2,
            Answer,
        ),
        case(|p| refusal(p, 500, "InternalServerError"), 2, Answer),
        case(
            |p| refusal(p, 500, "InternalServerError"),
            ALWAYS,
            Error(1, "(InternalServerError) In Azure's words."),
        ),
        case(|p| Fault::effect(p, Effect::Reset), 1, Answer),
        case(
            |p| Fault::effect(p, Effect::Reset),
            ALWAYS,
            Error(1, "Connection"),
        ),
        case(|p| Fault::effect(p, Effect::Drop), 1, Answer),
        case(|p| Fault::effect(p, Effect::HalfBody), 1, Answer),
        case(
            |p| Fault::effect(p, Effect::HalfBody),
            ALWAYS,
            Error(1, "Connection broken: IncompleteRead"),
        ),
        case(|p| Fault::effect(p, Effect::Silence), 1, Answer),
        case(
            |p| Fault::effect(p, Effect::Silence),
            ALWAYS,
            Error(1, "Read timed out."),
        ),
        case(|p| html(p, 502), 1, Answer),
        case(|p| html(p, 502), ALWAYS, Error(1, "")),
        case(|p| html(p, 200), ALWAYS, Error(1, "")),
        case(|p| Fault::effect(p, Effect::BadGzip), ALWAYS, Error(1, "")),
    ]
}

/// Runs a command under a fault, then without it.
fn suffer(case: &Case, pattern: &str, line: &str, answer: &str) {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_READ_TIMEOUT", "1s");
    let fault = (case.fault)(pattern);
    let about = format!("{fault:?} {} times, {line}", case.times);
    emulator.inject(fault.times(case.times));
    let outcome = home.line(line);
    assert!(!outcome.timed_out, "{about}");
    assert!(
        !outcome.stderr.contains("panicked") && !outcome.stderr.contains("inside azqd"),
        "{about}: {outcome:?}"
    );
    match case.end {
        End::Answer => {
            assert_eq!(
                (outcome.code, outcome.text().as_str()),
                (Some(0), answer),
                "{about}: {outcome:?}"
            );
        }
        End::Error(code, says) => {
            assert_eq!(
                (outcome.code, outcome.text().as_str()),
                (Some(code), ""),
                "{about}: {outcome:?}"
            );
            let error = outcome
                .stderr
                .lines()
                .find_map(|line| line.strip_prefix("ERROR: "));
            let error = error.unwrap_or_else(|| panic!("{about}: {outcome:?}"));
            assert!(error.contains(says) && error.len() > 10, "{about}: {error}");
        }
    }
    let daemon = home.daemons();
    emulator.state().faults.clear();
    for _ in 0..2 {
        assert_eq!(home.line(line).success(), answer, "{about}");
    }
    assert_eq!(home.daemons(), daemon, "{about}: the daemon goes on");
    let asked = emulator.requests().len();
    home.line("daemon stop").success();
    assert_eq!(
        home.line(LIST_SKUS).success(),
        SKUS,
        "{about}: from the disk"
    );
    if line == LIST_SKUS {
        assert_eq!(emulator.requests().len(), asked, "{about}: from the disk");
    }
}

fn suffer_all(pattern: &str, line: &str, answer: &str) {
    thread::scope(|scope| {
        let threads: Vec<_> = cases()
            .into_iter()
            .map(|case| scope.spawn(move || suffer(&case, pattern, line, answer)))
            .collect();
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
    assert!(
        refused.failure(1).contains("TooManyRequests"),
        "{refused:?}"
    );
    for _ in 0..3 {
        let throttled = home.line(SHOW_POOL);
        assert!(throttled.failure(1).contains("throttles"), "{throttled:?}");
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
        for (fault, line) in [
            (
                Fault::answer(ONE_POOL, 307, json!(null)).header("Location", &url),
                SHOW_POOL,
            ),
            (
                Fault::answer(ALL_SKUS, 302, json!(null)).header("Location", &url),
                LIST_SKUS,
            ),
            (linked(ALL_SKUS), LIST_SKUS),
            (linked("GET .*/agentPools"), listed),
            (
                Fault::answer("PUT .*", 201, json!({})).header("Azure-AsyncOperation", &url),
                UPDATE_POOL,
            ),
            (
                Fault::answer("PUT .*", 201, json!(null)).header("Location", &url),
                UPDATE_POOL,
            ),
        ] {
            emulator.inject(fault);
            let outcome = home.line(line);
            let stderr = outcome.failure(1);
            assert!(
                stderr.starts_with("ERROR: ")
                    && (stderr.contains("not followed") || stderr.contains("not permitted")),
                "{line}: {stderr}"
            );
        }
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
        assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    }
    assert!(
        elsewhere.requests().is_empty(),
        "{:?}",
        elsewhere.requests()
    );
}

#[test]
fn pages_that_do_not_end_or_do_not_exist_are_errors() {
    let (emulator, home) = logged_in();
    for effect in [Effect::LoopingNextLink, Effect::BadNextLink] {
        emulator.inject(Fault::effect(ALL_SKUS, effect).times(ALWAYS));
        let outcome = home.line(LIST_SKUS);
        assert!(
            outcome.code.is_some_and(|code| code == 1 || code == 3),
            "{outcome:?}"
        );
        assert!(outcome.stderr.starts_with("ERROR: "), "{outcome:?}");
        emulator.state().faults.clear();
    }
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
}
