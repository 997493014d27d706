//! The daemon's limits, with the present use of each.
//!
//! One row holds all that the status shows of a limit. Both forms of the status are made of these
//! rows, so that they contain the same limits. Each number is defined where it is enforced and only
//! referenced here.

mod kept;

use super::{StatusSnapshot, fact, int, number};
use crate::lifecycle::{LONGEST_START, connection_limit};
use crate::nodepools;
use crate::server::{
    LONGEST_HEADERS, LONGEST_REQUEST, READING, REPLACED_GRACE, STREAMS_PER_CONNECTION,
};
use crate::service::context::{LONGEST_VARIABLES, MOST_VARIABLES};
use crate::service::{EVALUATIONS, LONG_ANSWERS};
use crate::sizes;
use azq_document::Value;
use azq_document::units;
use azq_http::Deadlines;
use azq_proto::v1;
use kept::kept;
use std::time::Duration;

/// A limit of the daemon.
pub(super) struct Limit {
    /// The name for programs; it ends in its unit, and never changes.
    name: &'static str,
    /// The name for users; related limits begin alike and are adjacent.
    words: &'static str,
    most: Most,
    now: Option<u64>,
}

/// The most that is allowed.
#[derive(Clone, Copy)]
enum Most {
    Count(u64),
    Bytes(u64),
    Time(Duration),
    /// There is no limit.
    Never,
}

use Most::{Bytes, Count, Time};

impl Limit {
    const fn of(name: &'static str, words: &'static str, most: Most) -> Self {
        Self {
            name,
            words,
            most,
            now: None,
        }
    }

    fn now(self, now: u64) -> Self {
        Self {
            now: Some(now),
            ..self
        }
    }

    /// Returns the limit as an entry of the document.
    pub(super) fn entry(&self) -> (&'static str, Value) {
        let most = match self.most {
            Count(most) | Bytes(most) => int(most),
            Time(most) => int(whole_seconds(most)),
            Most::Never => Value::Null,
        };
        (self.name, most)
    }

    /// Returns the limit as a line for users.
    pub(super) fn fact(&self) -> v1::Fact {
        let text = |number: u64| match self.most {
            Bytes(_) => units::bytes(number),
            Time(_) => units::time(Duration::from_secs(number)),
            Count(_) | Most::Never => number.to_string(),
        };
        let most = match self.most {
            Count(most) | Bytes(most) => text(most),
            Time(most) => text(whole_seconds(most)),
            Most::Never => "never".to_owned(),
        };
        v1::Fact {
            limit: Some(most),
            ..fact(self.words, self.now.map(text).unwrap_or_default())
        }
    }
}

/// Returns all limits, with their use at a moment.
pub(super) fn limits(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    [callers, accounts, kept, azure, answers, life]
        .into_iter()
        .flat_map(|group| group(moment))
        .collect()
}

/// Returns the limits of callers' requests.
fn callers(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let (core, config) = (moment.core, &moment.core.config);
    vec![
        Limit::of(
            "requestsInFlight",
            "requests in flight",
            Count(core.most_in_flight()),
        )
        .now(core.activity.in_flight()),
        Limit::of(
            "requestsCarriedOut",
            "requests carried out",
            Count(config.max_requests),
        ),
        Limit::of("longAnswers", "requests' long answers", count(LONG_ANSWERS)).now(number(
            LONG_ANSWERS.saturating_sub(core.long_answers.available_permits()),
        )),
        Limit::of(
            "requestPoolBytes",
            "requests' memory",
            Bytes(core.pool.bytes()),
        )
        .now(core.pool.reserved()),
        Limit::of("requestReadSeconds", "request's reading", Time(READING)),
        Limit::of("requestBytes", "request size", bytes(LONGEST_REQUEST)),
        Limit::of(
            "requestHeaderBytes",
            "request headers",
            Bytes(LONGEST_HEADERS.into()),
        ),
        Limit::of(
            "requestVariables",
            "request variables",
            count(MOST_VARIABLES),
        ),
        Limit::of(
            "requestVariableBytes",
            "request variables' size",
            bytes(LONGEST_VARIABLES),
        ),
        Limit::of(
            "sizesRegions",
            "request's regions",
            count(sizes::MOST_LOCATIONS),
        ),
        Limit::of(
            "preflightSizes",
            "pre-flight's sizes",
            count(azq_preflight::MOST_SIZES),
        ),
        Limit::of(
            "preflightSeconds",
            "pre-flight's asking",
            Time(nodepools::preflight::LONGEST),
        ),
        Limit::of("connections", "connections", count(connection_limit())),
        Limit::of(
            "requestsPerConnection",
            "connection's requests",
            Count(STREAMS_PER_CONNECTION.into()),
        ),
    ]
}

/// Returns the limits of cached accounts and az's files.
fn accounts(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let (kept, read) = (
        count(azq_arm::SESSIONS.get()),
        count(azq_account::REMEMBERED.get()),
    );
    vec![
        Limit::of("accounts", "accounts", kept).now(number(moment.accounts.len())),
        Limit::of("sessions", "accounts' sessions", kept),
        Limit::of("throttles", "accounts' pauses", kept),
        Limit::of("readings", "accounts' directories", kept),
        Limit::of("transports", "HTTP clients", count(azq_http::KEPT)),
        Limit::of("profiles", "az profiles", read),
        Limit::of("directories", "az directories", read),
        Limit::of("localFiles", "az local files", read),
        Limit::of("fileBytes", "az file size", Bytes(azq_account::FILE_LIMIT)),
        Limit::of("tokenFetchSeconds", "token fetch", Time(azq_auth::FETCH)),
    ]
}

/// Returns the limits of a request to Azure.
fn azure(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let deadlines = Deadlines {
        read: moment.core.config.read_timeout,
        ..Deadlines::default()
    };
    vec![
        Limit::of(
            "azureConnectSeconds",
            "Azure connect",
            Time(deadlines.connect),
        ),
        Limit::of("azureReadSeconds", "Azure silence", Time(deadlines.read)),
        Limit::of(
            "azureRequestSeconds",
            "Azure request",
            Time(deadlines.total),
        ),
        Limit::of(
            "azureStreamSeconds",
            "Azure stream",
            Time(azq_arm::STREAM_TIME),
        ),
        Limit::of(
            "azureStreamBytes",
            "Azure stream size",
            Bytes(azq_arm::STREAM_LIMIT),
        ),
        Limit::of(
            "azureStreamSilenceSeconds",
            "Azure stream silence",
            Time(azq_skus::SILENCE),
        ),
        Limit::of(
            "azureCatalogueSeconds",
            "Azure catalogue",
            Time(azq_skus::LONGEST),
        ),
        Limit::of(
            "azureStreamPages",
            "Azure stream pages",
            count(azq_skus::MAX_PAGES),
        ),
        Limit::of(
            "azureBodyBytes",
            "Azure answer size",
            bytes(azq_arm::WHOLE_LIMIT),
        ),
        Limit::of("azurePages", "Azure pages", count(azq_arm::PAGE_LIMIT)),
        Limit::of("pricePages", "prices' pages", count(sizes::MOST_PAGES)),
        Limit::of(
            "pricePageBytes",
            "prices' page size",
            bytes(sizes::LARGEST_PAGE),
        ),
        Limit::of(
            "priceSeconds",
            "prices' asking",
            Time(sizes::LONGEST_PRICES),
        ),
        Limit::of(
            "azurePollingSeconds",
            "Azure poll failing",
            Time(deadlines.polling),
        ),
        Limit::of(
            "azureOperationSeconds",
            "Azure operation",
            Time(deadlines.operation),
        ),
    ]
}

/// Returns the limits of an answer's processing.
fn answers(_: &StatusSnapshot<'_>) -> Vec<Limit> {
    vec![
        Limit::of("jsonDepth", "JSON depth", count(azq_arm::JSON_DEPTH)),
        Limit::of(
            "queryBytes",
            "query size",
            bytes(azq_jmespath::MAXIMUM_LENGTH),
        ),
        Limit::of(
            "queryDepth",
            "query depth",
            count(azq_jmespath::MAXIMUM_DEPTH),
        ),
        Limit::of("queryBudget", "query steps", Count(azq_jmespath::BUDGET)),
        Limit::of("queriesAtOnce", "queries at once", count(EVALUATIONS)),
        Limit::of("outputBytes", "output size", bytes(azq_output::LIMIT)),
        Limit::of(
            "outputDepth",
            "output depth",
            count(azq_output::DEPTH_LIMIT),
        ),
        Limit::of(
            "outputTextBytes",
            "output's nested text",
            bytes(azq_output::LONGEST_TEXT),
        ),
        Limit::of("tableCells", "table cells", count(azq_output::MOST_CELLS)),
        Limit::of(
            "tableTextBytes",
            "table's nested text",
            bytes(azq_output::MOST_NESTED_TEXT),
        ),
    ]
}

/// Returns the limits of the daemon itself.
fn life(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let config = &moment.core.config;
    let memory = Limit::of("memoryBytes", "memory", Bytes(config.memory));
    vec![
        match moment.resident {
            Some(resident) => memory.now(resident),
            None => memory,
        },
        // The older log has the same size.
        Limit::of("logBytes", "log size, twice", Bytes(config.log_size)),
        Limit::of(
            "idleSeconds",
            "idle",
            config.idle_limit().map_or(Most::Never, Time),
        ),
        Limit::of("startSeconds", "start", Time(LONGEST_START)),
        Limit::of("stopGraceSeconds", "stop grace", Time(config.stop_grace)),
        Limit::of(
            "replaceGraceSeconds",
            "replace grace",
            Time(config.stop_grace.max(REPLACED_GRACE)),
        ),
    ]
}

fn count(size: usize) -> Most {
    Count(number(size))
}

fn bytes(size: usize) -> Most {
    Bytes(number(size))
}

/// Rounds up, so that no limit lasts longer than shown.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::super::status;
    use super::*;
    use crate::server::tests::core_in;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn both_forms_have_the_same_limits() {
        let folder = tempfile::tempdir().unwrap();
        let mut core = core_in(folder.path());
        core.config.read_timeout = Duration::from_millis(1500);
        let reply = status(&core).await;
        let document: serde_json::Value = serde_json::from_str(&reply.json).unwrap();
        let in_json = document["limits"].as_object().unwrap();
        assert_eq!(in_json["azureReadSeconds"], 2);
        let rows = limits(&StatusSnapshot::of(&core).await);
        let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
        let words: BTreeSet<_> = rows.iter().map(|row| row.words).collect();
        assert_eq!((names.len(), words.len()), (rows.len(), rows.len()));
        assert_eq!(names, in_json.keys().map(String::as_str).collect());
        let limited = reply.fact.iter().filter(|fact| fact.limit.is_some());
        assert_eq!(words, limited.map(|fact| fact.name.as_str()).collect());
        for row in rows {
            let fact = reply.fact.iter().find(|fact| fact.name == row.words);
            let text = fact.unwrap().limit.clone().unwrap();
            let number = in_json[row.name].as_u64().unwrap();
            let in_words = match row.most {
                Bytes(_) => units::bytes(number),
                Time(_) => units::time(Duration::from_secs(number)),
                Count(_) | Most::Never => number.to_string(),
            };
            assert_eq!(text, in_words, "{}", row.name);
        }
    }

    /// `serde_json` does not export its limit.
    #[test]
    fn json_is_refused_at_the_depth_that_is_said() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        let read = |depth| serde_json::from_str::<serde_json::Value>(&nested(depth));
        assert!(read(azq_arm::JSON_DEPTH - 1).is_ok() && read(azq_arm::JSON_DEPTH).is_err());
    }
}
