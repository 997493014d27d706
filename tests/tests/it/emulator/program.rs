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
    let setting = ["--setting", "defaults.group=there"];
    let mut child = start(
        &[
            &[
                "--demo",
                "--until-stdin-closes",
                "--config-dir",
                config_dir.to_str().unwrap(),
            ][..],
            &setting,
        ]
        .concat(),
    );
    let mut line = String::new();
    let mut stdout = BufReader::new(Bounded(child.stdout.take().unwrap()));
    stdout.read_line(&mut line).unwrap();
    let ready: Ready = serde_json::from_str(&line).unwrap();
    assert_eq!(ready.endpoint, format!("https://localhost:{}", ready.port));
    assert!(
        fs::read_to_string(ready.certificate)
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    assert!(
        fs::read_to_string(config_dir.join("config"))
            .unwrap()
            .contains("[defaults]\ngroup = there\n")
    );
    assert!(
        fs::read_to_string(config_dir.join("clouds.config"))
            .unwrap()
            .contains(&ready.endpoint)
    );
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
            line.split_once('=')
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .unwrap()
        })
        .collect();
    let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "AZURE_CONFIG_DIR",
            "REQUESTS_CA_BUNDLE",
            "IDENTITY_ENDPOINT",
            "IDENTITY_HEADER",
            "AZQ_PRICES_URL"
        ]
    );
    assert!(
        Path::new(&variables[0].1)
            .join("azureProfile.json")
            .is_file()
            && Path::new(&variables[1].1).is_file()
    );
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, Signal::TERM).unwrap();
    assert!(child.ends().success());
}

#[test]
fn a_bad_specification_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.json");
    fs::write(&file, r#"{"skuz": 1}"#).unwrap();
    let program = env!("CARGO_BIN_EXE_azq-emulator");
    let output = Command::new(program)
        .arg("--specification")
        .arg(&file)
        .finish();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("bad.json is not a specification: unknown field `skuz`"),
        "{said}"
    );
    assert_eq!(
        Command::new(program)
            .arg("--nonsense")
            .finish()
            .status
            .code(),
        Some(2)
    );
}
