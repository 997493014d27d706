//! `azq batch`: many command lines, answered in order over one connection, as if they ran one after
//! the other.

use crate::prelude::*;

fn batch(home: &Home, options: &str, lines: &[&str]) -> Outcome {
    let arguments = ["batch"].into_iter().chain(options.split_whitespace());
    let input = lines.join("\n");
    home.azq_reading(arguments, input.as_bytes()).unwrap()
}

/// Returns the line on stderr after the answer to a line that failed.
fn failed(line: u64, code: u8) -> String {
    format!("azq batch: line {line} has failed with exit code {code}\n")
}

#[test]
fn lines_are_answered_in_order_through_quotes_arrays_and_comments() {
    let (_emulator, home) = logged_in();
    let mut array: Vec<_> = "az vm list-skus -l eastus -o tsv --query"
        .split(' ')
        .collect();
    array.push("[?contains(name, 'D2s')].name");
    let outcome = batch(
        &home,
        r"--delimiter --\n",
        &[
            "# which sizes?",
            &format!("az {LIST_SKUS}"),
            "",
            r#"azq vm list-skus -l eastus --query "[?contains(name, 'D2s')].name" -o tsv # the smaller"#,
            &json!(array).to_string(),
            "account show --query state\\ -o=tsv -o none\r",
            SHOW_POOL,
        ],
    );
    assert_eq!(
        outcome.text(),
        format!("{SKUS}--\nStandard_D2s_v5\n--\nStandard_D2s_v5\n--\n--\n{POOL}--\n")
    );
    let null = batch(&home, "-0 --jobs 1", &[LIST_SKUS, SHOW_POOL]);
    assert_eq!(null.success(), format!("{SKUS}\0{POOL}\0"));
    assert_eq!(
        batch(&home, "", &[LIST_SKUS; 100]).success(),
        SKUS.repeat(100)
    );
    assert_eq!(home.daemons().len(), 1);
}

#[test]
fn empty_lines_and_comments_have_no_answer() {
    let (_emulator, home) = logged_in();
    for options in ["", "-0", "--json-lines"] {
        assert_eq!(batch(&home, options, &["", "# nothing", ""]).success(), "");
    }
    assert!(home.processes().is_empty(), "no daemon for that");
    let help = home.line("batch --help").success();
    help.assert_contains("--json-lines");
    help.assert_contains("# comments");
    let mistake = home.line("batch --jobs 0");
    assert!(mistake.failure(2).starts_with("ERROR: invalid value '0'"));
}

#[test]
fn writes_of_a_batch_do_not_overlap_other_lines() {
    let (_emulator, home) = logged_in();
    let label = |value| {
        format!(
            "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --labels n={value} --query nodeLabels.n -o tsv"
        )
    };
    let labels: Vec<_> = (0..5).map(label).collect();
    let mut lines = vec![SHOW_POOL, UPDATE_POOL, SHOW_POOL];
    lines.extend(labels.iter().map(String::as_str));
    let answers = format!("{POOL}Standard_D4s_v5\nStandard_D4s_v5\n0\n1\n2\n3\n4\n");
    assert_eq!(batch(&home, "--jobs 64", &lines).success(), answers);
}

#[test]
fn json_lines_have_output_errors_and_exit_code() {
    let (_emulator, mut home) = logged_in();
    let script = "printf '\\377\"%s\"' \"$1\"\nprintf 'tr\\000uble\\n' >&2\nexit 42";
    install_az(&mut home, script);
    let outcome = batch(
        &home,
        "--json-lines",
        &[LIST_SKUS, "disk list", "aks nodepool show", "[1]", "vm -h"],
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(42), ""));
    let answers = outcome.json_lines();
    let object = |line: u64, code: i32, stdout: &str, stderr: &str| json!({"line": line, "exit_code": code, "stdout": stdout, "stderr": stderr});
    assert_eq!(answers[0], object(1, 0, SKUS, ""));
    assert_eq!(answers[1], object(2, 42, "\u{fffd}\"disk\"", "tr\0uble\n"));
    let single = home.line("aks nodepool show");
    assert_eq!(answers[2], object(3, 2, "", single.failure(2)));
    assert_eq!(answers[3]["exit_code"], 2);
    let error = answers[3]["stderr"].as_str().unwrap();
    error.assert_starts_with("ERROR: line 4: ");
    assert_eq!(answers[4], object(5, 0, &home.line("vm -h").success(), ""));
    assert_eq!(answers.len(), 5);
}

#[test]
fn unknown_lines_of_a_batch_are_answered_by_az_in_order() {
    let (_emulator, mut home) = logged_in();
    let script =
        "cat\nprintf '<%s>' \"$@\"\necho\necho trouble >&2\n[ \"$1\" = disk ] || kill -TERM $$";
    install_az(&mut home, script);
    let lines = [
        SHOW_POOL,
        "disk list '' 'a b' \"\\$x\"",
        LIST_SKUS,
        "az feedback",
        SHOW_POOL,
    ];
    let outcome = batch(&home, "", &lines);
    assert_eq!(
        outcome.printed(143),
        format!("{POOL}<disk><list><><a b><$x>\n{SKUS}<feedback>\n{POOL}")
    );
    let expected = format!("trouble\ntrouble\n{}", failed(4, 143));
    assert_eq!(outcome.stderr, expected);

    home.set("AZQ_PASSTHROUGH", "never");
    let refused = batch(&home, "", &["disk list", SHOW_POOL]);
    let alone = home.line("disk list");
    assert_eq!(refused.printed(2), POOL);
    assert_eq!(refused.stderr, alone.failure(2).to_owned() + &failed(1, 2));
    home.unset("AZQ_PASSTHROUGH");
    fs::remove_file(home.path().join("bin/az")).unwrap();
    let refused = batch(&home, "", &["disk list", "vm list-skus --frob"]);
    let alone = [("disk list", 1), ("vm list-skus --frob", 2)]
        .map(|(line, number)| home.line(line).failure(2).to_owned() + &failed(number, 2));
    assert_eq!(refused.failure(2), alone.concat());
}

#[test]
fn lines_that_cannot_be_answered_say_why() {
    let (_emulator, home) = logged_in();
    let long = format!("vm list-skus --query '{}'", "x".repeat(2 << 20));
    let query = |value| format!("vm list-skus -l eastus --query {value}");
    let (dash, file) = (query("@-"), query("@/dev/stdin"));
    let cases = [
        (long.as_str(), "it is longer than 1048576 bytes"),
        (
            "vm 'list-skus",
            "a quote is not closed, or the line ends with a backslash",
        ),
        ("{}", ""),
        (dash.as_str(), "standard input belongs to azq batch"),
        (file.as_str(), "standard input belongs to azq batch"),
        (
            "vm list-skus --no-daemon",
            "--no-daemon is for the whole batch",
        ),
        ("batch --json-lines", "azq batch has no place in a batch"),
        ("[\"vm\", null]", "must be a JSON array of strings"),
    ];
    let mut lines: Vec<_> = cases.iter().map(|(line, _)| *line).collect();
    lines.push(SHOW_POOL);
    let outcome = batch(&home, "--json-lines", &lines);
    let answers = outcome.json_lines();
    assert_eq!(answers.len(), lines.len());
    for (number, (answer, (line, says))) in answers.iter().zip(cases).enumerate() {
        let error = answer["stderr"].as_str().unwrap();
        let line = line.get(..40).unwrap_or(line);
        assert_eq!(
            (answer["exit_code"].as_i64(), answer["stdout"].as_str()),
            (Some(2), Some("")),
            "{line}"
        );
        assert!(error.contains(says), "{line}: {error}");
        let numbered = error.starts_with(&format!("ERROR: line {}: ", number + 1));
        assert!(numbered || says.is_empty(), "{line}: {error}");
    }
    assert_eq!(answers[cases.len()]["stdout"], POOL);
    assert_eq!(outcome.code, Some(2));
}

#[test]
fn the_exit_code_is_that_of_the_first_line_that_failed() {
    let (_emulator, home) = logged_in();
    let absent = SHOW_POOL.replace("mynodepool", "absent");
    for (lines, code) in [
        ([SHOW_POOL, &absent, "vm frob"], 3),
        ([SHOW_POOL, "vm frob", &absent], 2),
        ([SHOW_POOL, LIST_SKUS, SHOW_POOL], 0),
    ] {
        assert_eq!(batch(&home, "", &lines).code, Some(code), "{lines:?}");
    }
}

#[test]
fn large_answers_pass_through_in_order() {
    let (_emulator, home) = logged_in_to(start(demo::specification()));
    let region = "vm list-skus -l eastus --all";
    let whole = home.line(region).success();
    assert!(whole.len() > 2 << 20, "{}", whole.len());
    // All but the first wait for their turn with more than they may buffer.
    let lines = [region; 6];
    let answers = batch(&home, "-0", &lines).success();
    assert!(answers == format!("{whole}\0").repeat(lines.len()));
    let answers = batch(&home, "--json-lines --jobs 2", &lines[..2]).json_lines();
    let is_whole = |answer: &Value| answer["stdout"] == whole.as_str();
    assert!(answers.iter().all(is_whole) && answers.len() == 2);
}

#[test]
fn a_confirmation_is_not_read_from_the_batchs_lines() {
    let (emulator, home) = logged_in();
    let upgrade =
        "aks nodepool upgrade -g myResourceGroup --cluster-name myAKSCluster -n mynodepool";
    let outcome = batch(&home, "--json-lines", &[upgrade, "y", SHOW_POOL]);
    let answers = outcome.json_lines();
    assert_eq!(answers[0]["exit_code"], 1);
    assert_eq!(answers[0]["stderr"], home.line(upgrade).failure(1));
    assert_eq!(answers[2]["stdout"], POOL);
    assert_eq!(writes(&emulator), 0);
}
