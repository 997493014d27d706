//! The daemon's limits, with the present use of each.
//!
//! One row holds all that the status shows of a limit. Both forms of the status are made of these
//! rows, so that they contain the same limits. Each number is defined where it is enforced and only
//! referenced here.

use super::{StatusSnapshot, fact, int, number};
use crate::gen2::migrate::{LARGEST_STATE, MOST_MIGRATIONS};
use crate::lifecycle::{LONGEST_START, connection_limit};
use crate::nodepools::preflight;
use crate::operations;
use crate::server::{
    LONGEST_HEADERS, LONGEST_REQUEST, READING, REPLACED_GRACE, STREAMS_PER_CONNECTION,
};
use crate::service::context::{LONGEST_VARIABLES, MOST_VARIABLES};
use crate::service::response_cache::{
    ANSWER_BYTES, ANSWERS, CONTEXTS, LEFT_FREE, LONGEST_QUERY,
    LONGEST_REQUEST as LONGEST_REMEMBERED, QUERIES,
};
use crate::service::{EVALUATIONS, LONG_ANSWERS};
use crate::sizes;
use crate::suggestions;
use azq_document::Value;
use azq_document::units;
use azq_proto::v1;
use std::time::Duration;

/// A limit of the daemon.
pub(super) struct Limit {
    /// The name for programs; it ends in its unit, and never changes.
    name: &'static str,
    /// The name for users; related limits begin alike and are adjacent.
    words: &'static str,
    unit: Unit,
    /// The most that is allowed; `None` if there is no limit.
    most: Option<u64>,
    now: Option<u64>,
}

#[derive(Clone, Copy)]
enum Unit {
    Count,
    Bytes,
    Seconds,
}

impl Limit {
    /// Returns the limit as an entry of the document.
    pub(super) fn entry(&self) -> (&'static str, Value) {
        (self.name, self.most.map(int).into())
    }

    /// Returns the limit as a line for users.
    pub(super) fn fact(&self) -> v1::Fact {
        let text = |number| self.unit.text(number);
        v1::Fact {
            limit: Some(self.most.map_or("never".to_owned(), text)),
            ..fact(self.words, self.now.map(text).unwrap_or_default())
        }
    }
}

impl Unit {
    fn text(self, number: u64) -> String {
        match self {
            Self::Count => number.to_string(),
            Self::Bytes => units::bytes(number),
            Self::Seconds => units::time(Duration::from_secs(number)),
        }
    }
}

/// Makes the limits of a group. The rows are
/// `"name for programs", "name for users" => the most[, the use now];`.
macro_rules! limits {
    ($($name:literal, $words:literal => $most:expr $(, $now:expr)?;)*) => {
        vec![$({
            let (unit, most) = $most;
            let now = None$(.or($now.into()))?;
            Limit { name: $name, words: $words, unit, most, now }
        }),*]
    };
}

/// Returns all limits, with their use at a moment.
pub(super) fn limits(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    [
        callers, accounts, catalogues, names, remembered, work, azure, answers, life,
    ]
    .into_iter()
    .flat_map(|group| group(moment))
    .collect()
}

/// Returns the limits of callers' requests.
fn callers(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let (daemon, config) = (moment.daemon, &moment.daemon.config);
    limits! {
        "requestsInFlight", "requests in flight" => count(daemon.most_in_flight()),
            daemon.activity.in_flight();
        "requestsCarriedOut", "requests carried out" => count(config.max_requests);
        "longAnswers", "requests' long answers" => count(LONG_ANSWERS),
            number(LONG_ANSWERS.saturating_sub(daemon.long_answers.available_permits()));
        "requestPoolBytes", "requests' memory" => bytes(daemon.pool.bytes()),
            daemon.pool.reserved();
        "requestReadSeconds", "request's reading" => time(READING);
        "requestBytes", "request size" => bytes(LONGEST_REQUEST);
        "requestHeaderBytes", "request headers" => bytes(LONGEST_HEADERS);
        "requestVariables", "request variables" => count(MOST_VARIABLES);
        "requestVariableBytes", "request variables' size" => bytes(LONGEST_VARIABLES);
        "sizesRegions", "request's regions" => count(sizes::MOST_LOCATIONS);
        "preflightSizes", "pre-flight's sizes" => count(azq_preflight::MOST_SIZES);
        "preflightSeconds", "pre-flight's asking" => time(preflight::LONGEST);
        "connections", "connections" => count(connection_limit());
        "requestsPerConnection", "connection's requests" => count(STREAMS_PER_CONNECTION);
    }
}

/// Returns the limits of cached accounts and az's files.
fn accounts(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let (kept, read) = (
        count(azq_arm::SESSIONS.get()),
        count(azq_account::REMEMBERED.get()),
    );
    limits! {
        "accounts", "accounts" => kept, number(moment.accounts.len());
        "sessions", "accounts' sessions" => kept;
        "throttles", "accounts' pauses" => kept;
        "readings", "accounts' directories" => kept;
        "transports", "HTTP clients" => count(azq_http::KEPT);
        "profiles", "az profiles" => read;
        "directories", "az directories" => read;
        "localFiles", "az local files" => read;
        "fileBytes", "az file size" => bytes(azq_account::FILE_LIMIT);
        "tokenFetchSeconds", "token fetch" => time(azq_auth::FETCH);
    }
}

/// Returns the limits of the cached catalogues.
fn catalogues(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let config = &moment.daemon.config;
    let skus = azq_skus::Settings::default();
    limits! {
        "catalogues", "catalogues" => count(skus.max_catalogues);
        "catalogueBytes", "catalogue memory" => bytes(config.cache_memory), moment.catalogue_bytes;
        "catalogueDiskBytes", "catalogue files" => bytes(config.cache_disk);
        "catalogueFreshSeconds", "catalogue fresh" => time(config.cache_fresh);
        "catalogueExpiresSeconds", "catalogue expires" => time(config.cache_expires);
        "snapshotBytes", "catalogue file" => bytes(azq_skus::MAX_FILE);
        "snapshotContentBytes", "catalogue file's content" => bytes(azq_skus::MAX_CONTENT);
        "snapshotAgeSeconds", "catalogue file's age" => time(azq_skus::MAX_AGE);
        "exportBytes", "exported file" => bytes(azq_skus::MAX_ARCHIVE);
        "shareSeconds", "share's answer" => time(config.share_timeout);
        "shareWaitSeconds", "share's other machine" => time(azq_share::Timing::default().patience);
        "shareCallers", "share's callers" => count(azq_skus::SHARES.get());
        "locations", "accounts' locations" => count(azq_skus::MAX_SCOPES);
    }
}

/// Returns the limits of the cached names for completion.
fn names(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let daemon = moment.daemon;
    limits! {
        "namedLists", "lists of names" => count(suggestions::LISTS.get()),
            number(daemon.names.count());
        "namesOfList", "lists' names" => count(suggestions::MOST_NAMES);
        "namesOfListBytes", "lists' length" => bytes(suggestions::MOST_BYTES);
        "namesKeptSeconds", "lists kept" => time(suggestions::KEPT);
        "listsAskedFor", "lists asked for" => count(suggestions::ASKING);
    }
}

/// Returns the limits of cached answers and queries.
fn remembered(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let config = &moment.daemon.config;
    let skus = azq_skus::Settings::default();
    let (answers, usage) = moment.daemon.remembered.answers();
    limits! {
        "queries", "remembered queries" => count(QUERIES.get());
        "rememberedQueryBytes", "remembered query size" => bytes(LONGEST_QUERY);
        "rememberedRequestBytes", "remembered request size" => bytes(LONGEST_REMEMBERED);
        "contexts", "remembered contexts" => count(CONTEXTS.get());
        "cataloguePatienceSeconds", "catalogue patience" => time(skus.patience);
        "rememberedAnswers", "remembered answers" => count(ANSWERS.get()), number(answers);
        "rememberedAnswerBytes", "remembered bytes" => bytes(ANSWER_BYTES), usage.memory;
        "answerFileBytes", "answer files" => bytes(config.cache_disk), usage.files;
        "answerFilesLeaveBytes", "answer files leave free" => bytes(LEFT_FREE);
    }
}

/// Returns the limits of prices, migrations and recorded operations.
fn work(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let daemon = moment.daemon;
    limits! {
        "priceRegions", "regions' prices" => count(sizes::MOST_REGIONS.get()),
            number(daemon.prices.len());
        "migrations", "migrations" => count(MOST_MIGRATIONS);
        "migrationBytes", "migration's state" => bytes(LARGEST_STATE);
        "operations", "operations" => count(operations::MOST), moment.operations;
        "operationAgeSeconds", "operation age" => time(operations::OLDEST);
    }
}

/// Returns the limits of a request to Azure.
fn azure(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let deadlines = moment.daemon.config.deadlines();
    limits! {
        "azureConnectSeconds", "Azure connect" => time(deadlines.connect);
        "azureReadSeconds", "Azure silence" => time(deadlines.read);
        "azureRequestSeconds", "Azure request" => time(deadlines.total);
        "azureStreamSeconds", "Azure stream" => time(azq_arm::STREAM_TIME);
        "azureStreamBytes", "Azure stream size" => bytes(azq_arm::STREAM_LIMIT);
        "azureStreamSilenceSeconds", "Azure stream silence" => time(azq_skus::SILENCE);
        "azureCatalogueSeconds", "Azure catalogue" => time(azq_skus::LONGEST);
        "azureStreamPages", "Azure stream pages" => count(azq_skus::MAX_PAGES);
        "azureBodyBytes", "Azure answer size" => bytes(azq_arm::WHOLE_LIMIT);
        "azurePages", "Azure pages" => count(azq_arm::PAGE_LIMIT);
        "pricePages", "prices' pages" => count(sizes::MOST_PAGES);
        "pricePageBytes", "prices' page size" => bytes(sizes::LARGEST_PAGE);
        "priceSeconds", "prices' asking" => time(sizes::LONGEST_PRICES);
        "azurePollingSeconds", "Azure poll failing" => time(deadlines.polling);
        "azureOperationSeconds", "Azure operation" => time(deadlines.operation);
    }
}

/// Returns the limits of an answer's processing.
fn answers(_: &StatusSnapshot<'_>) -> Vec<Limit> {
    limits! {
        "jsonDepth", "JSON depth" => count(azq_arm::JSON_DEPTH);
        "queryBytes", "query size" => bytes(azq_jmespath::MAXIMUM_LENGTH);
        "queryDepth", "query depth" => count(azq_jmespath::MAXIMUM_DEPTH);
        "queryBudget", "query steps" => count(azq_jmespath::BUDGET);
        "queriesAtOnce", "queries at once" => count(EVALUATIONS);
        "outputBytes", "output size" => bytes(azq_output::LIMIT);
        "outputDepth", "output depth" => count(azq_output::DEPTH_LIMIT);
        "outputTextBytes", "output's nested text" => bytes(azq_output::LONGEST_TEXT);
        "tableCells", "table cells" => count(azq_output::MOST_CELLS);
        "tableTextBytes", "table's nested text" => bytes(azq_output::MOST_NESTED_TEXT);
    }
}

/// Returns the limits of the daemon itself.
fn life(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let config = &moment.daemon.config;
    limits! {
        "memoryBytes", "memory" => bytes(config.memory), moment.resident;
        // The older log has the same size.
        "logBytes", "log size, twice" => bytes(config.log_size);
        "idleSeconds", "idle" => time(config.idle_limit());
        "startSeconds", "start" => time(LONGEST_START);
        "stopGraceSeconds", "stop grace" => time(config.stop_grace);
        "replaceGraceSeconds", "replace grace" => time(config.stop_grace.max(REPLACED_GRACE));
    }
}

fn count(most: impl TryInto<u64>) -> (Unit, Option<u64>) {
    (Unit::Count, Some(number(most)))
}

fn bytes(most: impl TryInto<u64>) -> (Unit, Option<u64>) {
    (Unit::Bytes, Some(number(most)))
}

fn time(most: impl Into<Option<Duration>>) -> (Unit, Option<u64>) {
    (Unit::Seconds, most.into().map(whole_seconds))
}

/// Rounds up, so that no limit lasts longer than shown.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::super::status;
    use super::*;
    use crate::server::tests::daemon_state_in;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn both_forms_have_the_same_limits() {
        let folder = tempfile::tempdir().unwrap();
        let mut daemon = daemon_state_in(folder.path());
        daemon.config.read_timeout = Duration::from_millis(1500);
        let reply = status(&daemon).await;
        let document: serde_json::Value = serde_json::from_str(&reply.json).unwrap();
        let in_json = document["limits"].as_object().unwrap();
        assert_eq!(in_json["azureReadSeconds"], 2);
        let rows = limits(&StatusSnapshot::of(&daemon).await);
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
            assert_eq!(text, row.unit.text(number), "{}", row.name);
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
