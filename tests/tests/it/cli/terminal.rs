//! Output on a terminal: az's spinner and az's colours, and neither where they are disabled.

use crate::long_running::{DELETE, UPDATE, let_end, list, until_polled};
use crate::prelude::*;

/// Runs a command; returns its exit code and its output.
fn shown(home: &Home, line: &str) -> (Option<i32>, String) {
    Screen::line(home, line).finish()
}

/// Scales a pool of three nodes to five.
const SCALE: &str = "aks nodepool scale -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --node-count 5";
const ERASE: &str = "\x1b[K";
const MISSING: &str = "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n nosuch";

/// The commands print nothing to stdout, which could overwrite the spinner.
#[test]
fn the_spinner_shows_what_happens_and_leaves_nothing() {
    for (line, doing) in [
        (&*format!("{UPDATE} -o none"), "Updating mynodepool"),
        (DELETE, "Deleting npwin"),
        (
            &*format!("{SCALE} -o none"),
            "Scaling mynodepool  3 → 5 nodes",
        ),
    ] {
        let (emulator, home) = logged_in_to(endless_operations());
        let mut client = Screen::line(&home, line);
        client.until_shows(&format!("\x1b[K \\ {doing}  00:0"));
        let_end(&emulator);
        let (code, shown) = client.finish();
        assert_eq!(code, Some(0), "{shown}");
        let begins = format!("\x1b[K - {doing}  00:00\r");
        assert!(shown.starts_with(&begins), "{shown:?}");
        assert!(shown.ends_with(&format!("\r{ERASE}")), "{shown:?}");
        assert_eq!(Screen::lines(&shown), [""], "{shown:?}");
        assert!(!shown.contains('\n'), "{shown:?}");
    }
}

#[test]
fn the_spinner_can_be_turned_off() {
    for (option, variable) in [
        (" --only-show-errors", None),
        ("", Some(("AZURE_CORE_ONLY_SHOW_ERRORS", "yes"))),
        ("", Some(("AZURE_CORE_DISABLE_PROGRESS_BAR", "true"))),
        ("", Some(("TERM", "dumb"))),
    ] {
        let (emulator, mut home) = logged_in_to(endless_operations());
        home.set_all(variable);
        let client = Screen::line(&home, &format!("{DELETE}{option}"));
        until_polled(&emulator, 3);
        let_end(&emulator);
        assert_eq!(
            client.finish(),
            (Some(0), String::new()),
            "{option} {variable:?}"
        );
    }
}

#[test]
fn a_configuration_without_progress_is_honoured() {
    let emulator = endless_operations();
    let home = home_with(&emulator, &[("core.disable_progress_bar", "true")]);
    let client = Screen::line(&home, DELETE);
    until_polled(&emulator, 3);
    let_end(&emulator);
    assert_eq!(client.finish(), (Some(0), String::new()));
}

/// With colours az leaves out the level's name.
#[test]
fn errors_and_warnings_have_azs_colours() {
    let (_emulator, mut home) = logged_in();
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
    let emulator = emulator();
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
    let (emulator, home) = logged_in_to(endless_operations());
    let client = Screen::line(&home, UPDATE);
    until_polled(&emulator, 2);
    signal(client.id(), Signal::INT);
    let (code, shown) = client.finish();
    let id = list(&home)[0]["id"].as_str().unwrap().to_owned();
    let says = format!(
        "{ERASE}\x1b[93minterrupted; the operation goes on in Azure. To wait for it, run: azq operation wait {id}\x1b[0m\n"
    );
    assert_eq!(code, Some(130));
    assert!(shown.ends_with(&says), "{shown:?}");
    let_end(&emulator);
    home.line("operation wait --query name -o tsv").success();
}

/// Returns the frames of the spinner, each of which ends with the cursor at the line's beginning.
fn frames(shown: &str) -> impl Iterator<Item = &str> {
    let frames = shown.split(ERASE).filter(|frame| frame.ends_with('\r'));
    frames.map(|frame| frame.trim_end_matches('\r'))
}

#[test]
fn the_spinner_keeps_to_a_line_of_any_width() {
    for (columns, expected) in [
        (80, " - Scaling mynodepool  3 → 5 nodes  00:00"),
        (40, " - Scaling mynodep…  3 → 5 nodes  00:00"),
    ] {
        let (emulator, home) = logged_in_to(endless_operations());
        let mut command = home.command(&home.binaries().azq);
        command.args(SCALE.split(' ')).args(["-o", "none"]);
        let mut client = Screen::of_width(command, columns);
        client.until_shows(" \\ Scaling");
        let_end(&emulator);
        let (code, shown) = client.finish();
        assert_eq!(code, Some(0), "{shown}");
        assert_eq!(frames(&shown).next(), Some(expected), "{shown:?}");
        let widest = frames(&shown).map(|frame| frame.chars().count()).max();
        assert!(widest < Some(usize::from(columns)), "{shown:?}");
    }
}

/// The error is alone on its line.
#[test]
fn an_operation_that_fails_leaves_nothing_of_the_spinner() {
    let (emulator, home) = logged_in_to(endless_operations());
    let mut client = Screen::line(&home, UPDATE);
    client.until_shows("Updating mynodepool");
    let failed = json!({"status": "Failed", "error": {"code": "Broken", "message": "no"}});
    let_end(&emulator);
    emulator.inject(Fault::answer("GET .*/operations/.*", 200, failed).times(u32::MAX));
    let (code, shown) = client.finish();
    assert_eq!(code, Some(1), "{shown}");
    let lines = Screen::lines(&shown);
    assert_eq!(lines[0], "(Broken) no", "{lines:?}");
    assert!(!lines.concat().contains("Updating"), "{lines:?}");
}

/// The next daemon's spinner overwrites the line.
#[test]
fn a_killed_daemon_leaves_nothing_of_the_spinner() {
    let (emulator, home) = logged_in_to(endless_operations());
    let mut client = Screen::line(&home, &format!("{UPDATE} -o none"));
    until_polled(&emulator, 2);
    home.crash();
    until_polled(&emulator, 4);
    client.until_shows("Updating mynodepool");
    let_end(&emulator);
    let (code, shown) = client.finish();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(Screen::lines(&shown), [""], "{shown:?}");
}

/// The catalogue arrives a few bytes at a time.
#[test]
fn an_interrupted_download_leaves_no_progress_line() {
    let (emulator, home) = logged_in();
    emulator.inject(Fault::effect("GET .*/skus", Effect::Drip));
    let mut client = Screen::line(&home, "vm list-skus -l eastus -o none");
    client.until_shows(" - Downloading resource SKUs of eastus  ");
    client.until_shows(" bytes  00:0");
    signal(client.id(), Signal::INT);
    let (code, shown) = client.finish();
    assert_eq!(code, Some(130), "{shown:?}");
    assert_eq!(Screen::lines(&shown), [""], "{shown:?}");
}

/// After a download, during which azq catches interrupts to clear the line, an interrupt still ends
/// the command.
#[test]
fn an_interrupt_ends_a_long_listing_after_a_download_that_showed() {
    let (emulator, home) = logged_in_to(emulator_of_everything());
    emulator.inject(Fault::delayed("GET .*/skus", 1.0));
    let mut client = Screen::line(&home, "vm list-skus -l eastus");
    client.until_shows(" - Downloading resource SKUs");
    client.until_shows("\"capabilities\"");
    signal(client.id(), Signal::INT);
    let (code, shown) = client.finish();
    assert_ne!(code, Some(0), "{} bytes", shown.len());
    assert!(!shown.trim_end().ends_with("\n]"), "it went on to its end");
}

/// Another command, on a terminal of its own, proves that there would be progress to show.
#[test]
fn a_download_shows_no_progress_where_az_shows_none() {
    for (option, variable) in [
        (" --only-show-errors", None),
        ("", Some(("AZURE_CORE_DISABLE_PROGRESS_BAR", "true"))),
        ("", Some(("TERM", "dumb"))),
    ] {
        let (emulator, mut home) = logged_in();
        emulator.inject(Fault::effect("GET .*/skus", Effect::Drip));
        let line = "vm list-skus -l eastus -o none";
        let mut witness = Screen::line(&home, line);
        home.set_all(variable);
        let client = Screen::line(&home, &format!("{line}{option}"));
        eventually("both wait", || home.in_flight() == 2);
        witness.until_shows(" bytes  00:0");
        let [silent, _] = [client, witness].map(|screen| {
            signal(screen.id(), Signal::INT);
            screen.finish().1
        });
        assert_eq!(silent, "", "{option} {variable:?}");
    }
}
