//! Conditional writes of the stores that need no server.

use tokio::task::JoinSet;

use super::*;
use crate::file::FileBackend;

async fn writes_depend_on_what_is_there(store: Arc<dyn Backend>) {
    let put = async |text: &'static str, only_if| {
        let put = store.put("name", text.into(), only_if);
        put.await.unwrap()
    };
    assert_eq!(store.get("name", None, 10).await, Ok(Found::Absent));
    let Put::Written(first) = put("one", OnlyIf::Absent).await else {
        panic!("there was nothing");
    };
    assert_eq!(put("two", OnlyIf::Absent).await, Put::Conflict);
    let unchanged = store.get("name", Some(&first), 10).await;
    assert_eq!(unchanged, Ok(Found::Unchanged));
    let Put::Written(second) = put("two", OnlyIf::Unchanged(first.clone())).await else {
        panic!("it was unchanged");
    };
    let third = put("three", OnlyIf::Unchanged(first.clone())).await;
    assert_eq!(third, Put::Conflict);
    // An object that is too large comes without its content.
    for (known, most, bytes) in [(Some(&first), 10, "two"), (None, 2, "")] {
        let (bytes, tag) = (bytes.into(), second.clone());
        let found = store.get("name", known, most).await;
        assert_eq!(found, Ok(Found::Object { bytes, tag }));
    }
}

#[tokio::test]
async fn memory_keeps_to_conditions() {
    let store = ObjectBackend::new(Arc::new(InMemory::new()), "a/b");
    writes_depend_on_what_is_there(Arc::new(store)).await;
}

#[tokio::test]
async fn a_directory_keeps_to_conditions() {
    let place = tempfile::tempdir().unwrap();
    let store = FileBackend::new(place.path().join("made"));
    writes_depend_on_what_is_there(Arc::new(store)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_to_a_directory_one_wins() {
    let place = tempfile::tempdir().unwrap();
    let store = FileBackend::new(place.path().join("made"));
    let mut only_if = OnlyIf::Absent;
    for _ in 0..10 {
        let mut writers = JoinSet::new();
        for writer in 0..16 {
            let (store, only_if) = (store.clone(), only_if.clone());
            writers.spawn(async move {
                let bytes = format!("writer {writer}").into();
                store.put("name", bytes, only_if).await.unwrap()
            });
        }
        let mut puts = writers.join_all().await;
        puts.retain(|put| *put != Put::Conflict);
        let [Put::Written(tag)] = puts.as_slice() else {
            panic!("{puts:?}");
        };
        only_if = OnlyIf::Unchanged(tag.clone());
    }
}

#[tokio::test]
async fn a_directory_below_one_that_is_missing_is_not_made() {
    let place = tempfile::tempdir().unwrap();
    let store = FileBackend::new(place.path().join("mount/azq"));
    assert_eq!(store.get("name", None, 10).await, Ok(Found::Absent));
    let put = store.put("name", Bytes::new(), OnlyIf::Absent).await;
    assert!(put.is_err());
    assert!(!place.path().join("mount").exists());
}

#[tokio::test]
async fn files_get_the_mode_of_their_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("shared");
    std::fs::create_dir(&directory).unwrap();
    let mode = std::fs::Permissions::from_mode(0o770);
    std::fs::set_permissions(&directory, mode).unwrap();
    let store = FileBackend::new(directory.clone());
    let put = store.put("name", "x".into(), OnlyIf::Absent);
    put.await.unwrap();
    for file in std::fs::read_dir(&directory).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
    }
}
