//! Tests of the composite action in `packaging/ci`. They run its steps as a runner would, against
//! the emulated Azure and a share.
//!
//! A runner evaluates `${{ … }}` and `if:`, and runs the steps that `uses:` names. The tests give
//! the steps the values that their expressions would have, and leave out the `uses:` steps.

use super::read;
use crate::prelude::*;

/// A step with a script of its own.
#[derive(Debug, Default)]
struct Step {
    name: String,
    /// The variables of its `env:`, not evaluated.
    variables: Vec<(String, String)>,
    script: String,
}

/// Returns the steps of the action that have a script. It reads only the layout that the file has.
fn steps(action: &str) -> Vec<Step> {
    let (_, text) = action.split_once("  steps:\n").unwrap();
    let blocks = text.split("    - name: ").skip(1);
    let steps = blocks.filter_map(|block| {
        let (name, rest) = block.split_once('\n')?;
        let (head, script) = rest.split_once("      run: |\n")?;
        let variables = head.split_once("      env:\n").map_or("", |(_, env)| env);
        let pair = |line: &str| {
            let (name, value) = line.trim().split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        };
        let line = |line: &str| format!("{}\n", line.strip_prefix("        ").unwrap_or(line));
        Some(Step {
            name: name.to_owned(),
            variables: variables.lines().map(pair).collect(),
            script: script.lines().map(line).collect(),
        })
    });
    steps.collect()
}

/// The files through which a step passes data to the runner.
const FILES: [&str; 3] = ["GITHUB_PATH", "GITHUB_ENV", "GITHUB_OUTPUT"];

/// Runs the action's scripts as a job on a new machine, and returns what they wrote into the
/// runner's files.
fn run(home: &mut Home, inputs: &BTreeMap<&str, &str>) -> [String; 3] {
    let folder = checkout().join("packaging/ci");
    let action = fs::read_to_string(folder.join("action.yml")).unwrap();
    let files = FILES.map(|name| home.path().join(name));
    for (name, file) in FILES.iter().zip(&files) {
        fs::write(file, "").unwrap();
        home.set(name, file.to_str().unwrap());
    }
    let steps = steps(&action);
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["Install", "Settings", "Refresh"]);
    for step in &steps {
        for (name, value) in &step.variables {
            let mut value = value.replace("${{ github.action_path }}", folder.to_str().unwrap());
            for (input, given) in inputs {
                value = value.replace(&format!("${{{{ inputs.{input} }}}}"), given);
            }
            assert!(!value.contains("${{"), "{}: {name}: {value}", step.name);
            home.set(name, &value);
        }
        // The runner uses these options for `shell: bash`.
        let options = ["--noprofile", "--norc", "-eo", "pipefail", "-c"];
        let arguments = options.into_iter().chain([step.script.as_str()]);
        home.run("/bin/bash", arguments, b"").success();
        // Variables and paths that a step sets apply to the steps after it.
        for line in fs::read_to_string(&files[1]).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            home.set(name, value);
        }
        let path = fs::read_to_string(&files[0]).unwrap();
        let path: Vec<_> = path.lines().chain(["/usr/bin", "/bin"]).collect();
        home.set("PATH", &path.join(":"));
    }
    files.map(|file| fs::read_to_string(file).unwrap())
}

/// Returns the inputs of a job with the tested binaries.
fn inputs<'a>(regions: &'a str, share: &'a str) -> BTreeMap<&'a str, &'a str> {
    let folder = binaries().unwrap().azq.parent().unwrap();
    BTreeMap::from([
        ("binaries", folder.to_str().unwrap()),
        ("regions", regions),
        ("share", share),
        ("share-mode", "read-write"),
    ])
}

fn machine(emulator: &Emulator) -> Home {
    let mut home = Home::new(emulator).unwrap();
    // Later steps must find the action's installation and no other.
    home.set("PATH", "/usr/bin:/bin");
    home
}

#[test]
fn the_action_installs_azq_and_warms_regions_through_the_share() {
    let emulator = emulator();
    let share = tempfile::tempdir().unwrap();
    let address = format!("file://{}/share", share.path().display());
    let inputs = inputs("eastus westeurope", &address);
    let mut first = machine(&emulator);
    let [path, variables, _] = run(&mut first, &inputs);
    let installed = Path::new(path.trim()).join("azq");
    assert!(installed.starts_with(first.path()) && installed.is_file());
    assert!(variables.contains(&format!("AZQ_SHARE={address}\nAZQ_SHARE_MODE=read-write\n")));
    assert_eq!(sku_requests(&emulator), 2);

    // The machine of the next job is new too, and Azure gets no further request.
    let mut second = machine(&emulator);
    run(&mut second, &inputs);
    assert_eq!(sku_requests(&emulator), 2);
}

#[test]
fn without_a_share_the_action_restores_what_azq_keeps() {
    let emulator = emulator();
    let inputs = inputs("eastus", "");
    let mut home = machine(&emulator);
    // The action's cache uses azq's default directory.
    home.unset("XDG_CACHE_HOME");
    let [_, variables, outputs] = run(&mut home, &inputs);
    assert_eq!(variables, "");
    let hour = outputs.trim().strip_prefix("hour=").unwrap();
    assert!(hour.len() == 10 && hour.bytes().all(|byte| byte.is_ascii_digit()));
    let kept = files_in(&home.path().join(".cache/azq"));
    let is_kept = |file: &PathBuf| file.extension().is_some_and(|kind| kind == "skus");
    assert!(kept.iter().any(is_kept), "the action's cache takes *.skus");
}

/// azq warns about variables that begin with its name but are not among its keys.
#[test]
fn every_variable_of_azq_in_the_files_for_ci_is_one_that_azq_knows() {
    let known = read("docs/configuration.md");
    let mut count = 0;
    for file in files_in(&checkout().join("packaging/ci")) {
        let text = fs::read_to_string(file).unwrap();
        for (at, _) in text.match_indices("AZQ_") {
            let is_part = |character: char| character.is_ascii_uppercase() || character == '_';
            let name: String = text[at..].chars().take_while(|c| is_part(*c)).collect();
            known.assert_contains(&format!("`{name}`"));
            count += 1;
        }
    }
    assert!(count >= 5, "{count} variables");
}
