//! `docs/reliability.md` and `docs/security.md` are complete: every fault, pitfall and danger has
//! its row, and every test that they name exists.

use super::read;
use crate::prelude::*;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// Returns the names of all tests.
fn tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["proto/src", "client", "daemon", "tests/src", "tests/tests"] {
        sources(&checkout().join(folder), &mut files);
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some(name) = line.trim_start_matches("async ").strip_prefix("fn ")
                && std::mem::take(&mut is_test)
            {
                names.insert(name.split('(').next().unwrap().to_owned());
            }
        }
    }
    assert!(names.len() > 500, "{}", names.len());
    names
}

/// Returns the cells of every row of every table.
fn rows(document: &str) -> Vec<Vec<String>> {
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let cells = |row: &str| {
        let inner = row.trim_matches('|').split(" | ");
        inner.map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// Returns the names in backquotes in a cell that could be tests.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    let quoted = cell.split('`').skip(1).step_by(2);
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    quoted.filter(move |name| name.contains('_') && name.chars().all(is_part))
}

/// Returns the names in backquotes in a page that are too long for anything but a test.
fn named_at_length(document: &str) -> impl Iterator<Item = &str> {
    let all = document.lines().flat_map(named);
    all.filter(|name| name.matches('_').count() > 2)
}

#[test]
fn every_test_that_a_page_names_exists_and_every_row_of_faults_has_one() {
    let tests = tests();
    for (page, rows_with_tests) in [
        ("docs/reliability.md", 20),
        ("docs/security.md", 12),
        ("docs/tokens.md", 0),
    ] {
        let document = read(page);
        assert!(!document.contains("…`"), "{page}: a name that is cut short");
        for name in named_at_length(&document) {
            assert!(tests.contains(name), "{page}: no such test: {name}");
        }
        let (mut has_tests, mut counted) = (false, 0);
        for row in rows(&document) {
            match row.last().unwrap().as_str() {
                "---" => {}
                "test" => has_tests = true,
                // A pitfall may have a reason instead; the next test checks these.
                "test or reason" | "how long" => has_tests = false,
                last if has_tests => {
                    counted += 1;
                    let has_one = named(last).any(|name| tests.contains(name));
                    assert!(has_one, "{page}: no test for {}", row[0]);
                }
                _ => {}
            }
        }
        assert!(counted >= rows_with_tests, "{page}: {counted} rows");
    }
}

#[test]
fn every_pitfall_has_its_row_and_every_test_of_a_row_exists() {
    let document = read("docs/reliability.md");
    let reasons = read("daemon/src/pitfalls.md");
    let tests = tests();
    let mut pitfalls = Vec::new();
    for row in rows(&document) {
        let last = row.last().unwrap();
        for name in named(last) {
            assert!(tests.contains(name), "no such test: {name}");
        }
        let Ok(number) = row[0].parse::<usize>() else {
            continue;
        };
        pitfalls.push(number);
        let is_reasoned = reasons.contains(&format!("\n- {number}, "));
        let has_test = named(last).next().is_some() && !last.ends_with("why");
        assert!(has_test || is_reasoned, "pitfall {number} has no reason");
    }
    assert_eq!(pitfalls, (1..=55).collect::<Vec<_>>());
}
