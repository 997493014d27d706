//! The emulator's responses from its catalogue: SKUs, sizes, usages, locations.

use crate::http_client::Client;
use crate::prelude::*;

fn with_catalogue() -> Emulator {
    Emulator::start(Specification {
        skus: Some("three".to_owned()),
        ..Specification::default()
    })
    .unwrap()
}

#[tokio::test]
async fn the_catalogue_is_filtered_by_location_and_paged() {
    let emulator = with_catalogue();
    let client = Client::of(&emulator);
    let path = "/providers/Microsoft.Compute/skus?api-version=2019-04-01";
    let everything = client.get(path).await["value"].as_array().unwrap().len();
    let region = client
        .get(&format!("{path}&$filter=location%20eq%20'UKWest'"))
        .await["value"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        region
            .iter()
            .all(|sku| sku["locations"] == json!(["ukwest"]))
            && region.len() > 500
            && region.len() < everything
    );
    assert_eq!(
        client
            .get(&format!("{path}&$filter=location%20eq%20'atlantis'"))
            .await,
        json!({"value": []})
    );

    emulator.state().specification.sku_page_size = Some(1000);
    let (mut link, mut paged) = (path.to_owned(), 0);
    loop {
        let page = client.get(&link).await;
        paged += page["value"].as_array().unwrap().len();
        let Some(next) = page["nextLink"].as_str() else {
            break;
        };
        assert_eq!(page["value"].as_array().unwrap().len(), 1000);
        next.clone_into(&mut link);
    }
    assert_eq!(paged, everything);
}

#[tokio::test]
async fn aks_lists_the_sizes_of_a_region_that_have_two_vcpus_and_pages_them() {
    let emulator = with_catalogue();
    let client = Client::of(&emulator);
    let names = |page: &Value| {
        let skus = page["value"].as_array().unwrap().iter();
        let names = skus.map(|sku| sku["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let path = |location: &str| {
        let provider = "/providers/Microsoft.ContainerService";
        format!("{provider}/locations/{location}/vmSkus?api-version=2026-04-02-preview")
    };
    let region = client.get(&path("UKWest")).await;
    let skus = region["value"].as_array().unwrap();
    assert!(skus.len() > 500);
    for sku in skus {
        let mut capabilities = sku["capabilities"].as_array().unwrap().iter();
        let vcpus = capabilities.find(|capability| capability["name"] == "vCPUs");
        let vcpus: u32 = vcpus.unwrap()["value"].as_str().unwrap().parse().unwrap();
        assert_eq!(sku["resourceType"], "virtualMachines");
        assert!(vcpus >= 2, "{sku}");
    }
    assert_eq!(names(&client.get(&path("atlantis")).await), [""; 0]);
    let refused = client.get(&path("nowhere")).await;
    let code = "LocationNotAvailableForResourceType";
    assert_eq!(refused["error"]["code"], code);

    emulator.state().specification.sku_page_size = Some(400);
    let (mut link, mut paged) = (path("ukwest"), Vec::new());
    loop {
        let page = client.get(&link).await;
        paged.extend(names(&page));
        let Some(next) = page["nextLink"].as_str() else {
            break;
        };
        next.clone_into(&mut link);
    }
    assert_eq!(paged, names(&region));
}

#[tokio::test]
async fn a_compressed_list_is_the_same_list() {
    let emulator = with_catalogue();
    let client = Client::decompressing(&emulator, false);
    let path =
        "/providers/Microsoft.Compute/skus?api-version=2019-04-01&$filter=location%20eq%20'eastus'";
    let plain = client.get(path).await;
    for _ in 0..2 {
        let answer = client
            .request("GET", path)
            .header("Accept-Encoding", "gzip")
            .send()
            .await
            .unwrap();
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
    let sizes = client
        .get("/providers/Microsoft.Compute/locations/eastus/vmSizes?api-version=2024-11-01")
        .await;
    let size = sizes["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|size| size["name"] == "Standard_DS1_v2")
        .unwrap();
    assert_eq!(
        (&size["numberOfCores"], &size["memoryInMB"]),
        (&json!(1), &json!(3584))
    );
    let usages = client
        .get("/providers/Microsoft.Compute/locations/eastus/usages?api-version=2024-11-01")
        .await;
    assert!(
        usages["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|usage| usage["name"]["localizedValue"] == "Standard DSv5 Family vCPUs")
    );
    let unknown = client
        .request(
            "GET",
            "/providers/Microsoft.Compute/locations/atlantis/usages?api-version=1",
        )
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
    assert_eq!(
        client.get("/locations?api-version=2022-12-01").await["value"]
            .as_array()
            .unwrap()
            .len(),
        45
    );
}
