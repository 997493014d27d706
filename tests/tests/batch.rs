//! `azq batch`: many command lines, answered in order over one connection, as if one after the other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use azq_tests::demo;
use azq_tests::emulator::{Effect, Emulator, Fault, Specification};
use azq_tests::harness::sample::{LIST_SKUS, POOL, SHOW_POOL, SKUS, UPDATE_POOL, emulator};
use azq_tests::harness::{Home, Outcome, binaries, eventually, signal};
use rustix::process::Signal;
use serde_json::{Value, json};

const SHOW_WINDOWS_POOL: &str =
    "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n npwin --query name -o tsv";

fn batch(home: &Home, options: &str, lines: &[&str]) -> Outcome {
    let arguments = ["batch"].into_iter().chain(options.split_whitespace());
    let input = lines.join("\n");
    home.azq_reading(arguments, input.as_bytes()).unwrap()
}

fn objects(outcome: &Outcome) -> Vec<Value> {
    let text = String::from_utf8(outcome.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A batch that is talked to.
struct Conversation {
    azq: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Conversation {
    fn begin(home: &Home, arguments: &str) -> Self {
        let mut azq = home
            .command(&binaries().unwrap().azq)
            .args(arguments.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: azq.stdin.take(),
            output: BufReader::new(azq.stdout.take().unwrap()),
            azq,
        }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input.as_ref().unwrap(), "{line}").unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.hear()
    }

    /// The end of the input; exit code, the rest of stdout, stderr.
    fn end(mut self) -> (Option<i32>, String, String) {
        self.input.take();
        self.ended()
    }

    /// The end, though there could be more input.
    fn ended(mut self) -> (Option<i32>, String, String) {
        let (mut rest, mut stderr) = (String::new(), String::new());
        self.output.read_to_string(&mut rest).unwrap();
        let mut pipe = self.azq.stderr.take().unwrap();
        pipe.read_to_string(&mut stderr).unwrap();
        (self.azq.wait().unwrap().code(), rest, stderr)
    }
}

#[test]
fn lines_are_answered_in_order_through_quotes_arrays_and_comments() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let array = json!([
        "az",
        "vm",
        "list-skus",
        "-l",
        "eastus",
        "--query",
        "[?contains(name, 'D2s')].name",
        "-o",
        "tsv"
    ]);
    let outcome = batch(
        &home,
        r"--delimiter --\n",
        &[
            "# which sizes?",
            &format!("az {LIST_SKUS}"),
            "",
            r#"azq vm list-skus -l eastus --query "[?contains(name, 'D2s')].name" -o tsv # the smaller"#,
            &array.to_string(),
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
fn nothing_asked_is_nothing_answered() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    for options in ["", "-0", "--json-lines"] {
        assert_eq!(batch(&home, options, &["", "# nothing", ""]).success(), "");
    }
    assert!(home.processes().is_empty(), "no daemon for that");
    let help = home.line("batch --help").unwrap().success();
    assert!(
        help.contains("--json-lines") && help.contains("# comments"),
        "{help}"
    );
    let mistake = home.line("batch --jobs 0").unwrap();
    assert!(mistake.failure(2).starts_with("ERROR: invalid value '0'"));
}

#[test]
fn what_reads_overlaps_and_a_dead_daemon_is_survived() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    home.line(LIST_SKUS).unwrap().success();
    emulator.inject(Fault::effect("GET .*/mynodepool", Effect::Silence));
    let mut batch = Conversation::begin(&home, "batch");
    batch.say(SHOW_POOL);
    eventually("the first line's request", || {
        emulator.request_count("/mynodepool") == 1
    });
    batch.say(LIST_SKUS);
    batch.say(SHOW_WINDOWS_POOL);
    eventually("the third line's request beside it", || {
        emulator.request_count("/npwin") == 1
    });
    home.crash();
    assert_eq!(batch.hear(), POOL);
    assert_eq!(batch.hear(), SKUS);
    assert_eq!(batch.hear(), "npwin\n");
    assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    assert_eq!(emulator.request_count("/mynodepool"), 2);
}

#[test]
fn what_changes_something_is_carried_out_alone() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
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
fn json_lines_tell_everything() {
    let emulator = emulator().unwrap();
    let mut home = Home::new(&emulator).unwrap();
    stub(
        &mut home,
        "#!/bin/sh\nprintf '\\377\"%s\"' \"$1\"\nprintf 'tr\\000uble\\n' >&2\nexit 42\n",
    );
    let outcome = batch(
        &home,
        "--json-lines",
        &[LIST_SKUS, "group list", "aks nodepool show", "[1]", "vm -h"],
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(42), ""));
    let answers = objects(&outcome);
    let object = |code: i32, stdout: &str, stderr: &str| json!({"exit_code": code, "stdout": stdout, "stderr": stderr});
    assert_eq!(answers[0], object(0, SKUS, ""));
    assert_eq!(answers[1], object(42, "\u{fffd}\"group\"", "tr\0uble\n"));
    let single = home.line("aks nodepool show").unwrap();
    assert_eq!(answers[2], object(2, "", single.failure(2)));
    assert_eq!(answers[3]["exit_code"], 2);
    let error = answers[3]["stderr"].as_str().unwrap();
    assert!(error.starts_with("ERROR: line 4: "), "{error}");
    assert_eq!(
        answers[4],
        object(0, &home.line("vm -h").unwrap().success(), "")
    );
    assert_eq!(answers.len(), 5);
}

/// Puts a script in the place of the real az.
fn stub(home: &mut Home, script: &str) {
    let folder = home.path().join("bin");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("az"), script).unwrap();
    fs::set_permissions(folder.join("az"), fs::Permissions::from_mode(0o755)).unwrap();
    home.set("PATH", &format!("{}:/usr/bin:/bin", folder.display()));
}

#[test]
fn what_azq_does_not_know_the_real_az_answers_in_its_turn() {
    let emulator = emulator().unwrap();
    let mut home = Home::new(&emulator).unwrap();
    stub(
        &mut home,
        "#!/bin/sh\ncat\nprintf '<%s>' \"$@\"\necho\necho trouble >&2\n[ \"$1\" = group ] || kill -TERM $$\n",
    );
    let lines = [
        SHOW_POOL,
        "group list '' 'a b' \"\\$x\"",
        LIST_SKUS,
        "az version",
        SHOW_POOL,
    ];
    let outcome = batch(&home, "", &lines);
    assert_eq!(
        outcome.text(),
        format!("{POOL}<group><list><><a b><$x>\n{SKUS}<version>\n{POOL}")
    );
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (Some(143), "trouble\ntrouble\n")
    );

    home.set("AZQ_PASSTHROUGH", "never");
    let refused = batch(&home, "", &["group list", SHOW_POOL]);
    let alone = home.line("group list").unwrap();
    assert_eq!((refused.code, refused.text().as_str()), (Some(2), POOL));
    assert_eq!(refused.stderr, alone.failure(2));
    home.unset("AZQ_PASSTHROUGH");
    fs::remove_file(home.path().join("bin/az")).unwrap();
    let refused = batch(&home, "", &["group list", "vm list-skus --frob"]);
    let alone = ["group list", "vm list-skus --frob"]
        .map(|line| home.line(line).unwrap().failure(2).to_owned());
    assert_eq!(refused.failure(2), alone.concat());
}

#[test]
fn lines_that_cannot_be_answered_say_why() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
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
    let answers = objects(&outcome);
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
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let absent = SHOW_POOL.replace("mynodepool", "absent");
    for (lines, code) in [
        ([SHOW_POOL, &absent, "vm frob"], 3),
        ([SHOW_POOL, "vm frob", &absent], 2),
        ([SHOW_POOL, LIST_SKUS, SHOW_POOL], 0),
    ] {
        assert_eq!(batch(&home, "", &lines).code, Some(code), "{lines:?}");
    }
}

/// A script may write a line, wait for the answer, and go on.
#[test]
fn a_line_is_answered_before_the_next_is_written() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    for options in ["batch", "batch --jobs 1"] {
        let mut batch = Conversation::begin(&home, options);
        assert_eq!(batch.ask(LIST_SKUS), SKUS);
        assert_eq!(batch.ask(SHOW_POOL), POOL);
        assert_eq!(batch.ask("which account show"), "azq\n");
        assert_eq!(batch.ask("operation list -o json"), "[]\n");
        // Half a line is none yet.
        write!(batch.input.as_ref().unwrap(), "account show --query").unwrap();
        assert_eq!(
            batch.ask(" name -o none\naccount show --query length(@) -o tsv"),
            "9\n"
        );
        assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    }
}

/// The connection is dead, which only shows when it is used; a write is nevertheless sent, once.
#[test]
fn a_daemon_that_has_ended_between_two_lines_is_replaced() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let ends: [fn(&Home); 2] = [
        |home| drop(home.line("daemon stop").unwrap().success()),
        Home::crash,
    ];
    for end in ends {
        let mut batch = Conversation::begin(&home, "batch");
        assert_eq!(batch.ask(LIST_SKUS), SKUS);
        end(&home);
        assert_eq!(batch.ask(UPDATE_POOL), "Standard_D4s_v5\n");
        end(&home);
        assert_eq!(batch.ask(LIST_SKUS), SKUS);
        assert_eq!(batch.ask("daemon stop").split(' ').next(), Some("azqd,"));
        assert_eq!(batch.ask(SHOW_POOL), "Standard_D4s_v5\n");
        assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    }
    assert_eq!(writes(&emulator), 2);
}

fn writes(emulator: &Emulator) -> usize {
    let requests = emulator.requests();
    requests
        .iter()
        .filter(|request| request.method != "GET")
        .count()
}

#[test]
fn without_a_daemon_there_is_one_for_the_batch() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let mut batch = Conversation::begin(&home, "batch --no-daemon");
    assert_eq!(batch.ask(LIST_SKUS), SKUS);
    let private = home.daemons();
    assert_eq!(private.len(), 1);
    assert_eq!(batch.ask(SHOW_POOL), POOL);
    assert_eq!(batch.ask(UPDATE_POOL), "Standard_D4s_v5\n");
    assert_eq!(home.daemons(), private);
    assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    assert_eq!(home.processes(), [0; 0]);
    assert!(!home.meeting_place().exists());
}

#[test]
fn large_answers_pass_through_in_order() {
    let emulator = Emulator::start(demo::specification()).unwrap();
    let home = Home::new(&emulator).unwrap();
    let region = "vm list-skus -l eastus --all";
    let whole = home.line(region).unwrap().success();
    assert!(whole.len() > 2 << 20, "{}", whole.len());
    // All but the first wait for their turn with more than they may hold.
    let lines = [region; 6];
    let answers = batch(&home, "-0", &lines).success();
    assert!(answers == format!("{whole}\0").repeat(lines.len()));
    let answers = objects(&batch(&home, "--json-lines --jobs 2", &lines[..2]));
    assert!(
        answers
            .iter()
            .all(|answer| answer["stdout"] == whole.as_str())
            && answers.len() == 2
    );
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_batch_quietly() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let mut batch = Conversation::begin(&home, "batch");
    assert_eq!(batch.ask(LIST_SKUS), SKUS);
    let (pipe, _) = std::io::pipe().unwrap();
    let _closed = std::mem::replace(
        &mut batch.output,
        BufReader::new(ChildStdout::from(std::os::fd::OwnedFd::from(pipe))),
    );
    drop(_closed);
    batch.say(SHOW_POOL);
    // The input stays open.
    assert_eq!(batch.azq.wait().unwrap().code(), Some(0));
    let mut stderr = String::new();
    batch
        .azq
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(stderr, "");
}

/// An emulator whose operations do not end before the fault is taken back.
fn endless() -> Emulator {
    let emulator = Emulator::start(Specification {
        retry_after: 0,
        ..demo::specification()
    })
    .unwrap();
    let running = json!({"status": "InProgress"});
    let fault = Fault::answer("GET .*/operations/.*", 200, running).header("Retry-After", "0");
    emulator.inject(fault.times(u32::MAX));
    emulator
}

fn until_polled(emulator: &Emulator) {
    let polled = emulator.request_count("/operations/");
    eventually("the operation is polled", || {
        emulator.request_count("/operations/") >= polled + 2
    });
}

#[test]
fn an_operation_outlives_the_daemon() {
    let emulator = endless();
    let home = Home::new(&emulator).unwrap();
    let mut batch = Conversation::begin(&home, "batch");
    batch.say(UPDATE_POOL);
    batch.say(SHOW_POOL);
    until_polled(&emulator);
    home.crash();
    until_polled(&emulator);
    emulator.state().faults.clear();
    assert_eq!([batch.hear(), batch.hear()], ["Standard_D4s_v5\n"; 2]);
    assert_eq!(batch.end(), (Some(0), String::new(), String::new()));
    assert_eq!(writes(&emulator), 1);
}

#[test]
fn ctrl_c_ends_the_batch_and_tells_of_the_operation() {
    let emulator = endless();
    let home = Home::new(&emulator).unwrap();
    for options in ["batch", "batch --json-lines"] {
        let mut batch = Conversation::begin(&home, options);
        batch.say(UPDATE_POOL);
        batch.say(SHOW_POOL);
        until_polled(&emulator);
        signal(batch.azq.id(), Signal::INT);
        let (code, stdout, stderr) = batch.ended();
        assert_eq!((code, stdout.as_str()), (Some(130), ""));
        assert!(
            stderr.starts_with("WARNING: interrupted; the operation goes on in Azure. To wait for it, run: azq operation wait ")
                && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
}

/// Once an operation was waited for, azq no longer dies of the signal; it ends all the same.
#[test]
fn ctrl_c_ends_the_batch_between_operations_too() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    for lines in [&[LIST_SKUS][..], &[LIST_SKUS, UPDATE_POOL]] {
        let mut batch = Conversation::begin(&home, "batch");
        for line in lines {
            batch.ask(line);
        }
        signal(batch.azq.id(), Signal::INT);
        let (code, stdout, stderr) = batch.ended();
        assert!(matches!(code, None | Some(130)), "{code:?}");
        assert_eq!((stdout, stderr), (String::new(), String::new()));
    }
}

#[test]
fn a_question_is_not_answered_from_the_lines() {
    let emulator = emulator().unwrap();
    let home = Home::new(&emulator).unwrap();
    let upgrade =
        "aks nodepool upgrade -g myResourceGroup --cluster-name myAKSCluster -n mynodepool";
    let outcome = batch(&home, "--json-lines", &[upgrade, "y", SHOW_POOL]);
    let answers = objects(&outcome);
    assert_eq!(answers[0]["exit_code"], 1);
    assert_eq!(answers[0]["stderr"], home.line(upgrade).unwrap().failure(1));
    assert_eq!(answers[2]["stdout"], POOL);
    assert_eq!(writes(&emulator), 0);
}
