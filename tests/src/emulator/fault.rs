//! Faults: errors of the emulated Azure, for selected requests and a number of times.
//!
//! A fault either replaces the response (`status`, `body`, …), or corrupts the usual response
//! (`effect`), or does both. Without either it only delays.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exchange::LoggedRequest;

/// One fault of a specification.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// A regular expression for the whole of `METHOD path`, in any case.
    #[serde(rename = "match")]
    pub pattern: String,
    /// A query parameter that the request must have, as `name=value`, decoded; none means any.
    pub parameter: Option<String>,
    /// The number of requests that it applies to; none means one.
    pub times: Option<u32>,
    /// Seconds until the response, or its corruption, begins.
    pub delay: Option<f64>,
    /// The status of a response that replaces the usual one.
    pub status: Option<u16>,
    /// The body of that response, as JSON; none means no body.
    pub body: Option<Value>,
    /// The body of that response as plain text (`text/html` unless `headers` has another type).
    pub text: Option<String>,
    /// The body of that response in base64, sent as it is (JSON unless `headers` has another type).
    pub raw64: Option<String>,
    /// Further headers of that response; `{host}` is replaced by the emulator's own host and port.
    pub headers: BTreeMap<String, String>,
    /// Closes the connection without a response.
    pub drop: bool,
    /// The corruption of the response.
    pub effect: Option<Effect>,
}

/// A corruption of a response in transit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The connection closes without a response.
    Drop,
    /// The connection is reset (RST) without a response.
    Reset,
    /// No response ever comes.
    Silence,
    /// The connection closes after half of the body.
    HalfBody,
    /// The body arrives a few bytes at a time, ten times a second.
    Drip,
    /// The first half of the body arrives that slowly, the second never.
    Stall,
    /// The body is declared as gzip and is not.
    BadGzip,
    /// `nextLink` refers to a page that does not exist.
    BadNextLink,
    /// `nextLink` refers to its own page.
    LoopingNextLink,
}

impl Fault {
    /// Creates a fault that answers the first matching request with a status and a JSON body.
    pub fn answer(pattern: &str, status: u16, body: Value) -> Self {
        Self {
            status: Some(status),
            body: Some(body),
            ..Self::of(pattern)
        }
    }

    /// Creates a fault that corrupts the response to the first matching request.
    pub fn effect(pattern: &str, effect: Effect) -> Self {
        Self {
            effect: Some(effect),
            ..Self::of(pattern)
        }
    }

    /// Creates a fault that does nothing to the first matching request.
    pub fn of(pattern: &str) -> Self {
        Self {
            pattern: pattern.to_owned(),
            ..Self::default()
        }
    }

    /// Creates a fault that delays the response to the first matching request by seconds.
    pub fn delayed(pattern: &str, seconds: f64) -> Self {
        Self {
            pattern: pattern.to_owned(),
            delay: Some(seconds),
            ..Self::default()
        }
    }

    /// Returns the same fault, for so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Returns the same fault, only for requests with this query parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameter = Some(format!("{name}={value}"));
        self
    }

    /// Returns the same fault, with a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Whether the fault applies to a request; if so, this counts the request.
    pub(super) fn strike(&mut self, request: &LoggedRequest) -> bool {
        let left = self.times.unwrap_or(1);
        if left == 0 || !self.has_parameter(request) || !self.matches(request) {
            return false;
        }
        self.times = Some(left - 1);
        true
    }

    fn has_parameter(&self, request: &LoggedRequest) -> bool {
        self.parameter.as_deref().is_none_or(|wanted| {
            let (name, value) = wanted.split_once('=').unwrap_or((wanted, ""));
            request.parameter(name) == Some(value)
        })
    }

    fn matches(&self, request: &LoggedRequest) -> bool {
        let line = format!("{} {}", request.method, request.path);
        let mut expression = RegexBuilder::new(&format!("^(?:{})$", self.pattern));
        let expression = expression.case_insensitive(true).build();
        expression.is_ok_and(|expression| expression.is_match(&line))
    }

    /// Returns the corruption of the response, if any.
    pub(super) fn spoiling(&self) -> Option<Effect> {
        let drop = self.drop.then_some(Effect::Drop);
        drop.or(self.effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks whether a fault applies to a request: a method, a path, and a region in the filter.
    #[track_caller]
    fn assert_strikes(fault: &mut Fault, request: [&str; 3], applies: bool) {
        let [method, path, region] = request.map(str::to_owned);
        let filter = Value::from(format!("location eq '{region}'"));
        let request = LoggedRequest {
            method,
            path,
            query: [("$filter".to_owned(), filter)].into_iter().collect(),
            headers: serde_json::Map::new(),
            body: Value::Null,
        };
        assert_eq!(fault.strike(&request), applies);
    }

    #[test]
    fn a_fault_applies_a_number_of_times_to_whole_matches_only() {
        let mut fault = Fault::answer("GET .*/skus", 500, Value::Null).times(2);
        assert_strikes(&mut fault, ["GET", "/x/skus/y", ""], false);
        assert_strikes(&mut fault, ["PUT", "/x/skus", ""], false);
        assert_strikes(&mut fault, ["GET", "/x/SKUS", ""], true);
        assert_strikes(&mut fault, ["GET", "/skus", ""], true);
        assert_strikes(&mut fault, ["GET", "/skus", ""], false);
    }

    #[test]
    fn a_fault_may_be_for_one_region_only() {
        let fault = Fault::effect("GET /skus", Effect::Reset);
        let mut fault = fault.parameter("$filter", "location eq 'eastus'");
        assert_strikes(&mut fault, ["GET", "/skus", ""], false);
        assert_strikes(&mut fault, ["GET", "/skus", "ukwest"], false);
        assert_strikes(&mut fault, ["GET", "/skus", "eastus"], true);
    }

    #[test]
    fn a_fault_with_an_invalid_pattern_never_applies() {
        let mut fault = Fault::effect("GET (", Effect::Reset);
        assert_strikes(&mut fault, ["GET", "(", ""], false);
    }
}
