//! Azure's retail prices: `GET /api/retail/prices`, which needs no login and is paged.
//!
//! A price is computed from the size: five cents an hour for each vCPU, a fifth of that as a spot
//! machine, and four cents more for each vCPU with Windows. As in Azure, there are also entries
//! that are not the price of a machine.

use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors;
use super::exchange::{Answer, Request};
use super::state::State;

/// Number of prices on a page, as in Azure.
const PAGE: usize = 1_000;

/// The members of a SKU from which a price is computed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sku {
    resource_type: String,
    name: String,
    size: String,
    capabilities: Vec<Capability>,
}

#[derive(Deserialize)]
struct Capability {
    name: String,
    value: String,
}

/// Lists the prices of a region.
pub(super) fn list(state: &State, request: &Request) -> Answer {
    let region = request.parameter("$filter").and_then(region);
    let Some(region) = region else {
        return errors::wrapped(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "The $filter is not valid.",
        );
    };
    let skip = request.parameter("$skip");
    let skip: usize = skip.and_then(|skip| skip.parse().ok()).unwrap_or(0);
    let listing = Arc::clone(&state.catalogue).list(Some(region), 0, None);
    let skus = listing
        .texts()
        .filter_map(|text| serde_json::from_str::<Sku>(text).ok());
    let machines = skus.filter(|sku| sku.resource_type == "virtualMachines");
    let all: Vec<Value> = machines.flat_map(|sku| prices(&sku, region)).collect();
    let page: Vec<_> = all.iter().skip(skip).take(PAGE).collect();
    let next = (skip + PAGE < all.len()).then(|| request.link_from("$skip", skip + PAGE));
    Answer::ok(json!({
        "BillingCurrency": "USD", "CustomerEntityId": "Default", "CustomerEntityType": "Retail",
        "Items": page, "Count": page.len(), "NextPageLink": next,
    }))
}

/// Returns the region in the filter that azq sends.
fn region(filter: &str) -> Option<&str> {
    let (_, after) = filter.split_once("armRegionName eq '")?;
    after.split_once('\'').map(|(region, _)| region)
}

fn prices(sku: &Sku, region: &str) -> Vec<Value> {
    let vcpus = sku
        .capabilities
        .iter()
        .find(|capability| capability.name == "vCPUs");
    let vcpus: f64 = vcpus
        .and_then(|vcpus| vcpus.value.parse().ok())
        .unwrap_or(1.0);
    let short = sku.size.replace('_', " ");
    let item = |product: &str, name: String, price: f64| {
        json!({
            "currencyCode": "USD", "tierMinimumUnits": 0.0, "retailPrice": price,
            "unitPrice": price, "armRegionName": region, "effectiveStartDate": "2025-01-01T00:00:00Z",
            "productName": product, "skuName": name, "serviceName": "Virtual Machines",
            "serviceFamily": "Compute", "unitOfMeasure": "1 Hour", "type": "Consumption",
            "isPrimaryMeterRegion": true, "armSkuName": sku.name,
        })
    };
    let (linux, windows) = ("Virtual Machines Series", "Virtual Machines Series Windows");
    vec![
        item(linux, short.clone(), vcpus * 0.05),
        item(linux, format!("{short} Spot"), vcpus * 0.01),
        item(linux, format!("{short} Low Priority"), vcpus * 0.005),
        item(windows, short.clone(), vcpus * 0.09),
        item(windows, format!("{short} Spot"), vcpus * 0.05),
        item("Series Cloud Services", short, vcpus * 0.001),
    ]
}

#[cfg(test)]
mod tests {
    use super::region;

    #[test]
    fn the_region_is_read_from_the_filter() {
        let filter = "serviceName eq 'Virtual Machines' and armRegionName eq 'eastus'";
        assert_eq!(region(filter), Some("eastus"));
        assert_eq!(region("serviceName eq 'Virtual Machines'"), None);
    }
}
