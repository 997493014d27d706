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

/// The retries of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Retries {
    connect: u32,
    read: u32,
    status: u32,
}

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
        let counter = match failure {
            Failure::Connect => &mut self.connect,
            Failure::Read => &mut self.read,
            Failure::Status => &mut self.status,
        };
        *counter += 1;
        *counter <= EACH
    }

    fn backoff(&self) -> Duration {
        match self.connect + self.read + self.status {
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

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            http::HeaderName::from_static(name),
            http::HeaderValue::from_str(value).expect("a value"),
        )])
    }

    fn waits(method: &Method, status: u16, headers: &HeaderMap) -> Vec<f64> {
        let status = StatusCode::from_u16(status).expect("a status");
        let mut retries = Retries::default();
        std::iter::from_fn(|| retries.after_answer(method, status, headers))
            .map(|wait| wait.as_secs_f64())
            .collect()
    }

    #[test]
    fn an_error_of_azures_is_tried_three_times_more() {
        for status in RETRIED {
            assert_eq!(
                waits(&Method::PUT, status, &HeaderMap::new()),
                [0.0, 1.6, 3.2]
            );
        }
        assert!(waits(&Method::GET, 409, &HeaderMap::new()).is_empty());
        assert!(waits(&Method::GET, 501, &HeaderMap::new()).is_empty());
    }

    #[test]
    fn azures_wish_goes_before_everything() {
        assert_eq!(
            waits(&Method::GET, 429, &headers("retry-after", "7")),
            [7.0, 7.0, 7.0]
        );
        assert_eq!(
            waits(&Method::POST, 400, &headers("retry-after", "7")),
            [7.0, 7.0, 7.0]
        );
        assert_eq!(
            waits(&Method::GET, 429, &headers("retry-after", "0")),
            [0.0, 1.6, 3.2]
        );
        assert!(waits(&Method::GET, 200, &headers("retry-after", "7")).is_empty());
    }

    #[test]
    fn what_is_not_idempotent_is_repeated_only_where_azure_says_that_it_failed() {
        assert!(waits(&Method::POST, 429, &HeaderMap::new()).is_empty());
        assert_eq!(waits(&Method::POST, 503, &HeaderMap::new()).len(), 3);
        let mut retries = Retries::default();
        assert_eq!(retries.after_failure(&Method::POST, Failure::Connect), None);
    }

    #[test]
    fn each_kind_of_failure_has_its_own_three() {
        let mut retries = Retries::default();
        let mut count = 0;
        let kinds = [
            Failure::Connect,
            Failure::Read,
            Failure::Connect,
            Failure::Read,
        ];
        for failure in kinds.into_iter().cycle().take(8) {
            count += u32::from(retries.after_failure(&Method::GET, failure).is_some());
        }
        assert_eq!(count, 6);
    }

    #[test]
    fn every_form_of_retry_after_is_understood() {
        assert_eq!(
            retry_after(&headers("retry-after", "1.5")),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(
            retry_after(&headers("x-ms-retry-after-ms", "250")),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            retry_after(&headers("retry-after", "-3")),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after(&headers("retry-after", "soon")), None);
        assert_eq!(retry_after(&headers("retry-after", "1e300")), None);
        let past = headers("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(retry_after(&past), Some(Duration::ZERO));
        let wait = retry_after(&headers("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT"));
        assert!(wait.expect("a wait") > Duration::from_secs(1 << 30));
    }
}
