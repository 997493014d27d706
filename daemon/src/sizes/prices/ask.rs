//! Requests to Azure for a region's prices: all pages, within limits.
//!
//! Invariants: no token is sent. A link to the next page is followed only within its origin. Pages,
//! bytes and time are bounded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use tracing::{Instrument as _, trace_span};
use url::Url;

use super::page::{self, Page};
use super::{CURRENCY, LARGEST_PAGE, LONGEST, MOST_PAGES, RegionPrices, failed, now};
use azq_account::Profile;
use azq_arm::{Raw, Report, Sessions};
use azq_command::CommandError;

/// The path of prices at the API's host.
const PATH: &str = "/api/retail/prices";

/// The number of tries for a page, and the wait before the second one.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// A request for a region's prices, and the caller whose proxies and roots it uses.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) sessions: Arc<Sessions>,
    pub(super) profile: Arc<Profile>,
    /// The base URL of the API, or `None` if the configured one is invalid.
    pub(super) base: Option<Url>,
    /// The region in lower case.
    pub(super) region: String,
}

impl Question {
    /// Reads the region's prices within the time limit.
    pub(super) async fn ask(&self, report: &dyn Report) -> Result<Arc<RegionPrices>, CommandError> {
        let fetched_at = now();
        let asked = tokio::time::timeout(LONGEST, self.pages(report)).await;
        let late = |_| {
            let seconds = LONGEST.as_secs();
            failed(&format!("there was no answer within {seconds} s"))
        };
        let sizes = asked.map_err(late)??;
        Ok(Arc::new(RegionPrices { fetched_at, sizes }))
    }

    async fn pages(
        &self,
        report: &dyn Report,
    ) -> Result<HashMap<String, [super::Price; 2]>, CommandError> {
        let base = self.base.as_ref();
        let base = base.ok_or_else(|| failed("prices_url of the configuration is no URL"))?;
        let mut next = Some(first_page(base, &self.region));
        let mut read = page::Read::default();
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else {
                return Ok(read.prices());
            };
            let Page { items, next: link } =
                get(&self.sessions, &self.profile, url, report).await?;
            items.iter().for_each(|item| read.take(item));
            next = match link {
                Some(link) => Some(following(base, &link)?),
                None => None,
            };
        }
        Err(failed(&format!(
            "a region has more than {MOST_PAGES} pages"
        )))
    }
}

/// Returns the URL of the next page, if it has the origin of the first one.
fn following(base: &Url, link: &str) -> Result<Url, CommandError> {
    let url = Url::parse(link).ok();
    let url = url.filter(|url| url.origin() == base.origin());
    url.ok_or_else(|| failed("a page leads to another host"))
}

fn first_page(base: &Url, region: &str) -> Url {
    let mut url = base.clone();
    url.set_path(PATH);
    let filter = format!(
        "serviceName eq 'Virtual Machines' and priceType eq 'Consumption' and armRegionName eq '{}'",
        region.replace('\'', "''")
    );
    url.query_pairs_mut()
        .append_pair("currencyCode", CURRENCY)
        .append_pair("$filter", &filter);
    url
}

/// Gets a page. Temporary failures are retried.
async fn get(
    sessions: &Sessions,
    profile: &Profile,
    url: Url,
    report: &dyn Report,
) -> Result<Page, CommandError> {
    let raw = Raw {
        method: Method::GET,
        url,
        is_resource_manager: false,
        headers: HeaderMap::new(),
        body: None,
    };
    let mut error = failed("it was not asked");
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE * attempt).await;
        }
        let span = trace_span!(
            target: "azq_trace",
            "azure",
            otel.kind = "client",
            http.request.method = "GET",
            url.template = PATH,
        );
        let sending = sessions.send_raw(profile, &raw, report).instrument(span);
        let mut response = match sending.await {
            Ok(response) => response,
            Err(cause) => {
                error = failed(&cause.to_string());
                continue;
            }
        };
        let status = response.status();
        if status.is_success() {
            let mut body = Vec::new();
            while let Some(part) = response
                .next()
                .await
                .map_err(|error| failed(&error.to_string()))?
            {
                body.extend_from_slice(&part);
                if body.len() > LARGEST_PAGE {
                    return Err(failed(&format!(
                        "a page is larger than {LARGEST_PAGE} bytes"
                    )));
                }
            }
            return Page::of(&body).ok_or_else(|| failed("a page is no list of prices"));
        }
        error = failed(&format!("it answered with status {}", status.as_u16()));
        if !(status.is_server_error() || matches!(status.as_u16(), 408 | 429)) {
            break;
        }
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regions_prices_are_asked_for_by_one_filter() {
        let base = Url::parse("https://prices.azure.com").unwrap();
        let url = first_page(&base, "east'us");
        assert_eq!(url.path(), "/api/retail/prices");
        let query: HashMap<_, _> = url.query_pairs().collect();
        assert_eq!(
            query["$filter"],
            "serviceName eq 'Virtual Machines' and priceType eq 'Consumption' and \
             armRegionName eq 'east''us'"
        );
    }

    #[test]
    fn a_page_leads_to_no_other_host() {
        let base = Url::parse("https://prices.azure.com").unwrap();
        for (link, is_followed) in [
            (
                "https://prices.azure.com:443/api/retail/prices?$skip=1000",
                true,
            ),
            ("https://prices.azure.com.evil.example/api", false),
            ("http://prices.azure.com/api", false),
            ("not a link", false),
        ] {
            assert_eq!(following(&base, link).is_ok(), is_followed, "{link}");
        }
    }
}
