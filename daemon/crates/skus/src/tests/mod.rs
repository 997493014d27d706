//! The catalogues' behaviour over time, with an Azure and a clock that the tests set.

use std::{
    collections::VecDeque,
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use azq_document::LazyObject as _;
use azq_proto::v1::ListSkusRequest;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::*;
use crate::catalogue::pool::Pool;
use crate::ingest::parse::Parser;
use azq_arm::Silent;

mod ageing;
mod asking;
mod fleet;
mod keeping;
mod providers;

const HOUR: u64 = 3_600;

/// Returns the time at which the clocks of the tests begin.
fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

impl Sku {
    /// Returns the name, or `-` if there is none.
    pub(crate) fn name(&self) -> String {
        let document = self.document();
        let name = document.get("name").and_then(Value::as_str);
        name.unwrap_or("-").to_owned()
    }
}

impl Catalogue {
    /// Creates the catalogue of a page of Compute with these SKUs.
    pub(crate) fn of_page(skus: &serde_json::Value, pool: &Arc<Mutex<Pool>>) -> Self {
        let page = json!({"value": skus}).to_string();
        let mut parser = Parser::new(Provider::Compute, pool);
        parser.push(page.as_bytes()).unwrap();
        parser.end_page().unwrap();
        let fetched_at = Duration::from_millis(1_700_000_000_123);
        Self::new(parser.finish(), UNIX_EPOCH + fetched_at)
    }
}

/// A clock that stands still until it is set.
struct ManualClock(Mutex<SystemTime>);

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

/// The behaviour of Azure for one request.
#[derive(Clone)]
enum Answer {
    /// Pages, each in chunks.
    Pages(Vec<Vec<Result<Bytes, SourceError>>>),
    Error(SourceError),
    Crash,
}

/// An Azure with prepared responses; the last one is repeated.
#[derive(Clone, Default)]
struct Azure(Arc<AzureState>);

#[derive(Default)]
struct AzureState {
    answers: Mutex<VecDeque<Answer>>,
    pages: Mutex<Vec<Vec<Result<Bytes, SourceError>>>>,
    asked: Mutex<Vec<Page>>,
    asked_for_locations: AtomicUsize,
    /// If set, every first page waits for a permit.
    gate: Mutex<Option<Arc<Semaphore>>>,
}

impl Azure {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let azure = Self::default();
        azure.answer(answers);
        azure
    }

    fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.0.answers.lock().unwrap() = answers.into_iter().collect();
    }

    fn close_gate(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.0.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }

    fn asked(&self) -> Vec<Page> {
        self.0.asked.lock().unwrap().clone()
    }

    fn times_asked(&self) -> usize {
        self.asked().len()
    }

    fn next_answer(&self) -> Answer {
        let mut answers = self.0.answers.lock().unwrap();
        let answer = answers.pop_front().unwrap();
        if answers.is_empty() {
            answers.push_back(answer.clone());
        }
        answer
    }
}

impl Source for Azure {
    async fn page(&self, page: &Page, report: &dyn Report) -> Result<Body, SourceError> {
        self.0.asked.lock().unwrap().push(page.clone());
        report.debug("asked");
        if matches!(page, Page::First { .. }) {
            let gate = self.0.gate.lock().unwrap().clone();
            if let Some(gate) = gate {
                gate.acquire().await.unwrap().forget();
            }
            match self.next_answer() {
                Answer::Pages(pages) => *self.0.pages.lock().unwrap() = pages,
                Answer::Error(error) => return Err(error),
                Answer::Crash => panic!("as the test wants"),
            }
        }
        Ok(stream::iter(self.0.pages.lock().unwrap().remove(0)).boxed())
    }

    async fn locations(&self, _: &dyn Report) -> Result<Vec<Location>, SourceError> {
        self.0.asked_for_locations.fetch_add(1, Ordering::Relaxed);
        let locations = [("eastus", "East US"), ("westus", "West US")];
        let location = |(name, display_name): (&str, &str)| Location {
            name: name.into(),
            display_name: display_name.into(),
        };
        Ok(locations.map(location).into())
    }
}

/// A receiver that records the reports to a caller.
#[derive(Default)]
struct RecordedReport {
    warnings: Mutex<Vec<String>>,
    debug: Mutex<Vec<String>>,
}

impl Report for RecordedReport {
    fn warning(&self, text: &str) {
        self.warnings.lock().unwrap().push(text.into());
    }

    fn debug(&self, text: &str) {
        self.debug.lock().unwrap().push(text.into());
    }

    fn progress(&self, _: &str) {}

    fn operation(&self, _: &azq_arm::Continuation) {}
}

fn page(names: &[&str], next: Option<&str>) -> Vec<Result<Bytes, SourceError>> {
    let sku = |name: &&str| {
        let (name, location) = name.split_once('@').unwrap_or((name, "eastus"));
        json!({"resourceType": "virtualMachines", "name": name, "locations": [location],
               "locationInfo": [{"location": location, "zones": ["1"]}], "restrictions": []})
    };
    let page = json!({"value": names.iter().map(sku).collect::<Vec<_>>(), "nextLink": next});
    page.to_string()
        .into_bytes()
        .chunks(7)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect()
}

fn skus(names: &[&str]) -> Answer {
    Answer::Pages(vec![page(names, None)])
}

fn error(message: &str, unreachable: bool) -> SourceError {
    SourceError {
        error: CommandError::new(message),
        unreachable,
    }
}

fn down() -> Answer {
    Answer::Error(error("no route", true))
}

fn scope(subscription: &str) -> Scope {
    Scope {
        cloud: "AzureCloud".into(),
        tenant: "tenant".into(),
        subscription: subscription.into(),
        principal: "me".into(),
    }
}

/// One account's view of some catalogues.
struct Desk {
    catalogues: Catalogues,
    clock: Arc<ManualClock>,
    azure: Azure,
    settings: Settings,
}

impl Desk {
    /// Creates a desk at an Azure with these answers.
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::with(answers, |_| ())
    }

    /// Creates a desk whose catalogues are kept in a directory.
    fn kept(answers: impl IntoIterator<Item = Answer>) -> (TempDir, Self) {
        let place = tempfile::tempdir().unwrap();
        let directory = Some(place.path().join("skus"));
        let desk = Self::with(answers, |settings| settings.directory = directory);
        (place, desk)
    }

    fn with(answers: impl IntoIterator<Item = Answer>, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        change(&mut settings);
        let clock = Arc::new(ManualClock(Mutex::new(start())));
        let catalogues = Catalogues::with_clock(settings.clone(), Arc::clone(&clock) as _);
        Self {
            catalogues,
            clock,
            azure: Azure::answering(answers),
            settings,
        }
    }

    /// Starts a new daemon with the same settings at the same time.
    fn restart(&mut self) {
        self.catalogues =
            Catalogues::with_clock(self.settings.clone(), Arc::clone(&self.clock) as _);
    }

    fn set(&self, hours_later: f64) {
        *self.clock.0.lock().unwrap() = start() + Duration::from_secs_f64(hours_later * 3_600.0);
    }

    async fn names_at(&self, location: Option<&str>) -> Result<Vec<String>, CommandError> {
        self.names(location, None, &Silent).await
    }

    async fn names(
        &self,
        location: Option<&str>,
        max_age: Option<u64>,
        report: &dyn Report,
    ) -> Result<Vec<String>, CommandError> {
        let request = ListSkusRequest {
            max_age,
            ..ListSkusRequest::default()
        };
        let found = self.find(&request, location, report).await?;
        let chosen = found.filter.apply(&found.catalogue);
        Ok(chosen.iter().map(Sku::name).collect())
    }

    async fn find<'r>(
        &self,
        request: impl Into<Question<'r>>,
        location: Option<&str>,
        report: &dyn Report,
    ) -> Result<Found, CommandError> {
        let scope = scope("sub");
        let found = self
            .catalogues
            .find(&self.azure, &scope, request, location, report);
        found.await
    }

    /// Renews what is kept of an account, and returns the number of rows.
    async fn refresh(&self, account: &str, location: Option<&str>) -> Result<usize, CommandError> {
        let scope = scope(account);
        let rows = self
            .catalogues
            .refresh(&self.azure, &scope, location, &Silent);
        Ok(rows.await?.as_array().unwrap().len())
    }

    /// Forgets catalogues, and returns the number of rows.
    async fn clear(&self, whose: CacheScope<'_>, location: Option<&str>) -> usize {
        let rows = self.catalogues.clear(whose, location).await;
        rows.as_array().unwrap().len()
    }

    async fn eastus(&self) -> Vec<String> {
        self.names_at(Some("eastus")).await.unwrap()
    }

    async fn shown(&self) -> Vec<serde_json::Value> {
        let rows = self.catalogues.show(CacheScope::Anyone).await;
        let cell = |value: &Value| match value {
            Value::String(text) => json!(&**text),
            Value::Int(number) => json!(number),
            _ => json!(null),
        };
        let row = |row: &Value| {
            let Value::Object(row) = row else {
                panic!("no object")
            };
            let cells = row.entries.iter();
            cells
                .map(|(name, value)| (name.to_string(), cell(value)))
                .collect()
        };
        rows.as_array().unwrap().iter().map(row).collect()
    }
}

fn first(location: Option<&str>) -> Page {
    Page::First {
        provider: Provider::Compute,
        location: location.map(Into::into),
    }
}
