//! The slowest warm look-ups of a machine whose share fails, beside those of a machine without a
//! share.
//!
//! A catalogue is stale after a second, so that look-ups constantly renew it in the background,
//! through the share.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::{Bench, LOOKUP};
use crate::error::BenchError;
use crate::measure::{Process, Samples};
use crate::report::{Figure, Verdict, time};
use crate::site::Site;

/// The number of look-ups of which the slowest is taken.
const TOGETHER: usize = 40;
/// The most times as long as without a share; `ALLOWANCE` is added, in seconds.
const AT_MOST: f64 = 1.2;
const ALLOWANCE: f64 = 0.001;

/// A store's response to a read and to a write; if empty, the store sends none.
struct Fault {
    name: &'static str,
    read: &'static str,
    write: &'static str,
}

const ABSENT: &str = "404 Not Found\r\nContent-Length: 0";
const LIE: &str = "200 OK\r\nETag: \"1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
                   Content-Length: 4\r\n\r\nlies";

const FAULTS: [Fault; 6] = [
    fault("slow", "", ""),
    fault(
        "down",
        "500 Internal Server Error\r\nContent-Length: 0",
        "500 Internal Server Error\r\nContent-Length: 0",
    ),
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
    fault("lying", LIE, "412 Precondition Failed\r\nContent-Length: 0"),
];

const fn fault(name: &'static str, read: &'static str, write: &'static str) -> Fault {
    Fault { name, read, write }
}

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(LONGEST_ROUND);
    let mut alone = Machine::new(&bench.options.catalogue, None)?;
    let mut figures = Vec::new();
    for fault in &FAULTS {
        let mut failing = Machine::new(&bench.options.catalogue, Some(fault))?;
        let (mut with, mut without) = (Samples::default(), Samples::default());
        for _ in 0..rounds {
            without.push(alone.slowest()?);
            with.push(failing.slowest()?);
        }
        let at_most = AT_MOST * without.median() + ALLOWANCE;
        figures.push(Figure {
            what: format!("the slowest of {TOGETHER} look-ups, share {}", fault.name),
            target: format!("at most {AT_MOST} x + 1 ms = {}", time(at_most)),
            verdict: Verdict::of(with.median() <= at_most),
            ..Figure::times("", &with, ("no share", &without), AT_MOST)
        });
    }
    Ok(figures)
}

/// The duration of a round, as a multiple of the quickest measurement.
const LONGEST_ROUND: usize = 20;

/// A machine whose look-ups find a catalogue that is soon stale.
struct Machine {
    _site: Site,
    lookup: Process,
}

impl Machine {
    fn new(catalogue: &str, fault: Option<&'static Fault>) -> Result<Self, BenchError> {
        let mut site = Site::new(catalogue, None)?;
        site.home.set("AZQ_CACHE_FRESH", "1s");
        if let Some(fault) = fault {
            let endpoint = format!("http://127.0.0.1:{}", store(fault)?);
            for (name, value) in [
                ("AZQ_SHARE", "s3://bench/share"),
                ("AWS_ENDPOINT_URL", &endpoint),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "bench"),
                ("AWS_SECRET_ACCESS_KEY", "bench"),
            ] {
                site.home.set(name, value);
            }
        }
        let lookup = site.process(LOOKUP)?;
        Ok(Self {
            _site: site,
            lookup,
        })
    }

    fn slowest(&mut self) -> Result<Duration, BenchError> {
        let mut slowest = Duration::ZERO;
        for _ in 0..TOGETHER {
            slowest = slowest.max(self.lookup.run()?);
        }
        Ok(slowest)
    }
}

/// Starts a store with a fault, and returns its port.
fn store(fault: &'static Fault) -> Result<u16, BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming().flatten() {
            if fault.read.is_empty() {
                silent.push(stream);
            } else {
                serve(&stream, fault);
            }
        }
    });
    Ok(port)
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
    // An error means that the machine has stopped waiting and closed its connection.
    drop(stream.write_all(answer.as_bytes()));
}
