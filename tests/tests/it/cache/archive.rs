//! `azq cache export` and `import`: catalogues as one file.

use crate::prelude::*;

#[test]
fn an_exported_catalogue_serves_another_machine() {
    let emulator = emulator();
    let (one, other) = (Home::new(&emulator).unwrap(), Home::new(&emulator).unwrap());
    // A region that was not looked up before.
    one.line("cache refresh --location eastus").success();
    one.line("cache export skus.azq").success();
    assert_eq!(sku_requests(&emulator), 1);
    let file = one.path().join("skus.azq");
    fs::copy(&file, other.path().join("taken.azq")).unwrap();
    let taken = other.line("cache import taken.azq --query [].location -o tsv");
    assert_eq!(taken.success(), "eastus\n");
    assert_eq!(other.line(LIST_SKUS).success(), SKUS);
    // The catalogue is on disk too.
    other.line("daemon stop").success();
    assert_eq!(other.line(LIST_SKUS).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 1);
}

#[test]
fn a_file_of_another_account_or_a_damaged_one_is_an_error_and_changes_nothing() {
    let (_emulator, home) = logged_in();
    let nothing = home.line("cache export empty.azq");
    assert_eq!(nothing.code, Some(1));
    assert!(!home.path().join("empty.azq").exists());
    home.line("cache refresh --location eastus").success();
    home.line("cache export skus.azq").success();
    home.line("cache clear").success();
    let bytes = fs::read(home.path().join("skus.azq")).unwrap();
    let damaged = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        fs::write(home.path().join("damaged.azq"), bytes).unwrap();
        home.line("cache import damaged.azq")
    };
    for (outcome, says) in [
        (
            damaged(&|bytes| bytes.truncate(bytes.len() / 2)),
            "checksum",
        ),
        (
            damaged(&|bytes| *bytes.last_mut().unwrap() ^= 1),
            "checksum",
        ),
        (
            damaged(&|bytes| bytes.clear()),
            "no file of 'azq cache export'",
        ),
        (damaged(&|bytes| bytes[8] = 9), "another version"),
        (home.line("cache import nosuch.azq"), "No such file"),
        (
            home.line(&format!(
                "cache import skus.azq --subscription {OTHER_SUBSCRIPTION}"
            )),
            "another cloud, tenant, subscription or principal",
        ),
    ] {
        assert_eq!(outcome.code, Some(1), "{says}");
        assert!(outcome.stderr.starts_with("ERROR: "), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(says), "{says}: {}", outcome.stderr);
        assert_eq!(home.line("cache show --query []").success(), "[]\n");
    }
}
