//! Failures of HTTP before a response is complete, in the words of Python's urllib3, which az
//! prints.
//!
//! Invariant: no error contains a token or a header's value.

use std::error::Error as StdError;
use std::io;

/// urllib3's messages for connections that end too early.
const EOF_IN_HANDSHAKE: &str =
    "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol";
const RESET: &str =
    "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))";
const CLOSED: &str =
    "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))";

/// The reason why there is no client, or no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// There was no connection, or it broke.
    #[error("{message}")]
    Connection {
        /// The message.
        message: String,
        /// The stage that the request had reached.
        stage: Stage,
    },
    /// A redirect is not followed.
    #[error("{0}")]
    Redirect(String),
    /// A setting of the caller cannot be used.
    #[error("{0}")]
    Setting(String),
}

/// The stage that a request had reached when its connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// There was no connection, so Azure has not seen the request.
    Connect,
    /// TLS failed, so a retry would fail too.
    Trust,
    /// The request was sent, at least in part.
    Answer,
}

impl From<&reqwest::Error> for HttpError {
    fn from(error: &reqwest::Error) -> Self {
        if error.is_redirect() {
            let reason = innermost(error).to_string();
            return Self::Redirect(format!("Azure's redirection is not followed: {reason}."));
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
}

/// Returns urllib3's message for the same failure.
fn describe(error: &reqwest::Error) -> String {
    let url = error.url();
    let host = url.and_then(|url| url.host_str()).unwrap_or_default();
    let port = url.and_then(url::Url::port_or_known_default).unwrap_or(443);
    let place = format!("HTTPSConnection(host='{host}', port={port})");
    if error.is_dns() {
        return unresolved(host, port, &innermost(error).to_string());
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

/// Returns the system's error as Python prints it, such as `[Errno 111] Connection refused`.
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

/// Returns urllib3's message for a host without an address.
pub fn unresolved(host: &str, port: u16, why: &str) -> String {
    let place = format!("HTTPSConnection(host='{host}', port={port})");
    format!("{place}: Failed to resolve '{host}' ({})", resolution(why))
}

/// Returns a resolver error as Python prints it, such as `[Errno -2] Name or service not known`.
/// The numbers are those of `getaddrinfo`.
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

/// Whether the connection has ended without TLS's `close_notify`.
pub fn is_unannounced_end(error: &reqwest::Error) -> bool {
    find::<io::Error>(error).map(io::Error::kind) == Some(io::ErrorKind::UnexpectedEof)
}

type Failure<'a> = &'a (dyn StdError + 'static);

/// Returns an error and its causes.
fn chain(error: Failure<'_>) -> impl Iterator<Item = Failure<'_>> {
    std::iter::successors(Some(error), |error| cause(*error))
}

/// Returns the cause of an error. An `io::Error` hides the error that it wraps, because its
/// `source` is that error's source.
fn cause(error: Failure<'_>) -> Option<Failure<'_>> {
    let wrapping = error.downcast_ref::<io::Error>();
    match wrapping.and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn find<T: StdError + 'static>(error: Failure<'_>) -> Option<&T> {
    let found = chain(error).filter_map(<dyn StdError>::downcast_ref::<T>);
    found.last()
}

fn innermost(error: Failure<'_>) -> Failure<'_> {
    chain(error).last().unwrap_or(error)
}
