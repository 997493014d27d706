//! What a terminal shows: az's spinner and az's colours, and neither where somebody has said so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use crate::long_running::{DELETE, UPDATE, let_end, list, until_polled};
use azq_tests::harness::sample::{emulator, endless_operations};
use azq_tests::harness::{Home, Screen, signal};
use rustix::process::Signal;

/// azq with these words, on a terminal.
fn begin(home: &Home, line: &str) -> Screen {
    let mut command = home.command(&home.binaries().azq);
    command.args(line.split(' '));
    Screen::begin(command).unwrap()
}

/// What a command shows, with its exit code.
fn shown(home: &Home, line: &str) -> (Option<i32>, String) {
    begin(home, line).finish().unwrap()
}

const ERASE: &str = "\x1b[K";
const MISSING: &str = "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n nosuch";

/// Nothing comes on stdout that could take its place.
#[test]
fn the_spinner_shows_azures_state_and_leaves_nothing() {
    for line in [&format!("{UPDATE} -o none"), DELETE] {
        let emulator = endless_operations().unwrap();
        let home = Home::new(&emulator).unwrap();
        let mut client = begin(&home, line);
        client.until_shows("\x1b[K \\ InProgress ..\r").unwrap();
        let_end(&emulator);
        let (code, shown) = client.finish().unwrap();
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.starts_with("\x1b[K - Starting ..\r"), "{shown:?}");
        assert!(shown.ends_with(&format!(" ..\r{ERASE}")), "{shown:?}");
        assert!(!shown.contains('\n'), "{shown:?}");
    }
}

#[test]
fn the_spinner_stays_away_where_it_is_not_wanted() {
    for (option, variable) in [
        (" --only-show-errors", None),
        ("", Some(("AZURE_CORE_ONLY_SHOW_ERRORS", "yes"))),
        ("", Some(("AZURE_CORE_DISABLE_PROGRESS_BAR", "true"))),
        ("", Some(("TERM", "dumb"))),
    ] {
        let emulator = endless_operations().unwrap();
        let mut home = Home::new(&emulator).unwrap();
        if let Some((name, value)) = variable {
            home.set(name, value);
        }
        let client = begin(&home, &format!("{DELETE}{option}"));
        until_polled(&emulator, 3);
        let_end(&emulator);
        assert_eq!(
            client.finish().unwrap(),
            (Some(0), String::new()),
            "{option} {variable:?}"
        );
    }
}

#[test]
fn a_configuration_without_progress_is_honoured() {
    let emulator = endless_operations().unwrap();
    let settings = [("core.disable_progress_bar", "true")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let home = Home::with(&emulator, &settings.into()).unwrap();
    let client = begin(&home, DELETE);
    until_polled(&emulator, 3);
    let_end(&emulator);
    assert_eq!(client.finish().unwrap(), (Some(0), String::new()));
}

/// az leaves out the level's name then.
#[test]
fn errors_and_warnings_have_azs_colours() {
    let emulator = emulator().unwrap();
    let mut home = Home::new(&emulator).unwrap();
    let (code, error) = shown(&home, MISSING);
    assert_eq!(code, Some(3));
    assert!(error.starts_with("\x1b[91m(NotFound)"), "{error:?}");
    assert!(error.ends_with("\x1b[0m\n"), "{error:?}");
    let (code, usage) = shown(&home, "vm list-skus -l");
    assert_eq!(code, Some(2));
    let expected =
        "\x1b[91margument --location/-l: expected one argument\x1b[0m\n\nhttps://aka.ms/";
    assert!(usage.starts_with(expected), "{usage:?}");
    home.set("AZURE_CORE_THEME", "light");
    let (_, light) = shown(&home, MISSING);
    assert!(light.starts_with("\x1b[31m(NotFound)"), "{light:?}");
}

#[test]
fn colours_can_be_turned_off() {
    let emulator = emulator().unwrap();
    for (name, value) in [
        ("AZURE_CORE_NO_COLOR", "yes"),
        ("NO_COLOR", "1"),
        ("TERM", "dumb"),
    ] {
        let mut home = Home::new(&emulator).unwrap();
        home.set(name, value);
        let (_, error) = shown(&home, MISSING);
        assert!(error.starts_with("ERROR: (NotFound)"), "{name}: {error:?}");
        assert!(!error.contains('\x1b'), "{name}: {error:?}");
    }
}

#[test]
fn an_interrupted_wait_clears_the_spinner_and_says_how_to_resume() {
    let emulator = endless_operations().unwrap();
    let home = Home::new(&emulator).unwrap();
    let client = begin(&home, UPDATE);
    until_polled(&emulator, 2);
    signal(client.id(), Signal::INT);
    let (code, shown) = client.finish().unwrap();
    let id = list(&home)[0]["id"].as_str().unwrap().to_owned();
    let says = format!(
        "{ERASE}\x1b[93minterrupted; the operation goes on in Azure. To wait for it, run: azq operation wait {id}\x1b[0m\n"
    );
    assert_eq!(code, Some(130));
    assert!(shown.ends_with(&says), "{shown:?}");
    let_end(&emulator);
    home.line("operation wait --query name -o tsv")
        .unwrap()
        .success();
}
