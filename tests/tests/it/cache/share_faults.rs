//! Stores that fail in every way: the goldens of `vm list-skus` hold as without a share.

use azq_tests::faulty_store::{FAULTS, s3_variables};

use crate::prelude::*;

#[test]
fn the_goldens_of_list_skus_hold_with_every_fault_of_a_share() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = goldens(&folder.join("goldens/list_skus.json")).unwrap();
    let presets = || Presets::read(&folder.join("cases/presets.json")).unwrap();
    // Each fault gets a part of the goldens, or all of them.
    let share = if std::env::var_os("AZQ_TEST_KILLS").is_some() {
        all.len()
    } else {
        all.len().div_ceil(FAULTS.len())
    };
    for fault in &FAULTS {
        let endpoint = fault.serve().unwrap();
        let mut replay = Replay::new(presets()).with("AZQ_SHARE_TIMEOUT", "500ms");
        for (name, value) in s3_variables("s3://bucket/prefix", &endpoint) {
            replay = replay.with(name, &value);
        }
        let report = replay.run(fault.name, &all[..share]);
        assert!(report.is_clean(), "{report}");
        let count = all.len();
        all.rotate_left(share % count);
    }
}
