//! Resource Manager as a source of catalogues.

use futures_util::StreamExt;

use crate::provider::Provider;
use crate::source::{Body, Location, Page, Source, SourceError};
use azq_arm::Report;
use azq_arm::segment;
use azq_arm::{Arm, ArmError, Request, StorageCaller};

/// The API version of az 2.91 (`vm/aaz/latest/vm/_list_skus.py`).
const SKUS_VERSION: &str = "2019-04-01";

/// The API version of the extension aks-preview.
const VM_SKUS_VERSION: &str = "2026-04-02-preview";

/// The API version of az 2.91 (azure-cli-core, `profiles/_shared.py`,
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

    fn storage(&self) -> Option<StorageCaller> {
        Arm::storage(self)
    }
}

fn request(subscription: &str, page: &Page) -> Request {
    match page {
        Page::First {
            provider: Provider::Compute,
            location,
        } => {
            let path = format!("/subscriptions/{subscription}/providers/Microsoft.Compute/skus");
            let request = Request::get(path, SKUS_VERSION);
            match location {
                Some(location) => request.parameter("$filter", format!("location eq '{location}'")),
                None => request,
            }
        }
        Page::First {
            provider: Provider::ContainerService,
            location,
        } => {
            let location = segment(location.as_deref().unwrap_or_default());
            let path = format!(
                "/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}/vmSkus"
            );
            Request::get(path, VM_SKUS_VERSION)
        }
        Page::Next {
            provider: Provider::ContainerService,
            link,
        } if !link.contains("api-version=") => {
            Request::follow(link.as_str()).parameter("api-version", VM_SKUS_VERSION)
        }
        Page::Next { link, .. } => Request::follow(link.as_str()),
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
        let first = |provider, location: Option<&str>| Page::First {
            provider,
            location: location.map(str::to_owned),
        };
        let everywhere = first(Provider::Compute, None);
        assert_eq!(of(everywhere), (path.clone(), vec![version.clone()]));
        let filter = pair("$filter", "location eq 'eastus'");
        let eastus = first(Provider::Compute, Some("eastus"));
        assert_eq!(of(eastus), (path, vec![version, filter]));
        let link = "https://management.azure.com/x?$skiptoken=1%2F2".to_owned();
        let next = |provider, link: &str| Page::Next {
            provider,
            link: link.to_owned(),
        };
        assert_eq!(of(next(Provider::Compute, &link)), (link.clone(), vec![]));
        let version = pair("api-version", "2026-04-02-preview");
        let path = "/subscriptions/sub/providers/Microsoft.ContainerService/locations/a%2Fb/vmSkus";
        let of_aks = first(Provider::ContainerService, Some("a/b"));
        assert_eq!(of(of_aks), (path.to_owned(), vec![version.clone()]));
        let without = next(Provider::ContainerService, &link);
        assert_eq!(of(without), (link.clone(), vec![version]));
        let link = format!("{link}&api-version=2026-04-02-preview");
        assert_eq!(of(next(Provider::ContainerService, &link)), (link, vec![]));
    }
}
