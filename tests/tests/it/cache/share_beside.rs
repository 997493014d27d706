//! Shared data other than catalogues of SKUs: names of locations, the sizes that AKS accepts, and
//! retail prices. One machine requests them from Azure for all.

use super::stores::{Store, azurite, moto};
use crate::cli::sizes_kept::age_prices;
use crate::prelude::*;

/// The number of machines that request the same data at once.
const MACHINES: usize = 8;

/// A command, its answer, and the end of the path that is requested from Azure for the shared data.
struct Wish {
    line: &'static str,
    answer: &'static str,
    path: &'static str,
}

const WISHES: [Wish; 3] = [
    Wish {
        line: "aks list-vm-skus -l eastus --size D4s_v5 --query [].name -o tsv",
        answer: SKUS,
        path: "/vmSkus",
    },
    Wish {
        line: "sizes -l eastus --price --query [].hourlyPrice -o tsv",
        answer: "0.1\n0.2\n",
        path: "/api/retail/prices",
    },
    LOCATIONS,
];

/// The name has a space, so that it is looked up among the locations.
const LOCATIONS: Wish = Wish {
    line: "vm list-skus -l East_US --size D4s_v5 --query [].name -o tsv",
    answer: SKUS,
    path: "/locations",
};

fn arguments(line: &str) -> Vec<String> {
    line.split_whitespace()
        .map(|word| word.replace("East_US", "East US"))
        .collect()
}

fn begin(home: &Home, line: &str) -> Child {
    let mut command = home.command(&home.binaries().azq);
    command.args(arguments(line)).begin()
}

/// Returns the number of requests to Azure whose path ends like this.
fn asked(emulator: &Emulator, path: &str) -> usize {
    let requests = emulator.requests();
    let of_it = requests.iter().filter(|request| {
        let plain = request.path.split('?').next().unwrap_or_default();
        plain.ends_with(path)
    });
    of_it.count()
}

fn machines_ask_once(store: &Store) {
    let emulator = emulator();
    for wish in WISHES {
        let machines: Vec<_> = (0..MACHINES).map(|_| store.machine(&emulator)).collect();
        let asking: Vec<_> = machines.iter().map(|home| begin(home, wish.line)).collect();
        for child in asking {
            assert_eq!(child.finish().printed(0), wish.answer, "{}", wish.line);
        }
        assert_eq!(asked(&emulator, wish.path), 1, "{}", wish.path);
        // A later machine gets the data from the share, and then from its disk.
        let late = store.machine(&emulator);
        for _ in 0..2 {
            let answer = late.azq(arguments(wish.line)).unwrap().success();
            assert_eq!(answer, wish.answer, "{}", wish.line);
            late.stop().unwrap();
        }
        assert_eq!(asked(&emulator, wish.path), 1, "{}", wish.path);
    }
}

#[test]
fn machines_with_a_directory_ask_once_for_what_is_shared_beside_catalogues() {
    machines_ask_once(&Store::directory());
}

#[test]
fn machines_with_azure_storage_ask_once_for_what_is_shared_beside_catalogues() {
    if let Some(store) = azurite() {
        machines_ask_once(&store);
    }
}

#[test]
fn machines_with_s3_ask_once_for_what_is_shared_beside_catalogues() {
    if let Some(store) = moto() {
        machines_ask_once(&store);
    }
}

/// Damaged prices in the share are requested from Azure again, and replaced.
#[test]
fn damaged_prices_in_a_share_are_ignored_and_replaced() {
    let (store, emulator) = (Store::directory(), emulator());
    let Wish { line, answer, path } = WISHES[1];
    let prices = || {
        let files = files_in(&store.place.path().join("share"));
        // Leases, and files that are being written, have an extension.
        let mut files = files.into_iter().filter(|path| path.extension().is_none());
        files.find(|path| fs::read(path).unwrap().starts_with(b"azqprice"))
    };
    let first = store.machine(&emulator);
    assert_eq!(first.line(line).success(), answer);
    eventually("the prices in the share", || prices().is_some());
    let file = prices().unwrap();
    let whole = fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&file, &damaged).unwrap();

    let second = store.machine(&emulator);
    assert_eq!(second.line(line).success(), answer);
    assert_eq!(asked(&emulator, path), 2);
    eventually("the prices are replaced", || {
        prices().is_some() && fs::read(&file).unwrap() != damaged
    });
    // Azure is unavailable, but a third machine gets the prices from the share.
    let away = Fault::answer("GET /api/retail/prices.*", 503, json!({}));
    // A page is requested three times.
    emulator.inject(away.times(3));
    let third = store.machine(&emulator);
    assert_eq!(third.line(line).success(), answer);

    // A fourth machine gets old prices too, with a warning.
    age_prices(&file, 3 * 86_400 + 60);
    let outcome = store.machine(&emulator).line(line);
    assert_eq!(outcome.printed(0), answer);
    outcome.stderr.assert_contains("The prices are 3 days old.");
}
