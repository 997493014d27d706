//! TAB in the real shells: each loads its script and is asked for candidates as TAB asks.
//!
//! zsh and fish are tried where they are installed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::Duration;

use azq_tests::Emulator;
use azq_tests::emulator::Specification;
use azq_tests::harness::Home;

const LIMIT: Duration = Duration::from_secs(60);

/// Lines with the cursor at their end, and what TAB offers there.
const LINES: [(&str, &[&str]); 5] = [
    ("azq vm list-sk", &["list-skus"]),
    ("azq vm list-skus --si", &["--size"]),
    ("azq vm list-skus -o t", &["table", "tsv"]),
    (
        "azq aks nodepool get-",
        &["get-rollback-versions", "get-upgrades"],
    ),
    ("azq daemon st", &["start", "status", "stop"]),
];

/// What a shell offers for each line; `script` is given the line as `$1`. None without the shell.
fn offered(shell: &str, arguments: &[&str], script: &str) -> Option<Vec<Vec<String>>> {
    let path = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        .map(|directory| Path::new(directory).join(shell));
    let Some(shell) = path.iter().find(|path| path.exists()) else {
        let said = format!("LEFT OUT: TAB in {shell}, which is not installed\n");
        rustix::io::write(rustix::stdio::stderr(), said.as_bytes()).unwrap();
        return None;
    };
    let emulator = Emulator::start(Specification::default()).unwrap();
    let mut home = Home::new(&emulator).unwrap();
    let beside = home.binaries().azq.parent().unwrap().to_owned();
    home.set("PATH", &format!("{}:/usr/bin:/bin", beside.display()));
    home.set("TERM", "dumb");
    let offered = LINES.map(|(line, _)| {
        let last = [script, "shell", line];
        let arguments = arguments.iter().chain(&last);
        let outcome = home.run(shell, arguments, b"", LIMIT).unwrap();
        let mut words: Vec<_> = outcome.success().lines().map(str::to_owned).collect();
        words.sort();
        words
    });
    assert!(home.daemons().is_empty(), "TAB starts no daemon");
    Some(offered.into())
}

fn expected() -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    LINES.iter().map(|(_, offered)| words(offered)).collect()
}

#[test]
fn tab_completes_in_bash() {
    let script = r#"
        eval "$(azq completion bash)"
        read -ra COMP_WORDS <<<"$1"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _azq
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let arguments = ["--norc", "--noprofile", "-c"];
    if let Some(offered) = offered("bash", &arguments, script) {
        assert_eq!(offered, expected());
    }
}

#[test]
fn tab_completes_in_zsh() {
    // `compadd` works within a widget alone; here it prints what it is given.
    let script = r#"
        compdef() { : }
        eval "$(azq completion zsh)"
        compadd() { shift; print -l -- "$@" }
        words=(${=1})
        CURRENT=$#words
        _azq
    "#;
    if let Some(offered) = offered("zsh", &["-f", "-c"], script) {
        assert_eq!(offered, expected());
    }
}

#[test]
fn tab_completes_in_fish() {
    let script = "azq completion fish | source; complete --do-complete $argv[2]";
    let arguments = ["--no-config", "-c"];
    if let Some(offered) = offered("fish", &arguments, script) {
        assert_eq!(offered, expected());
    }
}
