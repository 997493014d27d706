//! The SKUs that AKS lists, beside those of Compute.

use azq_proto::v1::ListAksVmSkusRequest;

use super::*;

/// Returns the names that AKS lists for a location.
async fn of_aks(desk: &Desk, location: &str, max_age: Option<u64>) -> Vec<String> {
    let request = ListAksVmSkusRequest {
        max_age,
        ..ListAksVmSkusRequest::default()
    };
    let found = desk.find(&request, Some(location), &Silent).await.unwrap();
    let chosen = found.filter.apply(&found.catalogue);
    chosen.iter().map(Sku::name).collect()
}

fn first_of_aks(location: &str) -> Page {
    Page::First {
        provider: Provider::ContainerService,
        location: Some(location.into()),
    }
}

async fn providers(desk: &Desk) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let rows = desk.shown().await.into_iter();
    rows.map(|row| (text(&row["provider"]), text(&row["location"])))
        .collect()
}

#[tokio::test]
async fn each_provider_has_a_catalogue_of_its_own() {
    let (_place, mut desk) = Desk::kept([skus(&["a", "b"]), skus(&["b"]), skus(&["c"])]);
    for _ in 0..2 {
        assert_eq!(desk.eastus().await, ["a", "b"]);
        assert_eq!(of_aks(&desk, "EastUS", None).await, ["b"]);
        desk.restart();
    }
    let asked = [first(Some("eastus")), first_of_aks("eastus")];
    assert_eq!(desk.azure.asked(), asked);
    assert_eq!(of_aks(&desk, "eastus", Some(0)).await, ["c"]);
    assert_eq!(desk.eastus().await, ["a", "b"]);
}

/// The case of a newer catalogue of all locations, and of locations in an entry: neither matters.
#[tokio::test]
async fn what_aks_lists_of_a_location_is_of_that_location() {
    let desk = Desk::new([skus(&["a@westus", "b"]), skus(&["everywhere"])]);
    assert_eq!(of_aks(&desk, "eastus", None).await, ["a", "b"]);
    desk.set(0.1);
    desk.names_at(None).await.unwrap();
    assert_eq!(of_aks(&desk, "eastus", None).await, ["a", "b"]);
    assert_eq!(desk.azure.times_asked(), 2);
    assert_eq!(desk.catalogues.usage().0, 2);
}

#[tokio::test]
async fn what_aks_lists_ages_as_skus_do() {
    let desk = Desk::new([skus(&["old"]), skus(&["new"])]);
    assert_eq!(of_aks(&desk, "eastus", None).await, ["old"]);
    desk.set(2.0);
    assert_eq!(of_aks(&desk, "eastus", None).await, ["old"], "stale");
    desk.catalogues.finish().await;
    assert_eq!(of_aks(&desk, "eastus", None).await, ["new"]);
    desk.set(40.0);
    desk.azure.answer([skus(&["newer"])]);
    assert_eq!(of_aks(&desk, "eastus", None).await, ["newer"], "expired");
    assert_eq!(desk.azure.times_asked(), 3);
}

#[tokio::test]
async fn what_aks_lists_is_seen_refreshed_and_forgotten() {
    let (place, desk) = Desk::kept([skus(&["a"])]);
    of_aks(&desk, "westus", None).await;
    of_aks(&desk, "eastus", None).await;
    desk.eastus().await;
    let pair = |provider: &str, location: &str| (provider.to_owned(), location.to_owned());
    let [compute, aks] = ["Microsoft.Compute", "Microsoft.ContainerService"];
    let all = [
        pair(compute, "eastus"),
        pair(aks, "eastus"),
        pair(aks, "westus"),
    ];
    assert_eq!(providers(&desk).await, all);

    desk.refresh("sub", Some("eastus")).await.unwrap();
    assert_eq!(desk.azure.times_asked(), 5);
    desk.refresh("sub", None).await.unwrap();
    assert_eq!(desk.azure.times_asked(), 8);

    assert_eq!(desk.clear(CacheScope::Anyone, Some("EastUS")).await, 2);
    assert_eq!(providers(&desk).await, [pair(aks, "westus")]);
    desk.clear(CacheScope::Account(&scope("sub")), None).await;
    assert_eq!(providers(&desk).await, []);
    let files = fs::read_dir(place.path().join("skus")).unwrap();
    assert_eq!(files.count(), 0);
}

#[tokio::test]
async fn sizes_are_anything_that_aks_lists() {
    let page = json!({"value": [
        {"name": "Standard_D2s"},
        {"name": "Disk_D2", "resourceType": "disks"},
        {"name": null},
        {},
        {"name": "Standard_E2s", "locations": ["westus"]},
    ]});
    let page = vec![Ok(Bytes::from(page.to_string()))];
    let desk = Desk::new([Answer::Pages(vec![page])]);
    let select = async |size: &str| {
        let request = ListAksVmSkusRequest {
            size: Some(size.to_owned()),
            ..ListAksVmSkusRequest::default()
        };
        let found = desk.find(&request, Some("eastus"), &Silent).await.unwrap();
        assert_eq!(found.filter.is_indexed(), !size.is_empty());
        found.filter.apply(&found.catalogue).len()
    };
    for (size, selected) in [("d2", 2), ("E2S", 1), ("standard", 2), ("", 5), ("x", 0)] {
        assert_eq!(select(size).await, selected, "{size}");
    }
}

#[tokio::test]
async fn what_is_missing_is_null_in_the_models_order() {
    let desk = Desk::new([skus(&["a"])]);
    let request = ListAksVmSkusRequest::default();
    let found = desk.find(&request, Some("eastus"), &Silent).await.unwrap();
    let Value::Object(document) = found.filter.apply(&found.catalogue)[0].document() else {
        panic!("no object")
    };
    let keys: Vec<_> = document.entries.iter().map(|(key, _)| &**key).collect();
    assert_eq!(keys[..3], ["resourceType", "name", "tier"]);
    assert_eq!(keys.len(), 13);
    assert_eq!(document.get("tier"), Some(&Value::Null));
    let places = document.get("locationInfo").and_then(Value::as_array);
    assert_eq!(places.unwrap()[0].get("zoneDetails"), Some(&Value::Null));
}
