//! `azq-emulator` as a process: its output, and its end.

use azq_tests::program::Ready;

use crate::prelude::*;

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_azq-emulator"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn the_emulator_prints_its_addresses_and_ends_with_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let config_dir = folder.path().join("azure");
    let directory = ["--config-dir", config_dir.to_str().unwrap()];
    let setting = ["--setting", "defaults.group=there"];
    let mut child = start(&[["--demo", "--until-stdin-closes"], directory, setting].concat());
    let mut line = String::new();
    let mut stdout = BufReader::new(Bounded(child.stdout.take().unwrap()));
    stdout.read_line(&mut line).unwrap();
    let ready: Ready = serde_json::from_str(&line).unwrap();
    assert_eq!(ready.endpoint, format!("https://localhost:{}", ready.port));
    let certificate = fs::read_to_string(ready.certificate).unwrap();
    certificate.assert_starts_with("-----BEGIN CERTIFICATE-----");
    let read = |name| fs::read_to_string(config_dir.join(name)).unwrap();
    read("config").assert_contains("[defaults]\ngroup = there\n");
    read("clouds.config").assert_contains(&ready.endpoint);
    drop(child.stdin.take());
    assert!(child.ends().success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn the_emulator_prints_a_clients_variables_and_ends_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(&["--demo", "--directory", folder.path().to_str().unwrap()]);
    let lines = BufReader::new(Bounded(child.stdout.take().unwrap()))
        .lines()
        .map(Result::unwrap);
    let variables: Vec<(String, String)> = lines
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect();
    let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        "AZURE_CONFIG_DIR REQUESTS_CA_BUNDLE IDENTITY_ENDPOINT IDENTITY_HEADER AZQ_PRICES_URL";
    assert_eq!(names.join(" "), expected);
    let [directory, bundle] = [0, 1].map(|index| Path::new(&variables[index].1));
    assert!(directory.join("azureProfile.json").is_file() && bundle.is_file());
    signal(child.id(), Signal::TERM);
    assert!(child.ends().success());
}

#[test]
fn a_bad_specification_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.json");
    fs::write(&file, r#"{"skuz": 1}"#).unwrap();
    let ends = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_azq-emulator"));
        program.args(arguments).finish()
    };
    let bad = ends(&["--specification", file.to_str().unwrap()]);
    let says = "bad.json is not a specification: unknown field `skuz`";
    bad.said(1).assert_contains(says);
    ends(&["--nonsense"]).printed(2);
}
