//! Resource Manager as the catalogue's source.

use futures_util::StreamExt;

use super::source::{Body, Location, Page, Source, SourceError};
use crate::{
    arm::{Arm, ArmError, Request},
    report::Report,
};

/// The version that az 2.91 asks for (`vm/aaz/latest/vm/_list_skus.py`).
const SKUS_VERSION: &str = "2019-04-01";

/// The version that az 2.91 asks for (azure-cli-core, `profiles/_shared.py`,
/// `MGMT_RESOURCE_SUBSCRIPTIONS`).
const LOCATIONS_VERSION: &str = "2022-12-01";

impl Source for Arm {
    async fn page(&self, page: &Page, report: &dyn Report) -> Result<Body, SourceError> {
        let request = request(self.subscription(), page);
        let body = self.stream(&request, report).await?;
        Ok(body.map(|part| part.map_err(Into::into)).boxed())
    }

    async fn locations(&self, report: &dyn Report) -> Result<Vec<Location>, SourceError> {
        let path = format!("/subscriptions/{}/locations", self.subscription());
        let locations = self.list(&path, LOCATIONS_VERSION, &[], report).await?;
        let location = |location: &serde_json::Value| {
            let text = |key| location.get(key)?.as_str().map(str::to_owned);
            Some(Location {
                name: text("name")?,
                display_name: text("displayName")?,
            })
        };
        Ok(locations.iter().filter_map(location).collect())
    }
}

fn request(subscription: &str, page: &Page) -> Request {
    let path = format!("/subscriptions/{subscription}/providers/Microsoft.Compute/skus");
    match page {
        Page::First { location: None } => Request::get(path, SKUS_VERSION),
        Page::First {
            location: Some(location),
        } => {
            let filter = format!("location eq '{location}'");
            Request::get(path, SKUS_VERSION).parameter("$filter", filter)
        }
        Page::Next(link) => Request::follow(link.as_str()),
    }
}

impl From<ArmError> for SourceError {
    fn from(error: ArmError) -> Self {
        Self {
            unreachable: error.is_transient(),
            error: error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_asked_for_by_azures_filter_and_links_are_followed_as_they_are() {
        let of = |page| {
            let request = request("sub", &page);
            (request.url, request.query)
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let path = "/subscriptions/sub/providers/Microsoft.Compute/skus".to_owned();
        let version = pair("api-version", "2019-04-01");
        assert_eq!(
            of(Page::First { location: None }),
            (path.clone(), vec![version.clone()])
        );
        let filter = pair("$filter", "location eq 'eastus'");
        let eastus = Page::First {
            location: Some("eastus".into()),
        };
        assert_eq!(of(eastus), (path, vec![version, filter]));
        let link = "https://management.azure.com/x?$skiptoken=1%2F2".to_owned();
        assert_eq!(of(Page::Next(link.clone())), (link, vec![]));
    }
}
