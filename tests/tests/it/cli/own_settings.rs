//! `azq config`: its output, the file that it writes, and which lines are az's.

use crate::prelude::*;

const OLD: &str = "# mine\ncache_fresh = \"2h\" # often\n";

/// Creates a home with that file; returns a function that reads the file.
fn home_with_file() -> (Home, impl Fn(&Home) -> String) {
    let home = Home::new(&emulator()).unwrap();
    let folder = home.path().join("config_home/azq");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    fs::write(&file, OLD).unwrap();
    (home, move |_| fs::read_to_string(&file).unwrap())
}

#[test]
fn settings_are_written_with_comments_kept_and_bad_values_refused() {
    let (home, file) = home_with_file();
    let path = home.line("config path").success();
    assert!(path.ends_with("/config_home/azq/config.toml\n"), "{path}");
    home.line("config set azq.cache_fresh=3h azq.max_requests=64")
        .success();
    let new = format!("{}max_requests = 64\n", OLD.replace("2h", "3h"));
    assert_eq!(file(&home), new);
    for (line, code, words) in [
        ("config set azq.cache_fresh=soon", 1, "bad value 'soon'"),
        (
            "config set azq.cache_frsh=1h",
            1,
            "unknown key 'cache_frsh'",
        ),
        ("config set azq.memory", 1, "not KEY=VALUE"),
        ("config unset azq.memory", 1, "'memory' is not set"),
        (
            "config set azq.log=debug core.output=table",
            2,
            "setting of az",
        ),
        ("config get azq.nosuch", 1, "no setting 'nosuch'"),
    ] {
        let refused = home.line(line);
        let said = refused.stderr.clone();
        assert!(said.contains(words), "{line}: {said}");
        assert_eq!(refused.code == Some(0), code == 0, "{line}");
        assert_eq!(file(&home), new, "{line}");
    }
    home.line("config unset azq.max_requests").success();
    assert_eq!(file(&home), OLD.replace("2h", "3h"));
    assert!(home.daemons().is_empty(), "a look starts none");
}

#[test]
fn settings_are_a_document() {
    let (home, _) = home_with_file();
    let rows: Vec<Value> = home.line("config show").json();
    let row = rows.iter().find(|row| row["key"] == "cache_fresh").unwrap();
    assert_eq!(row["value"], "2h");
    assert!(row["source"].as_str().unwrap().ends_with("config.toml"));
    let one: Value = home.line("config get azq.cache_fresh").json();
    assert_eq!(
        (&one["name"], &one["value"]),
        (&json!("cache_fresh"), &json!("2h"))
    );
    let query = "config show --query [?key=='cache_fresh'].value -o tsv";
    assert_eq!(home.line(query).success(), "2h\n");
    let table = home.line("config show -o table").success();
    let head = table.lines().next().unwrap().to_lowercase();
    let head: Vec<_> = head.split_whitespace().collect();
    assert_eq!(head, ["key", "value", "source"], "{table}");
}

#[test]
fn a_changed_setting_is_reported_until_the_daemon_restarts() {
    let (home, _) = home_with_file();
    home.line("daemon start").success();
    let set = home.line("config set azq.cache_fresh=4h");
    set.said(0).assert_contains("azq daemon restart");
    let running = "config get azq.cache_fresh --query value -o tsv";
    assert_eq!(home.line(running).text(), "2h\n");
    home.line("daemon restart").success();
    assert_eq!(home.line(running).success(), "4h\n");
}

/// Lines that concern az's settings alone are handed over to az.
#[test]
fn azs_settings_are_left_to_az() {
    let (mut home, file) = home_with_file();
    install_az(&mut home, "echo \"$@\"");
    for line in [
        "config set core.output=table",
        "config unset core.output",
        "config get core.output",
        "config param-persist show",
    ] {
        let told = home.line(line);
        assert_eq!(told.success(), format!("{line}\n"));
    }
    for line in ["cache purge", "cache list", "cache delete"] {
        let refused = home.line(line);
        let said = refused.failure(2);
        said.assert_contains(&format!("az {line}"));
        said.assert_contains("azq cache show");
    }
    assert_eq!(file(&home), OLD);
}

#[test]
fn two_changes_at_once_are_both_made() {
    let (home, file) = home_with_file();
    let changes = ["azq.log_size=8MB", "azq.max_requests=32", "azq.memory=2GB"];
    let children = changes.map(|change| home.begin(&format!("config set {change}")));
    for mut child in children {
        eventually("the change is made", || child.try_wait().unwrap().is_some());
    }
    let text = file(&home);
    for line in [
        "log_size = \"8MB\"",
        "max_requests = 32",
        "memory = \"2GB\"",
    ] {
        text.assert_contains(line);
    }
}

#[test]
fn which_has_formats_and_queries() {
    let (mut home, _) = home_with_file();
    let own: Value = home.line("which -o json vm list-skus -o table").json();
    assert_eq!(own["answeredBy"], "azq");
    install_az(&mut home, "true");
    let query = "which --query program -o tsv disk list";
    let program = home.line(query).success();
    assert!(program.ends_with("/bin/az\n"), "{program}");
}
