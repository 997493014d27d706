//! Resource Manager as the catalogue's [`Source`].

use futures_util::StreamExt as _;
use serde_json::Value as Json;

use super::source::{Body, Location, Page, Source, SourceError};
use crate::{
    arm::{Arm, ArmError, Request},
    report::Report,
};

/// The version of `Microsoft.Compute/skus` that az 2.91 asks for.
const SKUS_VERSION: &str = "2019-04-01";
/// The version of the subscription's locations that az 2.91 asks for.
const LOCATIONS_VERSION: &str = "2022-12-01";

impl Source for Arm {
    async fn page(&self, page: &Page, report: &dyn Report) -> Result<Body, SourceError> {
        let request = match page {
            Page::Next(link) => Request::follow(link.as_str()),
            Page::First { location } => {
                let path = format!("/subscriptions/{}/providers/Microsoft.Compute/skus", self.subscription());
                let request = Request::get(path, SKUS_VERSION);
                match location {
                    Some(name) => request.parameter("$filter", format!("location eq '{name}'")),
                    None => request,
                }
            }
        };
        let body = self.stream(&request, report).await.map_err(SourceError::from)?;
        Ok(body.map(|part| part.map_err(SourceError::from)).boxed())
    }

    async fn locations(&self, report: &dyn Report) -> Result<Vec<Location>, SourceError> {
        let path = format!("/subscriptions/{}/locations", self.subscription());
        let entries = self.list(&path, LOCATIONS_VERSION, &[], report).await?;
        Ok(entries.iter().filter_map(location).collect())
    }
}

fn location(entry: &Json) -> Option<Location> {
    let text = |key: &str| entry.get(key)?.as_str().map(str::to_owned);
    Some(Location { name: text("name")?, display_name: text("displayName")? })
}

impl From<ArmError> for SourceError {
    fn from(error: ArmError) -> Self {
        Self { unreachable: error.is_transient(), error: error.into() }
    }
}
