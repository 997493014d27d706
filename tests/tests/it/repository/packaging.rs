//! The sources of the packages agree with the rest of the repository.

use super::read;
use crate::prelude::*;

/// Returns the text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn all_packages_have_the_same_version() {
    let manifest = read("Cargo.toml");
    let package = between(&manifest, "[workspace.package]", "\n[");
    let version = between(package, "version = \"", "\"");
    assert_eq!(version, env!("CARGO_PKG_VERSION"));

    let asked = Command::new(checkout().join("packaging/version")).finish();
    assert_eq!(asked.stdout, format!("{version}\n").as_bytes());
    assert!(read("CHANGELOG.md").contains(&format!("\n## {version}")));

    let dependencies = between(&manifest, "[workspace.dependencies]", "\n[");
    let own = dependencies.lines().filter(|line| line.contains("path = "));
    let mut count = 0;
    for line in own {
        line.assert_contains(&format!("version = \"={version}\""));
        count += 1;
    }
    assert!(count >= 10, "{count} crates");
}

#[test]
fn the_packaged_units_are_those_of_the_installer() {
    let script = read("install.sh");
    for unit in ["azqd.socket", "azqd.service"] {
        let written = between(&script, &format!("cat >\"$units/{unit}\" <<EOF\n"), "EOF\n");
        // A package's unit uses the user manager's own PATH, because no shell installs it.
        let expected: String = written
            .replace("$(for_unit \"$bin\")", "/usr/bin")
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("Environment=\"PATH="))
            .collect();
        assert_eq!(read(&format!("packaging/systemd/{unit}")), expected);
    }
}

#[test]
fn the_workflow_runs_the_readmes_commands_and_the_oldest_rust() {
    let workflow = read(".github/workflows/ci.yml");
    let mut count = 0;
    for line in read(".ci/run").lines() {
        if let Some(command) = line.strip_prefix("readme '") {
            let step = format!("      - run: {}\n", command.trim_end_matches('\''));
            assert!(workflow.contains(&step), "ci.yml lacks: {command}");
            count += 1;
        }
    }
    assert_eq!(count, 2);
    assert!(workflow.contains("rust-version"));
}
