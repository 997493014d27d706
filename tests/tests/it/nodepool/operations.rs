//! `azq operation list|wait`: running operations are shown and resumed, and their records are
//! readable by the user alone.

use crate::long_running::{DELETE, UPDATE, let_end, list};
use crate::prelude::*;

#[test]
fn operations_without_a_wait_are_listed() {
    let (emulator, home) = logged_in_to(endless_operations());
    home.line(&format!("{UPDATE} --no-wait")).success();
    home.line(&format!("{DELETE} --no-wait")).success();
    let commands: Vec<_> = list(&home)
        .iter()
        .map(|operation| operation["command"].clone())
        .collect();
    assert_eq!(commands.len(), 2);
    assert!(commands.contains(&json!("aks nodepool delete")));
    let several = home.line("operation wait");
    let several = several.failure(1);
    assert!(several.starts_with("ERROR: 2 operations are under way. Name one of them: "));
    let table = home.line("operation list -o table").success();
    assert!(table.starts_with("Id "), "{table}");

    let_end(&emulator);
    let deletion = list_of(&home, "aks nodepool delete");
    if let Some(id) = deletion {
        assert_eq!(home.line(&format!("operation wait {id}")).success(), "");
    }
    eventually("nothing is under way", || {
        list(&home)
            .iter()
            .all(|operation| operation["status"] == "Succeeded")
    });
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
    use PermissionsExt as _;
    let (emulator, home) = logged_in_to(endless_operations());
    home.line(&format!("{UPDATE} --no-wait")).success();
    let folder = home.path().join("state_home/azq/operations");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    assert_eq!(mode(&files[0]), 0o600);
    let text = fs::read_to_string(&files[0]).unwrap();
    let requests = emulator.requests();
    let authorization = requests
        .iter()
        .find_map(|request| request.header("authorization"))
        .unwrap();
    let token = authorization.trim_start_matches("Bearer ");
    assert!(!token.is_empty() && !text.contains(token));
}

#[test]
fn an_operation_that_failed_is_the_commands_error() {
    let (emulator, home) = logged_in_to(endless_operations());
    home.line(&format!("{UPDATE} --no-wait")).success();
    emulator.state().faults.clear();
    let failed = json!({"status": "Failed", "error": {"code": "Quota", "message": "No cores."}});
    emulator.inject(Fault::answer("GET .*/operations/.*", 200, failed));
    let outcome = home.line("operation wait");
    assert_eq!(
        outcome.failure(1),
        "ERROR: (Quota) No cores.\nCode: Quota\nMessage: No cores.\n"
    );
    assert_eq!(list(&home), Vec::<Value>::new());
}
