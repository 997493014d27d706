//! Tests which lines are azq's own, which are left to az, and how mistakes are reported.

use super::*;
use crate::cli::Request;
use crate::environment::fake::Fake;

fn own(line: &str) -> Option<Invocation> {
    let argv: Vec<_> = line.split_whitespace().map(OsString::from).collect();
    parse(&argv, &Fake::default())
}

/// Returns the call of a line that the daemon answers.
fn call(line: &str) -> Box<super::super::CommandCall> {
    match own(line) {
        Some(Invocation::Command(call)) => call,
        other => panic!("{line}: {other:?}"),
    }
}

/// Whether azq answers a line itself, and how.
fn kind(line: &str) -> &'static str {
    match own(line) {
        None => "az's",
        Some(Invocation::Usage(_)) => "a usage error",
        Some(Invocation::Help(_)) => "help",
        Some(_) => "carried out",
    }
}

#[test]
fn own_commands_are_read() {
    use DaemonCommand::{Logs, Restart, Start, Status, Stop};
    let status = |limits, format: Option<&str>| Status {
        limits,
        printing: formatted(format),
    };
    let which = ["vm", "list-skus", "-h", "--", "x"]
        .map(OsString::from)
        .into();
    for (line, expected) in [
        ("daemon start", OwnCommand::Daemon(Start)),
        ("daemon stop", OwnCommand::Daemon(Stop)),
        ("daemon restart", OwnCommand::Daemon(Restart)),
        ("daemon status", OwnCommand::Daemon(status(false, None))),
        (
            "daemon status -o json",
            OwnCommand::Daemon(status(false, Some("json"))),
        ),
        (
            "daemon status --limits",
            OwnCommand::Daemon(status(true, None)),
        ),
        ("daemon logs", OwnCommand::Daemon(Logs { follow: false })),
        ("daemon logs -f", OwnCommand::Daemon(Logs { follow: true })),
        ("config", OwnCommand::Config(ConfigCommand::Lines)),
        ("config path", OwnCommand::Config(ConfigCommand::Path)),
        (
            "config show -o tsv",
            OwnCommand::Config(ConfigCommand::Show(formatted(Some("tsv")))),
        ),
        (
            "config set azq.cache_fresh=2h azq.log=debug",
            OwnCommand::Config(ConfigCommand::Set(
                ["cache_fresh=2h", "log=debug"].map(str::to_owned).into(),
            )),
        ),
        (
            "config unset azq.log",
            OwnCommand::Config(ConfigCommand::Unset(vec!["log".to_owned()])),
        ),
        ("doctor", OwnCommand::Doctor(Printing::default())),
        ("demo", OwnCommand::Demo { keep: false }),
        ("demo --keep", OwnCommand::Demo { keep: true }),
        (
            "which vm list-skus -h -- x",
            OwnCommand::Which(which, Printing::default()),
        ),
    ] {
        assert!(
            matches!(own(line), Some(Invocation::Own(own)) if own == expected),
            "{line}: {:?}",
            own(line)
        );
    }
}

fn formatted(format: Option<&str>) -> Printing {
    Printing {
        format: format.map(str::to_owned),
        ..Printing::default()
    }
}

#[test]
fn the_cache_is_asked_like_a_command() {
    let call = call("cache clear -l eastus -o TSV --query [].x");
    let Request::ClearCache(request) = &call.request else {
        panic!("{:?}", call.request)
    };
    assert_eq!(request.location.as_deref(), Some("eastus"));
    let output = call
        .request
        .context()
        .and_then(|context| context.output.clone())
        .unwrap();
    assert_eq!(output.format(), azq_proto::v1::Format::Tsv);
    assert_eq!(output.query.as_deref(), Some("[].x"));
}

#[test]
fn operations_are_asked_for_like_by_a_command() {
    let waited = |line| match call(line).request {
        Request::WaitOperation(request) => request.id,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(
        waited("operation wait 3f2a -o table").as_deref(),
        Some("3f2a")
    );
    assert_eq!(waited("operation wait"), None);
    let call = call("operation list --query [].id");
    assert!(matches!(call.request, Request::ListOperations(_)));
    assert!(call.only_reads());
}

#[test]
fn lines_that_az_knows_are_left_to_az() {
    for line in [
        "vm list-skus",
        "batch account list",
        "batch account --help",
        "batch newer list",
        "batch job create --jobs 1",
        "cache newer",
        "config set core.output=tsv",
        "config set --local core.output=tsv",
        "config unset core.output",
        "config get",
        "config get core.output",
        "config param-persist show",
        "demo secret-store save",
        "",
    ] {
        assert_eq!(kind(line), "az's", "{line}");
    }
}

#[test]
fn mistakes_and_help_are_answered() {
    for line in [
        "batch --job-s 1",
        "batch -0 --json-lines",
        "daemon frob",
        "daemon start now",
        "which",
        "cache show -l x",
        "operation wait a b",
        "cache purge",
        "cache list",
        "config set azq.log=debug core.output=table",
        "config set log=debug",
        "config set azq.log=debug --local",
        "config get log",
        "help daemon frob",
    ] {
        assert_eq!(kind(line), "a usage error", "{line}");
    }
    for line in [
        "batch --help",
        "daemon",
        "operation",
        "cache",
        "config set --help",
        "daemon -h",
        "daemon status --help",
        "cache --help",
        "which --help",
    ] {
        assert_eq!(kind(line), "help", "{line}");
    }
}

#[test]
fn an_empty_value_is_refused_where_it_would_mean_everything() {
    for line in [
        ["cache", "clear", "--subscription", ""],
        ["cache", "clear", "-l", ""],
        ["cache", "refresh", "--location", ""],
        ["operation", "wait", "", "-ojson"],
    ] {
        let argv: Vec<_> = line.into_iter().map(OsString::from).collect();
        let read = parse(&argv, &Fake::default());
        assert!(matches!(read, Some(Invocation::Usage(_))), "{line:?}");
    }
}

#[test]
fn every_own_command_has_its_help_and_stands_in_every_list() {
    let top = match super::super::parse(&["--help".into()], &Fake::default()) {
        Invocation::Help(text) => text,
        other => panic!("{other:?}"),
    };
    for own in &COMMANDS {
        let listed = top
            .lines()
            .any(|line| line.split_whitespace().next() == Some(own.name));
        assert!(listed && top.contains(own.about), "{}: {top}", own.name);
        for line in [["help", own.name], ["Help", own.name], [own.name, "--help"]] {
            let argv = line.map(OsString::from);
            let Some(Invocation::Help(text)) = parse(&argv, &Fake::default()) else {
                panic!("{line:?}")
            };
            let title = format!("    azq {} : ", own.name);
            let begins = ["\nGroup\n", "\nCommand\n"].map(|kind| format!("{kind}{title}"));
            assert!(begins.iter().any(|begin| text.starts_with(begin)), "{text}");
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(120), "{text}");
        }
    }
    assert!(COMMANDS.map(|own| own.name).is_sorted());
    let status = own("help daemon status");
    assert!(
        matches!(&status, Some(Invocation::Help(text)) if text.contains("azq daemon status")),
        "{status:?}"
    );
    for line in ["help", "help vm", "help vm list-skus"] {
        assert!(own(line).is_none(), "{line}");
    }
}

#[test]
fn a_batch_takes_a_file_unless_the_word_is_one_of_azs() {
    for line in ["batch lines.txt", "batch lines -j1", "batch --null lines"] {
        let Some(Invocation::Own(OwnCommand::Batch(options))) = own(line) else {
            panic!("{line}")
        };
        assert!(options.file.is_some(), "{line}");
    }
    for group in AZ_BATCH_GROUPS {
        assert!(own(&format!("batch {group}")).is_none(), "{group}");
    }
}

#[test]
fn every_rpc_has_a_command_line_and_every_command_line_an_rpc() {
    let known = super::super::groups::TOP.commands();
    let known: Vec<_> = known.iter().map(|command| command.path()).collect();
    for path in azq_proto::command::COMMANDS {
        let (first, _) = path.split_once(' ').unwrap_or((path, ""));
        let is_own = COMMANDS.iter().any(|own| own.name == first);
        assert!(is_own != known.contains(path), "{path}: {known:?}");
        if is_own {
            // Some commands need the name of a file.
            let lines = [(*path).to_owned(), format!("{path} file")];
            let is_call = |line: &String| matches!(own(line), Some(Invocation::Command(_)));
            assert!(lines.iter().any(is_call), "{path}");
        }
    }
    assert_eq!(
        known.len(),
        azq_proto::command::COMMANDS
            .iter()
            .filter(|path| known.contains(path))
            .count()
    );
}

fn refusal(line: &str) -> String {
    match own(line) {
        Some(Invocation::Usage(error)) => error.text().to_owned(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_misspelled_word_is_told_with_the_one_that_is_like_it() {
    for (line, said, suggested) in [
        ("daemon statsu", "'statsu' is misspelled", "status"),
        ("cache shw", "'shw' is misspelled", "show"),
        ("config shwo azq.log", "'shwo' is misspelled", "show"),
        ("operation wiat", "'wiat' is misspelled", "wait"),
        (
            "daemon logs --folow",
            "unrecognized arguments: --folow",
            "--follow",
        ),
        (
            "doctor --outptu json",
            "unrecognized arguments: --outptu",
            "--output",
        ),
    ] {
        let text = refusal(line);
        let suggestion = format!("\nDid you mean '{suggested}' ?\n");
        assert!(text.contains(said) && text.contains(&suggestion), "{text}");
        assert!(text.contains("--help"), "{text}");
    }
    assert_eq!(resembling("deamon"), Some("daemon"));
    assert_eq!(resembling("docter"), Some("doctor"));
    assert_eq!(resembling("disk"), None);
    assert_eq!(resembling("batch"), None, "az has it too");
    let unlike = refusal("daemon frobnicate");
    assert!(!unlike.contains("Did you mean"), "{unlike}");
}

#[test]
fn a_word_that_az_has_too_says_which_is_meant() {
    for (line, words) in [
        ("cache purge", ["az cache purge", "azq cache show"]),
        ("config set log=debug", ["azq.KEY", "SECTION.KEY"]),
        (
            "config set azq.log=debug core.output=table",
            ["'core.output' is a setting of az", "az config"],
        ),
    ] {
        let text = refusal(line);
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
}

#[test]
fn help_has_the_layout_of_azs() {
    let Some(Invocation::Help(text)) = own("help daemon status") else {
        panic!("no help")
    };
    let expected = "
Command
    azq daemon status : What it is and holds.

Arguments
    --help -h   : Show this help and do nothing else.
    --limits    : Show its limits instead, and how much of each is used.
    --output -o : How to print the answer.  Allowed values: json, jsonc, yaml, yamlc, table, tsv,
                  none.
    --query     : What to print of it.

";
    assert_eq!(text, expected);
}

#[test]
fn a_migration_is_asked_for_as_it_is_typed() {
    let request = |line| match call(line).request {
        Request::MigrateGenerations(request) => request,
        other => panic!("{line}: {other:?}"),
    };
    let one = request("gen2 migrate -g g -n c --nodepool-name a b --drain-timeout 90s --yes");
    assert_eq!(one.nodepool_name, ["a", "b"]);
    assert_eq!((one.drain_timeout, one.yes), (Some(90), true));
    assert_eq!(
        request("gen2 migrate --node-timeout 2").node_timeout,
        Some(120)
    );
    let other = request("gen2 migrate --resume");
    assert!(other.resume && !other.attempt.is_empty() && other.attempt != one.attempt);
    for line in [
        "gen2 migrate --resume --abort",
        "gen2 migrate --plan p --nodepool-name a",
        "gen2 migrate --drain-timeout 0",
        "gen2 migrate --drain-timeout 25h",
        "gen2 report --all-subscriptions -g g",
    ] {
        assert_eq!(kind(line), "a usage error", "{line}");
    }
}

#[test]
fn a_yes_is_to_the_question_that_was_asked() {
    let mut call = call("gen2 migrate -g g -n c");
    assert!(call.goes_on_when_repeated() && !call.only_reads());
    assert!(call.confirm("one?".to_owned()));
    assert!(call.confirm("another?".to_owned()));
    assert!(!call.confirm("another?".to_owned()));
}
