//! Retries of failed requests, by the rules of azure-core's `RetryPolicy` with its defaults.
//!
//! az also retries requests that change something, because every such request of Resource Manager
//! is idempotent. So Azure sees as many requests from azq as from az. Two limits are azq's own: the
//! caller's deadline ends all retries, and a `Retry-After` beyond the deadline is not waited for.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method, StatusCode};

/// The statuses that are retried.
const RETRIED: [u16; 6] = [408, 429, 500, 502, 503, 504];
/// The number of retries for each kind of failure (`retry_connect`, `retry_read`, `retry_status`).
/// azure-core's `retry_total` of 10 is more than the three together, so it never decides.
const EACH: u32 = 3;
/// The wait before the second retry. The first retry is immediate, and each later one waits twice
/// as long.
const SECOND: Duration = Duration::from_millis(1600);
/// The longest wait that Azure has not asked for.
const LONGEST: Duration = Duration::from_secs(120);

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no connection, so Azure has not seen the request.
    Connect,
    /// The connection broke, or no response came; Azure may have seen the request.
    Read,
    /// Azure responded with an error.
    Status,
}

/// The retries of one request, by the kind of failure.
#[derive(Clone, Debug, Default)]
pub(super) struct Retries([u32; 3]);

impl Retries {
    /// Returns how long to wait before the request is sent again after a response, or `None` if it
    /// is not.
    pub(super) fn after_answer(
        &mut self,
        method: &Method,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Option<Duration> {
        let worth = headers.contains_key(http::header::RETRY_AFTER)
            || (is_retried_method(method, status) && RETRIED.contains(&status.as_u16()));
        if status.as_u16() < 400 || !worth || !self.count(Failure::Status) {
            return None;
        }
        let wish = retry_after(headers).filter(|wish| !wish.is_zero());
        Some(wish.unwrap_or_else(|| self.backoff()))
    }

    /// Returns how long to wait before the request is sent again after a broken connection, or
    /// `None` if it is not.
    pub(super) fn after_failure(&mut self, method: &Method, failure: Failure) -> Option<Duration> {
        (is_idempotent(method) && self.count(failure)).then(|| self.backoff())
    }

    fn count(&mut self, failure: Failure) -> bool {
        let counter = &mut self.0[failure as usize];
        *counter += 1;
        *counter <= EACH
    }

    fn backoff(&self) -> Duration {
        match self.0.iter().sum::<u32>() {
            0 | 1 => Duration::ZERO,
            retries => (SECOND * 2_u32.pow((retries - 2).min(3 * EACH))).min(LONGEST),
        }
    }
}

/// Returns the wait that Azure asks for, in any of its headers and forms (azure-core,
/// `policies/_utils.py`).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(value) = text("retry-after") {
        return seconds(value);
    }
    let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"]
        .into_iter()
        .find_map(text)?;
    seconds(milliseconds).map(|wait| wait / 1000)
}

/// Parses a number of seconds, or an HTTP date.
fn seconds(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let date = time::OffsetDateTime::parse(value, &time::format_description::well_known::Rfc2822);
    let date = SystemTime::from(date.ok()?);
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

fn is_idempotent(method: &Method) -> bool {
    *method != Method::POST && *method != Method::PATCH
}

fn is_retried_method(method: &Method, status: StatusCode) -> bool {
    is_idempotent(method) || [500, 503, 504].contains(&status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::Response;

    /// The waits without a wish of Azure's.
    const OWN: [f64; 3] = [0.0, 1.6, 3.2];

    #[test]
    fn an_error_of_azures_is_tried_three_times_more_unless_azure_wishes_otherwise() {
        let passing = RETRIED.map(|status| (Method::PUT, status, None, &OWN[..]));
        for (method, status, wish, wanted) in passing.into_iter().chain([
            (Method::GET, 409, None, &[][..]),
            (Method::GET, 501, None, &[]),
            (Method::GET, 429, Some("7"), &[7.0; 3]),
            (Method::POST, 400, Some("7"), &[7.0; 3]),
            (Method::GET, 429, Some("0"), &OWN),
            (Method::GET, 200, Some("7"), &[]),
            // What is not idempotent is repeated only where Azure says that it failed.
            (Method::POST, 429, None, &[]),
            (Method::POST, 503, None, &OWN),
        ]) {
            let headers: Vec<_> = wish.map(|wish| ("retry-after", wish)).into_iter().collect();
            let answer = Response::of(status, &headers, "");
            let mut retries = Retries::default();
            let waits = std::iter::from_fn(|| {
                let wait = retries.after_answer(&method, answer.status, &answer.headers)?;
                Some(wait.as_secs_f64())
            });
            assert_eq!(
                waits.collect::<Vec<_>>(),
                wanted,
                "{method} {status} {wish:?}"
            );
        }
    }

    #[test]
    fn each_kind_of_failure_has_its_own_three() {
        let mut retries = Retries::default();
        assert_eq!(retries.after_failure(&Method::POST, Failure::Connect), None);
        let mut count = 0;
        for failure in [Failure::Connect, Failure::Read]
            .into_iter()
            .cycle()
            .take(8)
        {
            count += u32::from(retries.after_failure(&Method::GET, failure).is_some());
        }
        assert_eq!(count, 6);
    }

    #[test]
    fn every_form_of_retry_after_is_understood() {
        let wait = |name, value| retry_after(&Response::of(200, &[(name, value)], "").headers);
        for (name, value, wanted) in [
            ("retry-after", "1.5", Some(1500)),
            ("x-ms-retry-after-ms", "250", Some(250)),
            ("retry-after", "-3", Some(0)),
            ("retry-after", "soon", None),
            ("retry-after", "1e300", None),
            ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
        ] {
            assert_eq!(
                wait(name, value),
                wanted.map(Duration::from_millis),
                "{value}"
            );
        }
        let wait = wait("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT");
        assert!(wait.expect("a wait") > Duration::from_secs(1 << 30));
    }
}
