//! How a request to Azure fails, in az's words.
//!
//! What Azure answered is worded by `odata`; what broke on the way there reads as Python's urllib3
//! puts it, where it has a fixed form, for that is what az prints. Tokens and header values are in
//! no error.

use std::error::Error as StdError;
use std::io;

use azq_python::json::JsonError;
use http::StatusCode;

use super::odata::{self, Dialect, Worded};
use super::{Continuation, Response};
use crate::credential::CredentialError;
use crate::error::{CommandError, Kind};

/// az's recommendation when TLS fails (azure-cli-core, `util.py`, `SSLERROR_TEMPLATE`).
const TLS_RECOMMENDATION: &str = "Certificate verification failed. This typically happens when using Azure CLI behind \
     a proxy that intercepts traffic with a self-signed certificate. Please add this certificate to the trusted CA \
     bundle. More info: https://learn.microsoft.com/cli/azure/use-cli-effectively#work-behind-a-proxy.";

/// What urllib3 says of connections that end before their time.
const EOF_IN_HANDSHAKE: &str =
    "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol";
const RESET: &str =
    "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))";
const CLOSED: &str =
    "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))";

/// Why a request has no good answer. What it displays follows az's `ERROR: `.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ArmError {
    /// Azure refused, or its long-running operation failed.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// No connection, or none that lasted.
    #[error("{message}")]
    Connection {
        /// What broke.
        message: String,
        /// How far the request had come.
        stage: Stage,
    },
    /// The time for the request, with all its retries, is over.
    #[error("Azure did not answer within {seconds} seconds: {doing}")]
    Deadline {
        /// The limit.
        seconds: u64,
        /// Method and path.
        doing: String,
    },
    /// Azure has asked for a longer pause than the caller can wait.
    #[error("Azure throttles the requests of this subscription for another {seconds} seconds.")]
    Throttled {
        /// The rest of the pause.
        seconds: u64,
    },
    /// An answer that is not what Azure answers.
    #[error("{0}")]
    Malformed(String),
    /// A URL that would take the token to another host.
    #[error("'{host}' is not this cloud's Resource Manager. The address is not followed.")]
    ForeignHost {
        /// The host.
        host: String,
        /// Its port.
        port: u16,
    },
    /// A setting of the caller's that cannot be used.
    #[error("{0}")]
    Setting(String),
    /// No token.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The wait for a long-running operation has failed; the operation goes on in Azure.
    #[error("{error}")]
    Unwatched {
        /// Why nobody waits any longer.
        error: Box<ArmError>,
        /// What was waited for.
        operation: Box<Continuation>,
    },
}

/// How far a request had come when its connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// There was no connection: Azure has not seen it.
    Connect,
    /// The two sides did not trust each other, which no further try will change.
    Trust,
    /// It was sent, or part of it.
    Answer,
}

/// An error answer.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The answer's status; 200 for a failed long-running operation.
    pub status: StatusCode,
    /// Azure's code, such as `ResourceNotFound`, if the body has one.
    pub code: Option<String>,
    /// az's words for it.
    pub message: String,
}

impl ArmError {
    /// An answer that is an error. `path` and `conditional` choose among az's ways to word it.
    pub(super) fn refused(answer: &Response, path: &str, conditional: bool) -> Self {
        let dialect = dialect(answer.status, path, conditional);
        let worded = odata::word(&answer.body, answer.reason(), dialect);
        Self::worded(answer.status, worded)
    }

    /// The answer of a long-running operation that failed, or makes no sense, for which az has
    /// words of its own.
    pub(super) fn operation(answer: &Response, otherwise: Option<&str>) -> Self {
        let by_status = || odata::by_status(answer.reason());
        let worded = odata::read(&answer.body, Dialect::OData).unwrap_or_else(|| Worded {
            code: None,
            message: otherwise.map_or_else(by_status, str::to_owned),
        });
        Self::worded(answer.status, worded)
    }

    /// The same error, of a wait for an operation that goes on.
    pub(super) fn unwatched(self, operation: Continuation) -> Self {
        Self::Unwatched {
            error: Box::new(self),
            operation: Box::new(operation),
        }
    }

    /// An answer that says it is JSON and is not (azure-core, `ContentDecodePolicy`).
    pub(super) fn invalid_json(status: StatusCode, error: &JsonError) -> Self {
        let message = format!("JSON is invalid: {error}");
        Self::worded(
            status,
            Worded {
                code: None,
                message,
            },
        )
    }

    fn worded(status: StatusCode, Worded { code, message }: Worded) -> Self {
        Self::Refused(Box::new(Refusal {
            status,
            code,
            message,
        }))
    }

    /// What the HTTP client reports.
    pub(crate) fn transport(error: &reqwest::Error) -> Self {
        if error.is_redirect() {
            let reason = innermost(error).to_string();
            return Self::Malformed(format!("Azure's redirection is not followed: {reason}."));
        }
        let stage = match (find::<rustls::Error>(error), error.is_connect()) {
            (Some(_), _) => Stage::Trust,
            (None, true) => Stage::Connect,
            (None, false) => Stage::Answer,
        };
        Self::Connection {
            message: describe(error),
            stage,
        }
    }

    /// An answer that ended before its end, as urllib3 puts it.
    pub(super) fn incomplete(read: u64, expected: Option<u64>) -> Self {
        let what = match expected.and_then(|expected| expected.checked_sub(read)) {
            Some(more) => format!("IncompleteRead({read} bytes read, {more} more expected)"),
            None => format!("IncompleteRead({read} bytes read)"),
        };
        let message = format!("('Connection broken: {what}', {what})");
        Self::Connection {
            message,
            stage: Stage::Answer,
        }
    }

    /// Decides the exit code (azure-cli-core, `util.get_error_type_by_status_code`).
    pub fn kind(&self) -> Kind {
        match self.status() {
            Some(StatusCode::NOT_FOUND) => Kind::NotFound,
            _ => Kind::Error,
        }
    }

    /// The status of Azure's answer, if there is one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            Self::Unwatched { error, .. } => error.status(),
            _ => None,
        }
    }

    /// Azure's code, if there is one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.code.as_deref(),
            Self::Unwatched { error, .. } => error.code(),
            _ => None,
        }
    }

    /// Whether the same request may succeed later, so that what is cached may stand in for it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                let status = refusal.status.as_u16();
                status >= 500 || status == 429 || status == 408 || status < 400
            }
            Self::Connection { .. } | Self::Deadline { .. } | Self::Throttled { .. } => true,
            Self::Credential(error) => error.is_transient(),
            Self::Unwatched { error, .. } => error.is_transient(),
            Self::Malformed(_) | Self::ForeignHost { .. } | Self::Setting(_) => false,
        }
    }
}

impl From<ArmError> for CommandError {
    fn from(error: ArmError) -> Self {
        let command = Self::new(error.to_string()).of_kind(error.kind());
        match error {
            ArmError::Connection {
                stage: Stage::Trust,
                ..
            } => command.recommend(TLS_RECOMMENDATION),
            ArmError::Credential(error) => error.into(),
            ArmError::Unwatched { error, operation } => {
                let how = format!(
                    "The operation goes on in Azure. To wait for it, run: azq operation wait {}",
                    operation.id()
                );
                let command = Self::from(*error);
                let advice = command.recommendation.iter().cloned().chain([how]);
                let advice = advice.collect::<Vec<_>>().join("\n");
                command.recommend(advice)
            }
            _ => command,
        }
    }
}

/// Whether a generated command of az's asks for this.
pub(super) fn is_compute(path: &str) -> bool {
    path.to_ascii_lowercase()
        .contains("/providers/microsoft.compute/")
}

/// Which library of az's words this answer: az's SDKs map a few statuses to exceptions that know no
/// additional information, and the commands of Microsoft.Compute are generated ones.
fn dialect(status: StatusCode, path: &str, conditional: bool) -> Dialect {
    match (status.as_u16(), is_compute(path)) {
        (401 | 404 | 409, _) | (304, false) => Dialect::OData,
        (412, false) if conditional => Dialect::OData,
        (_, true) => Dialect::Aaz,
        (_, false) => Dialect::Arm,
    }
}

/// What urllib3 says of the same mishap.
fn describe(error: &reqwest::Error) -> String {
    let (host, port) = error.url().map_or((String::new(), 443), |url| {
        (
            url.host_str().unwrap_or_default().to_owned(),
            url.port_or_known_default().unwrap_or(443),
        )
    });
    let place = format!("HTTPSConnection(host='{host}', port={port})");
    if error.is_dns() {
        return unresolved(&host, port, &innermost(error).to_string());
    }
    if error.is_timeout() {
        let what = if error.is_connect() {
            "Connection"
        } else {
            "Read"
        };
        return format!("{place}: {what} timed out.");
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return describe_tls(tls);
    }
    let broken = find::<io::Error>(error).map(io::Error::kind);
    match (error.is_connect(), broken) {
        (true, Some(io::ErrorKind::UnexpectedEof)) => EOF_IN_HANDSHAKE.to_owned(),
        (true, _) => format!(
            "{place}: Failed to establish a new connection: {}",
            system(error)
        ),
        (false, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)) => {
            RESET.to_owned()
        }
        (false, _) if error.is_request() => CLOSED.to_owned(),
        (false, _) => innermost(error).to_string(),
    }
}

fn describe_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(_) => {
            format!("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {error}")
        }
        _ => format!("[SSL] {error}"),
    }
}

/// `[Errno 111] Connection refused`.
fn system(error: &reqwest::Error) -> String {
    let Some(error) = find::<io::Error>(error) else {
        return innermost(error).to_string();
    };
    let Some(number) = error.raw_os_error() else {
        return error.to_string();
    };
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    format!("[Errno {number}] {text}")
}

/// What urllib3 says of a host that has no address.
pub(super) fn unresolved(host: &str, port: u16, why: &str) -> String {
    let place = format!("HTTPSConnection(host='{host}', port={port})");
    format!("{place}: Failed to resolve '{host}' ({})", resolution(why))
}

/// `[Errno -2] Name or service not known`: the numbers are `getaddrinfo`'s.
fn resolution(text: &str) -> String {
    const NUMBERS: [(&str, i32); 4] = [
        ("Name or service not known", -2),
        ("Temporary failure in name resolution", -3),
        ("Non-recoverable failure in name resolution", -4),
        ("No address associated with hostname", -5),
    ];
    let known = NUMBERS.into_iter().find(|(words, _)| text.contains(words));
    known.map_or(text.to_owned(), |(words, number)| {
        format!("[Errno {number}] {words}")
    })
}

/// Whether the connection has ended without TLS saying so.
pub(super) fn is_unannounced_end(error: &reqwest::Error) -> bool {
    find::<io::Error>(error).map(io::Error::kind) == Some(io::ErrorKind::UnexpectedEof)
}

/// An error and its causes.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

/// An `io::Error` hides what it wraps: its `source` is the source of that.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error)
        .filter_map(<dyn StdError>::downcast_ref::<T>)
        .last()
}

fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    chain(error).last().unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: StatusCode, body: &'static [u8]) -> Response {
        Response {
            status,
            headers: http::HeaderMap::new(),
            reason: None,
            body: body.into(),
        }
    }

    #[test]
    fn not_found_is_an_exit_code_of_its_own() {
        let error = |status| ArmError::refused(&answer(status, b""), "/", false);
        assert_eq!(error(StatusCode::NOT_FOUND).kind(), Kind::NotFound);
        assert_eq!(error(StatusCode::FORBIDDEN).kind(), Kind::Error);
        assert!(error(StatusCode::BAD_GATEWAY).is_transient());
        assert!(!error(StatusCode::CONFLICT).is_transient());
    }

    #[test]
    fn the_command_and_the_status_choose_the_words() {
        let pools =
            "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p";
        let skus = "/subscriptions/s/providers/microsoft.compute/skus";
        let of = |status: u16, path, conditional| {
            dialect(
                StatusCode::from_u16(status).expect("a status"),
                path,
                conditional,
            )
        };
        assert_eq!(of(400, pools, false), Dialect::Arm);
        assert_eq!(of(409, pools, false), Dialect::OData);
        assert_eq!(of(412, pools, true), Dialect::OData);
        assert_eq!(of(412, pools, false), Dialect::Arm);
        assert_eq!(of(400, skus, false), Dialect::Aaz);
        assert_eq!(of(404, skus, false), Dialect::OData);
    }

    #[test]
    fn a_failed_operation_is_worded_by_its_body_or_by_what_is_wrong_with_it() {
        let words = |body, otherwise| {
            ArmError::operation(&answer(StatusCode::OK, body), otherwise).to_string()
        };
        let failed = br#"{"status": "Failed", "error": {"code": "X", "message": "Y"}}"#;
        assert_eq!(words(failed, None), "(X) Y\nCode: X\nMessage: Y");
        let bare = br#"{"status": "Failed"}"#;
        assert_eq!(
            words(bare, None),
            "Operation returned an invalid status 'OK'"
        );
        assert_eq!(
            words(b"{}", Some("No status found in body")),
            "No status found in body"
        );
    }

    #[test]
    fn an_interrupted_answer_reads_as_urllib3_puts_it() {
        let what = "IncompleteRead(12 bytes read, 88 more expected)";
        let wanted = format!("('Connection broken: {what}', {what})");
        assert_eq!(ArmError::incomplete(12, Some(100)).to_string(), wanted);
    }
}
