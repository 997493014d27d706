//! Azure's retail prices: `GET /api/retail/prices`, which needs no login and is paged.
//!
//! A price is computed from the size: five cents an hour for each vCPU, a fifth of that as a spot
//! machine, and four cents more for each vCPU with Windows. As in Azure, there are also entries
//! that are not the price of a machine.

use std::sync::Arc;

use serde_json::{Value, json};

use super::errors;
use super::exchange::{Answer, Request};
use super::state::State;
use crate::catalogue::Machine;

/// Number of prices on a page, as in Azure.
const PAGE: usize = 1_000;

/// Lists the prices of a region.
pub(super) fn list(state: &State, request: &Request) -> Answer {
    let region = request.parameter("$filter").and_then(region);
    let Some(region) = region else {
        return errors::invalid("BadRequest", "The $filter is not valid.");
    };
    let skip = request.start("$skip");
    let listing = Arc::clone(&state.catalogue).list(Some(region), 0, None);
    let all = listing
        .machines()
        .flat_map(|machine| prices(&machine, region));
    let all: Vec<Value> = all.collect();
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

fn prices(machine: &Machine<'_>, region: &str) -> [Value; 6] {
    let vcpus = machine
        .capability("vCPUs")
        .and_then(|vcpus| vcpus.parse().ok());
    let vcpus: f64 = vcpus.unwrap_or(1.0);
    let short = machine.size.replace('_', " ");
    let item = |product: &str, name: String, price: f64| {
        json!({
            "currencyCode": "USD", "tierMinimumUnits": 0.0, "retailPrice": price,
            "unitPrice": price, "armRegionName": region, "effectiveStartDate": "2025-01-01T00:00:00Z",
            "productName": product, "skuName": name, "serviceName": "Virtual Machines",
            "serviceFamily": "Compute", "unitOfMeasure": "1 Hour", "type": "Consumption",
            "isPrimaryMeterRegion": true, "armSkuName": machine.name,
        })
    };
    let (linux, windows) = ("Virtual Machines Series", "Virtual Machines Series Windows");
    [
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
