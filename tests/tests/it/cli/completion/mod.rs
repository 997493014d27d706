//! Completion: the words of azq's tables, the names that a running daemon knows, and az's own
//! protocol.

mod beside_az;
mod shells;

use crate::prelude::*;

const POOL: &str = "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n ";

/// Returns the words that `azq completion words` offers at the end of a line.
fn offered(home: &Home, line: &str) -> BTreeSet<String> {
    let words = ["completion", "words", "--"].into_iter();
    let outcome = home.azq(words.chain(line.split(' '))).unwrap();
    let lines = outcome.success();
    lines.lines().map(str::to_owned).collect()
}

/// Returns the words that az's protocol gives at the end of a line that begins with `az`.
fn of_protocol(home: &Home, az: &Path, line: &str) -> BTreeSet<String> {
    let mut home_with = home.environment().clone();
    home_with.extend(
        [
            ("_ARGCOMPLETE", "1".to_owned()),
            ("_ARGCOMPLETE_IFS", "\n".to_owned()),
            ("_ARGCOMPLETE_SUPPRESS_SPACE", "1".to_owned()),
            ("COMP_LINE", line.to_owned()),
            ("COMP_POINT", line.len().to_string()),
            ("AZ", az.display().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let mut shell = home.command(Path::new("/bin/bash"));
    // This is the call of argcomplete's own scripts.
    shell
        .args(["-c", "\"$AZ\" 8>&1 9>&2 1>/dev/null 2>&1 </dev/null"])
        .envs(home_with);
    shell.finish().text().lines().map(str::to_owned).collect()
}

fn set<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.map(str::to_owned).into()
}

#[test]
fn words_are_offered_without_a_daemon() {
    let (emulator, home) = logged_in();
    for (line, words) in [
        ("vm list-sk", set(["list-skus"])),
        ("vm list-skus --si", set(["--size"])),
        ("vm list-skus -o t", set(["table", "tsv"])),
        (
            "aks nodepool get-",
            set(["get-rollback-versions", "get-upgrades"]),
        ),
        ("daemon st", set(["start", "status", "stop"])),
        (POOL, set([])),
    ] {
        assert_eq!(offered(&home, line), words, "{line}");
    }
    assert!(home.processes().is_empty(), "TAB starts no daemon");
    assert!(emulator.requests().is_empty());
}

#[test]
fn a_running_daemon_names_what_azure_has() {
    let (_emulator, home) = logged_in();
    home.line(SHOW_POOL).success();
    home.line(LIST_SKUS).success();
    for (line, name) in [
        ("aks nodepool show -g ", "myResourceGroup"),
        ("aks nodepool list --cluster-name ", "myAKSCluster"),
        ("aks show -g myResourceGroup -n MYAKS", "myAKSCluster"),
        (POOL, "mynodepool"),
        ("vm list-skus -l east", "eastus"),
        ("aks nodepool add -s standard_d4", "Standard_D4s_v5"),
        (
            "cache show --subscription ",
            "00000000-0000-0000-0000-000000000000",
        ),
    ] {
        let is_subscription = line.contains("subscription");
        eventually(line, || {
            let found = offered(&home, line);
            found.contains(name) || is_subscription && found.len() >= 2
        });
    }
    assert_eq!(home.daemons().len(), 1);
}

#[test]
fn names_that_arrive_late_are_offered_at_the_next_completion() {
    let (emulator, home) = logged_in();
    home.line(SHOW_POOL).success();
    emulator.inject(Fault::delayed("GET .*/agentPools", 1.5));
    let begun = Instant::now();
    assert_eq!(offered(&home, POOL), set([]));
    let taken = begun.elapsed();
    assert!(taken < Duration::from_millis(1200), "{taken:?}");
    eventually("the names come", || {
        offered(&home, POOL).contains("mynodepool")
    });
    let asked = emulator.request_count("/agentPools");
    assert!(offered(&home, POOL).contains("mynodepool"));
    assert_eq!(
        emulator.request_count("/agentPools"),
        asked,
        "they are remembered"
    );
}

/// A daemon without a token does not get one for a completion, because that might start az.
#[test]
fn completion_fetches_no_token_and_runs_no_az() {
    let (emulator, mut home) = logged_in();
    install_az(&mut home, "echo \"$*\" >>\"$HOME/az.calls\"");
    home.line("daemon start").success();
    let shim = install_as_az(&mut home);
    assert_eq!(offered(&home, POOL), set([]));
    assert_eq!(of_protocol(&home, &shim, &format!("az {POOL}")), set([]));
    assert!(emulator.requests().is_empty(), "{:?}", emulator.requests());
    assert!(!home.path().join("az.calls").exists());
}

#[test]
fn the_shim_answers_azs_protocol() {
    let (_emulator, mut home) = logged_in();
    let shim = install_as_az(&mut home);
    let at = |line: &str| of_protocol(&home, &shim, line);
    assert_eq!(at("az aks nodepool st"), set(["start", "stop"]));
    assert_eq!(at("az vm list-skus -o t"), set(["table", "tsv"]));
    assert_eq!(at("az network vnet "), set([]), "there is no az");
    home.line(SHOW_POOL).success();
    eventually("names come", || {
        at("az aks nodepool show -g ").contains("myResourceGroup")
    });
}

#[test]
fn unknown_commands_are_completed_by_az() {
    let (_emulator, mut home) = logged_in();
    let answer = "[ -n \"$_ARGCOMPLETE\" ] && printf '%s\\nreal' \"$COMP_LINE\" >&8";
    install_az(&mut home, answer);
    let shim = install_as_az(&mut home);
    for line in ["az network vnet li", "az vm create --na", "az aks create "] {
        assert_eq!(of_protocol(&home, &shim, line), set([line, "real"]));
    }
    assert_eq!(
        of_protocol(&home, &shim, "az vm list-sku"),
        set(["list-skus"])
    );
    home.set("AZQ_PASSTHROUGH", "always");
    let line = "az vm list-sku";
    assert_eq!(of_protocol(&home, &shim, line), set([line, "real"]));
}

/// The script's variables are taken from the script, for there may be no PowerShell to run it.
#[test]
fn candidates_for_powershell_come_in_the_file_that_its_script_names() {
    let (_emulator, home) = logged_in();
    let line = "azq vm list-sk";
    let file = home.path().join("candidates");
    let values = [
        ("$file.FullName", file.display().to_string()),
        ("$line", line.to_owned()),
        ("[string]$point", line.len().to_string()),
        ("\"`t\"", "\t".to_owned()),
        ("\"`n\"", "\n".to_owned()),
    ];
    let script = home.line("completion powershell").success();
    let (_, table) = script.split_once("@{").unwrap();
    let (table, _) = table.split_once('}').unwrap();
    let mut azq = home.command(&home.binaries().azq);
    for (name, value) in table.lines().filter_map(|line| line.split_once('=')) {
        let value = value.trim();
        let known = values.iter().find(|(written, _)| *written == value);
        let value = known.map_or(value.trim_matches('\''), |(_, value)| value);
        azq.env(name.trim(), value);
    }
    let output = azq.finish();
    assert_eq!(output.printed(0), "");
    let candidates = fs::read_to_string(file).unwrap();
    let (word, about) = candidates.split_once('\t').unwrap();
    assert_eq!(word, "list-skus");
    assert!(
        !about.is_empty() && !about.contains(['\t', '\n']),
        "{about}"
    );
}
