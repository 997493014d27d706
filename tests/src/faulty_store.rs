//! Stores of S3's protocol that fail in every way, for machines that share their catalogues.
//!
//! A store keeps nothing. It serves as long as its process lives.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

/// A store's response to a read, and to a write; if empty, the store sends none.
#[derive(Debug)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    read: &'static str,
    write: &'static str,
}

const ABSENT: &str = "404 Not Found\r\nContent-Length: 0";
const BROKEN: &str = "500 Internal Server Error\r\nContent-Length: 0";
const CHANGED: &str = "412 Precondition Failed\r\nContent-Length: 0";
const LIE: &str = "200 OK\r\nETag: \"1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
                   Content-Length: 4\r\n\r\nlies";

/// All faults. The benchmark measures the first six, because the others cost the same as `lying`.
pub const FAULTS: [Fault; 8] = [
    fault("slow", "", ""),
    fault("down", BROKEN, BROKEN),
    fault(
        "throttling",
        "429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 0",
        "503 Slow Down\r\nContent-Length: 0",
    ),
    fault(
        "full",
        ABSENT,
        "507 Insufficient Storage\r\nContent-Length: 0",
    ),
    fault("read-only", ABSENT, "403 Forbidden\r\nContent-Length: 0"),
    fault("lying", LIE, CHANGED),
    fault(
        "lying about what it has",
        LIE,
        "200 OK\r\nETag: \"2\"\r\nContent-Length: 0",
    ),
    fault("lying about what it writes", ABSENT, CHANGED),
];

const fn fault(name: &'static str, read: &'static str, write: &'static str) -> Fault {
    Fault { name, read, write }
}

/// Returns the variables by which a machine finds a store of S3's protocol.
pub fn s3_variables(share: &str, endpoint: &str) -> Vec<(&'static str, String)> {
    [
        ("AZQ_SHARE", share),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

impl Fault {
    /// Starts a store with this fault, and returns its address.
    pub fn serve(&'static self) -> io::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                if self.read.is_empty() {
                    silent.push(stream);
                } else {
                    self.answer(&stream);
                }
            }
        });
        Ok(format!("http://127.0.0.1:{port}"))
    }

    fn answer(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let first = lines.next().unwrap_or_default();
        let _head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
        let answer = if first.starts_with("GET ") {
            self.read
        } else {
            self.write
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
}
