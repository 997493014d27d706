//! Pages of resource SKUs, as Compute and AKS send them.
//!
//! Holds for all: the places where a page is cut in pieces change nothing; a page that `serde_json`
//! reads is read; the SKUs that were read are printed, composed or not.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use azq_account::Scope;
use azq_arm::{Report, Silent};
use azq_command::CommandError;
use azq_document::Value;
use azq_output::Table;
use azq_proto::v1::{ListAksVmSkusRequest, ListSkusRequest};
use azq_skus::{
    Body, Catalogues, Found, Location, Page, Question, Settings, Source, SourceError, table,
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value as Json, json};

use super::rendering::{self, JSON};
use crate::{joined, numbered, parts, recordings, runtime};

/// Reads an input: the size of the pieces, then pages.
pub fn target(input: &[u8]) {
    let Some((size, pages)) = input.split_first() else {
        return;
    };
    let pages: Vec<Bytes> = parts(pages).map(Bytes::copy_from_slice).collect();
    let size = usize::from(*size).max(1);
    let all = ListSkusRequest {
        show_all: Some(true),
        ..ListSkusRequest::default()
    };
    let all_of_aks = ListAksVmSkusRequest {
        show_all: true,
        ..ListAksVmSkusRequest::default()
    };
    check(&Question::from(&all), None, &pages, size);
    check(&Question::from(&all_of_aks), Some("eastus"), &pages, size);
}

fn check(question: &Question<'_>, location: Option<&str>, pages: &[Bytes], size: usize) {
    let whole = list(question, location, pages, usize::MAX);
    let pieces = list(question, location, pages, size);
    match (&whole, &pieces) {
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces),
        (Err(_), Err(_)) => {}
        _ => panic!("whole: {whole:?}, in pieces of {size}: {pieces:?}"),
    }
    match whole {
        Ok(document) => {
            let length = pages.iter().map(Bytes::len).sum();
            rendering::print(&document, Table::Attempt(table), length);
        }
        Err(error) => {
            assert!(!error.message.is_empty());
            assert!(!is_page(pages), "{error}");
        }
    }
}

/// Whether the pages are certainly the only page of a list.
fn is_page(pages: &[Bytes]) -> bool {
    let [page] = pages else { return false };
    let page: Json = serde_json::from_slice(page).unwrap_or_default();
    let has_skus = page["value"]
        .as_array()
        .is_some_and(|skus| !skus.is_empty());
    page.is_object() && has_skus && page.get("nextLink").is_none()
}

/// Lists the SKUs of pages that arrive in pieces of this size, as the command does.
fn list(
    question: &Question<'_>,
    location: Option<&str>,
    pages: &[Bytes],
    size: usize,
) -> Result<Value, CommandError> {
    let source = Paged {
        pages: pages.into(),
        size,
        asked: Arc::default(),
    };
    let catalogues = Catalogues::new(Settings::default());
    let scope = scope();
    let found = catalogues.find(&source, &scope, question.clone(), location, &Silent);
    runtime::block_on(found).map(|found| shown(&found))
}

/// Returns the found SKUs as one document; asserts that their JSON is the same without composing
/// it.
pub(super) fn shown(found: &Found) -> Value {
    let skus = found.filter.apply(&found.catalogue);
    let document = Value::list(&skus);
    let mut apart = Vec::new();
    let rendered = azq_output::render_list_into(&skus, &JSON, &mut |chunk| {
        apart.extend(chunk);
        ControlFlow::Continue(())
    });
    let together = azq_output::render(&document, &JSON);
    assert_eq!(rendered.map(|()| apart), together);
    document
}

pub(super) fn scope() -> Scope {
    Scope {
        cloud: "c".into(),
        tenant: "t".into(),
        subscription: "s".into(),
        principal: "p".into(),
    }
}

/// An Azure that has only these pages.
#[derive(Clone)]
pub(super) struct Paged {
    pub(super) pages: Arc<[Bytes]>,
    pub(super) size: usize,
    pub(super) asked: Arc<AtomicUsize>,
}

impl Source for Paged {
    async fn page(&self, _: &Page, _: &dyn Report) -> Result<Body, SourceError> {
        let page = self.pages.get(self.asked.fetch_add(1, Ordering::Relaxed));
        let page = page.cloned().ok_or_else(|| SourceError {
            error: CommandError::new("no more pages"),
            unreachable: false,
        })?;
        let (size, length) = (self.size, page.len());
        let end = move |start: usize| length.min(start.saturating_add(size));
        let pieces = (0..length).step_by(size);
        let pieces = pieces.map(move |start| Ok(page.slice(start..end(start))));
        Ok(stream::iter(pieces).boxed())
    }

    async fn locations(&self, _: &dyn Report) -> Result<Vec<Location>, SourceError> {
        Ok(Vec::new())
    }
}

/// Returns real SKUs, one to a page and two to a page, with a second page.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let (real, own) = (recordings::seeds("skus"), sku());
    for (index, sku) in real.iter().chain([&own]).enumerate() {
        let size = index % 64 + 1;
        let first = json!({"value": [sku, own], "nextLink": "https://management.azure.com/next"});
        let pages = joined([first.to_string(), json!({"value": []}).to_string()]);
        seeds.push(numbered(size, json!({"value": [sku]}).to_string()));
        seeds.push(numbered(size, pages));
    }
    seeds.push(
        b"\x05{\"error\": {\"code\": \"AuthorizationFailed\", \"message\": \"no\"}}".to_vec(),
    );
    recordings::distinct(seeds)
}

/// Returns a SKU with every member that Azure gives one.
pub(super) fn sku() -> Json {
    json!({
        "resourceType": "virtualMachines", "name": "Standard_D4s_v5", "tier": "Standard", "size": "D4s_v5", "family": "standardDSv5Family",
        "locations": ["eastus"], "capacity": {"minimum": -3, "maximum": 9_000_000_000_i64, "scaleType": "Automatic"},
        "locationInfo": [{"location": "eastus", "zones": ["3", "1"], "zoneDetails": [
            {"Name": ["3"], "capabilities": [{"name": "UltraSSDAvailable", "value": "True"}]}]}],
        "capabilities": [{"name": "vCPUs", "value": "4"}, {"name": "HyperVGenerations", "value": "V1,V2"}],
        "restrictions": [{"type": "Zone", "values": ["eastus"], "restrictionInfo": {"locations": ["eastus"], "zones": ["1"]},
                          "reasonCode": "NotAvailableForSubscription"}],
        "costs": [{"meterID": "m", "quantity": 0.5, "extendedUnit": null}], "apiVersions": ["2019-04-01"], "kind": "k\u{e9}"})
}
