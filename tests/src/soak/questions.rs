//! The clients' questions about the catalogue, and the right answers.
//!
//! An answer is right if it equals, byte for byte, the answer of a daemon without faults whose
//! memory had only this one response of Azure. That daemon's own answers are compared with the
//! emulator's catalogue.

use std::collections::BTreeSet;

use azq_proto::v1::{self, Format};
use serde_json::Value;

use super::SoakError;
use super::scene::SoakEnvironment;

/// The regions in the questions.
const LOCATIONS: [&str; 3] = ["eastus", "swedencentral", "ukwest"];
/// The sizes in the questions, where a region has them.
const SIZES: [&str; 5] = [
    "Standard_D2s_v5",
    "Standard_D4s_v5",
    "Standard_E8s_v5",
    "Standard_NC6s_v3",
    "Standard_B2ms",
];
/// The output formats of an answer.
const LOOKS: [(Format, &str, Option<&str>); 4] = [
    (Format::Json, "json", None),
    (Format::Table, "table", None),
    (Format::Tsv, "tsv", Some("[].name")),
    (
        Format::Json,
        "json",
        Some("[?locationInfo[0].zones].{name: name, zones: sort(locationInfo[0].zones)}"),
    ),
];

/// A question and its right answer.
#[derive(Clone, Debug)]
pub(super) struct Question {
    location: &'static str,
    size: Option<&'static str>,
    look: (Format, &'static str, Option<&'static str>),
    pub(super) answer: Vec<u8>,
}

impl Question {
    /// Returns the command line.
    pub(super) fn line(&self) -> Vec<&'static str> {
        let (_, format, query) = self.look;
        let mut line = vec!["vm", "list-skus", "--location", self.location];
        line.extend(self.size.iter().flat_map(|size| ["--size", size]));
        line.extend(["--output", format]);
        line.extend(query.iter().flat_map(|query| ["--query", query]));
        line
    }

    /// Returns the call's request.
    pub(super) fn request(&self, context: v1::Context) -> v1::ListSkusRequest {
        let (format, _, query) = self.look;
        let output = v1::OutputOptions {
            format: format.into(),
            query: query.map(str::to_owned),
            color: false,
        };
        v1::ListSkusRequest {
            context: Some(v1::Context {
                output: Some(output),
                ..context
            }),
            location: Some(self.location.to_owned()),
            size: self.size.map(str::to_owned),
            ..v1::ListSkusRequest::default()
        }
    }

    /// Returns its region.
    pub(super) fn location(&self) -> &'static str {
        self.location
    }
}

/// All questions.
#[derive(Debug)]
pub(super) struct Questions {
    /// Questions about one size in one region.
    pub(super) look_ups: Vec<Question>,
    /// Questions about everything in a region.
    pub(super) regions: Vec<Question>,
    /// The answer to `aks nodepool show`.
    pub(super) pool: Vec<u8>,
}

/// The command line of [`Questions::pool`].
pub(super) const POOL_LINE: [&str; 9] = [
    "aks",
    "nodepool",
    "show",
    "--resource-group",
    "myResourceGroup",
    "--cluster-name",
    "myAKSCluster",
    "--name",
    "mynodepool",
];

impl Questions {
    /// Takes the answers of a daemon without faults.
    pub(super) fn answered(scene: &SoakEnvironment) -> Result<Self, SoakError> {
        let mut look_ups = Vec::new();
        let mut regions = Vec::new();
        for location in LOCATIONS {
            let names = names(scene, location);
            let question = |size, look| Question {
                location,
                size,
                look,
                answer: Vec::new(),
            };
            for size in SIZES.into_iter().filter(|size| names.contains(*size)) {
                look_ups.extend(LOOKS.map(|look| question(Some(size), look)));
            }
            regions.push(question(None, LOOKS[0]));
        }
        for question in look_ups.iter_mut().chain(&mut regions) {
            question.answer = scene.must("asking without faults", &question.line())?;
        }
        let pool = scene.must("asking without faults", &POOL_LINE)?;
        let questions = Self {
            look_ups,
            regions,
            pool,
        };
        questions.check(scene)?;
        Ok(questions)
    }

    /// Checks that the answers have the names of the emulator's catalogue.
    fn check(&self, scene: &SoakEnvironment) -> Result<(), SoakError> {
        for question in &self.look_ups {
            let text = String::from_utf8_lossy(&question.answer);
            let size = question.size.unwrap_or_default();
            if !text.contains(size) && question.look.2.is_none_or(|query| query == "[].name") {
                return Err(wrong(question, &text));
            }
        }
        for question in &self.regions {
            let text = String::from_utf8_lossy(&question.answer);
            let listed: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
            let listed: BTreeSet<_> = listed.iter().filter_map(name).collect();
            if listed.is_empty() || !listed.is_subset(&names(scene, question.location)) {
                return Err(wrong(question, &text));
            }
        }
        Ok(())
    }
}

fn wrong(question: &Question, text: &str) -> SoakError {
    let start: String = text.chars().take(200).collect();
    SoakError::Daemon {
        doing: "asking without faults",
        reason: format!("{:?} was answered {start:?}", question.line()),
    }
}

/// Returns the names that the emulator's catalogue has in a region.
fn names(scene: &SoakEnvironment, location: &str) -> BTreeSet<String> {
    let catalogue = scene.emulator.state().catalogue.clone();
    let listing = catalogue.list(Some(location), 0, None);
    let parsed = |text: &str| name(&serde_json::from_str(text).ok()?);
    listing.texts().filter_map(parsed).collect()
}

fn name(sku: &Value) -> Option<String> {
    sku.get("name")?.as_str().map(str::to_owned)
}
