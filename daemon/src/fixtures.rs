//! Fixtures of the unit tests of several modules.

use std::sync::Mutex;

use azq_account::{Caller, Profile};
use azq_arm::Report;
use azq_proto::v1::Words;
use serde_json::{Value as Json, json};

/// Returns a request of defaults with changes.
pub(crate) fn filled<T: Default>(fill: impl FnOnce(&mut T)) -> T {
    let mut request = T::default();
    fill(&mut request);
    request
}

/// Returns the values of an option that takes several.
pub(crate) fn words(words: &[&str]) -> Words {
    Words {
        word: words.iter().map(ToString::to_string).collect(),
    }
}

/// Returns the profile of a user whose file has these subscriptions.
pub(crate) fn profile(subscriptions: &[Json]) -> Profile {
    let directory = tempfile::tempdir().unwrap();
    let file = json!({"subscriptions": subscriptions}).to_string();
    std::fs::write(directory.path().join("azureProfile.json"), file).unwrap();
    Profile::load(&Caller::without_variables(directory.path())).unwrap()
}

/// A report that keeps the warnings.
#[derive(Default)]
pub(crate) struct RecordedReport(pub(crate) Mutex<Vec<String>>);

impl Report for RecordedReport {
    fn warning(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
    fn debug(&self, _: &str) {}
    fn progress(&self, _: &str) {}
    fn operation(&self, _: &azq_arm::Continuation) {}
}
