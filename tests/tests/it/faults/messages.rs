//! Answers and errors of any length: on every path from the daemon to stdout, no message is longer
//! than 64 KiB.

use azq_proto::pieces::{Assembly, LONGEST_MESSAGE};
use azq_proto::v1::reply::Kind;
use prost::Message as _;

use crate::prelude::*;

/// A query that returns the whole catalogue as one string, of some megabytes.
const QUERY: &str = "to_string(@)";

fn run(home: &Home, arguments: &[&str], input: &str) -> String {
    let outcome = home.azq_reading(arguments, input.as_bytes());
    outcome.unwrap().success()
}

fn list_skus<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let plain = ["vm", "list-skus", "--all", "--query", QUERY];
    plain.iter().chain(more).copied().collect()
}

#[test]
fn a_string_of_megabytes_is_complete_on_every_path() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let plain = list_skus(&["-o", "tsv"]);
    let cold = run(&home, &plain, "");
    assert!(cold.len() > 1 << 20, "{} bytes", cold.len());
    for more in [&["-o", "tsv"][..], &["-o", "tsv", "--max-age", "0"]] {
        assert!(run(&home, &list_skus(more), "") == cold, "{more:?}");
    }
    assert!(run(&home, &list_skus(&["-o", "tsv", "--no-daemon"]), "") == cold);
    let line = format!("vm list-skus --all --query \"{QUERY}\" -o tsv\n");
    assert!(run(&home, &["batch"], &line) == cold);
    for format in ["json", "table", "yaml"] {
        let shown = run(&home, &list_skus(&["-o", format]), "");
        assert!(shown.len() > 1 << 20, "{format}: {} bytes", shown.len());
    }
}

#[test]
fn an_error_of_megabytes_is_complete_and_azure_is_asked_once() {
    let (emulator, home) = logged_in();
    let long = "x".repeat(5 << 20);
    let refuses = |emulator: &Emulator| {
        let body = json!({"error": {"code": "Long", "message": long}});
        emulator.inject(Fault::answer("GET .*/mynodepool", 400, body));
        emulator.request_count("/mynodepool")
    };
    let expected = format!("ERROR: (Long) {long}\nCode: Long\nMessage: {long}\n");
    for private in [false, true] {
        let before = refuses(&emulator);
        let option = if private { " --no-daemon" } else { "" };
        let outcome = home.line(&format!("{SHOW_POOL}{option}"));
        let length = outcome.stderr.len();
        assert!(outcome.failure(1) == expected, "{length} bytes");
        assert_eq!(emulator.request_count("/mynodepool"), before + 1);
    }
    let before = refuses(&emulator);
    let outcome = home.line_reading("batch", format!("{SHOW_POOL}\n").as_bytes());
    let told = format!("{expected}azq batch: line 1 has failed with exit code 1\n");
    assert!(outcome.stderr == told);
    assert_eq!(emulator.request_count("/mynodepool"), before + 1);
}

/// gRPC's own limit is 4 MiB; no message here comes near it.
#[test]
fn no_message_is_longer_than_64_kib() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    home.line("daemon start").success();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut commands = CommandsClient::new(channel(&home).await);
        // The error of an invalid query contains the whole query.
        let broken = format!("[{}", "a,".repeat(1 << 18));
        for (query, longest) in [(QUERY.to_owned(), 1 << 20), (broken, 1 << 19)] {
            let request = spoken(&home, |mut context| {
                let output = context.output.get_or_insert_default();
                output.set_format(v1::Format::Tsv);
                output.query = Some(query.clone());
                v1::ListSkusRequest {
                    context: Some(context),
                    show_all: Some(true),
                    ..v1::ListSkusRequest::default()
                }
            });
            let mut replies = commands.list_skus(request).await.unwrap().into_inner();
            let (mut assembly, mut length) = (Assembly::default(), 0);
            while let Some(reply) = replies.message().await.unwrap() {
                assert!(reply.encoded_len() <= LONGEST_MESSAGE);
                match assembly.take(reply.kind.unwrap()).unwrap() {
                    Some(Kind::Stdout(bytes)) => length += bytes.len(),
                    Some(Kind::Log(log)) => length += log.text.len(),
                    Some(Kind::Usage(text)) => length += text.len(),
                    _ => {}
                }
            }
            assert!(length > longest, "{length} bytes");
        }
    });
}

/// An argument has at most 128 KiB, but az reads a query from a file too.
#[test]
fn a_query_may_be_longer_than_an_argument() {
    let (_emulator, home) = logged_in();
    let names = vec!["name"; 60_000].join(",");
    let query = home.path().join("query");
    fs::write(&query, format!("[0].[{names}]")).unwrap();
    let line = format!("vm list-skus -l eastus --query @{} -o tsv", query.display());
    let outcome = home.line(&line).success();
    let count = outcome.split('\t').count().max(outcome.lines().count());
    assert_eq!(count, 60_000);
}
