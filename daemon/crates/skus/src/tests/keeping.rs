//! Catalogues are kept in memory and on disk, shown, dropped and renewed.

use super::*;

#[tokio::test]
async fn what_was_used_longest_ago_is_dropped_first() {
    let answer = skus(&["a", "b@westus", "c@northeurope"]);
    let desk = Desk::with([answer], |settings| {
        settings.max_catalogues = 2;
    });
    for location in ["eastus", "westus", "eastus", "northeurope", "eastus"] {
        assert_eq!(desk.names_at(Some(location)).await.unwrap().len(), 1);
    }
    assert_eq!(desk.azure.times_asked(), 3);
    desk.names_at(Some("westus")).await.unwrap();
    assert_eq!(desk.azure.times_asked(), 4);
    assert!(desk.catalogues.usage().0 <= 2);
}

#[tokio::test]
async fn the_bytes_of_cached_catalogues_are_bounded() {
    let desk = Desk::with([skus(&["a", "b@westus"])], |settings| {
        settings.max_bytes = 1;
    });
    for location in ["eastus", "westus"] {
        desk.names_at(Some(location)).await.unwrap();
        assert_eq!(desk.catalogues.usage().0, 1);
    }
}

#[tokio::test]
async fn everything_replaces_single_locations() {
    let desk = Desk::new([skus(&["old"]), skus(&["new"])]);
    desk.eastus().await;
    desk.set(0.1);
    desk.names_at(None).await.unwrap();
    assert_eq!(desk.eastus().await, ["new"]);
    assert_eq!(desk.catalogues.usage().0, 1);
}

fn only_file(place: &TempDir) -> std::path::PathBuf {
    let mut files = fs::read_dir(place.path().join("skus")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}

#[tokio::test]
async fn a_new_daemon_answers_from_the_directory() {
    let (place, mut desk) = Desk::kept([skus(&["a"]), down()]);
    assert_eq!(desk.eastus().await, ["a"]);
    only_file(&place);
    desk.restart();
    assert_eq!(desk.eastus().await, ["a"]);
    assert_eq!(desk.azure.times_asked(), 1);
    desk.restart();
    desk.set(30.0);
    let heard = RecordedReport::default();
    let names = desk.names(Some("eastus"), None, &heard).await;
    assert_eq!(names.unwrap(), ["a"]);
    assert_eq!(heard.warnings.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_daemon_answers_for_a_location_from_everything() {
    let (_place, mut desk) = Desk::kept([skus(&["a", "b@westus"])]);
    desk.names_at(None).await.unwrap();
    desk.restart();
    assert_eq!(desk.names_at(Some("westus")).await.unwrap(), ["b"]);
    assert_eq!(desk.azure.times_asked(), 1);
    let shown = desk.shown().await;
    // The other parts are left on the disk.
    for (row, location, entries, is_on_disk_alone) in
        [(&shown[0], "*", 2, true), (&shown[1], "westus", 1, false)]
    {
        assert!(
            row["location"] == location && row["entries"] == entries,
            "{row}"
        );
        assert_eq!(row["memoryBytes"].is_null(), is_on_disk_alone, "{row}");
    }
    assert_eq!(shown.len(), 2);
}

#[tokio::test]
async fn of_what_the_directory_has_the_newest_answers() {
    let answers = [skus(&["a@westus"]), skus(&["b", "c@westus"]), skus(&["d"])];
    let (_place, mut desk) = Desk::kept(answers);
    desk.names_at(Some("westus")).await.unwrap();
    desk.set(0.2);
    desk.names_at(None).await.unwrap();
    desk.set(2.0);
    // The catalogue is served, and renewed in the background.
    assert_eq!(desk.eastus().await, ["b"]);
    desk.catalogues.finish().await;
    desk.restart();
    assert_eq!(desk.names_at(Some("westus")).await.unwrap(), ["c"]);
    assert_eq!(desk.eastus().await, ["d"]);
}

/// The case of a full disk, or of the time before a fetched catalogue is written.
#[tokio::test]
async fn what_is_newer_in_memory_than_on_the_disk_answers() {
    let (place, mut desk) = Desk::kept([skus(&["old@westus"]), skus(&["new@westus"])]);
    desk.names_at(None).await.unwrap();
    desk.restart();
    let file = only_file(&place);
    let old = fs::read(&file).unwrap();
    desk.names(None, Some(0), &Silent).await.unwrap();
    desk.catalogues.finish().await;
    fs::write(&file, old).unwrap();
    assert_eq!(desk.names_at(Some("westus")).await.unwrap(), ["new"]);
    assert_eq!(desk.catalogues.usage().0, 1);
}

#[tokio::test]
async fn the_parts_of_a_catalogue_are_renewed_with_it() {
    let (_place, mut desk) = Desk::kept([skus(&["a", "b@westus"])]);
    desk.names_at(None).await.unwrap();
    desk.restart();
    desk.eastus().await;
    desk.names_at(Some("westus")).await.unwrap();
    assert_eq!(desk.names_at(Some("nowhere")).await.unwrap(), [""; 0]);
    assert_eq!(desk.shown().await.len(), 3, "nowhere is no location");
    assert_eq!(desk.refresh("sub", None).await.unwrap(), 1);
    assert_eq!(desk.azure.times_asked(), 2);
}

#[tokio::test]
async fn a_spoilt_file_is_ignored_and_replaced() {
    let (place, mut desk) = Desk::kept([skus(&["a"])]);
    desk.eastus().await;
    let file = only_file(&place);
    let good = fs::read(&file).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let half = good[..good.len() / 2].to_vec();
    for (round, spoilt) in (2..).zip([flipped, half, vec![], vec![0xff; 10_000]]) {
        fs::write(&file, spoilt).unwrap();
        desk.restart();
        assert_eq!(desk.eastus().await, ["a"]);
        desk.catalogues.finish().await;
        assert_eq!(desk.azure.times_asked(), round);
        assert_eq!(fs::read(&file).unwrap(), good);
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_fails_nothing() {
    let (place, desk) = Desk::kept([skus(&["a"])]);
    fs::write(place.path().join("skus"), "a file").unwrap();
    assert_eq!(desk.eastus().await, ["a"]);
    assert_eq!(desk.eastus().await, ["a"]);
    assert_eq!(desk.azure.times_asked(), 1);
}

#[tokio::test]
async fn the_cache_can_be_seen() {
    let (place, mut desk) = Desk::kept([skus(&["a", "b@westus"])]);
    desk.eastus().await;
    desk.set(2.0);
    let row = desk.shown().await.remove(0);
    let expected = json!({
        "subscription": "sub", "provider": "Microsoft.Compute", "location": "eastus", "entries": 2, "state": "stale", "ageSeconds": 7_200,
        "fetchedAt": "2027-01-15T08:00:00Z", "memoryBytes": row["memoryBytes"],
        "file": only_file(&place).to_str(), "fileBytes": row["fileBytes"],
    });
    assert_eq!(row, expected);
    assert!(row["memoryBytes"].as_i64() > Some(100) && row["fileBytes"].as_i64() > Some(100));
    desk.restart();
    let row = desk.shown().await.remove(0);
    assert!(row["memoryBytes"].is_null() && row["entries"] == 2, "{row}");
}

#[tokio::test]
async fn a_location_can_be_forgotten() {
    let (_place, mut desk) = Desk::kept([skus(&["a", "b@westus"])]);
    desk.eastus().await;
    desk.names_at(Some("westus")).await.unwrap();
    let own = scope("sub");
    let own = CacheScope::Account(&own);
    assert_eq!(desk.clear(own, Some("EastUS")).await, 1);
    assert_eq!(desk.shown().await.len(), 1);
    desk.restart();
    desk.names_at(Some("westus")).await.unwrap();
    assert_eq!(desk.azure.times_asked(), 2);
    desk.eastus().await;
    assert_eq!(desk.azure.times_asked(), 3);
    for of_another in [
        CacheScope::Account(&scope("other")),
        CacheScope::Subscription("other"),
    ] {
        assert_eq!(desk.clear(of_another, None).await, 0);
        let shown = desk.catalogues.show(of_another).await;
        assert!(shown.as_array().unwrap().is_empty());
    }
    assert!(desk.catalogues.has_any_of("SUB").await && !desk.catalogues.has_any_of("other").await);
    assert_eq!(desk.clear(CacheScope::Anyone, None).await, 2);
    assert!(desk.shown().await.is_empty());
}

#[tokio::test]
async fn forgetting_a_location_forgets_everything_that_answers_for_it() {
    let desk = Desk::new([skus(&["a"])]);
    desk.names_at(None).await.unwrap();
    desk.clear(CacheScope::Anyone, Some("East US")).await;
    desk.eastus().await;
    assert_eq!(desk.azure.times_asked(), 2);
}

#[tokio::test]
async fn only_the_named_subscription_is_forgotten() {
    let (_place, mut desk) = Desk::kept([skus(&["a"])]);
    desk.eastus().await;
    assert_eq!(desk.refresh("other", Some("eastus")).await.unwrap(), 1);
    for kept_in in ["memory", "files"] {
        assert_eq!(desk.shown().await.len(), 2, "{kept_in}");
        desk.restart();
    }
    let other = CacheScope::Subscription("Other");
    assert_eq!(desk.clear(other, None).await, 1);
    for kept_in in ["memory", "files"] {
        let rows = desk.shown().await;
        assert_eq!(rows.len(), 1, "{kept_in}");
        assert_eq!(rows[0]["subscription"], "sub", "{kept_in}");
        desk.restart();
    }
}

#[tokio::test]
async fn a_location_that_is_not_kept_is_fetched_and_one_that_is_none_is_an_error() {
    let desk = Desk::new([skus(&["a"]), skus(&["b@westus"]), skus(&[])]);
    desk.eastus().await;
    assert_eq!(desk.refresh("sub", Some("westus")).await.unwrap(), 1);
    assert_eq!(desk.azure.times_asked(), 2);
    for nowhere in ["nosuch", "a/b"] {
        let error = desk.refresh("sub", Some(nowhere)).await.unwrap_err();
        let error = error.to_string();
        let is_told = error.contains(nowhere) && error.contains("nothing was refreshed");
        assert!(is_told, "{error}");
    }
    assert_eq!(desk.shown().await.len(), 2);
}

#[tokio::test]
async fn what_is_kept_can_be_renewed() {
    let desk = Desk::new([skus(&["a"]), skus(&["b@westus"]), skus(&["c", "c@westus"])]);
    desk.eastus().await;
    desk.names_at(Some("westus")).await.unwrap();
    assert_eq!(desk.refresh("other", None).await.unwrap(), 0);
    assert_eq!(desk.refresh("sub", None).await.unwrap(), 2);
    assert_eq!(desk.eastus().await, ["c"]);
    desk.refresh("sub", Some("West US")).await.unwrap();
    assert_eq!(desk.azure.times_asked(), 5);
    desk.azure.answer([down()]);
    assert!(desk.refresh("sub", None).await.is_err());
    assert_eq!(desk.eastus().await, ["c"]);
}
