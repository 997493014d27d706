//! The project's own goldens: the real az's behaviour against this emulator, compared with azq's.
//!
//! `tests/record.py` records them; `tests/cases` has the command lines. There is one test per
//! suite, so that a failure names the suite.

use crate::prelude::*;

/// Replays a suite; everything must hold, the messages on stderr too.
fn replay(suite: &str) {
    let presets = Presets::read(&folder("cases").join("presets.json")).unwrap();
    let goldens = goldens(&folder("goldens").join(format!("{suite}.json"))).unwrap();
    let report = Replay::new(presets).run(suite, &goldens);
    assert!(report.is_clean(), "{report}");
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

macro_rules! suites {
    ($($suite:ident)*) => {
        $(
            #[test]
            fn $suite() {
                replay(stringify!($suite));
            }
        )*

        #[test]
        fn every_suite_is_replayed() {
            let replayed: BTreeSet<String> = [$(stringify!($suite).to_owned()),*].into();
            assert_eq!(suites_on_disk(), replayed);
        }
    };
}

suites! {
    account_get_access_token
    account_list
    account_list_locations
    account_show
    aks_list
    aks_show
    aks_command_invoke
    aks_command_result
    aks_get_credentials
    aks_get_upgrades
    aks_get_versions
    aks_list_vm_skus
    group_exists
    group_list
    group_show
    claims
    list_skus
    nodepool_snapshot_list
    nodepool_snapshot_show
    machine_list
    machine_show
    nodepool_manual_scale_add
    nodepool_manual_scale_update
    nodepool_manual_scale_delete
    nodepool_auto_scale_add
    nodepool_auto_scale_update
    nodepool_auto_scale_delete
    nodepool_add
    nodepool_delete
    nodepool_delete_machines
    nodepool_get_rollback_versions
    nodepool_get_upgrades
    nodepool_operation_abort
    nodepool_rollback
    nodepool_scale
    nodepool_show
    nodepool_start
    nodepool_stop
    nodepool_update
    nodepool_upgrade
    nodepool_wait
    resource_list
    resource_show
    rest
    vm_list
    vm_list_sizes
    vm_list_usage
    vm_show
}

/// Returns the suites that have cases.
fn suites_on_disk() -> BTreeSet<String> {
    let files = files_in(&folder("cases")).into_iter();
    let names = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
    names.filter(|name| name != "presets").collect()
}

#[test]
fn nearly_every_case_has_a_golden() {
    for suite in suites_on_disk() {
        let text = fs::read_to_string(folder("cases").join(format!("{suite}.json"))).unwrap();
        let cases: Value = serde_json::from_str(&text).unwrap();
        let cases = cases["cases"].as_array().unwrap().iter();
        let cases: BTreeSet<_> = cases.map(|case| case["name"].as_str().unwrap()).collect();
        let recorded = goldens(&folder("goldens").join(format!("{suite}.json"))).unwrap();
        let recorded: BTreeSet<&str> = recorded.iter().map(|golden| golden.name.as_str()).collect();
        // A case in which az crashes or does not end is left out when it is recorded.
        assert!(
            recorded.is_subset(&cases) && recorded.len() * 10 >= cases.len() * 9,
            "{suite}: record it again, {:?} differ",
            cases.symmetric_difference(&recorded)
        );
    }
}
