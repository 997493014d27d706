//! The emulator's responses from its catalogue: SKUs, sizes, usages, locations.

use crate::http_client::{Client, items, sent};
use crate::prelude::*;

fn with_catalogue() -> Emulator {
    start(Specification {
        skus: Some("three".to_owned()),
        ..Specification::default()
    })
}

#[tokio::test]
async fn the_catalogue_is_filtered_by_location_and_paged() {
    let emulator = with_catalogue();
    let client = Client::of(&emulator);
    let path = "/providers/Microsoft.Compute/skus?api-version=2019-04-01";
    let everything = items(&client.get(path).await).len();
    let of = |region| format!("{path}&$filter=location%20eq%20'{region}'");
    let region = items(&client.get(&of("UKWest")).await);
    let is_there = |sku: &Value| sku["locations"] == json!(["ukwest"]);
    assert!(region.iter().all(is_there));
    assert!(region.len() > 500 && region.len() < everything);
    assert_eq!(client.get(&of("atlantis")).await, json!({"value": []}));

    emulator.state().specification.sku_page_size = Some(1000);
    let pages: Vec<_> = client.pages(path).await.iter().map(Vec::len).collect();
    let (_last, full) = pages.split_last().unwrap();
    assert!(full.iter().all(|length| *length == 1000), "{pages:?}");
    assert_eq!(pages.iter().sum::<usize>(), everything);
}

#[tokio::test]
async fn aks_lists_the_sizes_of_a_region_that_have_two_vcpus_and_pages_them() {
    let emulator = with_catalogue();
    let client = Client::of(&emulator);
    let names =
        |skus: &[Value]| -> Vec<Value> { skus.iter().map(|sku| sku["name"].clone()).collect() };
    let path = |location: &str| {
        let provider = "/providers/Microsoft.ContainerService";
        format!("{provider}/locations/{location}/vmSkus?api-version=2026-04-02-preview")
    };
    let region = items(&client.get(&path("UKWest")).await);
    assert!(region.len() > 500);
    for sku in &region {
        let mut capabilities = sku["capabilities"].as_array().unwrap().iter();
        let vcpus = capabilities.find(|capability| capability["name"] == "vCPUs");
        let vcpus: u32 = vcpus.unwrap()["value"].as_str().unwrap().parse().unwrap();
        assert_eq!(sku["resourceType"], "virtualMachines");
        assert!(vcpus >= 2, "{sku}");
    }
    assert_eq!(items(&client.get(&path("atlantis")).await), [""; 0]);
    let refused = client.get(&path("nowhere")).await;
    let code = "LocationNotAvailableForResourceType";
    assert_eq!(refused["error"]["code"], code);

    emulator.state().specification.sku_page_size = Some(400);
    let paged = client.pages(&path("ukwest")).await.concat();
    assert_eq!(names(&paged), names(&region));
}

#[tokio::test]
async fn a_compressed_list_is_the_same_list() {
    let emulator = with_catalogue();
    let client = Client::decompressing(&emulator, false);
    let path =
        "/providers/Microsoft.Compute/skus?api-version=2019-04-01&$filter=location%20eq%20'eastus'";
    let plain = client.get(path).await;
    for _ in 0..2 {
        let request = client.request("GET", path);
        let answer = sent(request.header("Accept-Encoding", "gzip")).await;
        assert_eq!(answer.headers()["content-encoding"], "gzip");
        let bytes = answer.bytes().await.unwrap();
        let text = std::io::read_to_string(flate2::read::GzDecoder::new(bytes.as_ref())).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), plain);
    }
}

#[tokio::test]
async fn sizes_usages_and_locations_are_told_from_the_catalogue() {
    let emulator = with_catalogue();
    let client = Client::of(&emulator);
    let of = |list| format!("/providers/Microsoft.Compute/locations/{list}?api-version=2024-11-01");
    let sizes = items(&client.get(&of("eastus/vmSizes")).await);
    let mut sizes = sizes.iter();
    let size = sizes
        .find(|size| size["name"] == "Standard_DS1_v2")
        .unwrap();
    assert_eq!(size["numberOfCores"], 1);
    assert_eq!(size["memoryInMB"], 3584);
    let usages = items(&client.get(&of("eastus/usages")).await);
    let family = "Standard DSv5 Family vCPUs";
    let is_it = |usage: &Value| usage["name"]["localizedValue"] == family;
    assert!(usages.iter().any(is_it));
    assert_eq!(client.status("GET", &of("atlantis/usages")).await, 404);
    let locations = client.get("/locations?api-version=2022-12-01").await;
    assert_eq!(items(&locations).len(), 45);
}
