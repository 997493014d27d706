//! Tests of defaults, the file, the environment, and error messages.

use super::*;
use std::path::Path;

fn environment(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn places() -> Places {
    let dirs = directories::ProjectDirs::from_path("/home/azq".into());
    Places::of(&dirs.unwrap())
}

fn resolved(pairs: &[(&str, &str)]) -> Result<(Config, Vec<Entry>), ConfigError> {
    Config::resolve(&places(), &read_environment(environment(pairs)).0)
}

#[test]
fn values_that_bound_each_other_are_checked_together() {
    let error = |pairs: &[(&str, &str)]| resolved(pairs).unwrap_err().to_string();
    assert_eq!(
        error(&[("AZQ_CACHE_FRESH", "2d")]),
        "bad value '2d' for 'cache_fresh' in AZQ_CACHE_FRESH: at most cache_expires (24h) can be had"
    );
    assert_eq!(
        error(&[("AZQ_MEMORY", "512MB"), ("AZQ_CACHE_MEMORY", "1GB")]),
        "bad value '1GB' for 'cache_memory' in AZQ_CACHE_MEMORY: at most half of memory (512MB) can be had"
    );
    let config = |pairs: &[(&str, &str)]| resolved(pairs).unwrap().0;
    assert_eq!(config(&[("AZQ_CACHE_MEMORY", "2GB")]).memory, 4 << 30);
    assert_eq!(config(&[]).memory, 1 << 30);
    let strict = config(&[("AZQ_PREFLIGHT", "strict")]);
    assert_eq!(strict.preflight, Preflight::Strict);
}

#[test]
fn an_empty_variable_is_unset_and_an_unknown_one_is_only_told() {
    let given = [
        ("AZQ_CACHE_FRESH", ""),
        ("AZQ_VERSION", "1.0"),
        ("AZQ_NO_DAEMON", "1"),
    ];
    let (found, unknown) = read_environment(environment(&given));
    assert!(found.is_empty());
    assert_eq!(unknown, ["AZQ_VERSION"]);
    assert!(unknown_variable("AZQ_VERSION").starts_with("the variable AZQ_VERSION is ignored;"));
}

#[test]
fn every_number_is_refused_beyond_its_bounds() {
    for (name, value) in [
        ("AZQ_LOG_SIZE", "0"),
        ("AZQ_LOG_SIZE", "2GB"),
        ("AZQ_MAX_REQUESTS", "0"),
        ("AZQ_MAX_REQUESTS", "9223372036854775807"),
        ("AZQ_CACHE_DISK", "9999999GB"),
        ("AZQ_CACHE_MEMORY", "9999999GB"),
        ("AZQ_MEMORY", "1MB"),
        ("AZQ_READ_TIMEOUT", "0"),
        ("AZQ_READ_TIMEOUT", "99999d"),
        ("AZQ_IDLE_TIMEOUT", "99999d"),
        ("AZQ_STOP_GRACE", "2m"),
        ("AZQ_CACHE_EXPIRES", "99999d"),
        ("AZQ_PREFLIGHT", "on"),
    ] {
        let error = resolved(&[(name, value)]).unwrap_err();
        let is_bad = matches!(error, ConfigError::BadValue { .. });
        assert!(is_bad, "{name}={value}: {error}");
    }
}

#[test]
fn without_a_home_only_named_directories_are_used() {
    let places = Places::without_home(|name| (name == "XDG_CACHE_HOME").then(|| "/c".into()));
    let (config, entries) = Config::resolve(&places, &Given::new()).unwrap();
    assert_eq!(config.cache_dir, Path::new("/c/azq"));
    assert_eq!(config.state_dir, Path::new(NOWHERE));
    let state = entries.iter().find(|entry| entry.key == "state_dir");
    assert_eq!(state.unwrap().origin, WITHOUT_HOME);
}

#[test]
fn every_key_has_a_valid_default() {
    let (config, entries) = resolved(&[]).unwrap();
    assert_eq!(config.idle_timeout, Duration::from_secs(3 * 3600));
    assert_eq!(config.cache_memory, 256 << 20);
    assert!(entries.iter().all(|entry| entry.origin == "default"));
    assert!(KEYS.iter().is_sorted_by_key(|key| key.name));
}

#[test]
fn the_environment_names_its_mistakes() {
    let given = [("AZQ_IDLE_TIMEOUT", "1m"), ("AZQ_NO_DAEMON", "1")];
    let (found, _) = read_environment(environment(&given));
    let (value, origin) = &found["idle_timeout"];
    assert_eq!((&**value, &**origin), ("1m", "AZQ_IDLE_TIMEOUT"));
    let message = resolved(&[("AZQ_IDLE_TIMEOUT", "soon")])
        .unwrap_err()
        .to_string();
    for words in ["'soon'", "idle_timeout"] {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn the_log_is_found_whatever_else_is_wrong() {
    let at = |text| Config::state_directory(environment(&[("AZQ_STATE_DIR", text), ("AZQ_X", "")]));
    assert_eq!(at("/var/azq"), PathBuf::from("/var/azq"));
    assert!(at("relative").is_absolute());
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
    let error = |text| {
        std::fs::write(&path, text).unwrap();
        read_file(&path).unwrap_err()
    };
    assert!(matches!(
        error("fresh = 1\n"),
        ConfigError::UnknownKey { .. }
    ));
    assert!(matches!(error("= 1\n"), ConfigError::Malformed(..)));
}
