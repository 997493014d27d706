//! Defaults, the file, the environment, and what is said of mistakes.

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

#[test]
fn every_key_has_a_valid_default() {
    let dirs = directories::ProjectDirs::from_path("/home/azq".into()).unwrap();
    let (config, entries) = Config::resolve(&dirs, &BTreeMap::new()).unwrap();
    assert_eq!(config.idle_timeout, Duration::from_secs(3 * 3600));
    assert_eq!(config.cache_memory, 256 << 20);
    assert!(entries.iter().all(|entry| entry.origin == "default"));
    assert!(KEYS.map(|key| key.name).is_sorted());
}

#[test]
fn the_environment_names_its_mistakes() {
    let found = read_environment(environment(&[
        ("AZQ_IDLE_TIMEOUT", "1m"),
        ("AZQ_NO_DAEMON", "1"),
    ]));
    assert_eq!(
        found.unwrap()["idle_timeout"],
        ("1m".to_owned(), "AZQ_IDLE_TIMEOUT".to_owned())
    );
    let unknown = read_environment(environment(&[("AZQ_IDEL_TIMEOUT", "1m")])).unwrap_err();
    assert!(unknown.to_string().contains("'idel_timeout'"), "{unknown}");
    let dirs = directories::ProjectDirs::from_path("/home/azq".into()).unwrap();
    let bad = BTreeMap::from([(
        "idle_timeout",
        ("soon".to_owned(), "AZQ_IDLE_TIMEOUT".to_owned()),
    )]);
    let message = Config::resolve(&dirs, &bad).unwrap_err().to_string();
    assert!(
        message.contains("'soon'") && message.contains("idle_timeout"),
        "{message}"
    );
}

#[test]
fn an_empty_variable_is_one_that_is_not_set() {
    let found = read_environment(environment(&[
        ("AZQ_CACHE_FRESH", ""),
        ("AZQ_STATE_DIR", ""),
        ("AZQ_MAX_REQUESTS", "8"),
    ]));
    assert_eq!(
        found.unwrap().into_keys().collect::<Vec<_>>(),
        ["max_requests"]
    );
}

#[test]
fn what_is_fresh_has_not_expired() {
    let dirs = directories::ProjectDirs::from_path("/home/azq".into()).unwrap();
    let resolve = |fresh: &str, expires: &str| {
        let value = |text: &str| (text.to_owned(), "config.toml".to_owned());
        let given = BTreeMap::from([
            ("cache_fresh", value(fresh)),
            ("cache_expires", value(expires)),
        ]);
        Config::resolve(&dirs, &given)
    };
    assert!(resolve("1h", "60m").is_ok() && resolve("0", "0").is_ok());
    let message = resolve("2h", "1h").unwrap_err().to_string();
    for part in [
        "'2h'",
        "cache_fresh",
        "cache_expires",
        "'1h'",
        "config.toml",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn the_log_is_found_whatever_else_is_wrong() {
    let at = |text| Config::state_directory(environment(&[("AZQ_STATE_DIR", text), ("AZQ_X", "")]));
    assert_eq!(at("/var/azq").unwrap(), PathBuf::from("/var/azq"));
    assert!(at("relative").unwrap().is_absolute());
}

#[test]
fn the_file_is_read_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    assert!(read_file(&path).unwrap().is_empty());
    std::fs::write(&path, "cache_fresh = \"10m\"\nmax_requests = 8\n").unwrap();
    let found = read_file(&path).unwrap();
    assert_eq!(found["cache_fresh"].0, "10m");
    assert_eq!(found["max_requests"].0, "8");
    std::fs::write(&path, "fresh = 1\n").unwrap();
    assert!(matches!(
        read_file(&path),
        Err(ConfigError::UnknownKey { .. })
    ));
    std::fs::write(&path, "= 1\n").unwrap();
    assert!(matches!(
        read_file(&path),
        Err(ConfigError::Malformed { .. })
    ));
}
