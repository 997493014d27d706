//! `az rest` and the file that it writes. The goldens have its requests and its output.

use crate::prelude::*;

const GROUPS: &str = "rest -u /subscriptions/{subscriptionId}/resourcegroups?api-version=1";

#[test]
fn a_failed_response_leaves_the_output_file_unchanged() {
    let (emulator, home) = logged_in();
    let file = home.path().join("out");
    let request = "GET .*/resourcegroups";
    for fault in [
        Fault::answer(request, 404, json!({"a": 1})),
        Fault::effect(request, Effect::HalfBody),
        Fault::effect(request, Effect::BadGzip),
    ] {
        fs::write(&file, "old").unwrap();
        emulator.inject(fault);
        let outcome = home.line(&format!("{GROUPS} --output-file out"));
        outcome.said(1).assert_starts_with("ERROR: ");
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    }
    let left = fs::read_dir(home.path()).unwrap().flatten();
    let beside = left.filter(|entry| entry.file_name().to_string_lossy().contains(".azq-"));
    assert_eq!(beside.count(), 0, "a file stays beside the other");
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_that_says_so() {
    let (_emulator, home) = logged_in();
    for path in ["/dev/full", "nowhere/out", "/"] {
        let outcome = home.line(&format!("{GROUPS} --output-file {path}"));
        let words = format!("{path} cannot be written");
        outcome.said(1).assert_contains(&words);
    }
}

#[test]
fn a_file_keeps_its_mode_and_a_terminal_or_a_pipe_takes_the_bytes() {
    let (_emulator, home) = logged_in();
    let printed = home.line(&format!("{GROUPS} --output-file /dev/stdout"));
    printed.success().assert_starts_with("{\"value\":");
    let file = home.path().join("out");
    fs::write(&file, "old").unwrap();
    set_mode(&file, 0o640);
    let outcome = home.line(&format!("{GROUPS} --output-file out"));
    assert_eq!(outcome.success(), "");
    assert_eq!(fs::read_to_string(&file).unwrap(), printed.text());
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_long_body_passes_through_in_parts() {
    let (emulator, home) = logged_in();
    let long = "x".repeat(3 << 20);
    emulator.inject(Fault::answer("GET .*/resourcegroups", 200, json!(long)));
    let outcome = home.line(&format!("{GROUPS} --output-file out"));
    assert_eq!(outcome.success(), "");
    assert_eq!(
        fs::read_to_string(home.path().join("out")).unwrap(),
        format!("\"{long}\"")
    );
}

#[test]
fn the_log_contains_nothing_of_an_az_rest_request() {
    let (_emulator, mut home) = logged_in();
    home.set("AZQ_LOG", "trace");
    let url = "/subscriptions/{subscriptionId}/resourcegroups?sig=s3cret";
    let line = format!("rest -u {url} --headers X-Key=s3cret -m post -b s3cret");
    let _refused = home.line(&line);
    let log = home.log();
    assert!(!log.is_empty() && !log.contains("s3cret"), "{log}");
}
