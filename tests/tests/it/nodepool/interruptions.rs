//! Long-running operations survive the end of daemons, clients and terminals: reconnections,
//! Ctrl-C, signals, upgrades.

use crate::long_running::{DELETE, UPDATE, let_end, list, until_polled, until_polled_more};
use crate::prelude::*;

#[test]
fn a_client_whose_daemon_is_killed_waits_on_with_the_next() {
    let (emulator, home) = logged_in_to(endless_operations());
    let client = home.begin(UPDATE);
    until_polled(&emulator, 2);
    signal(home.daemon(), Signal::KILL);
    until_polled_more(&emulator, 3);
    let_end(&emulator);
    let pool: Value = client.finish().json();
    assert_eq!(pool["nodeLabels"], json!({"a": "b"}));
    assert_eq!(pool["provisioningState"], "Succeeded");
    assert_eq!(writes(&emulator), 1);
    assert_eq!(list(&home), Vec::<Value>::new());
}

#[test]
fn a_client_whose_daemon_is_stopped_waits_on_with_the_next() {
    let (emulator, home) = logged_in_to(endless_operations());
    let client = home.begin(&format!("{UPDATE} -o tsv --query name"));
    until_polled(&emulator, 2);
    let old = home.daemon();
    let stopped = home.line("daemon stop").success();
    assert_eq!(stopped, format!("azqd, pid {old}, has ended\n"));
    until_polled_more(&emulator, 3);
    assert_ne!(home.daemon(), old);
    let_end(&emulator);
    assert_eq!(client.finish().success(), "mynodepool\n");
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn ctrl_c_prints_the_command_to_resume() {
    let (emulator, home) = logged_in_to(endless_operations());
    let client = home.begin(UPDATE);
    until_polled(&emulator, 2);
    signal(client.id(), Signal::INT);
    let interrupted = client.finish();
    let under_way = list(&home);
    let id = under_way[0]["id"].as_str().unwrap();
    let says = format!(
        "WARNING: interrupted; the operation goes on in Azure. To wait for it, run: azq operation wait {id}\n"
    );
    assert_eq!(interrupted.failure(130), says);
    assert_eq!(under_way.len(), 1);
    assert_eq!(under_way[0]["command"], "aks nodepool update");
    assert_eq!(under_way[0]["status"], "InProgress");
    let resource = under_way[0]["resource"].as_str().unwrap();
    assert!(resource.ends_with("/agentPools/mynodepool"), "{resource}");

    home.line("daemon stop").success();
    let waiting = home.begin(&format!("operation wait {id} --query provisioningState"));
    until_polled_more(&emulator, 2);
    let_end(&emulator);
    assert_eq!(waiting.finish().success(), "\"Succeeded\"\n");
    assert_eq!(list(&home), Vec::<Value>::new());
    let none = home.line("operation wait");
    assert_eq!(none.failure(3), "ERROR: No operation is under way.\n");
}

/// A script starts its background processes so, because Ctrl-C is not meant for them.
#[test]
fn a_client_that_was_started_with_ctrl_c_ignored_waits_on() {
    let (emulator, home) = logged_in_to(endless_operations());
    let mut shell = home.command(Path::new("/bin/sh"));
    let line = format!("{UPDATE} --query name -o tsv");
    shell
        .args(["-c", "trap '' INT; exec \"$0\" \"$@\""])
        .arg(&binaries().unwrap().azq)
        .args(line.split(' '));
    let client = shell.begin();
    until_polled(&emulator, 2);
    signal(client.id(), Signal::INT);
    until_polled_more(&emulator, 3);
    let_end(&emulator);
    assert_eq!(client.finish().success(), "mynodepool\n");
}

#[test]
fn a_private_daemon_that_is_terminated_is_followed_by_another() {
    let (emulator, home) = logged_in_to(endless_operations());
    let client = home.begin(&format!("--no-daemon {UPDATE} --query name"));
    until_polled(&emulator, 2);
    let mut processes = home.processes().into_iter();
    let private = processes.find(|id| *id != client.id()).unwrap();
    signal(private, Signal::TERM);
    eventually("another daemon serves", || {
        let processes = home.processes();
        processes.len() == 2 && !processes.contains(&private)
    });
    let_end(&emulator);
    assert_eq!(client.finish().success(), "\"mynodepool\"\n");
    assert_eq!(writes(&emulator), 1);
    assert_eq!(home.processes(), Vec::<u32>::new());
}

/// When a newer client replaces the daemon, calls that wait for an operation are ended at once, and
/// their clients wait on with the new daemon.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_daemon_is_replaced_waits_on_with_the_next() {
    let (emulator, home) = logged_in_to(endless_operations());
    let client = home.begin(&format!("{UPDATE} -o tsv --query name"));
    until_polled(&emulator, 2);
    let old = home.daemon();
    replace_daemon(&home).await;
    eventually("the old one's end", || !home.daemons().contains(&old));
    until_polled_more(&emulator, 3);
    let_end(&emulator);
    assert_eq!(client.finish().success(), "mynodepool\n");
    assert_eq!(writes(&emulator), 1);
}

/// The new binaries are installed over the old ones; a client that still runs starts the new
/// daemon.
#[test]
fn a_client_waits_on_after_its_binaries_are_replaced() {
    let (emulator, home) = logged_in_to(endless_operations());
    let folder = home.path().join("installed");
    fs::create_dir(&folder).unwrap();
    let built = binaries().unwrap();
    let install = || {
        for (binary, name) in [(&built.azq, "azq"), (&built.azqd, "azqd")] {
            let aside = folder.join("new");
            fs::copy(binary, &aside).unwrap();
            fs::rename(aside, folder.join(name)).unwrap();
        }
    };
    install();
    let mut client = home.command(&folder.join("azq"));
    client.args(UPDATE.split(' ')).args(["--query", "name"]);
    let client = client.begin();
    until_polled(&emulator, 2);
    install();
    home.line("daemon stop").success();
    until_polled_more(&emulator, 3);
    let_end(&emulator);
    assert_eq!(client.finish().success(), "\"mynodepool\"\n");
    assert_eq!(writes(&emulator), 1);
}

/// However the client ends, the operation is listed and can be waited for.
#[test]
fn a_client_that_is_terminated_or_killed_loses_nothing() {
    for name in [Signal::TERM, Signal::HUP, Signal::KILL] {
        let (emulator, home) = logged_in_to(endless_operations());
        let client = home.begin(UPDATE);
        until_polled(&emulator, 2);
        signal(client.id(), name);
        assert_eq!(client.finish().code, None);
        assert_eq!(list(&home).len(), 1);
        let_end(&emulator);
        let waited = home.line("operation wait --query name -o tsv");
        assert_eq!(waited.success(), "mynodepool\n");
        assert_eq!(writes(&emulator), 1);
    }
}

#[test]
fn two_operations_survive_one_daemon() {
    let (emulator, home) = logged_in_to(endless_operations());
    let update = home.begin(&format!("{UPDATE} --query name -o tsv"));
    let delete = home.begin(DELETE);
    eventually("both", || list(&home).len() == 2);
    home.crash();
    eventually("both again", || home.in_flight() == 2);
    let_end(&emulator);
    assert_eq!(update.finish().success(), "mynodepool\n");
    assert_eq!(delete.finish().success(), "");
    assert_eq!(writes(&emulator), 2);
    assert_eq!(list(&home), Vec::<Value>::new());
}

/// The write has been sent and Azure has not responded with the operation's URL yet: the daemon
/// waits for the response without the client.
#[test]
fn an_operation_whose_url_is_not_known_yet_survives_its_client() {
    for name in [Signal::INT, Signal::TERM, Signal::KILL] {
        let (emulator, home) = logged_in_to(endless_operations());
        emulator.inject(Fault::delayed("PUT .*", 2.0));
        let client = home.begin(UPDATE);
        eventually("the write", || writes(&emulator) == 1);
        // The client learns of the write a little later.
        let listens = || catches(client.id(), Signal::INT);
        eventually("Ctrl-C is listened to", listens);
        signal(client.id(), name);
        let ended = client.finish();
        assert_eq!(ended.text(), "");
        if name == Signal::INT {
            assert_eq!(
                ended.said(130),
                "WARNING: interrupted; what was sent to Azure goes on. To see what it has begun, run: azq operation list\n"
            );
        }
        // A daemon that is stopped meanwhile waits for the response as well.
        home.line("daemon stop").success();
        let under_way = list(&home);
        assert_eq!(under_way.len(), 1, "{name:?}: {under_way:?}");
        assert_eq!(under_way[0]["command"], "aks nodepool update");
        let_end(&emulator);
        let waited = home.line("operation wait --query name -o tsv");
        assert_eq!(waited.success(), "mynodepool\n");
        assert_eq!(writes(&emulator), 1);
    }
}

/// The daemon stands still for longer than a client waits: 20 s for a sign of life, 10 s for the
/// next daemon's.
#[test]
fn a_client_whose_daemon_stands_still_says_how_to_resume() {
    let (emulator, home) = logged_in_to(endless_operations());
    let mut client = home.begin(UPDATE);
    until_polled(&emulator, 2);
    let daemon = home.daemon();
    signal(daemon, Signal::STOP);
    let has_ended = || client.try_wait().unwrap().is_some();
    eventually("the end of its patience", has_ended);
    let ended = client.finish();
    signal(daemon, Signal::CONT);
    let under_way = list(&home);
    let id = under_way[0]["id"].as_str().unwrap();
    let stderr = ended.failure(1);
    stderr.assert_starts_with("ERROR: ");
    stderr.assert_ends_with(&format!("azq operation wait {id}\n"));
    let_end(&emulator);
    let waited = home.line(&format!("operation wait {id} --query name -o tsv"));
    assert_eq!(waited.success(), "mynodepool\n");
    assert_eq!((writes(&emulator), home.daemon()), (1, daemon));
}
