//! Stores that fail in every way: the goldens of `vm list-skus` hold as without a share.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::prelude::*;

/// A store's response to a read, and to a write; if empty, the store sends none.
struct Fault {
    name: &'static str,
    read: &'static str,
    write: &'static str,
}

const ABSENT: &str = "404 Not Found\r\nContent-Length: 0";

const FAULTS: [Fault; 7] = [
    Fault {
        name: "silent",
        read: "",
        write: "",
    },
    Fault {
        name: "fails",
        read: "500 Internal Server Error\r\nContent-Length: 0",
        write: "500 Internal Server Error\r\nContent-Length: 0",
    },
    Fault {
        name: "throttles",
        read: "429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 0",
        write: "503 Slow Down\r\nContent-Length: 0",
    },
    Fault {
        name: "full",
        read: ABSENT,
        write: "507 Insufficient Storage\r\nContent-Length: 0",
    },
    Fault {
        name: "read-only",
        read: ABSENT,
        write: "403 Forbidden\r\nContent-Length: 0",
    },
    Fault {
        name: "lies about what it has",
        read: "200 OK\r\nETag: \"1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 4\r\n\r\nlies",
        write: "200 OK\r\nETag: \"2\"\r\nContent-Length: 0",
    },
    Fault {
        name: "lies about what it writes",
        read: ABSENT,
        write: "412 Precondition Failed\r\nContent-Length: 0",
    },
];

/// Starts a store with a fault; returns its port.
fn store(fault: &'static Fault) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming().flatten() {
            if fault.read.is_empty() {
                silent.push(stream);
            } else {
                serve(&stream, fault);
            }
        }
    });
    port
}

fn serve(mut stream: &TcpStream, fault: &Fault) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let _head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let answer = if first.starts_with("GET ") {
        fault.read
    } else {
        fault.write
    };
    let (status, rest) = answer.split_once("\r\n").unwrap_or((answer, ""));
    let end = if rest.contains("\r\n\r\n") {
        ""
    } else {
        "\r\n\r\n"
    };
    let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{rest}{end}");
    // An error means that the client has closed the connection.
    drop(stream.write_all(answer.as_bytes()));
}

#[test]
fn the_goldens_of_list_skus_hold_with_every_fault_of_a_share() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = goldens(&folder.join("goldens/list_skus.json")).unwrap();
    let presets = || Presets::read(&folder.join("cases/presets.json")).unwrap();
    // Each fault gets a part of the goldens, or all of them.
    let share = if std::env::var_os("AZQ_TEST_KILLS").is_some() {
        all.len()
    } else {
        all.len().div_ceil(FAULTS.len())
    };
    for fault in &FAULTS {
        let port = store(fault);
        let report = Replay::new(presets())
            .with("AZQ_SHARE", "s3://bucket/prefix")
            .with("AZQ_SHARE_TIMEOUT", "500ms")
            .with("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{port}"))
            .with("AWS_REGION", "us-east-1")
            .with("AWS_ACCESS_KEY_ID", "testing")
            .with("AWS_SECRET_ACCESS_KEY", "testing")
            .run(fault.name, &all[..share]);
        assert!(report.is_clean(), "{report}");
        let count = all.len();
        all.rotate_left(share % count);
    }
}
