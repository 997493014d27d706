//! Tests of when answers are cached, used again, and dropped.

use super::answers::SHORT;
use super::*;
use crate::operations::tests::record;
use crate::server::tests::daemon_state_in;
use azq_output::{Format, Table};
use azq_proto::v1::ListSkusRequest;
use azq_skus::{Catalogue, Key, Provider};
use serde_json::json;
use std::fs::Permissions;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn profile() -> Arc<Profile> {
    let nobody = Caller::without_variables(Path::new("/nosuch"));
    Arc::new(Profile::load(&nobody).unwrap())
}

fn found(catalogue: &Arc<Catalogue>) -> Found {
    Found {
        catalogue: Arc::clone(catalogue),
        filter: Filter::default(),
        key: Some(Key {
            provider: Provider::Compute,
            scope: record("", 0).scope,
            location: None,
        }),
        beside: Vec::new(),
    }
}

fn request(size: &str) -> ListSkusRequest {
    ListSkusRequest {
        size: Some(size.to_owned()),
        ..Default::default()
    }
}

fn look() -> OwnedRendering {
    OwnedRendering {
        format: Format::Table,
        query: None,
        color: false,
        table: Table::Automatic,
    }
}

/// The limit of a caller's long answers, in bytes.
const MOST_FILE_BYTES: usize = 20 * SHORT;

/// The cache of one caller.
struct CacheFixture {
    folder: TempDir,
    remembered: Arc<ResponseCache>,
    profile: Arc<Profile>,
    catalogue: Arc<Catalogue>,
}

impl CacheFixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("answers");
        let remembered = ResponseCache::new(Some(directory), MOST_FILE_BYTES as u64);
        Self {
            folder,
            remembered: Arc::new(remembered),
            profile: profile(),
            catalogue: Arc::default(),
        }
    }

    /// Returns the files in the directory.
    fn files(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder.path().join("answers"));
        let files = files.into_iter().flatten();
        files.map(|file| file.unwrap().path()).collect()
    }

    /// Waits until there are so many files, because another thread removes them.
    fn comes_to(&self, files: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.files().len() != files {
            assert!(Instant::now() < deadline, "{:?}", self.files());
            std::thread::yield_now();
        }
    }

    fn usage(&self) -> (usize, usize, usize) {
        let (answers, usage) = self.remembered.answers();
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap();
        (answers, bytes(usage.memory), bytes(usage.files))
    }

    fn gather(&self, request: &ListSkusRequest) -> CacheFill {
        let found = Found {
            filter: Filter::of(request, None),
            ..found(&self.catalogue)
        };
        let question = Some(Question::from(request).into_owned());
        let remembered = &self.remembered;
        remembered.gather(question, &self.profile, &found, &look())
    }

    fn give(&self, size: &str, parts: &[usize]) {
        self.begin(size, parts).end();
    }

    fn begin(&self, size: &str, parts: &[usize]) -> CacheFill {
        let mut gathering = self.gather(&request(size));
        for length in parts {
            gathering.add(&vec![b'x'; *length].into());
        }
        gathering
    }

    fn give_twice(&self, size: &str, length: usize) {
        for _ in 0..2 {
            self.give(size, &[length]);
        }
    }

    fn length(&self, size: &str) -> Option<usize> {
        let request = request(size);
        let mut answers = locked(&self.remembered.answers);
        let number = answers.context(&Question::from(&request))?.number;
        match answers.answer(&(number, Filter::of(&request, None)))? {
            Answer::Short(bytes) => Some(bytes.len()),
            Answer::Long(file) => {
                let mut text = Vec::new();
                file.open()?.read_to_end(&mut text).unwrap();
                assert_eq!(file.length(), text.len() as u64);
                Some(text.len())
            }
            Answer::Asked | Answer::TooLong => None,
        }
    }
}

#[test]
fn an_answer_is_given_again_in_the_same_situation_alone() {
    let mut kept = CacheFixture::new();
    let mut gathering = kept.gather(&request("a"));
    gathering.add(&Bytes::from_static(b"answer"));
    assert_eq!(kept.length("a"), None);
    gathering.end();
    assert_eq!(kept.length("a"), Some(6));
    assert_eq!(kept.length("b"), None);
    kept.give("b", &[1]);
    kept.remembered.follow(0);
    assert_eq!((kept.length("a"), kept.length("b")), (Some(6), Some(1)));
    kept.catalogue = Arc::default();
    kept.give("b", &[2]);
    assert_eq!((kept.length("a"), kept.length("b")), (None, Some(2)));
    assert_eq!(kept.usage(), (1, 2, 0), "the others are forgotten");
    kept.profile = profile();
    kept.give("a", &[3]);
    assert_eq!((kept.length("a"), kept.length("b")), (Some(3), None));
    kept.remembered.follow(1);
    assert_eq!(kept.length("a"), None);
    assert_eq!(kept.usage(), (0, 0, 0));
}

#[test]
fn nothing_is_kept_for_a_long_request() {
    let kept = CacheFixture::new();
    let long = "a".repeat(LONGEST_REQUEST + 1);
    kept.give(&long, &[1]);
    let filter = Filter::of(&request(&long), None);
    let answer = Answer::Short(Bytes::from_static(b"answer"));
    locked(&kept.remembered.answers).put((0, filter), answer);
    assert_eq!(kept.usage(), (0, 0, 0));
}

#[tokio::test]
async fn a_profile_is_looked_up_once_for_all_calls_that_had_come() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = daemon_state_in(folder.path());
    let log_in = |name: &str| {
        let user = json!({"name": name, "type": "user"});
        let subscription = json!({"id": "s", "name": "n", "tenantId": "t", "state": "Enabled",
            "isDefault": true, "environmentName": "AzureCloud", "user": user});
        let profile = json!({"subscriptions": [subscription]}).to_string();
        std::fs::write(folder.path().join("azureProfile.json"), profile).unwrap();
    };
    log_in("somebody");
    let caller = Caller::without_variables(folder.path());
    let me = daemon.sessions.profile(&caller).unwrap();
    let is_current = || {
        let now = daemon.remembered.profile(&caller, &daemon);
        Arc::ptr_eq(&now.unwrap(), &me)
    };
    daemon.arrivals.note();
    assert!(is_current());
    log_in("somebody else");
    assert!(is_current(), "the call had come before that");
    daemon.arrivals.note();
    assert!(!is_current() && !is_current());
    // If arrivals are not counted, each call checks.
    let another = tempfile::tempdir().unwrap();
    let daemon = daemon_state_in(another.path());
    let me = daemon.sessions.profile(&caller).unwrap();
    let is_current = || Arc::ptr_eq(&daemon.remembered.profile(&caller, &daemon).unwrap(), &me);
    assert!(is_current());
    log_in("a third");
    assert!(!is_current());
}

#[test]
fn a_long_answer_is_a_file_from_the_second_time_on_and_one_at_a_time() {
    let kept = CacheFixture::new();
    let long = [SHORT, 1];
    kept.give("a", &long);
    assert_eq!((kept.length("a"), kept.files().len()), (None, 0));
    let other = kept.gather(&request("a"));
    kept.give("a", &long);
    assert_eq!((kept.length("a"), kept.files().len()), (None, 0));
    drop(other);
    kept.give("a", &long);
    assert_eq!(kept.length("a"), Some(SHORT + 1));
    assert_eq!(kept.usage(), (1, 0, SHORT + 1));
    assert_eq!(kept.files().len(), 1);
    let file = &kept.files()[0];
    assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
    kept.remembered.follow(1);
    kept.comes_to(0);
}

#[test]
fn an_answer_with_half_a_character_is_never_a_file() {
    let kept = CacheFixture::new();
    let half = azq_python::surrogate::stand_in(0xd800).to_string();
    let (begin, end) = half.as_bytes().split_at(2);
    let filler = vec![b'x'; SHORT];
    for parts in [
        [half.as_bytes(), &filler, b""],
        [&filler, begin, end],
        [&filler, b"whole", b""],
    ] {
        kept.remembered.follow(0);
        for _ in 0..2 {
            let mut gathering = kept.gather(&request("a"));
            for part in parts {
                gathering.add(&Bytes::copy_from_slice(part));
            }
            gathering.end();
        }
        let is_kept = parts[1] == b"whole";
        assert_eq!(kept.length("a").is_some(), is_kept);
    }
}

#[test]
fn a_file_that_is_gone_or_another_is_not_given() {
    let kept = CacheFixture::new();
    let harms: [fn(&Path); 3] = [
        |file| std::fs::remove_file(file).unwrap(),
        |file| std::fs::write(file, "short").unwrap(),
        |file| {
            let aside = file.with_extension("aside");
            std::fs::copy(file, &aside).unwrap();
            std::fs::rename(aside, file).unwrap();
        },
    ];
    for harm in harms {
        kept.give_twice("a", 2 * SHORT);
        assert_eq!(kept.length("a"), Some(2 * SHORT));
        harm(&kept.files()[0]);
        assert_eq!(kept.length("a"), None);
        kept.remembered.forget();
        kept.comes_to(0);
    }
}

/// The files of a killed daemon are removed; other files stay, and so do all files in a directory
/// to which others may write.
#[test]
fn files_that_were_left_are_removed() {
    let kept = CacheFixture::new();
    let directory = kept.folder.path().join("answers");
    std::fs::create_dir(&directory).unwrap();
    for name in ["1-1.answer", "somebody's"] {
        std::fs::write(directory.join(name), "left").unwrap();
    }
    for (mode, left) in [(0o777, 2), (0o700, 1)] {
        std::fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
        kept.remembered.forget();
        assert_eq!(kept.files().len(), left, "{mode:o}");
    }
    assert_eq!(kept.files(), [directory.join("somebody's")]);
}

/// The rendering is repeated, as while the catalogue is stale, when no call uses the cache.
#[test]
fn what_is_kept_or_never_will_be_is_not_written_again() {
    let kept = CacheFixture::new();
    for (size, length) in [("a", 2 * SHORT), ("longest", MOST_FILE_BYTES + 1)] {
        kept.give_twice(size, length);
        let known = kept.files();
        let mut gathering = kept.gather(&request(size));
        assert!(!gathering.writes(length));
        gathering.add(&vec![b'x'; length].into());
        gathering.end();
        assert_eq!(kept.files(), known);
    }
    assert_eq!(kept.length("a"), Some(2 * SHORT));
    assert_eq!(kept.length("longest"), None);
}

#[test]
fn what_is_written_for_nobody_any_more_is_not_kept() {
    let kept = CacheFixture::new();
    kept.give("a", &[2 * SHORT]);
    let gathering = kept.begin("a", &[2 * SHORT]);
    kept.remembered.follow(1);
    gathering.end();
    assert_eq!(kept.usage(), (0, 0, 0));
    kept.comes_to(0);
}

#[test]
fn what_breaks_off_leaves_no_file() {
    let kept = CacheFixture::new();
    kept.give("a", &[SHORT, SHORT]);
    let gathering = kept.begin("a", &[2 * SHORT]);
    assert_eq!(kept.files().len(), 1);
    drop(gathering);
    kept.comes_to(0);
    assert_eq!(kept.length("a"), None);
}

#[test]
fn where_nothing_can_be_written_short_answers_are_kept() {
    let kept = CacheFixture::new();
    std::fs::write(kept.folder.path().join("answers"), "in the way").unwrap();
    let nowhere = CacheFixture {
        remembered: Arc::new(ResponseCache::new(None, u64::MAX)),
        ..CacheFixture::new()
    };
    for kept in [kept, nowhere] {
        for _ in 0..3 {
            kept.give("long", &[SHORT, SHORT]);
            kept.give("short", &[SHORT]);
        }
        assert_eq!(kept.length("long"), None);
        assert_eq!(kept.length("short"), Some(SHORT));
    }
}

#[test]
fn what_is_kept_is_bounded() {
    let kept = CacheFixture::new();
    for _ in 0..3 {
        kept.give("longest", &[MOST_FILE_BYTES + 1]);
    }
    assert_eq!(kept.length("longest"), None);
    for number in 0..2 * ANSWERS.get() {
        kept.give(&number.to_string(), &[1]);
    }
    assert_eq!(kept.usage(), (ANSWERS.get(), ANSWERS.get(), 0));
    for size in ["a", "b"] {
        kept.give_twice(size, MOST_FILE_BYTES);
    }
    assert_eq!(kept.length("a"), None);
    assert_eq!(kept.length("b"), Some(MOST_FILE_BYTES));
    // Each of the two has replaced one of the short ones.
    let short = ANSWERS.get() - 2;
    assert_eq!(kept.usage(), (short + 1, short, MOST_FILE_BYTES));
    kept.comes_to(1);
    for number in 0..100 {
        kept.give(&format!("of {number}"), &[SHORT]);
    }
    let (_, memory, files) = kept.usage();
    let most = usize::try_from(ANSWER_BYTES).unwrap();
    assert!(most - SHORT < memory && memory <= most, "{memory}");
    assert_eq!(files, MOST_FILE_BYTES);
    assert_eq!(kept.length("of 99"), Some(SHORT));
}

#[test]
fn a_query_is_compiled_once_and_a_bad_one_each_time() {
    let remembered = ResponseCache::new(None, 0);
    assert!(remembered.query(None).unwrap().is_none());
    for _ in 0..2 {
        assert!(remembered.query(Some("[].name")).unwrap().is_some());
        assert!(remembered.query(Some("[")).is_err());
    }
    assert_eq!(locked(&remembered.queries).len(), 1);
}
