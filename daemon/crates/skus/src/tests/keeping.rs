//! Catalogues are kept in memory and on disk, shown, dropped and renewed.

use super::*;

#[tokio::test]
async fn what_was_used_longest_ago_is_dropped_first() {
    let answer = skus(&["a", "b@westus", "c@northeurope"]);
    let desk = Desk::new(&Azure::answering([answer]), |settings| {
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
    let desk = Desk::new(&Azure::answering([skus(&["a", "b@westus"])]), |settings| {
        settings.max_bytes = 1;
    });
    for location in ["eastus", "westus"] {
        desk.names_at(Some(location)).await.unwrap();
        assert_eq!(desk.catalogues.usage().0, 1);
    }
}

#[tokio::test]
async fn everything_replaces_single_locations() {
    let desk = Desk::new(&Azure::answering([skus(&["old"]), skus(&["new"])]), |_| ());
    desk.eastus().await;
    desk.set(0.1);
    desk.names_at(None).await.unwrap();
    assert_eq!(desk.eastus().await, ["new"]);
    assert_eq!(desk.catalogues.usage().0, 1);
}

fn with_directory(place: &Path) -> impl FnOnce(&mut Settings) {
    let directory = Some(place.join("skus"));
    move |settings| settings.directory = directory
}

fn only_file(place: &Path) -> std::path::PathBuf {
    let mut files = fs::read_dir(place.join("skus")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}

#[tokio::test]
async fn a_new_daemon_answers_from_the_directory() {
    let place = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(
        &Azure::answering([skus(&["a"]), down()]),
        with_directory(place.path()),
    );
    assert_eq!(desk.eastus().await, ["a"]);
    only_file(place.path());
    desk.restart();
    assert_eq!(desk.eastus().await, ["a"]);
    assert_eq!(desk.azure.times_asked(), 1);
    desk.restart();
    desk.set(30.0);
    let heard = RecordedReport::default();
    assert_eq!(
        desk.names(Some("eastus"), None, &heard).await.unwrap(),
        ["a"]
    );
    assert_eq!(heard.warnings.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_daemon_answers_for_a_location_from_everything() {
    let place = tempfile::tempdir().unwrap();
    let answer = skus(&["a", "b@westus"]);
    let mut desk = Desk::new(&Azure::answering([answer]), with_directory(place.path()));
    desk.names_at(None).await.unwrap();
    desk.restart();
    assert_eq!(desk.names_at(Some("westus")).await.unwrap(), ["b"]);
    assert_eq!(desk.azure.times_asked(), 1);
    let shown = desk.shown().await;
    let shown = shown.iter().map(|row| {
        (
            &row["location"],
            &row["entries"],
            row["memoryBytes"].is_null(),
        )
    });
    let expected = [
        (&json!("*"), &json!(2), true),
        (&json!("westus"), &json!(1), false),
    ];
    assert_eq!(
        shown.collect::<Vec<_>>(),
        expected,
        "the others are left on the disk"
    );
}

#[tokio::test]
async fn of_what_the_directory_has_the_newest_answers() {
    let place = tempfile::tempdir().unwrap();
    let answers = [skus(&["a@westus"]), skus(&["b", "c@westus"]), skus(&["d"])];
    let mut desk = Desk::new(&Azure::answering(answers), with_directory(place.path()));
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
    let place = tempfile::tempdir().unwrap();
    let answers = [skus(&["old@westus"]), skus(&["new@westus"])];
    let mut desk = Desk::new(&Azure::answering(answers), with_directory(place.path()));
    desk.names_at(None).await.unwrap();
    desk.restart();
    let file = only_file(place.path());
    let old = fs::read(&file).unwrap();
    desk.names(None, Some(0), &Silent).await.unwrap();
    desk.catalogues.finish().await;
    fs::write(&file, old).unwrap();
    assert_eq!(desk.names_at(Some("westus")).await.unwrap(), ["new"]);
    assert_eq!(desk.catalogues.usage().0, 1);
}

#[tokio::test]
async fn the_parts_of_a_catalogue_are_renewed_with_it() {
    let place = tempfile::tempdir().unwrap();
    let answer = skus(&["a", "b@westus"]);
    let mut desk = Desk::new(&Azure::answering([answer]), with_directory(place.path()));
    desk.names_at(None).await.unwrap();
    desk.restart();
    desk.eastus().await;
    desk.names_at(Some("westus")).await.unwrap();
    assert_eq!(desk.names_at(Some("nowhere")).await.unwrap(), [""; 0]);
    assert_eq!(desk.shown().await.len(), 3, "nowhere is no location");
    let (own, azure) = (scope("sub"), &desk.azure);
    let refreshed = desk.catalogues.refresh(azure, &own, None, &Silent).await;
    assert_eq!(refreshed.unwrap().as_array().unwrap().len(), 1);
    assert_eq!(desk.azure.times_asked(), 2);
}

#[tokio::test]
async fn a_spoilt_file_is_ignored_and_replaced() {
    let place = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(
        &Azure::answering([skus(&["a"])]),
        with_directory(place.path()),
    );
    desk.eastus().await;
    let file = only_file(place.path());
    let good = fs::read(&file).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let half = good[..good.len() / 2].to_vec();
    for (round, spoilt) in [flipped, half, vec![], vec![0xff; 10_000]]
        .into_iter()
        .enumerate()
    {
        fs::write(&file, spoilt).unwrap();
        desk.restart();
        assert_eq!(desk.eastus().await, ["a"]);
        desk.catalogues.finish().await;
        assert_eq!(desk.azure.times_asked(), round + 2);
        assert_eq!(fs::read(&file).unwrap(), good);
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_fails_nothing() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("skus"), "a file").unwrap();
    let desk = Desk::new(
        &Azure::answering([skus(&["a"])]),
        with_directory(place.path()),
    );
    assert_eq!(desk.eastus().await, ["a"]);
    assert_eq!(desk.eastus().await, ["a"]);
    assert_eq!(desk.azure.times_asked(), 1);
}

#[tokio::test]
async fn the_cache_can_be_seen() {
    let place = tempfile::tempdir().unwrap();
    let answer = skus(&["a", "b@westus"]);
    let mut desk = Desk::new(&Azure::answering([answer]), with_directory(place.path()));
    desk.eastus().await;
    desk.set(2.0);
    let row = desk.shown().await.remove(0);
    let expected = json!({
        "subscription": "sub", "provider": "Microsoft.Compute", "location": "eastus", "entries": 2, "state": "stale", "ageSeconds": 7_200,
        "fetchedAt": "2027-01-15T08:00:00Z", "memoryBytes": row["memoryBytes"],
        "file": only_file(place.path()).to_str(), "fileBytes": row["fileBytes"],
    });
    assert_eq!(row, expected);
    assert!(row["memoryBytes"].as_i64() > Some(100) && row["fileBytes"].as_i64() > Some(100));
    desk.restart();
    let row = desk.shown().await.remove(0);
    assert_eq!(
        (&row["memoryBytes"], &row["entries"]),
        (&json!(null), &json!(2))
    );
}

#[tokio::test]
async fn a_location_can_be_forgotten() {
    let place = tempfile::tempdir().unwrap();
    let answer = skus(&["a", "b@westus"]);
    let mut desk = Desk::new(&Azure::answering([answer]), with_directory(place.path()));
    desk.eastus().await;
    desk.names_at(Some("westus")).await.unwrap();
    let forgotten = desk
        .catalogues
        .clear(CacheScope::Account(&scope("sub")), Some("EastUS"))
        .await;
    assert_eq!(forgotten.as_array().unwrap().len(), 1);
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
        let forgotten = desk.catalogues.clear(of_another, None).await;
        assert!(forgotten.as_array().unwrap().is_empty());
        let shown = desk.catalogues.show(of_another).await;
        assert!(shown.as_array().unwrap().is_empty());
    }
    assert!(desk.catalogues.has_any_of("SUB").await && !desk.catalogues.has_any_of("other").await);
    assert_eq!(
        desk.catalogues
            .clear(CacheScope::Anyone, None)
            .await
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(desk.shown().await.is_empty());
}

#[tokio::test]
async fn forgetting_a_location_forgets_everything_that_answers_for_it() {
    let desk = Desk::new(&Azure::answering([skus(&["a"])]), |_| ());
    desk.names_at(None).await.unwrap();
    desk.catalogues
        .clear(CacheScope::Anyone, Some("East US"))
        .await;
    desk.eastus().await;
    assert_eq!(desk.azure.times_asked(), 2);
}

#[tokio::test]
async fn only_the_named_subscription_is_forgotten() {
    let place = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(
        &Azure::answering([skus(&["a"])]),
        with_directory(place.path()),
    );
    desk.eastus().await;
    let of_another = desk
        .catalogues
        .refresh(&desk.azure, &scope("other"), Some("eastus"), &Silent)
        .await;
    assert_eq!(of_another.unwrap().as_array().unwrap().len(), 1);
    for kept_in in ["memory", "files"] {
        assert_eq!(desk.shown().await.len(), 2, "{kept_in}");
        desk.restart();
    }
    let other = CacheScope::Subscription("Other");
    let forgotten = desk.catalogues.clear(other, None).await;
    assert_eq!(forgotten.as_array().unwrap().len(), 1);
    for kept_in in ["memory", "files"] {
        let rows = desk.shown().await;
        assert_eq!(
            (rows.len(), &rows[0]["subscription"]),
            (1, &json!("sub")),
            "{kept_in}"
        );
        desk.restart();
    }
}

#[tokio::test]
async fn a_location_that_is_not_kept_is_fetched_and_one_that_is_none_is_an_error() {
    let answers = [skus(&["a"]), skus(&["b@westus"]), skus(&[])];
    let desk = Desk::new(&Azure::answering(answers), |_| ());
    desk.eastus().await;
    let own = scope("sub");
    let refresh = async |location| {
        let refreshed = desk
            .catalogues
            .refresh(&desk.azure, &own, Some(location), &Silent);
        refreshed.await.map(|rows| rows.as_array().unwrap().len())
    };
    assert_eq!(refresh("westus").await.unwrap(), 1);
    assert_eq!(desk.azure.times_asked(), 2);
    for nowhere in ["nosuch", "a/b"] {
        let error = refresh(nowhere).await.unwrap_err().to_string();
        assert!(
            error.contains(nowhere) && error.contains("nothing was refreshed"),
            "{error}"
        );
    }
    assert_eq!(desk.shown().await.len(), 2);
}

#[tokio::test]
async fn what_is_kept_can_be_renewed() {
    let answers = [skus(&["a"]), skus(&["b@westus"]), skus(&["c", "c@westus"])];
    let desk = Desk::new(&Azure::answering(answers), |_| ());
    desk.eastus().await;
    desk.names_at(Some("westus")).await.unwrap();
    let none = desk
        .catalogues
        .refresh(&desk.azure, &scope("other"), None, &Silent)
        .await
        .unwrap();
    assert!(none.as_array().unwrap().is_empty());
    let own = scope("sub");
    let refreshed = desk
        .catalogues
        .refresh(&desk.azure, &own, None, &Silent)
        .await
        .unwrap();
    assert_eq!(refreshed.as_array().unwrap().len(), 2);
    assert_eq!(desk.eastus().await, ["c"]);
    desk.catalogues
        .refresh(&desk.azure, &own, Some("West US"), &Silent)
        .await
        .unwrap();
    assert_eq!(desk.azure.times_asked(), 5);
    desk.azure.answer([down()]);
    assert!(
        desk.catalogues
            .refresh(&desk.azure, &own, None, &Silent)
            .await
            .is_err()
    );
    assert_eq!(desk.eastus().await, ["c"]);
}
