//! A page of retail prices, and the selection of machines' prices from it.

use std::collections::HashMap;

use serde::Deserialize;

use super::Price;

/// A page of prices.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(rename = "Items")]
    pub(super) items: Vec<Item>,
    #[serde(rename = "NextPageLink", default)]
    pub(super) next: Option<String>,
}

impl Page {
    /// Reads a page.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let mut page: Self = serde_json::from_slice(body).ok()?;
        page.next = page.next.filter(|link| !link.is_empty());
        Some(page)
    }
}

/// A price, as Azure lists it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Item {
    arm_sku_name: String,
    product_name: String,
    sku_name: String,
    unit_of_measure: String,
    #[serde(rename = "type")]
    kind: String,
    effective_start_date: String,
    retail_price: f64,
}

impl Item {
    /// Whether it is the hourly price of a machine. Prices of Cloud Services and low-priority
    /// machines are not.
    fn is_of_machine(&self) -> bool {
        self.kind == "Consumption"
            && self.unit_of_measure == "1 Hour"
            && self.retail_price > 0.0
            && !self.arm_sku_name.is_empty()
            && !self.sku_name.contains("Low Priority")
            && !self.product_name.replace(' ', "").contains("CloudServices")
    }
}

/// The prices that were read so far, each with its effective date.
#[derive(Default)]
pub(super) struct Read(HashMap<String, [[Dated; 2]; 2]>);

/// A price with its effective date.
type Dated = Option<(String, f64)>;

impl Read {
    /// Adds a price. Of several prices, the one with the latest effective date is kept, and of
    /// those the lowest.
    pub(super) fn take(&mut self, item: &Item) {
        if !item.is_of_machine() {
            return;
        }
        let is_windows = item.product_name.contains("Windows");
        let is_spot = item.sku_name.contains("Spot");
        let of_size = self.0.entry(item.arm_sku_name.to_lowercase()).or_default();
        let [linux, windows] = of_size;
        let [pay_as_you_go, spot] = if is_windows { windows } else { linux };
        let place = if is_spot { spot } else { pay_as_you_go };
        let is_better = place.as_ref().is_none_or(|(since, price)| {
            let later = item.effective_start_date.cmp(since);
            later.is_gt() || (later.is_eq() && item.retail_price < *price)
        });
        if is_better {
            *place = Some((item.effective_start_date.clone(), item.retail_price));
        }
    }

    /// Returns the prices by name, for Linux and for Windows.
    pub(super) fn prices(self) -> HashMap<String, [Price; 2]> {
        let price = |[pay_as_you_go, spot]: [Option<(String, f64)>; 2]| Price {
            pay_as_you_go: pay_as_you_go.map(|(_, price)| price),
            spot: spot.map(|(_, price)| price),
        };
        let all = self.0.into_iter();
        all.map(|(name, of_systems)| (name, of_systems.map(price)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(items: &[Value]) -> HashMap<String, [Price; 2]> {
        let page = Page::of(json!({"Items": items}).to_string().as_bytes()).unwrap();
        let mut read = Read::default();
        page.items.iter().for_each(|item| read.take(item));
        read.prices()
    }

    fn item(product: &str, sku: &str, price: f64) -> Value {
        json!({"armSkuName": "Standard_D2s_v5", "productName": product, "skuName": sku,
               "unitOfMeasure": "1 Hour", "type": "Consumption", "retailPrice": price,
               "effectiveStartDate": "2024-01-01T00:00:00Z", "isPrimaryMeterRegion": true})
    }

    #[test]
    fn systems_and_spot_are_told_apart_and_other_offers_left_out() {
        let mut newer = item("Virtual Machines Dsv5 Series", "D2s v5", 0.2);
        newer["effectiveStartDate"] = "2025-01-01T00:00:00Z".into();
        let mut monthly = item("Virtual Machines Dsv5 Series", "D2s v5", 0.01);
        monthly["unitOfMeasure"] = "1 Month".into();
        let mut reserved = item("Virtual Machines Dsv5 Series", "D2s v5", 0.01);
        reserved["type"] = "Reservation".into();
        let found = read(&[
            item("Virtual Machines Dsv5 Series", "D2s v5", 0.1),
            newer,
            item("Virtual Machines Dsv5 Series", "D2s v5 Spot", 0.03),
            item("Virtual Machines Dsv5 Series", "D2s v5 Low Priority", 0.02),
            item("Virtual Machines Dsv5 Series Windows", "D2s v5", 0.3),
            item("Virtual Machines Dsv5 Series Windows", "D2s v5", 0.29),
            item("Dsv5 Series Cloud Services", "D2s v5", 0.01),
            item("Virtual Machines Dsv5 Series", "D2s v5", 0.0),
            monthly,
            reserved,
            json!({}),
        ]);
        let linux = Price {
            pay_as_you_go: Some(0.2),
            spot: Some(0.03),
        };
        let windows = Price {
            pay_as_you_go: Some(0.29),
            spot: None,
        };
        assert_eq!(
            found,
            HashMap::from([("standard_d2s_v5".to_owned(), [linux, windows])])
        );
    }

    #[test]
    fn the_last_page_has_no_link_or_an_empty_one() {
        for (body, expected) in [
            (
                json!({"Items": [], "NextPageLink": "https://x/"}),
                Some("https://x/"),
            ),
            (json!({"Items": [], "NextPageLink": ""}), None),
            (json!({"Items": [], "NextPageLink": null}), None),
            (json!({"Items": []}), None),
        ] {
            let page = Page::of(body.to_string().as_bytes()).unwrap();
            assert_eq!(page.next.as_deref(), expected);
        }
        assert!(Page::of(b"<html>").is_none());
        assert!(Page::of(b"{}").is_none());
    }
}
