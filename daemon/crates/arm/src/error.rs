//! Failures of requests to Azure, in az's words.
//!
//! `odata` words Azure's error responses. Connection errors have the form of Python's urllib3 where
//! that form is fixed, because az prints it. No error contains a token or a header's value.

use std::time::Duration;

use azq_http::{HttpError, Stage};
use azq_python::json::JsonError;
use http::StatusCode;

use super::odata::{self, Dialect, Worded};
use super::{Continuation, Response};
use azq_auth::CredentialError;
use azq_command::{CommandError, ErrorKind};

/// az's recommendation when TLS fails (azure-cli-core, `util.py`, `SSLERROR_TEMPLATE`).
const TLS_RECOMMENDATION: &str = "Certificate verification failed. This typically happens when using Azure CLI behind \
     a proxy that intercepts traffic with a self-signed certificate. Please add this certificate to the trusted CA \
     bundle. More info: https://learn.microsoft.com/cli/azure/use-cli-effectively#work-behind-a-proxy.";

/// The reason why a request has no successful response. Its text follows az's `ERROR: `.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ArmError {
    /// Azure refused the request, or its long-running operation failed.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// There was no connection, or it broke.
    #[error("{message}")]
    Connection {
        /// The message.
        message: String,
        /// The stage that the request had reached.
        stage: Stage,
    },
    /// The time for the request, including all retries, is over.
    #[error("Azure did not answer within {seconds} seconds: {doing}")]
    Deadline {
        /// The limit.
        seconds: u64,
        /// The method and path.
        doing: String,
    },
    /// Azure asked for a longer pause than the caller can wait.
    #[error("Azure throttles the requests of this subscription for another {seconds} seconds.")]
    Throttled {
        /// The remaining time of the pause.
        seconds: u64,
    },
    /// Azure's response is not valid.
    #[error("{0}")]
    Malformed(String),
    /// A URL would take the token to another host.
    #[error("'{host}' is not this cloud's Resource Manager. The address is not followed.")]
    ForeignHost {
        /// The host.
        host: String,
        /// Its port.
        port: u16,
    },
    /// A setting of the caller cannot be used.
    #[error("{0}")]
    Setting(String),
    /// There is no token.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The wait for a long-running operation has failed, but the operation goes on in Azure.
    #[error("{error}")]
    Unwatched {
        /// The reason why the wait ended.
        error: Box<ArmError>,
        /// The operation.
        operation: Box<Continuation>,
    },
}

/// An error response.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The response's status; 200 for a failed long-running operation.
    pub status: StatusCode,
    /// Azure's code, such as `ResourceNotFound`, if the body has one.
    pub code: Option<String>,
    /// The error in az's words.
    pub message: String,
}

impl ArmError {
    /// Creates the error of an error response. `path` and `conditional` select among az's ways to
    /// word it.
    pub(super) fn refused(answer: &Response, path: &str, conditional: bool) -> Self {
        let dialect = dialect(answer.status, path, conditional);
        let worded = odata::word(&answer.body, answer.reason(), dialect);
        Self::worded(answer.status, worded)
    }

    /// Creates the error of a long-running operation that failed or sent an invalid response.
    /// `otherwise` is az's message for a body that is not an error's.
    pub(super) fn operation(answer: &Response, otherwise: Option<&str>) -> Self {
        let by_status = || odata::by_status(answer.reason());
        let worded = odata::read(&answer.body, Dialect::OData)
            .unwrap_or_else(|| Worded::plain(otherwise.map_or_else(by_status, str::to_owned)));
        Self::worded(answer.status, worded)
    }

    /// Returns the same error as that of a wait for an operation that goes on.
    pub(super) fn unwatched(self, operation: Continuation) -> Self {
        Self::Unwatched {
            error: Box::new(self),
            operation: Box::new(operation),
        }
    }

    /// Creates the error of a response that claims to be JSON and is not (azure-core,
    /// `ContentDecodePolicy`).
    pub(super) fn invalid_json(status: StatusCode, error: &JsonError) -> Self {
        Self::worded(status, Worded::plain(format!("JSON is invalid: {error}")))
    }

    /// Creates the error of a request that has taken longer than its limit.
    pub(super) fn late(limit: Duration, doing: String) -> Self {
        let seconds = limit.as_secs();
        Self::Deadline { seconds, doing }
    }

    /// Creates the error of a response that is larger than its limit in bytes.
    pub(super) fn too_large(limit: u64) -> Self {
        let limit = limit >> 20;
        Self::Malformed(format!("Azure's answer is larger than {limit} MiB."))
    }

    fn worded(status: StatusCode, Worded { code, message }: Worded) -> Self {
        Self::Refused(Box::new(Refusal {
            status,
            code,
            message,
        }))
    }

    /// Creates the error of a response that ended too early, in urllib3's words.
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

    /// Returns the kind, which decides the exit code (azure-cli-core,
    /// `util.get_error_type_by_status_code`).
    pub fn kind(&self) -> ErrorKind {
        match self.status() {
            Some(StatusCode::NOT_FOUND) => ErrorKind::NotFound,
            _ => ErrorKind::Error,
        }
    }

    /// Returns the status of Azure's response, if there is one.
    pub fn status(&self) -> Option<StatusCode> {
        self.refusal().map(|refusal| refusal.status)
    }

    /// Returns Azure's error code, if there is one.
    pub fn code(&self) -> Option<&str> {
        self.refusal()?.code.as_deref()
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Unwatched { error, .. } => error.refusal(),
            _ => None,
        }
    }

    /// Whether the same request may succeed later, so that cached data may be used instead.
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

impl From<HttpError> for ArmError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Connection { message, stage } => Self::Connection { message, stage },
            HttpError::Redirect(message) => Self::Malformed(message),
            HttpError::Setting(message) => Self::Setting(message),
        }
    }
}

impl From<reqwest::Error> for ArmError {
    fn from(error: reqwest::Error) -> Self {
        HttpError::from(&error).into()
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

/// Whether the request belongs to Microsoft.Compute, whose az commands are generated ones.
pub(super) fn is_compute(path: &str) -> bool {
    path.to_ascii_lowercase()
        .contains("/providers/microsoft.compute/")
}

/// Returns the az library that words this response. az's SDKs map a few statuses to exceptions
/// without additional information, and the commands of Microsoft.Compute are generated ones.
fn dialect(status: StatusCode, path: &str, conditional: bool) -> Dialect {
    match (status.as_u16(), is_compute(path)) {
        (401 | 404 | 409, _) | (304, false) => Dialect::OData,
        (412, false) if conditional => Dialect::OData,
        (_, true) => Dialect::Aaz,
        (_, false) => Dialect::Arm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_found_is_an_exit_code_of_its_own() {
        let error = |status| ArmError::refused(&Response::of(status, &[], ""), "/", false);
        assert_eq!(error(404).kind(), ErrorKind::NotFound);
        assert_eq!(error(403).kind(), ErrorKind::Error);
        assert!(error(502).is_transient());
        assert!(!error(409).is_transient());
    }

    #[test]
    fn the_command_and_the_status_choose_the_words() {
        let pools =
            "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters/c/agentPools/p";
        let skus = "/subscriptions/s/providers/microsoft.compute/skus";
        for (status, path, conditional, wanted) in [
            (400, pools, false, Dialect::Arm),
            (409, pools, false, Dialect::OData),
            (412, pools, true, Dialect::OData),
            (412, pools, false, Dialect::Arm),
            (400, skus, false, Dialect::Aaz),
            (404, skus, false, Dialect::OData),
        ] {
            let code = StatusCode::from_u16(status).expect("a status");
            assert_eq!(dialect(code, path, conditional), wanted, "{status} {path}");
        }
    }

    #[test]
    fn a_failed_operation_is_worded_by_its_body_or_by_what_is_wrong_with_it() {
        let failed = r#"{"status": "Failed", "error": {"code": "X", "message": "Y"}}"#;
        let (bare, none) = (r#"{"status": "Failed"}"#, "No status found in body");
        for (body, otherwise, wanted) in [
            (failed, None, "(X) Y\nCode: X\nMessage: Y"),
            (bare, None, "Operation returned an invalid status 'OK'"),
            ("{}", Some(none), none),
        ] {
            let error = ArmError::operation(&Response::of(200, &[], body), otherwise);
            assert_eq!(error.to_string(), wanted);
        }
    }

    #[test]
    fn an_interrupted_answer_reads_as_urllib3_puts_it() {
        let what = "IncompleteRead(12 bytes read, 88 more expected)";
        let wanted = format!("('Connection broken: {what}', {what})");
        assert_eq!(ArmError::incomplete(12, Some(100)).to_string(), wanted);
    }
}
