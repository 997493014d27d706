//! Every limit of the daemon, with what it holds of it at the moment.
//!
//! One row is everything that is said of a limit: both forms of the status are made of these rows, so that neither can lack what
//! the other has. A number stands where it is in force and is only quoted here.

use super::{Moment, fact, int, number};
use crate::account;
use crate::arm::{self, Deadlines};
use crate::credential;
use crate::document::Value;
use crate::lifecycle::connection_limit;
use crate::operations;
use crate::output::{self, jmespath};
use crate::server::{LONGEST_HEADERS, LONGEST_REQUEST, REPLACED_GRACE, STREAMS_PER_CONNECTION};
use crate::service::remembered::{ANSWER_BYTES, ANSWERS};
use crate::skus;
use azq_proto::v1;
use std::time::Duration;

/// A limit.
pub(super) struct Limit {
    /// For programs; it ends in its unit, and stays what it is.
    name: &'static str,
    /// For people; what belongs together begins alike and stands together.
    words: &'static str,
    most: Most,
    now: Option<u64>,
}

/// How much is allowed.
#[derive(Clone, Copy)]
enum Most {
    Count(u64),
    Bytes(u64),
    Time(Duration),
    /// No limit was wanted.
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

    /// As an entry of the document.
    pub(super) fn entry(&self) -> (&'static str, Value) {
        let most = match self.most {
            Count(most) | Bytes(most) => int(most),
            Time(most) => int(whole_seconds(most)),
            Most::Never => Value::Null,
        };
        (self.name, most)
    }

    /// As a line for people.
    pub(super) fn fact(&self) -> v1::Fact {
        let text = |number: u64| match self.most {
            Bytes(_) => kilobytes(number),
            Time(_) => format!("{number}s"),
            Count(_) | Most::Never => number.to_string(),
        };
        let most = match self.most {
            Count(most) | Bytes(most) => text(most),
            Time(most) => text(whole_seconds(most)),
            Most::Never => return fact(self.words, "never"),
        };
        v1::Fact {
            limit: Some(most),
            ..fact(self.words, self.now.map(text).unwrap_or_default())
        }
    }
}

/// All of them, as they are at a moment.
pub(super) fn limits(moment: &Moment<'_>) -> Vec<Limit> {
    let (core, config) = (moment.core, &moment.core.config);
    let deadlines = Deadlines {
        read: config.read_timeout,
        ..Deadlines::default()
    };
    let skus = skus::Settings::default();
    let (answers, answer_bytes) = core.remembered.answers();
    let count = |size: usize| Count(number(size));
    let bytes = |size: usize| Bytes(number(size));
    let row = Limit::of;
    vec![
        row(
            "requestsInFlight",
            "requests in flight",
            Count(config.max_requests),
        )
        .now(core.activity.in_flight()),
        row("requestBytes", "request size", bytes(LONGEST_REQUEST)),
        row(
            "requestHeaderBytes",
            "request headers",
            Bytes(LONGEST_HEADERS.into()),
        ),
        row("connections", "connections", count(connection_limit())),
        row(
            "requestsPerConnection",
            "connection's requests",
            Count(STREAMS_PER_CONNECTION.into()),
        ),
        row("accounts", "accounts", count(arm::SESSIONS.get())).now(number(moment.accounts.len())),
        row("sessions", "accounts' sessions", count(arm::SESSIONS.get())),
        row("throttles", "accounts' pauses", count(arm::SESSIONS.get())),
        row(
            "readings",
            "accounts' directories",
            count(arm::SESSIONS.get()),
        ),
        row("transports", "HTTP clients", count(arm::TRANSPORTS)),
        row("profiles", "az profiles", count(account::REMEMBERED.get())),
        row(
            "directories",
            "az directories",
            count(account::REMEMBERED.get()),
        ),
        row(
            "localFiles",
            "az local files",
            count(account::REMEMBERED.get()),
        ),
        row("fileBytes", "az file size", Bytes(account::FILE_LIMIT)),
        row("catalogues", "catalogues", count(skus.max_catalogues)),
        row(
            "catalogueBytes",
            "catalogue memory",
            Bytes(config.cache_memory),
        )
        .now(moment.catalogue_bytes),
        row(
            "catalogueDiskBytes",
            "catalogue files",
            Bytes(config.cache_disk),
        ),
        row(
            "catalogueFreshSeconds",
            "catalogue fresh",
            Time(config.cache_fresh),
        ),
        row(
            "catalogueExpiresSeconds",
            "catalogue expires",
            Time(config.cache_expires),
        ),
        row(
            "cataloguePatienceSeconds",
            "catalogue patience",
            Time(skus.patience),
        ),
        row(
            "rememberedAnswers",
            "remembered answers",
            count(ANSWERS.get()),
        )
        .now(number(answers)),
        row(
            "rememberedAnswerBytes",
            "remembered bytes",
            bytes(ANSWER_BYTES),
        )
        .now(number(answer_bytes)),
        row("operations", "operations", count(operations::MOST)).now(moment.operations),
        row(
            "operationAgeSeconds",
            "operation age",
            Time(operations::OLDEST),
        ),
        row(
            "azureConnectSeconds",
            "Azure connect",
            Time(deadlines.connect),
        ),
        row("azureReadSeconds", "Azure silence", Time(deadlines.read)),
        row(
            "azureRequestSeconds",
            "Azure request",
            Time(deadlines.total),
        ),
        row("azureStreamSeconds", "Azure stream", Time(arm::STREAM_TIME)),
        row(
            "azureStreamBytes",
            "Azure stream size",
            Bytes(arm::STREAM_LIMIT),
        ),
        row("azurePages", "Azure pages", count(arm::PAGE_LIMIT)),
        row(
            "azurePollingSeconds",
            "Azure poll failing",
            Time(deadlines.polling),
        ),
        row(
            "azureOperationSeconds",
            "Azure operation",
            Time(deadlines.operation),
        ),
        row("tokenFetchSeconds", "token fetch", Time(credential::FETCH)),
        row("jsonDepth", "JSON depth", count(arm::JSON_DEPTH)),
        row("queryBytes", "query size", bytes(jmespath::MAXIMUM_LENGTH)),
        row("queryDepth", "query depth", count(jmespath::MAXIMUM_DEPTH)),
        row("queryBudget", "query steps", Count(jmespath::BUDGET)),
        row("outputBytes", "output size", bytes(output::LIMIT)),
        row("outputDepth", "output depth", count(output::DEPTH_LIMIT)),
        // The older log has the same.
        row("logBytes", "log size, twice", Bytes(config.log_size)),
        row(
            "idleSeconds",
            "idle",
            config.idle_limit().map_or(Most::Never, Time),
        ),
        row("stopGraceSeconds", "stop grace", Time(config.stop_grace)),
        row(
            "replaceGraceSeconds",
            "replace grace",
            Time(config.stop_grace.max(REPLACED_GRACE)),
        ),
    ]
}

/// Rounded up, so that nothing lasts longer than is said.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

pub(super) fn kilobytes(bytes: u64) -> String {
    format!("{} KB", bytes / 1024)
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
        let rows = limits(&Moment::of(&core).await);
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
                Bytes(_) => kilobytes(number),
                Time(_) => format!("{number}s"),
                Count(_) | Most::Never => number.to_string(),
            };
            assert_eq!(text, in_words, "{}", row.name);
        }
    }

    /// `serde_json` does not name its limit.
    #[test]
    fn json_is_refused_at_the_depth_that_is_said() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        let read = |depth| serde_json::from_str::<serde_json::Value>(&nested(depth));
        assert!(read(arm::JSON_DEPTH - 1).is_ok() && read(arm::JSON_DEPTH).is_err());
    }
}
