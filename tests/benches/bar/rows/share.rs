//! A machine without any data, whose share has the region, beside `curl` of the snapshot.
//!
//! The store implements the part of S3 that a share needs: it keeps objects in memory, with
//! versions.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use azq_tests::harness::eventually;

use super::{Bench, LOOKUP};
use crate::error::BenchError;
use crate::measure::in_turn;
use crate::report::Figure;
use crate::site::Site;

/// The most times as long as curl that the start may take.
const AT_MOST: f64 = 1.5;
/// Seconds allowed in addition to the ratio.
const ALLOWANCE: f64 = 0.015;

pub(super) fn measure(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let rounds = bench.rounds(10);
    let store = Store::start()?;
    let mut site = Site::new(&bench.options.catalogue, None)?;
    let endpoint = format!("http://127.0.0.1:{}", store.port);
    for (name, value) in [
        ("AZQ_SHARE", "s3://bench/share"),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
    ] {
        site.home.set(name, value);
    }
    let answer = site.answer(LOOKUP)?;
    eventually("the snapshot in the share", || store.snapshot().is_some());
    let url = endpoint + &store.snapshot().unwrap_or_default();
    let mut azq = site.answering(LOOKUP, answer);
    let mut curl = site.plain_curl(&[], &url);
    let mut cold = |_| {
        let daemon = site.afresh()?;
        // This fetches a token first, because the row measures the share only.
        site.answer("group list -o none")?;
        daemon.settle()?;
        site.web.forget()?;
        let took = azq.run()?;
        let asked = site.web.requests()?;
        if asked.iter().any(|request| request.path.ends_with("/skus")) {
            return BenchError::unexpected("Azure was asked for SKUs".to_owned());
        }
        Ok(took)
    };
    let [cold, curl] = in_turn(rounds, &mut [&mut cold, &mut |_| curl.run()])?;
    let what = "a region from a warm share, cold";
    let reference = ("`curl` of the snapshot", &curl);
    let limits = (AT_MOST, ALLOWANCE);
    Ok(vec![Figure::allowed(what, &cold, reference, limits)])
}

type Objects = Arc<Mutex<HashMap<String, (u64, Vec<u8>)>>>;

/// An object store.
struct Store {
    port: u16,
    objects: Objects,
}

impl Store {
    fn start() -> Result<Self, BenchError> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let objects = Objects::default();
        let shared = Arc::clone(&objects);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let objects = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &objects));
            }
        });
        Ok(Self { port, objects })
    }

    /// Returns the path of the snapshot, if there is one.
    fn snapshot(&self) -> Option<String> {
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let mut paths = objects.keys();
        paths.find(|path| !path.contains(".lease")).cloned()
    }
}

/// Answers requests until the connection ends.
fn serve(stream: TcpStream, objects: &Objects) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let (method, path, length) = head(&mut reader)?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let answer = {
            let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
            if method == "PUT" {
                let object = objects.entry(path).or_default();
                *object = (object.0 + 1, body);
                found(object.0, &[])
            } else {
                match objects.get(&path) {
                    Some((version, bytes)) => found(*version, bytes),
                    None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
                }
            }
        };
        writer.write_all(&answer).ok()?;
    }
}

fn found(version: u64, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nETag: \"{version}\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
         Content-Length: {}\r\n\r\n",
        bytes.len()
    );
    [head.as_bytes(), bytes].concat()
}

/// Reads a request's method, path and length.
fn head(reader: &mut impl BufRead) -> Option<(String, String, usize)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            return Some((method, path, length));
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
}
