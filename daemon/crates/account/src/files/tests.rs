//! az's files change, are malformed, are no regular files, or lie in the caller's directory.

use super::*;
use std::borrow::Cow;

fn profile_json(id: &str) -> String {
    format!(
        r#"{{"subscriptions": [{{"id": "{id}", "name": "n", "tenantId": "t", "isDefault": true,
        "environmentName": "AzureCloud", "user": {{"name": "me", "type": "user"}}}}]}}"#
    )
}

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        std::fs::write(&file, text).expect("written");
        file
    }

    fn caller(&self) -> Caller {
        Caller::without_variables(self.0.path())
    }

    fn loaded(&self) -> Profile {
        Profile::load(&self.caller()).expect("loaded")
    }

    fn selected(&self, profiles: &Profiles) -> Result<String, AccountError> {
        let profile = profiles.load(&self.caller())?;
        profile.select(None).map(|account| account.subscription.id)
    }
}

#[test]
fn a_change_is_seen_by_the_next_command() {
    let (home, profiles) = (Home::new(), Profiles::default());
    assert_eq!(home.selected(&profiles), Err(AccountError::NotLoggedIn));
    let file = home.write(PROFILE, &profile_json("AA"));
    assert_eq!(home.selected(&profiles).as_deref(), Ok("AA"));
    home.write(PROFILE, &profile_json("BB"));
    assert_eq!(home.selected(&profiles).as_deref(), Ok("BB"));
    home.write(CONFIG, "[cloud]\nname = AzureChinaCloud\n");
    assert_eq!(home.selected(&profiles), Err(AccountError::NotLoggedIn));
    home.write(CONFIG, "[cloud]\nname = AzureCloud\n");
    assert_eq!(home.selected(&profiles).as_deref(), Ok("BB"));
    std::fs::remove_file(file).expect("removed");
    assert_eq!(home.selected(&profiles), Err(AccountError::NotLoggedIn));
}

#[test]
fn unchanged_files_are_not_read_again() {
    let (home, profiles) = (Home::new(), Profiles::default());
    home.write(PROFILE, &profile_json("AA"));
    let files = || profiles.locked().files(home.0.path());
    assert!(Arc::ptr_eq(&files(), &files()));
}

#[test]
fn a_malformed_profile_is_an_empty_one_and_is_named() {
    let home = Home::new();
    let [number, lists] = ["3", "[[[[]]]]"].map(|value| format!("{{\"subscriptions\": {value}}}"));
    for text in ["{\"x", "[]", "null", &number, "\u{0}", &lists] {
        home.write(PROFILE, text);
        let profile = home.loaded();
        let is_json = serde_json::from_str::<Value>(text).is_ok();
        assert_eq!(profile.is_being_written(), !is_json, "{text}");
        let selected = profile.select(None);
        assert_eq!(selected, Err(AccountError::NotLoggedIn), "{text}");
    }
    let file = home.write(PROFILE, &"[".repeat(100_000));
    let profile = home.loaded();
    let old = SystemTime::now() - 2 * WRITTEN_WITHIN;
    let written = std::fs::File::options().write(true).open(&file);
    written.expect("opened").set_modified(old).expect("set");
    let later = home.loaded();
    assert!(!later.is_being_written());
    let notices: Vec<_> = profile.notices().collect();
    let (file, words) = (file.display(), "It will be overridden by default settings.");
    assert_eq!(
        notices,
        [format!("Failed to load or parse file {file}. {words}")]
    );
}

#[test]
fn a_malformed_configuration_is_an_error_that_names_the_file() {
    let home = Home::new();
    let file = home.write(CONFIG, "hello\n");
    let error = || {
        Profile::load(&home.caller())
            .expect_err("malformed")
            .to_string()
    };
    assert!(
        error().starts_with(&file.display().to_string()),
        "{}",
        error()
    );
    std::fs::write(&file, [0xff]).expect("written");
    assert!(error().contains("not UTF-8"), "{}", error());
}

#[test]
fn what_is_no_regular_file_counts_as_absent() {
    let home = Home::new();
    for name in [PROFILE, CLOUDS, CONFIG] {
        std::fs::create_dir(home.0.path().join(name)).expect("made");
    }
    let profile = home.loaded();
    assert_eq!(profile.select(None), Err(AccountError::NotLoggedIn));
    assert_eq!(profile.notices().count(), 0);
}

#[test]
fn clouds_without_sections_are_passed_over() {
    let home = Home::new();
    home.write(CLOUDS, "hello\n");
    home.write(PROFILE, &profile_json("AA"));
    let profile = home.loaded();
    let selected = profile.select(None).expect("selected");
    assert_eq!(selected.subscription.id, "AA");
    assert_eq!(profile.notices().count(), 1);
}

#[test]
fn local_configuration_is_found_above_the_working_directory() {
    let (home, profiles) = (Home::new(), Profiles::default());
    home.write("project/.azure/config", "[defaults]\ngroup = local\n");
    let config_dir = home.write(".azure/config", "[defaults]\ngroup = own\nlocation = own\n");
    let config_dir = config_dir.parent().expect("a directory");
    let mut caller = Caller::without_variables(config_dir);
    caller.working_directory = Some(home.0.path().join("project/deep/down"));
    let default = |caller: &Caller, name| {
        let profile = profiles.load(caller).expect("loaded");
        profile.config().default_value(name).map(Cow::into_owned)
    };
    assert_eq!(default(&caller, "group").as_deref(), Some("local"));
    assert_eq!(default(&caller, "location").as_deref(), Some("own"));
    caller.working_directory = None;
    assert_eq!(default(&caller, "group").as_deref(), Some("own"));
}
