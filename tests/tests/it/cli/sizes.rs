//! `azq sizes`: its lists, its refusals, its requests to Azure, and its picker.

use crate::prelude::*;

/// Timeout of the oracle, which reads the whole catalogue first, on a machine that may be busy.
const LIMIT: Duration = Duration::from_secs(600);

/// The number of combinations of options that are compared with the oracle.
const COMBINATIONS: &str = "200";
/// The seed of the combinations.
const SEED: &str = "18";

/// Returns azq's answer with these arguments, as JSON.
fn json(home: &Home, arguments: &[&str]) -> Value {
    let outcome = home
        .azq([&["sizes"], arguments, &["-o", "json"]].concat())
        .unwrap();
    outcome.json()
}

/// Returns the names of sizes in an answer.
fn names(home: &Home, line: &str) -> Vec<String> {
    let arguments: Vec<_> = line.split_whitespace().collect();
    let rows = json(home, &arguments);
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

/// `AZQ_TEST_CATALOGUE` names another catalogue (`.json`, `.json.zst`), such as a real one.
#[test]
fn random_combinations_of_options_give_what_an_independent_oracle_gives() {
    let Some(python) = python("sys, json, lzma, random, re") else {
        return;
    };
    let source = std::env::var("AZQ_TEST_CATALOGUE").unwrap_or_else(|_| "three".to_owned());
    let emulator = Emulator::start(Specification {
        skus: Some(source.clone()),
        // The oracle knows the usual quotas.
        quota_limits: BTreeMap::new(),
        ..demo::specification()
    });
    let (_emulator, home) = logged_in_to(emulator.unwrap());
    let file = home.path().join("catalogue.json");
    let catalogue = Catalogue::open(&source, Path::new("/"), None).unwrap();
    let texts: Vec<_> = Arc::clone(&catalogue)
        .list(None, 0, None)
        .texts()
        .map(str::to_owned)
        .collect();
    fs::write(&file, format!("{{\"value\": [{}]}}", texts.join(","))).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sizes_oracle.py");
    let oracle = |more: &[&str], input: &[u8]| {
        let arguments = [&[script.to_str().unwrap(), file.to_str().unwrap()], more].concat();
        home.run_within(LIMIT, &python, arguments, input)
            .unwrap()
            .success()
    };
    let cases = oracle(&["--random", COMBINATIONS, SEED], b"");
    let expected = oracle(&[], cases.as_bytes());
    let mut compared = 0;
    for (case, expected) in cases.lines().zip(expected.lines()) {
        let mut arguments: Vec<String> = serde_json::from_str(case).unwrap();
        if !arguments.iter().any(|argument| argument == "--location") {
            arguments.extend(["--location", "all"].map(str::to_owned));
        }
        arguments.extend(["--query", "[].[name, location]"].map(str::to_owned));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(json(&home, &arguments), expected, "{case}");
        compared += 1;
    }
    assert_eq!(compared.to_string(), COMBINATIONS);
}

#[test]
fn a_table_is_printed_unless_another_format_is_asked_for_or_configured() {
    let (emulator, home) = logged_in();
    let table = home.line("sizes -l eastus").success();
    let head = table.lines().next().unwrap();
    let titles: Vec<_> = head.split_whitespace().collect();
    assert_eq!(
        titles[..5],
        ["Name", "Location", "Gen", "VCPUs", "MemoryGB"]
    );
    let tsv = home
        .line("sizes -l eastus --query [].name -o tsv")
        .success();
    assert_eq!(tsv, "Standard_D2s_v5\nStandard_D4s_v5\n");
    let settings = [("core.output", "tsv"), ("defaults.location", "eastus")];
    let home = home_with(&emulator, &settings);
    assert_eq!(
        home.line("sizes --query [].location").success(),
        "eastus\neastus\n"
    );
    let everywhere = home.line("sizes -l all --query length([])").success();
    assert_ne!(everywhere, "2\n");
}

#[test]
fn a_repeated_sizes_command_is_answered_from_the_cache() {
    let (emulator, home) = logged_in();
    let line = "sizes -l eastus --gen2 --vcpus 4";
    let first = home.line(line).success();
    let asked = emulator.requests().len();
    for _ in 0..3 {
        assert_eq!(home.line(line).success(), first);
    }
    assert_eq!(emulator.requests().len(), asked);
    assert_eq!(sku_requests(&emulator), 1);
    let status = home.status();
    assert_eq!(status["rememberedAnswers"], 1, "{status}");
    let other = home.line("sizes -l eastus --gen2 --vcpus 2").success();
    assert_ne!(other, first);
}

#[test]
fn quota_is_asked_for_anew_and_prices_once_a_day() {
    let (emulator, home) = logged_in();
    let line = "-l eastus --quota 3 --price --sort price:desc";
    for times in 1..3 {
        assert_eq!(names(&home, line), ["Standard_D4s_v5", "Standard_D2s_v5"]);
        assert_eq!(emulator.request_count("/usages"), times);
        assert_eq!(emulator.request_count("/api/retail/prices"), 1);
    }
    let words = "-l eastus --vcpus 4 --price --os-type Windows".split(' ');
    let rows = json(&home, &words.collect::<Vec<_>>());
    let row = &rows[0];
    let prices = ["hourlyPrice", "hourlySpotPrice", "currency"].map(|key| row[key].to_string());
    assert_eq!(prices, ["0.36", "0.2", "\"USD\""]);
    home.line("daemon stop").success();
    assert_eq!(names(&home, line).len(), 2);
    assert_eq!(
        emulator.request_count("/api/retail/prices"),
        1,
        "they outlive the daemon"
    );
    assert_eq!(names(&home, "-l eastus --quota 1000"), [""; 0]);
    for request in emulator.requests() {
        let is_priced = request.path.contains("/api/retail/prices");
        let has_token = request
            .headers
            .keys()
            .any(|name| name.eq_ignore_ascii_case("authorization"));
        assert!(!(is_priced && has_token), "a token went to the prices");
    }
}

#[test]
fn unavailable_prices_are_an_error_with_the_reason() {
    let (emulator, home) = logged_in();
    emulator.inject(Fault::answer("GET /api/retail/prices.*", 503, json!({})).times(3));
    let outcome = home.line("sizes -l eastus --price");
    let said = "Azure's retail prices cannot be had: it answered with status 503.";
    outcome.failure(1).assert_contains(said);
    assert_eq!(emulator.request_count("/api/retail/prices"), 3);
    assert_eq!(names(&home, "-l eastus --price").len(), 2);
}

#[test]
fn similar_sizes_come_first_and_aks_lists_what_it_takes() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let like = names(&home, "-l eastus --like Standard_D4s_v3 --max 3");
    assert_eq!(like.len(), 3);
    assert!(!like.contains(&"Standard_D4s_v3".to_owned()));
    assert!(
        like.iter().all(|name| name.starts_with("Standard_D")),
        "{like:?}"
    );
    let small = "-l eastus --vcpus 1";
    assert!(!names(&home, small).is_empty());
    assert_eq!(names(&home, &format!("{small} --aks")), [""; 0]);
    assert!(!names(&home, "-l eastus --vcpus 4 --aks").is_empty());
}

#[test]
fn mistakes_are_refused_and_az_is_not_asked() {
    let (_emulator, home) = logged_in();
    for (line, code, said) in [
        ("sizes --frob", 2, "unrecognized arguments: --frob"),
        (
            "sizes --vcpus 8..4",
            2,
            "argument --vcpus: invalid value: '8..4'",
        ),
        ("sizes --allow (", 2, "argument --allow: invalid value: '('"),
        (
            "sizes --arch x86",
            2,
            "'x86' is not a valid value for '--arch'",
        ),
        (
            "sizes --sort cost",
            2,
            "argument --sort: invalid value: 'cost'",
        ),
        ("sizes --quota 0", 2, "argument --quota: invalid value: '0'"),
        ("sizes -l atlantis", 1, "The region 'atlantis' has no sizes"),
        (
            "sizes -l eastus --like Standard_X1",
            1,
            "'Standard_X1' is in none of these regions",
        ),
        (
            "sizes -l eastus --pick",
            1,
            "--pick shows a list on a terminal",
        ),
    ] {
        let outcome = home.line(line);
        let error = outcome.failure(code);
        assert!(error.contains(said), "{line}: {error}");
    }
}

#[test]
fn sizes_works_in_a_batch_and_has_help() {
    let (_emulator, home) = logged_in();
    let lines = b"sizes -l eastus --query [].name -o tsv\nsizes -l eastus --pick\n";
    let outcome = home.line_reading("batch", lines);
    let text = outcome.text();
    text.assert_starts_with("Standard_D2s_v5\nStandard_D4s_v5\n");
    let help = home.line("sizes --help").success();
    for option in ["--gen2", "--resizable-from", "--pick", "--location -l"] {
        assert!(help.contains(option), "{option}: {help}");
    }
}

/// Starts the picker in a shell that reads the name as in `$(…)`: only stdout is not the terminal.
fn picking(home: &Home, chosen: &Path) -> Screen {
    let azq = home.binaries().azq.display().to_string();
    let line = format!(
        "{azq} sizes -l eastus --pick > {}; echo code $?",
        chosen.display()
    );
    let mut command: Command = home.command(Path::new("/bin/sh"));
    command.args(["-c", &line]);
    Screen::begin(command)
}

#[test]
fn a_size_is_picked_by_typing_and_its_name_alone_is_printed() {
    let (_emulator, home) = logged_in();
    let chosen = home.path().join("chosen");
    let read = || fs::read_to_string(&chosen).unwrap();
    let mut screen = picking(&home, &chosen);
    screen.until_shows("2/2 > ");
    screen.type_text("d4");
    screen.until_shows("1/2 > d4");
    screen.type_text("\r");
    let (_, shown) = screen.finish();
    assert!(shown.ends_with("code 0\n"), "{shown:?}");
    assert_eq!(read(), "Standard_D4s_v5\n");
    for leave in ["\u{3}", "\u{4}"] {
        let mut screen = picking(&home, &chosen);
        screen.until_shows("2/2 > ");
        screen.type_text(leave);
        let (_, shown) = screen.finish();
        assert!(shown.ends_with("code 130\n"), "{shown:?}");
        assert_eq!(read(), "");
    }
}
