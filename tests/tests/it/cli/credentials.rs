//! `aks get-credentials` and the caller's kubeconfig: nothing is lost when several processes write,
//! or when one is killed. The goldens have the written content.

use crate::prelude::*;

const CLUSTERS: usize = 20;

/// Starts an emulator with many clusters in group `g`, the first of which uses device codes.
fn emulator() -> Emulator {
    let cluster = |index: usize| {
        let mut cluster = ClusterSpecification {
            resource_group: "g".to_owned(),
            ..ClusterSpecification::default()
        };
        if index == 0 {
            let profile = json!({"managed": true});
            cluster.properties.insert("aadProfile".to_owned(), profile);
        }
        (format!("c{index}"), cluster)
    };
    let clusters: BTreeMap<_, _> = (0..CLUSTERS).map(cluster).collect();
    start(Specification {
        clusters,
        ..Specification::default()
    })
}

fn kubeconfig(home: &Home) -> PathBuf {
    home.path().join(".kube/config")
}

fn line(cluster: usize) -> String {
    format!("aks get-credentials -g g -n c{cluster}")
}

/// Returns the clusters that a kubeconfig names; it must be complete.
fn clusters(home: &Home) -> Vec<String> {
    let text = fs::read_to_string(kubeconfig(home)).unwrap_or_default();
    let whole = text.is_empty() || text.starts_with("apiVersion: v1\n") && text.ends_with('\n');
    assert!(whole, "{text}");
    let contexts = text.split("contexts:\n").nth(1).unwrap_or_default();
    let names = contexts
        .lines()
        .filter_map(|line| line.strip_prefix("  name: "));
    let names: Vec<String> = names.map(str::to_owned).collect();
    for name in &names {
        for part in [
            format!("    server: https://{name}-g-000000-a1b2c3d4.hcp.eastus.azmk8s.io:443\n"),
            format!("- name: clusterUser_g_{name}\n  user:\n"),
        ] {
            assert!(text.contains(&part), "{name}: {text}");
        }
    }
    names
}

#[test]
fn concurrent_writers_of_a_kubeconfig_lose_nothing() {
    let (_emulator, home) = logged_in_to(emulator());
    let writers: Vec<_> = (0..CLUSTERS)
        .map(|cluster| home.begin(&line(cluster)))
        .collect();
    for writer in writers {
        writer.finish().printed(0);
    }
    let mut found = clusters(&home);
    found.sort();
    let mut expected: Vec<_> = (0..CLUSTERS).map(|index| format!("c{index}")).collect();
    expected.sort();
    assert_eq!(found, expected);
    let names = fs::read_dir(home.path().join(".kube")).unwrap();
    assert_eq!(names.count(), 1, "a file stays beside the kubeconfig");
}

/// `AZQ_TEST_KILLS` sets their number.
#[test]
fn a_killed_writer_leaves_the_old_file_or_the_new_one() {
    let kills = std::env::var("AZQ_TEST_KILLS").ok();
    let kills: usize = kills.and_then(|kills| kills.parse().ok()).unwrap_or(40);
    let (_emulator, home) = logged_in_to(emulator());
    let begun = Instant::now();
    home.line(&line(1)).printed(0);
    let usual = begun.elapsed().max(Duration::from_millis(20));
    let mut known = 1;
    for round in 0..kills {
        let mut writer = home.begin(&line(round % CLUSTERS));
        // Moments during and shortly after a run; its duration does not matter.
        let moment = usual.mul_f64(fastrand::f64());
        let deadline = Instant::now() + moment;
        while Instant::now() < deadline && writer.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        writer.end_by_force();
        let found = clusters(&home).len();
        assert!(found >= known, "{found} of {known} are left");
        known = found;
    }
    home.line(&line(2)).printed(0);
    assert!(clusters(&home).contains(&"c2".to_owned()));
    let names = fs::read_dir(home.path().join(".kube")).unwrap();
    assert_eq!(
        names.count(),
        1,
        "a killed writer's file is removed by the next one"
    );
}

/// Creates a home whose kubeconfig has another user of the same name.
fn home_with_conflict(emulator: &Emulator) -> Home {
    let home = Home::new(emulator).unwrap();
    home.line(&line(1)).printed(0);
    let text = fs::read_to_string(kubeconfig(&home)).unwrap();
    let text = text.replace("0123456789abcdef0123456789abcdef", "mine");
    fs::write(kubeconfig(&home), text).unwrap();
    home
}

#[test]
fn a_user_at_a_terminal_decides_about_a_conflict() {
    let emulator = emulator();
    for (key, code, kept) in [("y\n", 0, false), ("n\n", 1, true)] {
        let home = home_with_conflict(&emulator);
        let mut screen = Screen::line(&home, &line(1));
        screen.until_shows("Overwrite? (y/n): ");
        screen.type_text(key);
        let (found, shown) = screen.finish();
        assert_eq!(found, Some(code), "{shown}");
        let refused = "A different object named clusterUser_g_c1 already exists in users";
        assert_eq!(shown.contains(refused), kept, "{shown}");
        let text = fs::read_to_string(kubeconfig(&home)).unwrap();
        assert_eq!(text.contains("token: mine"), kept);
    }
}

/// The note looks like such a value but is part of a text, so the daemon needs it.
#[test]
fn long_certificates_and_keys_stay_as_they_are() {
    let (_emulator, home) = logged_in_to(emulator());
    home.line(&line(1)).printed(0);
    let [ca, key, note] = ["Q", "R", "S"].map(|letter| letter.repeat(2000));
    let own = |note: &str| {
        format!(
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {ca}\n    \
             server: https://own.example\n  name: own\ncontexts: []\ncurrent-context: ''\nkind: \
             Config\nusers:\n- name: me\n  user:\n    client-key-data: {key}\n{note}"
        )
    };
    for extra in [
        String::new(),
        format!("    note: |\n      a-data: {note}\n      b\n"),
    ] {
        fs::write(kubeconfig(&home), own(&extra)).unwrap();
        home.line(&line(1)).printed(0);
        let text = fs::read_to_string(kubeconfig(&home)).unwrap();
        let cluster =
            format!("- cluster:\n    certificate-authority-data: {ca}\n    server: https://own");
        let key = format!("    client-key-data: {key}\n");
        for part in [&*cluster, &key, "  name: c1\n"] {
            text.assert_contains(part);
        }
        if !extra.is_empty() {
            text.assert_contains(&format!("a-data: {note}\n"));
        }
    }
}

#[test]
fn a_broken_kubeconfig_is_left_as_it_is() {
    let (_emulator, home) = logged_in_to(emulator());
    fs::create_dir(home.path().join(".kube")).unwrap();
    for text in ["clusters: [", "a: b: c\n", "a: &x 1\n", "\u{0}"] {
        fs::write(kubeconfig(&home), text).unwrap();
        let outcome = home.line(&line(1));
        let path = kubeconfig(&home);
        let begin = format!(
            "ERROR: azq does not merge into {}, because it ",
            path.display()
        );
        outcome.said(1).assert_starts_with(&begin);
        assert_eq!(fs::read_to_string(kubeconfig(&home)).unwrap(), text);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named_with_what_to_do() {
    let (_emulator, home) = logged_in_to(emulator());
    fs::create_dir(home.path().join("folder")).unwrap();
    for (path, words) in [
        ("folder", "is no file; give another one with --file"),
        ("/proc/azq/config", "cannot be written"),
        ("/dev/null/config", "cannot be written"),
    ] {
        let outcome = home.line(&format!("{} -f {path}", line(1)));
        outcome.said(1).assert_contains(words);
    }
}

#[test]
fn device_codes_are_converted_by_kubelogin_in_the_files_directory() {
    let (_emulator, mut home) = logged_in_to(emulator());
    let program = home.folder_on_path("bin").join("kubelogin");
    write_script(&program, "#!/bin/sh\necho \"$PWD $*\" >ran\n");
    let outcome = home.line(&line(0));
    let said = "WARNING: Converted kubeconfig to use Azure CLI authentication.";
    outcome.stderr.assert_contains(said);
    let directory = home.path().join(".kube");
    let ran = fs::read_to_string(directory.join("ran")).unwrap();
    let expected = format!("{} convert-kubeconfig -l azurecli\n", directory.display());
    assert_eq!(ran, expected);
    // Other clusters need no conversion.
    fs::remove_file(directory.join("ran")).unwrap();
    home.line(&line(1)).printed(0);
    assert!(!directory.join("ran").exists());
}

/// Loads the file as a Kubernetes client does.
const LOAD: &str = "
import sys
from kubernetes import config
contexts, current = config.list_kube_config_contexts(sys.argv[1])
for context in contexts:
    client = config.new_client_from_config(sys.argv[1], context['name'])
    print(context['name'], client.configuration.host)
print('current', current['name'])
";

#[test]
fn a_kubernetes_client_reads_what_was_merged() {
    let Some(python) = python("sys, kubernetes") else {
        return;
    };
    let (_emulator, home) = logged_in_to(emulator());
    for cluster in [1, 2] {
        home.line(&line(cluster)).printed(0);
    }
    let file = kubeconfig(&home).display().to_string();
    let outcome = home.run(&python, ["-c", LOAD, &file], b"");
    let host = |name| format!("{name} https://{name}-g-000000-a1b2c3d4.hcp.eastus.azmk8s.io:443\n");
    let expected = host("c1") + &host("c2") + "current c2\n";
    assert_eq!(outcome.text(), expected, "{}", outcome.stderr);
}

#[test]
fn a_line_of_a_batch_merges_too() {
    let (_emulator, home) = logged_in_to(emulator());
    let lines = format!("{}\n{}\naccount show --query name\n", line(1), line(2));
    let outcome = home.line_reading("batch", lines.as_bytes());
    assert_eq!(outcome.printed(0), "\"Sub One\"\n");
    assert_eq!(clusters(&home), ["c1", "c2"]);
}
