//! `azq operation list|wait`: running operations are shown and resumed, and their records are
//! readable by the user alone.

use crate::long_running::{DELETE, UPDATE, let_end, list};
use crate::prelude::*;

#[test]
fn operations_without_a_wait_are_listed() {
    let (emulator, home) = logged_in_to(endless_operations());
    home.line(&format!("{UPDATE} --no-wait")).success();
    home.line(&format!("{DELETE} --no-wait")).success();
    let operations = list(&home);
    assert_eq!(operations.len(), 2);
    let mut deletions = operations.iter();
    let deletion = deletions.find(|operation| operation["command"] == "aks nodepool delete");
    let id = deletion.unwrap()["id"].as_str().unwrap();
    let several = home.line("operation wait");
    let says = "ERROR: 2 operations are under way. Name one of them: ";
    several.failure(1).assert_starts_with(says);
    let table = home.line("operation list -o table").success();
    table.assert_starts_with("Id ");

    let_end(&emulator);
    // The operation may have ended before the wait begins.
    assert_eq!(home.line(&format!("operation wait {id}")).success(), "");
    let has_ended = |operation: &Value| operation["status"] == "Succeeded";
    eventually("nothing is under way", || list(&home).iter().all(has_ended));
}

#[test]
fn files_of_operations_are_the_users_alone_and_hold_no_token() {
    let (emulator, home) = logged_in_to(endless_operations());
    home.line(&format!("{UPDATE} --no-wait")).success();
    let folder = home.path().join("state_home/azq/operations");
    assert_eq!(mode(&folder), 0o700);
    let [file] = files_in(&folder).try_into().unwrap();
    assert_eq!(mode(&file), 0o600);
    let token = tokens_sent(&emulator).remove(0);
    fs::read_to_string(&file).unwrap().assert_lacks(&token);
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

/// Only the operation of a deletion may have gone, because it ends with what is deleted.
#[test]
fn a_deletion_that_azure_refuses_is_an_error_even_if_nothing_was_found() {
    let (emulator, home) = logged_in();
    let missing = json!({"error": {"code": "NotFound", "message": "No such resource."}});
    let machines = DELETE.replace(" delete ", " delete-machines ");
    for line in [DELETE, &format!("{machines} --machine-names m")] {
        emulator.inject(Fault::answer("(DELETE|POST) .*", 404, missing.clone()));
        assert_eq!(
            home.line(line).failure(3),
            "ERROR: (NotFound) No such resource.\nCode: NotFound\nMessage: No such resource.\n",
            "{line}"
        );
    }
}
