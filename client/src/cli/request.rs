//! The requests of service `Commands`, one variant per rpc, and a call ready to be sent.

use std::ffi::OsString;
use std::path::Path;

use azq_proto::command::CommandRequest;
use azq_proto::for_each_command;
use azq_proto::v1::{self, Context, Effect};
use prost::Message as _;

use super::command::Command;
use super::usage::UsageError;

macro_rules! requests {
    ($($variant:ident($request:ident) $_function:ident $_stream:ident
        = $_command:literal, $_effect:ident;)*) => {
        /// A filled request, by rpc.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "a process makes one and boxes it")]
        #[allow(missing_docs, reason = "the rpcs are documented in the proto")]
        pub enum Request {
            $($variant(v1::$request),)*
        }

        impl Request {
            /// Returns the rpc's path.
            pub fn path(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => v1::$request::RPC,)*
                }
            }

            /// Returns the effect of the request, that is, what it changes.
            pub const fn effect(&self) -> Effect {
                match self {
                    $(Self::$variant(_) => v1::$request::EFFECT,)*
                }
            }

            /// Returns the message's bytes.
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(request) => request.encode_to_vec(),)*
                }
            }

            /// Returns the context: the caller, and the form of the answer.
            pub fn context(&self) -> Option<&Context> {
                match self {
                    $(Self::$variant(request) => request.context.as_ref(),)*
                }
            }

            /// Returns the context, to change it.
            pub fn context_mut(&mut self) -> &mut Context {
                match self {
                    $(Self::$variant(request) => request.context.get_or_insert_default(),)*
                }
            }
        }

        $(
            impl From<v1::$request> for Request {
                fn from(request: v1::$request) -> Self {
                    Self::$variant(request)
                }
            }
        )*
    };
}

impl Request {
    /// Sets whether the answer may be a file of the daemon. Only look-ups of SKUs repeatedly have
    /// answers that long.
    pub fn takes_file(&mut self, takes_file: bool) {
        match self {
            Self::ListSkus(request) => request.takes_file = takes_file,
            Self::ListAksVmSkus(request) => request.takes_file = takes_file,
            Self::SelectSizes(request) => request.takes_file = takes_file,
            _ => {}
        }
    }
}

for_each_command!(requests);

/// A command line that the daemon answers.
#[derive(Debug)]
pub struct CommandCall {
    /// The request to the daemon.
    pub request: Request,
    command: &'static Command,
    /// The required fields that neither the command line nor any configuration provides.
    absent: Vec<&'static str>,
    pending: Option<Pending>,
    /// The command line, for the real az.
    arguments: Vec<OsString>,
}

/// A usage error that the client found, although az might report another one first. The request is
/// then only to be validated (`Context.validate_only`).
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) error: UsageError,
    /// Whether az reports it before missing options. A bad `--query` always comes first.
    pub(super) before_missing: bool,
}

impl CommandCall {
    pub(super) fn new(
        mut request: Request,
        command: &'static Command,
        absent: Vec<&'static str>,
        pending: Option<Pending>,
    ) -> Self {
        request.context_mut().validate_only = pending.is_some();
        Self {
            request,
            command,
            absent,
            pending,
            arguments: Vec::new(),
        }
    }

    /// Stores the command line for the real az, if the daemon may leave the command to it.
    pub(super) fn keep_arguments(&mut self, arguments: &[OsString]) {
        if self.answers_with_secret() {
            self.arguments = arguments.to_vec();
        }
    }

    /// Whether the answer is a credential, which must not stay in memory.
    pub(crate) fn answers_with_secret(&self) -> bool {
        matches!(
            self.request,
            Request::GetAccessToken(_) | Request::GetClusterCredentials(_)
        )
    }

    /// Returns the file that the answer is written to, if there is one.
    pub(crate) fn output_file(&self) -> Option<&str> {
        match &self.request {
            Request::CallRest(request) => request.output_file.as_deref(),
            _ => None,
        }
    }

    /// Whether the user selects one row of the answer.
    pub(crate) fn picks(&self) -> bool {
        matches!(&self.request, Request::SelectSizes(request) if request.pick)
    }

    /// Whether this process cannot answer it as one line of many, because it writes a file of the
    /// caller, or its answer is a credential, or the user selects from the answer.
    pub(crate) fn needs_own_process(&self) -> bool {
        self.answers_with_secret() || self.output_file().is_some() || self.picks()
    }

    /// Returns the request, if it is for a cluster's credentials.
    pub(crate) fn credentials_request(&self) -> Option<&v1::GetClusterCredentialsRequest> {
        match &self.request {
            Request::GetClusterCredentials(request) => Some(request),
            _ => None,
        }
    }

    /// Requests a merge into the file at the path, instead of a cluster's credentials.
    pub(crate) fn merge(&mut self, path: &Path, merge: v1::KubeconfigMerge) {
        if let Request::GetClusterCredentials(request) = &mut self.request {
            request.path = Some(path.display().to_string());
            request.merge = Some(merge);
        }
    }

    /// Requests the merge without a question, because the user answered one with no.
    pub(crate) fn decline(&mut self) {
        if let Request::GetClusterCredentials(request) = &mut self.request {
            request.merge.get_or_insert_default().may_ask = false;
        }
    }

    /// Returns the command line for the real az, of a command that the daemon may leave to it.
    pub(crate) fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    /// Returns the error of a request that was only validated. It applies if the stream ends in any
    /// way other than with `usage` or `missing`.
    pub const fn pending(&self) -> Option<&UsageError> {
        match &self.pending {
            Some(pending) => Some(&pending.error),
            None => None,
        }
    }

    /// Returns the usage error for one that the daemon found (`Reply.usage`).
    pub fn usage(&self, message: &str) -> UsageError {
        match &self.pending {
            Some(pending) if !message.contains("--query") => pending.error.clone(),
            _ => UsageError::argparse(message),
        }
    }

    /// Returns the usage error for fields without a value (`Reply.missing`), with the options'
    /// names in az's order.
    pub fn missing(&self, fields: &[String]) -> UsageError {
        match &self.pending {
            Some(Pending {
                error,
                before_missing: true,
            }) => error.clone(),
            _ => UsageError::missing(self.command.options().filter_map(|option| {
                option.shape.required?;
                let field = option.shape.field;
                let is_missing =
                    self.absent.contains(&field) || fields.iter().any(|missing| missing == field);
                is_missing.then_some(option.shape.names)
            })),
        }
    }

    /// Whether the answer is about the real az itself.
    pub fn is_about_az(&self) -> bool {
        matches!(self.request, Request::ShowVersion(_))
    }

    /// Returns the command's effect, as its rpc declares it. For a request in the caller's own
    /// words, its method determines the effect.
    fn effect(&self) -> Effect {
        match &self.request {
            Request::CallRest(request) => match request.method.as_deref() {
                None | Some("get" | "head" | "options") => Effect::Read,
                Some(_) => Effect::Write,
            },
            request => request.effect(),
        }
    }

    /// Whether the command changes nothing in Azure, so that it may be sent again if its answer was
    /// lost.
    pub fn only_reads(&self) -> bool {
        self.effect() != Effect::Write
    }

    /// Whether the daemon records the command's progress, so that a repeated request continues
    /// where the first one ended.
    pub(crate) fn goes_on_when_repeated(&self) -> bool {
        matches!(self.request, Request::MigrateGenerations(_))
    }

    /// Whether the command and other commands may run at the same time without an effect on each
    /// other, because it changes nothing and waits for nothing.
    pub fn only_looks(&self) -> bool {
        self.effect() == Effect::Read
    }

    /// Returns the call that waits for the operation which this call began, with this call's form
    /// of the answer.
    #[must_use]
    pub fn waiting_for(&self, operation: v1::Operation) -> Self {
        let request = v1::WaitOperationRequest {
            context: self.request.context().cloned(),
            id: None,
            operation: Some(operation),
        };
        Self::new(request.into(), self.command, Vec::new(), None)
    }

    /// Whether the answer "no" to the command's question is an error.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.command.is_cancelled
    }

    /// Answers the question of a command that asks before it acts, as `--yes` does; returns whether
    /// it was unanswered before.
    pub fn confirm(&mut self, question: String) -> bool {
        match &mut self.request {
            Request::UpgradeNodePool(request) => !std::mem::replace(&mut request.yes, true),
            Request::DeleteManualScale(request) => !std::mem::replace(&mut request.yes, true),
            Request::DeleteAutoScale(request) => !std::mem::replace(&mut request.yes, true),
            Request::MigrateGenerations(request) => {
                request.agreed.replace(question.clone()) != Some(question)
            }
            Request::GetClusterCredentials(request) => {
                let agreed = &mut request.merge.get_or_insert_default().agreed;
                let is_new = !agreed.contains(&question);
                agreed.push(question);
                is_new
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Invocation, parse};
    use crate::environment::fake::Fake;

    fn call(line: &str) -> Box<CommandCall> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        match parse(&words, &Fake::default()) {
            Invocation::Command(call) => call,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_method_of_a_callers_own_request_says_whether_it_is_sent_again() {
        for (line, only_reads) in [
            ("rest -u /x", true),
            ("rest -u /x -m GET", true),
            ("rest -u /x --method head", true),
            ("rest -u /x -m post", false),
            ("rest -u /x -m put -b {}", false),
            ("rest -u /x -m delete", false),
            ("aks nodepool delete -g g --cluster-name c -n n", false),
            ("aks command invoke -g g -n c -c x", false),
            ("aks get-credentials -g g -n c", true),
        ] {
            assert_eq!(call(line).only_reads(), only_reads, "{line}");
        }
    }

    #[test]
    fn a_question_is_answered_once() {
        let mut delete = call(
            "aks nodepool manual-scale delete -g g --cluster-name c -n n \
                               --current-vm-sizes s",
        );
        assert!(delete.is_cancelled() && delete.confirm("sure?".to_owned()));
        assert!(!delete.confirm("sure?".to_owned()));
        let mut credentials = call("aks get-credentials -g g -n c");
        for (question, is_new) in [("one", true), ("two", true), ("one", false)] {
            assert_eq!(credentials.confirm(question.to_owned()), is_new);
        }
    }
}
