//! Resource Manager, and the endpoint of a managed identity, on loopback, with the responses that a
//! target provides.
//!
//! Client and server run on one thread, and its clock stands still until neither has anything left
//! to do; then it is advanced. So retries, polls and deadlines cost no time, and the machine's load
//! does not change what happens.

use std::cell::LazyCell;
use std::convert::Infallible;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azq_account::{Caller, Environment};
use azq_arm::Silent;
use azq_arm::{Arm, Session, Sessions};
use azq_command::CommandError;
use azq_http::Deadlines;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::place;

/// The subscription that is logged in.
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
/// The access token; no output may show it.
pub const TOKEN: &str = "eyJ0eXAiOiJKV1QifQ.fuzzed-token-7f3a91.c2ln";

/// Whether an input has the token in it, which may then be printed. A fuzzer learns the token from
/// this very comparison.
pub fn holds_token(input: &[u8]) -> bool {
    input
        .windows(TOKEN.len())
        .any(|window| window == TOKEN.as_bytes())
}

/// A placeholder for the server's address in a target's responses.
const HERE: &[u8] = b"{here}";

/// A request that the server received.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its path, still percent-encoded, without the query.
    pub path: String,
    /// Its body.
    pub body: Bytes,
}

/// A response of the server.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The status; an invalid one counts as 200.
    pub status: u16,
    /// The headers; those that cannot be sent are left out.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Creates a response without headers.
    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Creates a response with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::of(status, body.to_string())
    }

    /// Returns the same with another header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Reads `STATUS\nName: value\n…\n\nbody`, as targets' inputs have it.
    pub fn read(text: &[u8]) -> Self {
        let (head, body) = match text.windows(2).position(|two| two == b"\n\n") {
            Some(end) => (&text[..end], &text[end + 2..]),
            None => (text, &[][..]),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let status = lines.next();
        let status = status.and_then(|line| str::from_utf8(line).ok()?.parse().ok());
        let headers = lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = (&line[..colon], &line[colon + 1..]);
            Some((name.to_vec(), value.trim_ascii().to_vec()))
        });
        Self {
            status: status.unwrap_or(200),
            headers: headers.collect(),
            body: body.to_vec(),
        }
    }

    /// Returns the text that [`Self::read`] reads as this response.
    pub fn write(&self) -> Vec<u8> {
        let mut text = self.status.to_string().into_bytes();
        for (name, value) in &self.headers {
            text.extend([b"\n", &name[..], b": ", value].concat());
        }
        text.extend(b"\n\n");
        text.extend(&self.body);
        text
    }

    /// Returns the status that is sent.
    pub fn sent_status(&self) -> StatusCode {
        let status = StatusCode::from_u16(self.status).ok();
        let status = status.filter(|status| !status.is_informational());
        status.unwrap_or(StatusCode::OK)
    }

    fn response(&self, here: &str) -> http::Response<Full<Bytes>> {
        let body = replaced(&self.body, here.as_bytes());
        let mut response = http::Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = self.sent_status();
        for (name, value) in &self.headers {
            let value = HeaderValue::from_bytes(&replaced(value, here.as_bytes()));
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), value)
                && !FRAMING.contains(&name.as_str())
            {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// Headers that only the server sets.
const FRAMING: [&str; 6] = [
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "trailer",
    "te",
];

fn replaced(text: &[u8], here: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = rest.windows(HERE.len()).position(|window| window == HERE) {
        out.extend([&rest[..at], here].concat());
        rest = &rest[at + HERE.len()..];
    }
    out.extend_from_slice(rest);
    out
}

type Answering = Box<dyn FnMut(&Asked) -> Answer + Send>;

/// A Resource Manager, and an az configuration directory that is logged in to it.
pub struct Azure {
    runtime: Runtime,
    shared: Arc<Shared>,
    folder: TempDir,
    arm: Arm,
}

struct Shared {
    here: String,
    answering: Mutex<Answering>,
    /// A counter that grows with each action of the server.
    moves: AtomicU64,
}

impl Shared {
    fn answering(&self) -> MutexGuard<'_, Answering> {
        let answering = self.answering.lock();
        answering.unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    static AZURE: LazyCell<Azure> = LazyCell::new(Azure::start);
}

impl Azure {
    /// Calls the function with this thread's instance, which the first call starts.
    pub fn with<T>(act: impl FnOnce(&Self) -> T) -> T {
        AZURE.with(|azure| act(azure))
    }

    /// Returns its subscription, as the daemon sees it.
    pub fn arm(&self) -> &Arm {
        &self.arm
    }

    /// Returns az's configuration directory.
    pub fn config_dir(&self) -> PathBuf {
        self.folder.path().join(".azure")
    }

    /// Returns the environment that a caller must have.
    pub fn environment(&self) -> Environment {
        environment(&self.shared.here)
    }

    /// Returns a directory of its own, for a target's other files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Spawns a task that makes progress whenever the runtime runs.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.runtime.spawn(work));
    }

    /// Calls a function that needs the runtime's context.
    pub fn enter<T>(&self, act: impl FnOnce() -> T) -> T {
        let _at_hand = self.runtime.enter();
        act()
    }

    /// Runs a future while requests are answered by this function.
    pub fn run<T>(
        &self,
        answering: impl FnMut(&Asked) -> Answer + Send + 'static,
        work: impl Future<Output = T>,
    ) -> T {
        *self.shared.answering() = Box::new(answering);
        self.runtime.block_on(async {
            tokio::select! {
                done = work => done,
                never = hurry(&self.shared.moves) => match never {},
            }
        })
    }

    fn start() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port");
        let here = format!("http://{}", listener.local_addr().expect("an address"));
        let folder = place::directory();
        log_in(&folder.path().join(".azure"), &here).expect("written");
        let shared = Arc::new(Shared {
            here,
            answering: Mutex::new(Box::new(|_| Answer::default())),
            moves: AtomicU64::new(0),
        });
        runtime.spawn(serve(listener, Arc::clone(&shared)));
        let sessions = Sessions::new(Deadlines::default());
        let caller = Caller {
            environment: environment(&shared.here),
            ..Caller::without_variables(&folder.path().join(".azure"))
        };
        let session = open(&sessions, &caller);
        let arm = session.expect("logged in").arm.clone();
        Self {
            runtime,
            shared,
            folder,
            arm,
        }
    }
}

/// Returns the path of an agent pool.
pub fn pool() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p"
    )
}

/// Opens the session of az's default subscription, as a command does.
pub fn open(sessions: &Sessions, caller: &Caller) -> Result<Arc<Session>, CommandError> {
    let profile = sessions.profile(caller)?;
    sessions.open(&profile, None, &Silent)
}

fn environment(here: &str) -> Environment {
    let set = [
        ("IDENTITY_ENDPOINT", format!("{here}/msi/token")),
        ("IDENTITY_HEADER", "secret".to_owned()),
        ("AZURE_CLOUD_NAME", CLOUD.to_owned()),
        // This must be a file, because az refuses anything else; certificates are not needed here.
        ("REQUESTS_CA_BUNDLE", NO_ROOTS.to_owned()),
    ];
    // Other variables that might redirect a request.
    let unset = ["all_proxy", "http_proxy", "https_proxy", "no_proxy"];
    let unset = unset
        .into_iter()
        .flat_map(|name| [name.to_owned(), name.to_uppercase()]);
    let set = set.map(|(name, value)| (name.to_owned(), value));
    let unset = unset.map(|name| (name, String::new()));
    set.into_iter().chain(unset).collect()
}

const CLOUD: &str = "loopback";
const NO_ROOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

fn log_in(directory: &Path, here: &str) -> std::io::Result<()> {
    let user = json!({"name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI"});
    let subscription = json!({
        "id": SUBSCRIPTION, "name": "Fuzzed", "state": "Enabled", "isDefault": true, "tenantId": "t", "user": user, "environmentName": CLOUD,
    });
    std::fs::create_dir_all(directory)?;
    let profile = json!({"subscriptions": [subscription]}).to_string();
    std::fs::write(directory.join("azureProfile.json"), profile)?;
    let cloud = format!(
        "[{CLOUD}]\nendpoint_resource_manager = {here}\nendpoint_active_directory = {here}\n\
         endpoint_active_directory_resource_id = https://management.core.windows.net/\n"
    );
    std::fs::write(directory.join("clouds.config"), cloud)
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        shared.moves.fetch_add(1, Ordering::Relaxed);
        drop(stream.set_nodelay(true));
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(answer(request, &shared).await) }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // A client that closes its connection is no error of the server.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(request: http::Request<Incoming>, shared: &Shared) -> http::Response<Full<Bytes>> {
    shared.moves.fetch_add(1, Ordering::Relaxed);
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(Collected::to_bytes);
    let asked = Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        body: body.unwrap_or_default(),
    };
    if asked.path == "/msi/token" {
        let token = json!({"access_token": TOKEN, "expires_on": "4102444800", "resource": "r", "token_type": "Bearer"});
        return Answer::json(200, &token).response(&shared.here);
    }
    let answer = (shared.answering())(&asked);
    answer.response(&shared.here)
}

/// Number of times that all tasks get a turn before they count as idle. A request needs a handful
/// of turns from client to server.
const TURNS: usize = 24;
/// The first and the largest advance of the clock.
const LEAPS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(64));

/// Advances the clock whenever nothing moves.
async fn hurry(moves: &AtomicU64) -> Infallible {
    let mut leap = LEAPS.0;
    loop {
        let before = moves.load(Ordering::Relaxed);
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        if moves.load(Ordering::Relaxed) == before {
            tokio::time::advance(leap).await;
            leap = (leap * 2).min(LEAPS.1);
        } else {
            leap = LEAPS.0;
        }
    }
}
