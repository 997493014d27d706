//! Every gRPC request, over a socket to a daemon that is logged in to a small emulated Azure.
//!
//! Holds for all: a stream ends with exactly one ending, or with a status; the daemon neither
//! crashes nor panics inside a call, and answers the next; its output never shows the token, except
//! in the response that is one.
//!
//! `Stop` would end the daemon, so only its decoding and its reason are checked. Left out: the
//! printing of what a `--query` selects, which is only checked (`validate_only`), because it needs
//! a runtime of more than one thread; see `jmespath`.

use azq::cli::Request;
use azq_proto::command::CommandRequest;
use azq_proto::{for_each_command, v1};
use azqd::lifecycle::CloseReason;
use bytes::Bytes;
use prost::Message;

use super::command_line;
use crate::azure::{Azure, holds_token};
use crate::{numbered, recordings};
use daemon::Daemon;

mod daemon;
mod resources;

macro_rules! rpcs {
    ($($variant:ident($request:ident) $_function:ident $_stream:ident
        = $_command:literal, $_effect:ident;)*) => {
        /// The paths of all rpcs of `Commands`; inputs refer to them by their index.
        const COMMANDS: &[&str] = &[$(v1::$request::RPC),*];

        /// Returns a request's rpc and bytes.
        pub(super) fn on_the_wire(request: &Request) -> (&'static str, Vec<u8>) {
            match request {
                $(Request::$variant(request) => (v1::$request::RPC, request.encode_to_vec()),)*
            }
        }

        /// Decodes the request of an rpc's bytes.
        pub(super) fn from_the_wire((path, bytes): &(&'static str, Vec<u8>)) -> Option<Request> {
            match *path {
                $(v1::$request::RPC => v1::$request::decode(&bytes[..]).ok().map(Request::from),)*
                _ => None,
            }
        }
    };
}

for_each_command!(rpcs);

/// The rpcs of `Daemon` whose response is one message.
const CONTROL: [&str; 4] = [
    STOP,
    "/azq.v1.Daemon/Hello",
    "/azq.v1.Daemon/Status",
    "/azq.v1.Daemon/ShowConfig",
];

/// The rpc that ends the daemon.
const STOP: &str = "/azq.v1.Daemon/Stop";

/// Reads an input: a byte that selects the rpc, one that selects Azure's pool, then the request.
pub fn target(input: &[u8]) {
    let [which, pool, request @ ..] = input else {
        return;
    };
    if holds_token(request) {
        return;
    }
    let number = usize::from(*which) % (COMMANDS.len() + CONTROL.len());
    let is_command = number < COMMANDS.len();
    let mut paths = COMMANDS.iter().chain(&CONTROL);
    let path = paths.nth(number).copied().unwrap_or_default();
    if path == STOP {
        return stop(request);
    }
    let mut bytes = request.to_vec();
    if is_command {
        let context = v1::ShowCacheRequest::decode(request).ok();
        let context = context.and_then(|request| request.context);
        bytes.extend(here(context.unwrap_or_default()));
    }
    let sent = Bytes::from(bytes.clone());
    let ended =
        Azure::with(|azure| Daemon::with(azure, |daemon| daemon.call(azure, path, sent, *pool)));
    if let Err(status) = ended {
        // Bytes that are no message are refused before they reach the daemon's code.
        let failed = status.message().contains("inside azqd");
        let request = from_the_wire(&(path, bytes));
        assert!(!failed, "{path}: {status}, {request:?}");
    }
}

/// Checks that the reason is one line of the log, of limited length.
fn stop(request: &[u8]) {
    let Ok(request) = v1::StopRequest::decode(request) else {
        return;
    };
    let replaced = request.replaced;
    let reason = CloseReason::from(request);
    assert_eq!(replaced, matches!(reason, CloseReason::Replaced(_)));
    let line = reason.to_string();
    assert!(line.chars().count() < 300 && !line.contains(char::is_control));
}

/// The field of any request that describes the caller.
#[derive(Message)]
struct Asked {
    #[prost(message, optional, tag = "1")]
    context: Option<v1::Context>,
}

/// Returns bytes that direct a request to the Azure of this target; of a field that occurs twice
/// the last counts.
fn here(given: v1::Context) -> Vec<u8> {
    let mut context = v1::Context {
        environment: Azure::with(Azure::environment),
        validate_only: given.output.is_some_and(|output| output.query.is_some()),
        ..v1::Context::default()
    };
    if given.azure_config_dir.is_empty() || given.azure_config_dir.starts_with("/home/me") {
        let directory = Azure::with(Azure::config_dir);
        context.azure_config_dir = directory.display().to_string();
    }
    let context = Some(context);
    Asked { context }.encode_to_vec()
}

/// Returns the requests of the goldens' command lines, and the few that no command line produces.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, case) in recordings::goldens().iter().enumerate() {
        let Some(call) = command_line::call(case) else {
            continue;
        };
        let (path, mut bytes) = on_the_wire(&call.request);
        if index % 2 == 0 {
            // The query is removed, so that the request is carried out.
            let mut request = call.request.clone();
            if let Some(output) = &mut request.context_mut().output {
                output.query = None;
            }
            bytes = on_the_wire(&request).1;
        }
        let number = COMMANDS.iter().position(|command| *command == path);
        let bytes = numbered(index, bytes);
        seeds.push(numbered(number.unwrap_or_default(), bytes));
    }
    let of_pool = |number, request: &[u8]| numbered(number, numbered(0, request));
    seeds.extend((0..COMMANDS.len() + CONTROL.len()).map(|number| of_pool(number, &[])));
    let hello = v1::HelloRequest {
        oldest_protocol: 1,
        newest_protocol: 1,
        client_version: "0.1.0".into(),
    };
    let stop = v1::StopRequest {
        reason: "azq 0.1.0 is newer".into(),
        replaced: true,
    };
    seeds.push(of_pool(COMMANDS.len(), &stop.encode_to_vec()));
    seeds.push(of_pool(COMMANDS.len() + 1, &hello.encode_to_vec()));
    let operation = v1::Operation {
        url: "{here}/operations/1".into(),
        id: "1a2b3c4d".into(),
        command: "aks nodepool update".into(),
        method: "PUT".into(),
        resource: "/subscriptions/s/p".into(),
        polling: 1,
        location: None,
    };
    let wait = v1::WaitOperationRequest {
        context: None,
        id: None,
        operation: Some(operation),
    };
    seeds.push(of_pool(COMMANDS.len() - 1, &wait.encode_to_vec()));
    recordings::distinct(seeds)
}
