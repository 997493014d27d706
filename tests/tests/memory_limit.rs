//! azqd's memory stays below the limit that its status states, for any requests of clients:
//! measured at its peak (`VmHWM`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "it/grpc_channel.rs"]
mod grpc_channel;

use std::fs;
use std::process::{Child, Stdio};

use azq_proto::v1::commands_client::CommandsClient;
use azq_proto::v1::{self, reply::Kind};
use azq_tests::harness::sample::{POOL, SHOW_POOL, emulator_of_everything, logged_in_to};
use azq_tests::harness::{BoundedChild as _, Home, eventually, peak_memory, signal};
use bytes::Bytes;
use grpc_channel::{channel, spoken};
use http::Request;
use rustix::process::Signal;
use tokio::net::UnixStream;

/// The number of unfinished requests, which would take 2.4 GB if all were buffered.
const UNFINISHED: usize = 600;
const ON_A_CONNECTION: usize = 100;
/// The longest request that the daemon reads, in bytes.
const LONGEST_REQUEST: usize = 4 << 20;

#[track_caller]
fn is_within_its_limit(home: &Home) {
    let peak = peak_memory(home.daemon());
    let limit = home.status()["limits"]["memoryBytes"].as_u64().unwrap();
    assert!(limit <= 1 << 30 && peak <= limit, "{peak} of {limit}");
}

/// Sends so many unfinished requests on one connection; they last until the returned streams are
/// dropped.
async fn unfinished(home: &Home, count: usize) -> Vec<h2::SendStream<Bytes>> {
    let socket = home.socket();
    let stream = UnixStream::connect(socket).await.unwrap();
    let (requests, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut requests = requests.clone().ready().await.unwrap();
        let request = Request::post("http://azqd/azq.v1.Commands/ListSkus")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("azq-protocol", "1-1")
            .body(())
            .unwrap();
        let (_reply, mut stream) = requests.send_request(request, false).unwrap();
        let length = u32::try_from(LONGEST_REQUEST).unwrap().to_be_bytes();
        let prefix = [&[0], &length[..]].concat();
        // The part that the daemon does not accept is buffered here.
        stream.send_data(prefix.into(), false).unwrap();
        let most = Bytes::from(vec![b'x'; LONGEST_REQUEST - 1]);
        let _refused = stream.send_data(most, false);
        streams.push(stream);
    }
    streams
}

#[test]
fn unfinished_requests_are_counted_and_bounded() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let held = runtime.block_on(async {
        let mut held = Vec::new();
        for _ in 0..UNFINISHED / ON_A_CONNECTION {
            held.extend(unfinished(&home, ON_A_CONNECTION).await);
        }
        held
    });
    let being_read = || home.status()["requests"]["beingRead"].as_u64();
    eventually("some are being read", || being_read() > Some(1));
    // This waits for no condition: the clients may send for this time.
    std::thread::park_timeout(std::time::Duration::from_secs(3));
    is_within_its_limit(&home);
    let status = home.status();
    let most = status["limits"]["requestPoolBytes"].as_u64();
    assert!(most > Some(0), "{status}");
    drop(held);
    drop(runtime);
    eventually("none is left", || being_read() <= Some(1));
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    is_within_its_limit(&home);
}

const FORMATS: [v1::Format; 4] = [
    v1::Format::Json,
    v1::Format::Yaml,
    v1::Format::Table,
    v1::Format::Tsv,
];

/// Returns a request for the whole catalogue.
fn list_skus(
    home: &Home,
    format: v1::Format,
    query: Option<&str>,
) -> tonic::Request<v1::ListSkusRequest> {
    spoken(home, |mut context| {
        let output = context.output.get_or_insert_default();
        output.set_format(format);
        output.query = query.map(str::to_owned);
        v1::ListSkusRequest {
            context: Some(context),
            show_all: Some(true),
            ..v1::ListSkusRequest::default()
        }
    })
}

/// Reads an answer to its end.
async fn exit_code(mut replies: tonic::Streaming<v1::Reply>) -> i32 {
    while let Some(reply) = replies.message().await.unwrap() {
        if let Some(Kind::Exit(code)) = reply.kind {
            return code;
        }
    }
    panic!("no end");
}

/// Queries that make texts of hundreds of megabytes each from the whole catalogue.
const GREEDY: [&str; 3] = [
    "to_string(@) | join('',[@,@,@,@]) | join('',[@,@,@,@]) | length(join('',[@,@,@]))",
    "to_string(@) | join('',[@,@,@,@]) | [join('',[@,@,@,@]),join('',[@,@,@,@])] | length(join('',@))",
    "merge(`{}`,to_string(@))",
];

#[test]
fn forty_greedy_queries_at_once_stay_within_the_limit() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let names = "vm list-skus --all --query length(@)";
    let count = home.line(names).success();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut calls = Vec::new();
        for number in 0..40 {
            let mut commands = CommandsClient::new(channel(&home).await);
            let query = GREEDY[number % GREEDY.len()];
            let request = list_skus(&home, v1::Format::Json, Some(query));
            calls.push(tokio::spawn(async move {
                exit_code(commands.list_skus(request).await.unwrap().into_inner()).await
            }));
        }
        let mut answered = 0;
        for call in calls {
            answered += usize::from(call.await.unwrap() == 0);
        }
        println!("{answered} answered");
        assert!(answered > 0);
    });
    is_within_its_limit(&home);
    assert_eq!(home.line(names).success(), count);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// Long answers in every format, to far more calls than are carried out; none of them is read.
#[test]
fn a_thousand_unread_answers_stay_within_the_limit() {
    const CONNECTIONS: usize = 64;
    const CALLS: usize = 16;
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    home.line("vm list-skus --all --query length(@)").success();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let unread = runtime.block_on(async {
        let mut unread = Vec::new();
        for connection in 0..CONNECTIONS {
            let mut commands = CommandsClient::new(channel(&home).await);
            for call in 0..CALLS {
                let number = connection * CALLS + call;
                let request = list_skus(&home, FORMATS[number % FORMATS.len()], None);
                unread.push(commands.list_skus(request).await.unwrap().into_inner());
            }
        }
        unread
    });
    // This waits for no condition: answers may be made for this time.
    std::thread::park_timeout(std::time::Duration::from_secs(5));
    is_within_its_limit(&home);
    drop(unread);
    eventually("their end", || home.in_flight() <= 1);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    is_within_its_limit(&home);
}

/// Rows and scalars that grow when they are formatted: many lines beside a long one, and short
/// lines deep in a list.
const SPREADING: [(v1::Format, &str); 2] = [
    (
        v1::Format::Table,
        r#"[].name | [[to_string(@), join(`"\n"`, @)]]"#,
    ),
    (
        v1::Format::Yaml,
        r#"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[join(`"\n"`, [].name)]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"#,
    ),
];

/// All kinds of large requests above at once, each client with a connection of its own.
#[test]
fn a_mix_of_512_clients_stays_within_the_limit() {
    const CLIENTS: usize = 512;
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let names = "vm list-skus --all --query length(@)";
    let count = home.line(names).success();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (held, codes) = runtime.block_on(async {
        let (mut unfinished_requests, mut unread, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..CLIENTS {
            let turn = number / 4;
            let (format, query) = match number % 4 {
                0 => {
                    unfinished_requests.push(unfinished(&home, 1).await);
                    continue;
                }
                1 => (FORMATS[turn % FORMATS.len()], None),
                2 => (v1::Format::Json, Some(GREEDY[turn % GREEDY.len()])),
                _ => {
                    let (format, query) = SPREADING[turn % SPREADING.len()];
                    (format, Some(query))
                }
            };
            let mut commands = CommandsClient::new(channel(&home).await);
            let request = list_skus(&home, format, query);
            let reply = async move { commands.list_skus(request).await };
            if query.is_none() {
                unread.push(tokio::spawn(reply));
            } else {
                calls.push(tokio::spawn(async move {
                    match reply.await {
                        Ok(replies) => Some(exit_code(replies.into_inner()).await),
                        Err(_refused) => None,
                    }
                }));
            }
        }
        let mut codes = Vec::new();
        for call in calls {
            codes.push(call.await.unwrap());
        }
        ((unfinished_requests, unread), codes)
    });
    is_within_its_limit(&home);
    assert_eq!(codes.len(), CLIENTS / 2);
    assert!(codes.contains(&Some(0)), "{codes:?}");
    drop((held, runtime));
    eventually("their end", || home.in_flight() <= 1);
    assert_eq!(home.line(names).success(), count);
    is_within_its_limit(&home);
}

/// Returns the processor time that a process has used, in ticks of 10 ms.
fn effort(id: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<_> = fields.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Starts a query that takes many seconds: for each SKU it writes the whole list.
fn begin_endless(home: &Home) -> Child {
    let texts = vec!["to_string(@)"; 400].join(",");
    let query = format!("length([].length(join('',[{texts}])))");
    let mut command = home.command(&home.binaries().azq);
    command.args(["vm", "list-skus", "--all", "--query", &query]);
    command.stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_query_ends_with_its_client() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    home.line("vm list-skus --all --query length(@)").success();
    let daemon = home.daemon();
    let before = effort(daemon);
    let mut client = begin_endless(&home);
    eventually("the evaluation", || effort(daemon) > before + 20);
    signal(client.id(), Signal::KILL);
    client.ends();
    let mut last = effort(daemon);
    eventually("rest", || {
        std::thread::park_timeout(std::time::Duration::from_millis(500));
        let now = effort(daemon);
        std::mem::replace(&mut last, now) + 2 >= now
    });
    assert!(effort(daemon) < before + 1_500, "it went on");
}
