//! The data that `azq sizes` keeps: long answers as long as their catalogue, and prices for a day.

use crate::cache::list_skus::now_offering;
use crate::prelude::*;

/// A day in seconds.
const DAY: u64 = 86_400;
/// The path of requests for prices.
const PRICES: &str = "/api/retail/prices";

/// Returns the only file in a directory of the cache.
fn only_file(home: &Home, directory: &str) -> PathBuf {
    let directory = home.path().join("cache_home/azq").join(directory);
    let [file] = files_in(&directory).try_into().unwrap();
    file
}

#[test]
fn a_long_answer_of_sizes_is_kept_until_the_catalogue_changes() {
    for format in ["json", "table"] {
        let (emulator, home) = logged_in_to(emulator_of_everything());
        let line = format!("sizes -l all -o {format}");
        let first = home.line(&line).success();
        first.assert_contains("Standard_D4s_v5");
        assert!(home.line(&line).success() == first);
        let is_kept = || home.status()["answerFileBytes"] == first.len();
        eventually("the kept answer", is_kept);
        let file = only_file(&home, "answers");
        assert!(fs::read_to_string(&file).unwrap() == first);
        // A change of the file's content shows that azq copies this file.
        let other = "x".repeat(first.len());
        fs::write(&file, &other).unwrap();
        assert!(home.line(&line).success() == other);
        assert_eq!(sku_requests(&emulator), 1);

        now_offering(&emulator, "Standard_D[28]s_v5");
        home.line("cache refresh -o none").success();
        let changed = home.line(&line).success();
        changed.assert_contains("Standard_D8s_v5");
        assert!(!changed.contains("Standard_D4s_v5"), "{changed}");
        eventually("the file is removed", || !file.exists());
    }
}

#[test]
fn an_answer_with_quota_or_prices_is_made_anew_each_time() {
    let (_emulator, home) = logged_in();
    for line in ["sizes -l eastus --quota 1", "sizes -l eastus --price"] {
        let first = home.line(line).success();
        assert_eq!(home.line(line).success(), first);
        assert_eq!(home.status()["rememberedAnswers"], 0, "{line}");
    }
    home.line("sizes -l eastus --available").success();
    assert_eq!(home.status()["rememberedAnswers"], 1);
}

/// Makes the prices on disk so many seconds older, while the daemon is stopped.
fn age_kept_prices(home: &Home, seconds: u64) {
    home.line("daemon stop").success();
    age_prices(&only_file(home, "prices"), seconds);
}

/// Makes the prices in a file so many seconds old: after a head of 12 bytes and the checksum of
/// what follows there is when Azure was asked (`prices/snapshot.rs`).
pub(crate) fn age_prices(file: &Path, seconds: u64) {
    const CHECKSUM: usize = 12;
    const ASKED_AT: usize = 16;
    let mut prices = fs::read(file).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let asked_at = now.unwrap().as_secs() - seconds;
    prices[ASKED_AT..][..8].copy_from_slice(&asked_at.to_le_bytes());
    let checksum = crc32fast::hash(&prices[ASKED_AT..]);
    prices[CHECKSUM..ASKED_AT].copy_from_slice(&checksum.to_le_bytes());
    fs::write(file, prices).unwrap();
}

#[test]
fn old_prices_are_refreshed_or_shown_with_a_warning() {
    let (emulator, home) = logged_in();
    let line = "sizes -l eastus --price --query [].hourlyPrice -o tsv";
    let prices = home.line(line).success();
    assert_eq!(prices, "0.1\n0.2\n");
    assert_eq!(emulator.request_count(PRICES), 1);

    age_kept_prices(&home, DAY - 60);
    assert_eq!(home.line(line).success(), prices);
    assert_eq!(emulator.request_count(PRICES), 1, "they are of today");

    age_kept_prices(&home, 3 * DAY + 60);
    emulator.inject(Fault::answer("GET /api/retail/prices.*", 503, json!({})).times(3));
    let outcome = home.line(line);
    let said = "WARNING: Azure's retail prices cannot be had: it answered with status 503. \
                The prices are 3 days old.";
    assert_eq!(outcome.stderr.trim_end(), said);
    assert_eq!(outcome.printed(0), prices);
    assert_eq!(emulator.request_count(PRICES), 4);

    // Azure responds again.
    assert_eq!(home.line(line).success(), prices);
    assert_eq!(emulator.request_count(PRICES), 5);
}

#[test]
fn prices_of_a_region_are_read_from_all_pages() {
    let (emulator, home) = logged_in_to(emulator_of_everything());
    let line = "sizes -l eastus --price -o json";
    let rows: Vec<Value> = home.line(line).json();
    // There are six prices of each size; a page has a thousand.
    let pages = (rows.len() * 6).div_ceil(1_000);
    assert!(pages > 1, "{} sizes", rows.len());
    assert_eq!(emulator.request_count(PRICES), pages);
    for row in rows {
        let (price, vcpus) = (&row["hourlyPrice"], &row["quotaVcpusEach"]);
        let expected = vcpus.as_f64().unwrap() * 0.05;
        let price = price.as_f64();
        let is_right = price.is_some_and(|price| (price - expected).abs() < 1e-9);
        assert!(is_right, "{row}");
    }
}
