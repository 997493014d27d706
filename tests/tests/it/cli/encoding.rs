//! Characters that stdout's encoding lacks, as Python decides it for az by variables and locale.

use crate::prelude::*;

const WARNING: &str = "WARNING: Unable to encode the output with ascii encoding. \
                       Unsupported characters are discarded.\n";
/// Half of a character, and characters of one, two and three bytes.
const HALF: &str = r#"`"aü\ud800b"`"#;
const WHOLE: &str = "'aü€b'";

fn selecting(home: &Home, query: &str, options: &[&str]) -> Outcome {
    let words = ["account", "show", "-o", "tsv", "--query", query];
    home.azq([&words, options].concat()).unwrap()
}

/// Creates a home whose commands have these variables, which are separated by spaces.
fn under(emulator: &Emulator, variables: &str) -> Home {
    let mut home = Home::new(emulator).unwrap();
    home.set_all(variables.split(' ').filter_map(|set| set.split_once('=')));
    home
}

#[test]
fn characters_that_the_locale_lacks_are_left_out_with_azs_warning() {
    let emulator = emulator();
    for (variables, printed, warned) in [
        ("LC_ALL=C", "aü€b\n".as_bytes(), ""),
        ("PYTHONIOENCODING=ascii", b"ab\n", WARNING),
        // The bytes of the command line, unchanged.
        ("LC_ALL=C PYTHONUTF8=0", "aü€b\n".as_bytes(), ""),
        ("LANG=C PYTHONUTF8=0", "aü€b\n".as_bytes(), ""),
        (
            "LANG=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0",
            "aü€b\n".as_bytes(),
            "",
        ),
        (
            "LC_ALL=de_DE.ISO-8859-15 LOCPATH=/nosuch",
            "aü€b\n".as_bytes(),
            "",
        ),
    ] {
        let home = under(&emulator, variables);
        let outcome = selecting(&home, WHOLE, &[]);
        assert_eq!(outcome.stdout, printed, "{variables}");
        assert_eq!(outcome.stderr, warned, "{variables}");
        assert_eq!(outcome.code, Some(0), "{variables}");
    }
}

#[test]
fn an_ascii_locale_keeps_only_characters_of_the_command_line() {
    let emulator = emulator();
    let escaped = r#"`"a\u00fc\u20acb"`"#;
    for (variables, printed, warned) in [
        ("LC_ALL=C PYTHONUTF8=0", "ab\n".as_bytes(), WARNING),
        (
            "LANG=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0",
            b"ab\n",
            WARNING,
        ),
        ("LANG=C PYTHONUTF8=0", "aü€b\n".as_bytes(), ""),
    ] {
        let outcome = selecting(&under(&emulator, variables), escaped, &[]);
        assert_eq!(outcome.stdout, printed, "{variables}");
        assert_eq!(outcome.stderr, warned, "{variables}");
    }
}

#[test]
fn an_installed_locale_decides_the_encoding() {
    let (_emulator, mut home) = logged_in();
    let locales = home.path().join("locales");
    let locale = locales.join("de_DE.iso885915@euro");
    fs::create_dir_all(&locale).unwrap();
    fs::write(locale.join("LC_CTYPE"), "").unwrap();
    home.set("LOCPATH", locales.to_str().unwrap());
    home.set("LANG", "de_DE@euro");
    assert_eq!(selecting(&home, WHOLE, &[]).stdout, b"a\xfc\xa4b\n");
}

#[test]
fn the_warning_about_a_lone_surrogate_is_silenced_as_in_az() {
    let emulator = emulator();
    let home = under(&emulator, "LANG=C.UTF-8");
    let warning = WARNING.replace("ascii", "utf-8");
    let silent = [
        (home, &["--only-show-errors"][..]),
        (under(&emulator, "AZURE_CORE_ONLY_SHOW_ERRORS=yes"), &[]),
    ];
    for (home, options) in silent {
        let outcome = selecting(&home, HALF, options);
        assert_eq!(
            (outcome.text().as_str(), outcome.stderr.as_str()),
            ("ab\n", "")
        );
    }
    let home = home_with(&emulator, &[("core.only_show_errors", "true")]);
    assert_eq!(selecting(&home, HALF, &[]).stderr, "");
    // The command line has precedence over the configuration.
    let verbose = selecting(&home, HALF, &["--verbose"]);
    assert!(verbose.stderr.contains(&warning), "{}", verbose.stderr);
}

#[test]
fn an_escaped_byte_is_printed_as_the_byte() {
    let emulator = emulator();
    let home = under(&emulator, "LANG=C.UTF-8");
    let outcome = selecting(&home, r#"`"aü\udc80"`"#, &[]);
    assert_eq!(
        (&outcome.stdout[..], outcome.stderr.as_str()),
        (&b"a\xc3\xbc\x80\n"[..], "")
    );
}

#[test]
fn each_line_of_a_batch_is_encoded_by_itself() {
    let (_emulator, mut home) = logged_in();
    home.set("LANG", "C.UTF-8");
    let line = |query: &str| format!("account show -o tsv --query \"{query}\"\n");
    let half = HALF.replace('"', "\\\"").replace("\\u", "\\\\u");
    let input = [line(WHOLE), line(&half), line(WHOLE)].concat();
    let warning = WARNING.replace("ascii", "utf-8");
    let text = home.line_reading("batch", input.as_bytes());
    assert_eq!(text.text(), "aü€b\nab\naü€b\n");
    assert_eq!(text.stderr, warning);
    // JSON is UTF-8 with any encoding of stdout.
    home.set("PYTHONIOENCODING", "ascii");
    let objects = home
        .azq_reading(["batch", "--json-lines"], input.as_bytes())
        .unwrap();
    let objects: Vec<_> = objects
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|object| ["stdout", "stderr"].map(|name| object[name].as_str().unwrap().to_owned()))
        .collect();
    let whole = ["aü€b\n", ""];
    assert_eq!(objects, [whole, ["ab\n", &warning], whole]);
}
