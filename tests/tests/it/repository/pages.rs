//! The pages for developers: their links lead to files, and the commands that they name exist.

use super::read;
use crate::prelude::*;

/// The pages that this test checks, from the root of the repository.
const PAGES: &[&str] = &[
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs/ARCHITECTURE.md",
    "docs/adding-a-command.md",
    "docs/SUMMARY.md",
    "docs/az-extension.md",
    "docs/batch.md",
    "docs/benchmarks.md",
    "docs/ci.md",
    "docs/commands.md",
    "docs/compatibility.md",
    "docs/completion.md",
    "docs/configuration.md",
    "docs/fleet.md",
    "docs/gen2.md",
    "docs/glossary.md",
    "docs/grpc.md",
    "docs/install.md",
    "docs/introduction.md",
    "docs/packages.md",
    "docs/own-commands.md",
    "docs/reliability.md",
    "docs/security.md",
    "docs/sizes.md",
    "docs/tokens.md",
    "packaging/README.md",
    "daemon/README.md",
    "daemon/src/pitfalls.md",
    "proto/examples/README.md",
    "tests/README.md",
    "tests/catalogue/README.md",
];

/// Returns the targets of a page's links, without the part after `#`.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split_once(')'));
    targets
        .map(|(target, _)| target.split('#').next().unwrap().to_owned())
        .collect()
}

#[test]
fn links_between_pages_lead_to_files() {
    for page in PAGES {
        let folder = checkout().join(page);
        let folder = folder.parent().unwrap();
        for link in links(&read(page)) {
            if link.is_empty() || link.starts_with("https://") {
                continue;
            }
            let target: PathBuf = folder.join(&link);
            assert!(target.exists(), "{page}: {link} does not exist");
        }
    }
}

#[test]
fn the_files_of_a_new_command_are_where_the_page_says() {
    let page = read("docs/adding-a-command.md");
    let named = page.split('`').skip(1).step_by(2);
    let paths = named.filter(|name| name.contains('/') && !name.contains(' '));
    let mut count = 0;
    for path in paths {
        assert!(checkout().join(path).exists(), "{path} does not exist");
        count += 1;
    }
    assert!(count >= 10, "{count} paths");
}

#[test]
fn lines_of_prose_have_at_most_100_columns() {
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/ARCHITECTURE.md",
        "docs/adding-a-command.md",
        "docs/az-extension.md",
        "docs/batch.md",
        "docs/ci.md",
        "docs/completion.md",
        "docs/grpc.md",
        "docs/guide.md",
        "docs/install.md",
        "docs/introduction.md",
        "docs/packages.md",
        "docs/own-commands.md",
    ] {
        for line in read(page).lines().filter(|line| !line.starts_with('|')) {
            assert!(line.chars().count() <= 100, "{page}: {line}");
        }
    }
}

#[test]
fn what_ci_runs_is_a_recipe_of_the_justfile() {
    let recipes = read("justfile");
    let mut steps = 0;
    for line in read(".ci/run").lines() {
        let command = line.trim_start();
        let command = match command.strip_prefix("readme '") {
            Some(command) => command.trim_end_matches('\''),
            None => command
                .trim_start_matches("bare ")
                .trim_start_matches("env ")
                .trim_end_matches(" 2>&1 |"),
        };
        // The replay of the goldens beside the checkout has options of that machine alone.
        if command.starts_with("cargo run ") || !command.contains("cargo ") {
            continue;
        }
        if command.starts_with("cargo ") || command.starts_with("RUSTDOCFLAGS=") {
            steps += 1;
            let has_it = recipes.contains(&format!("    {command}"));
            assert!(has_it, "the justfile lacks: {command}");
        }
    }
    assert!(steps >= 5, "{steps} steps");
}

#[test]
fn the_oldest_rust_is_the_same_everywhere() {
    let manifest = read("Cargo.toml");
    let (_, rest) = manifest.split_once("rust-version = \"").unwrap();
    let version = rest.split('"').next().unwrap();
    for page in ["README.md", "CONTRIBUTING.md", "justfile"] {
        let text = read(page);
        let named = text.contains(&format!("Rust ({version} "))
            || text.contains(&format!("Rust is {version}"))
            || text.contains(&format!("+{version} "));
        assert!(named, "{page} does not name Rust {version}");
    }
}
