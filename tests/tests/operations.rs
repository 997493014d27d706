//! Long-running operations survive daemons, clients and terminals: `azq operation list|wait`, reconnecting, Ctrl-C.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use azq_tests::emulator::{Emulator, Fault};
use azq_tests::harness::sample::{endless_operations, writes};
use azq_tests::harness::{Home, binaries, eventually, signal};
use rustix::process::Signal;
use serde_json::{Value, json};

const UPDATE: &str =
    "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --labels a=b";
const DELETE: &str = "aks nodepool delete -g myResourceGroup --cluster-name myAKSCluster -n npwin";

fn let_end(emulator: &Emulator) {
    emulator.state().faults.clear();
}

/// A command that runs while the test goes on.
fn begin(home: &Home, line: &str) -> Child {
    Command::new(&binaries().unwrap().azq)
        .args(line.split(' '))
        .env_clear()
        .envs(home.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How a command ended: its exit code, stdout and stderr.
fn end(mut child: Child) -> (Option<i32>, String, String) {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    (child.wait().unwrap().code(), stdout, stderr)
}

fn until_polled(emulator: &Emulator, times: usize) {
    eventually("the operation is polled", || {
        emulator.request_count("/operations/") >= times
    });
}

fn daemon(home: &Home) -> u32 {
    let path = home.path().join("runtime_dir/azq/azqd.lock");
    std::fs::read_to_string(path)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

fn list(home: &Home) -> Vec<Value> {
    serde_json::from_str(&home.line("operation list").unwrap().success()).unwrap()
}

#[test]
fn a_client_whose_daemon_is_killed_waits_on_with_the_next() {
    let emulator = endless_operations().unwrap();
    let home = Home::new(&emulator).unwrap();
    let client = begin(&home, UPDATE);
    until_polled(&emulator, 2);
    signal(daemon(&home), Signal::KILL);
    let polled = emulator.request_count("/operations/");
    until_polled(&emulator, polled + 3);
    let_end(&emulator);
    let (code, stdout, stderr) = end(client);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let pool: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(pool["nodeLabels"], json!({"a": "b"}));
    assert_eq!(pool["provisioningState"], "Succeeded");
    assert_eq!(writes(&emulator), 1);
    assert_eq!(list(&home), Vec::<Value>::new());
}

#[test]
fn a_client_whose_daemon_is_stopped_waits_on_with_the_next() {
    let emulator = endless_operations().unwrap();
    let home = Home::new(&emulator).unwrap();
    let client = begin(&home, &format!("{UPDATE} -o tsv --query name"));
    until_polled(&emulator, 2);
    let old = daemon(&home);
    let stopped = home.line("daemon stop").unwrap().success();
    assert_eq!(stopped, format!("azqd, pid {old}, has ended\n"));
    let polled = emulator.request_count("/operations/");
    until_polled(&emulator, polled + 3);
    assert_ne!(daemon(&home), old);
    let_end(&emulator);
    assert_eq!(
        end(client),
        (Some(0), "mynodepool\n".to_owned(), String::new())
    );
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn ctrl_c_says_how_to_resume() {
    let emulator = endless_operations().unwrap();
    let home = Home::new(&emulator).unwrap();
    let client = begin(&home, UPDATE);
    until_polled(&emulator, 2);
    signal(client.id(), Signal::INT);
    let (code, stdout, stderr) = end(client);
    assert_eq!((code, stdout.as_str()), (Some(130), ""));
    let under_way = list(&home);
    let id = under_way[0]["id"].as_str().unwrap();
    assert_eq!(
        stderr,
        format!(
            "WARNING: interrupted; the operation goes on in Azure. To wait for it, run: azq operation wait {id}\n"
        )
    );
    assert_eq!(under_way.len(), 1);
    assert_eq!(under_way[0]["command"], "aks nodepool update");
    assert_eq!(under_way[0]["status"], "InProgress");
    let resource = under_way[0]["resource"].as_str().unwrap();
    assert!(resource.ends_with("/agentPools/mynodepool"), "{resource}");

    home.line("daemon stop").unwrap().success();
    let waiting = begin(
        &home,
        &format!("operation wait {id} --query provisioningState"),
    );
    let polled = emulator.request_count("/operations/");
    until_polled(&emulator, polled + 2);
    let_end(&emulator);
    assert_eq!(
        end(waiting),
        (Some(0), "\"Succeeded\"\n".to_owned(), String::new())
    );
    assert_eq!(list(&home), Vec::<Value>::new());
    let none = home.line("operation wait").unwrap();
    assert_eq!(none.failure(3), "ERROR: No operation is under way.\n");
}

#[test]
fn what_nobody_waits_for_is_listed_too() {
    let emulator = endless_operations().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line(&format!("{UPDATE} --no-wait")).unwrap().success();
    home.line(&format!("{DELETE} --no-wait")).unwrap().success();
    let commands: Vec<_> = list(&home)
        .iter()
        .map(|operation| operation["command"].clone())
        .collect();
    assert_eq!(commands.len(), 2);
    assert!(commands.contains(&json!("aks nodepool delete")));
    let several = home.line("operation wait").unwrap();
    let several = several.failure(1);
    assert!(several.starts_with("ERROR: 2 operations are under way. Name one of them: "));
    let table = home.line("operation list -o table").unwrap().success();
    assert!(table.starts_with("Id "), "{table}");

    let_end(&emulator);
    let deletion = list_of(&home, "aks nodepool delete");
    if let Some(id) = deletion {
        assert_eq!(
            home.line(&format!("operation wait {id}"))
                .unwrap()
                .success(),
            ""
        );
    }
    eventually("nothing is under way", || list(&home).is_empty());
}

fn list_of(home: &Home, command: &str) -> Option<String> {
    let operations = list(home).into_iter();
    let mut ids = operations
        .filter(|operation| operation["command"] == command)
        .filter_map(|operation| Some(operation["id"].as_str()?.to_owned()));
    ids.next()
}

#[test]
fn files_of_operations_are_the_users_alone_and_hold_no_token() {
    use std::os::unix::fs::PermissionsExt as _;
    let emulator = endless_operations().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line(&format!("{UPDATE} --no-wait")).unwrap().success();
    let folder = home.path().join("state_home/azq/operations");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    assert_eq!(mode(&files[0]), 0o600);
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let requests = emulator.requests();
    let authorization = requests
        .iter()
        .find_map(|request| request.header("authorization"))
        .unwrap();
    let token = authorization.trim_start_matches("Bearer ");
    assert!(!token.is_empty() && !text.contains(token));
}

#[test]
fn a_private_daemon_that_is_terminated_is_followed_by_another() {
    let emulator = endless_operations().unwrap();
    let home = Home::new(&emulator).unwrap();
    let client = begin(&home, &format!("--no-daemon {UPDATE} --query name"));
    until_polled(&emulator, 2);
    let private = home
        .processes()
        .into_iter()
        .find(|id| *id != client.id())
        .unwrap();
    signal(private, Signal::TERM);
    eventually("another daemon serves", || {
        let processes = home.processes();
        processes.len() == 2 && !processes.contains(&private)
    });
    let_end(&emulator);
    assert_eq!(
        end(client),
        (Some(0), "\"mynodepool\"\n".to_owned(), String::new())
    );
    assert_eq!(writes(&emulator), 1);
    assert_eq!(home.processes(), Vec::<u32>::new());
}

#[test]
fn an_operation_that_failed_is_the_commands_error() {
    let emulator = endless_operations().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line(&format!("{UPDATE} --no-wait")).unwrap().success();
    emulator.state().faults.clear();
    let failed = json!({"status": "Failed", "error": {"code": "Quota", "message": "No cores."}});
    emulator.inject(Fault::answer("GET .*/operations/.*", 200, failed));
    let outcome = home.line("operation wait").unwrap();
    assert_eq!(
        outcome.failure(1),
        "ERROR: (Quota) No cores.\nCode: Quota\nMessage: No cores.\n"
    );
    assert_eq!(list(&home), Vec::<Value>::new());
}
