//! A minimal Resource Manager: a TCP listener that replies according to a script.

mod operation;
mod pages;
mod send;
mod session;
mod tls;
mod token;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::throttle::Throttle;
use super::{Arm, ArmError};
use crate::{Report, Request, Response, Silent};
use azq_auth::{CredentialError, Fetch, Token, TokenSource};
use azq_http::{Deadlines, TransportSettings, Transports};

/// A reply of the server. In a text, `{base}` stands for the server's own address.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// This status line and these headers, then a body with its length.
    Answer(String, String),
    /// These bytes. The connection stays open if they contain their length.
    Bytes(String),
    /// These bytes, then the end of the connection.
    Cut(String),
    /// The end of the connection.
    Drop,
    /// No reply at all.
    Silence,
}

/// Returns a reply with a JSON body. `headers` are lines with their line ends.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> Reply {
    let head = format!("{status}\r\nContent-Type: application/json\r\n{headers}");
    Reply::Answer(head, body.to_owned())
}

/// Returns a `200` with a JSON body.
pub(super) fn ok(body: &str) -> Reply {
    answer("200 OK", "", body)
}

/// Returns a reply with a body that claims to be HTML.
fn html(status: &str) -> Reply {
    let head = format!("{status}\r\nContent-Type: text/html\r\n");
    Reply::Answer(head, "<html>".to_owned())
}

/// Returns a reply with an error of this code, whose message is `m`.
fn refusal(status: &str, headers: &str, code: &str) -> Reply {
    let error = serde_json::json!({"error": {"code": code, "message": "m"}});
    answer(status, headers, &error.to_string())
}

pub(super) struct Server {
    pub base: String,
    /// The head and body of each request.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server that gives each request the script's next reply, and repeats the last one.
    pub(super) async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let script: VecDeque<_> = script.into_iter().collect();
        let script = Arc::new(Mutex::new(script));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&script), Arc::clone(&seen)));
            }
        });
        Self { base, requests }
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("unpoisoned").clone()
    }

    /// Returns the first lines of all requests.
    pub(super) fn lines(&self) -> Vec<String> {
        let first = |request: &String| request.lines().next().unwrap_or_default().to_owned();
        self.requests().iter().map(first).collect()
    }

    /// Returns a subscription of this server, with short deadlines.
    pub(super) fn arm(&self) -> Arm {
        self.arm_with(Tokens::default(), DEADLINES)
    }

    pub(super) fn arm_with(&self, tokens: Tokens, deadlines: Deadlines) -> Arm {
        let transports = Transports::new(deadlines);
        let transport = transports.get(&TransportSettings::default());
        let (tokens, throttle) = (TokenSource::new(tokens), Arc::<Throttle>::default());
        Arm::new(&self.base, "s", &transport, tokens, throttle, deadlines).expect("an address")
    }
}

pub(super) const DEADLINES: Deadlines = Deadlines {
    connect: Duration::from_secs(2),
    read: Duration::from_millis(300),
    total: Duration::from_secs(20),
    polling: Duration::from_millis(500),
    operation: Duration::from_secs(20),
};

/// The header of a response after which the request is sent again soon.
const SOON: &str = "Retry-After: 0.01\r\n";

/// The path of the tests' requests.
const PATH: &str = "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters";

async fn get(server: &Server) -> Result<serde_json::Value, ArmError> {
    server.arm().get(PATH, "1", &Silent).await
}

/// Sends a request to a server with one reply, and returns the result and the requests.
async fn sent(request: &Request, reply: Reply) -> (Result<Response, ArmError>, Vec<String>) {
    let server = Server::start([reply]).await;
    let result = server.arm().send(request, &Silent).await;
    (result, server.requests())
}

/// Returns an error as az prints it, and the number of requests that were sent.
async fn refused(reply: Reply) -> (String, usize) {
    let server = Server::start([reply]).await;
    let error = get(&server).await.expect_err("refused").to_string();
    (error, server.requests().len())
}

/// A source of numbered tokens, or of the same one always.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    pub numbered: bool,
    count: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl Fetch for Tokens {
    async fn fetch(&self, _: &str) -> Result<Token, CredentialError> {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let text = if self.numbered {
            format!("token-{number}")
        } else {
            "token".to_owned()
        };
        let end = SystemTime::now() + Duration::from_secs(3600);
        Ok(Token::new(text, end))
    }
}

/// A receiver that records all reports.
#[derive(Default)]
pub(super) struct RecordedReport {
    pub warnings: Mutex<Vec<String>>,
    pub operations: Mutex<Vec<String>>,
    pub all: Mutex<Vec<String>>,
}

impl RecordedReport {
    fn note(&self, list: Option<&Mutex<Vec<String>>>, text: &str) {
        for list in list.into_iter().chain([&self.all]) {
            list.lock().expect("unpoisoned").push(text.to_owned());
        }
    }
}

impl Report for RecordedReport {
    fn warning(&self, text: &str) {
        self.note(Some(&self.warnings), text);
    }
    fn debug(&self, text: &str) {
        self.note(None, text);
    }
    fn progress(&self, text: &str) {
        self.note(None, text);
    }
    fn operation(&self, operation: &super::Continuation) {
        self.note(Some(&self.operations), &operation.url);
    }
    fn left(&self, operation: &super::Continuation) {
        self.note(None, &format!("left {}", operation.url));
    }
    fn ended(&self, operation: &super::Continuation) {
        self.note(None, &format!("ended {}", operation.url));
    }
}

async fn serve(
    mut connection: TcpStream,
    script: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let base = format!("http://{}", connection.local_addr().expect("an address"));
    while let Some(request) = read(&mut connection).await {
        seen.lock().expect("unpoisoned").push(request);
        let reply = {
            let mut script = script.lock().expect("unpoisoned");
            if script.len() > 1 {
                script.pop_front()
            } else {
                script.front().cloned()
            }
        };
        let (bytes, is_last) = match reply.expect("a script") {
            Reply::Answer(head, body) => {
                let (head, body) = (head.replace("{base}", &base), body.replace("{base}", &base));
                let length = body.len();
                let bytes = format!("HTTP/1.1 {head}Content-Length: {length}\r\n\r\n{body}");
                (bytes, false)
            }
            Reply::Bytes(bytes) => (bytes, false),
            Reply::Cut(bytes) => (bytes, true),
            Reply::Drop => return,
            Reply::Silence => std::future::pending().await,
        };
        let written = connection.write_all(bytes.as_bytes()).await;
        written.expect("written");
        if is_last {
            return;
        }
    }
}

/// Reads a request's head and body, or returns `None` at the connection's end.
async fn read(connection: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")?
                    .trim()
                    .parse()
                    .ok()
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text.into_owned());
            }
        }
        let mut part = [0; 4096];
        match connection.read(&mut part).await {
            Ok(count @ 1..) => bytes.extend_from_slice(&part[..count]),
            _ => return None,
        }
    }
}
