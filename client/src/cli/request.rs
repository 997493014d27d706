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
            /// The rpc's path.
            pub fn path(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => v1::$request::RPC,)*
                }
            }

            /// What carrying it out changes.
            pub const fn effect(&self) -> Effect {
                match self {
                    $(Self::$variant(_) => v1::$request::EFFECT,)*
                }
            }

            /// The message's bytes.
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(request) => request.encode_to_vec(),)*
                }
            }

            /// Who asks, and what the answer looks like.
            pub fn context(&self) -> Option<&Context> {
                match self {
                    $(Self::$variant(request) => request.context.as_ref(),)*
                }
            }

            /// The same, to change it.
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
    /// Whether the answer may be a file of the daemon's. Only look-ups of SKUs have answers that
    /// long again and again.
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
    /// What to ask the daemon.
    pub request: Request,
    command: &'static Command,
    /// Required fields that neither the command line nor any configuration gives.
    absent: Vec<&'static str>,
    pending: Option<Pending>,
    /// The command line, for the real az.
    arguments: Vec<OsString>,
}

/// A usage error that the client knows, while az might report another one first: then the request
/// is only to be validated (`Context.validate_only`).
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) error: UsageError,
    /// Whether it comes before missing options. A bad `--query` always comes first.
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

    /// Keeps the command line for the real az, if the daemon may leave the command to it.
    pub(super) fn keep_arguments(&mut self, arguments: &[OsString]) {
        if self.answers_with_secret() {
            self.arguments = arguments.to_vec();
        }
    }

    /// Whether the answer is a credential, which is not to stay in memory.
    pub(crate) fn answers_with_secret(&self) -> bool {
        matches!(
            self.request,
            Request::GetAccessToken(_) | Request::GetClusterCredentials(_)
        )
    }

    /// The file that the answer is for, if it is for one.
    pub(crate) fn output_file(&self) -> Option<&str> {
        match &self.request {
            Request::CallRest(request) => request.output_file.as_deref(),
            _ => None,
        }
    }

    /// Whether the user chooses one row of the answer.
    pub(crate) fn picks(&self) -> bool {
        matches!(&self.request, Request::SelectSizes(request) if request.pick)
    }

    /// Whether this process cannot answer it as one line of many: it writes a file of the caller's,
    /// or its answer is a credential, or somebody chooses from it.
    pub(crate) fn needs_own_process(&self) -> bool {
        self.answers_with_secret() || self.output_file().is_some() || self.picks()
    }

    /// The request, if it asks for a cluster's credentials.
    pub(crate) fn credentials_request(&self) -> Option<&v1::GetClusterCredentialsRequest> {
        match &self.request {
            Request::GetClusterCredentials(request) => Some(request),
            _ => None,
        }
    }

    /// Asks for a merge into the file at the path, instead of for a cluster's credentials.
    pub(crate) fn merge(&mut self, path: &Path, merge: v1::KubeconfigMerge) {
        if let Request::GetClusterCredentials(request) = &mut self.request {
            request.path = Some(path.display().to_string());
            request.merge = Some(merge);
        }
    }

    /// Asks for the merge without a question, because the user has said no to one.
    pub(crate) fn decline(&mut self) {
        if let Request::GetClusterCredentials(request) = &mut self.request {
            request.merge.get_or_insert_default().may_ask = false;
        }
    }

    /// The command line for the real az, of a command that the daemon may leave to it.
    pub(crate) fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    /// The error to end with, if there is one, when the stream ends in any way other than with
    /// `usage` or `missing`: the request was only validated then.
    pub const fn pending(&self) -> Option<&UsageError> {
        match &self.pending {
            Some(pending) => Some(&pending.error),
            None => None,
        }
    }

    /// The words for a usage error that the daemon found (`Reply.usage`).
    pub fn usage(&self, message: &str) -> UsageError {
        match &self.pending {
            Some(pending) if !message.contains("--query") => pending.error.clone(),
            _ => UsageError::argparse(message),
        }
    }

    /// The words for fields without a value (`Reply.missing`): the options' names, in az's order.
    pub fn missing(&self, fields: &[String]) -> UsageError {
        match &self.pending {
            Some(Pending {
                error,
                before_missing: true,
            }) => error.clone(),
            _ => UsageError::missing(self.command.options().filter_map(|option| {
                let field = option.shape.required?.field;
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

    /// What carrying the command out changes: what its rpc declares, but for a request in the
    /// caller's own words, whose method says it.
    fn effect(&self) -> Effect {
        match &self.request {
            Request::CallRest(request) => match request.method.as_deref() {
                None | Some("get" | "head" | "options") => Effect::Read,
                Some(_) => Effect::Write,
            },
            request => request.effect(),
        }
    }

    /// Whether the command changes nothing in Azure, so that it may be sent again when its answer
    /// was lost.
    pub fn only_reads(&self) -> bool {
        self.effect() != Effect::Write
    }

    /// Whether what it does is written down as it goes on, so that it goes on where it was when it
    /// is sent again.
    pub(crate) fn goes_on_when_repeated(&self) -> bool {
        matches!(self.request, Request::MigrateGenerations(_))
    }

    /// Whether it makes no difference to other commands, nor they to it, when it is carried out
    /// beside them: it changes nothing and waits for nothing.
    pub fn only_looks(&self) -> bool {
        self.effect() == Effect::Read
    }

    /// The call that goes on waiting for the operation that this one has begun, with this one's
    /// answer.
    #[must_use]
    pub fn waiting_for(&self, operation: v1::Operation) -> Self {
        let request = v1::WaitOperationRequest {
            context: self.request.context().cloned(),
            id: None,
            operation: Some(operation),
        };
        Self::new(request.into(), self.command, Vec::new(), None)
    }

    /// Whether a no to the command's question is an error.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.command.is_cancelled
    }

    /// Answers the question of a command that asks before it acts, as `--yes` does; whether it was
    /// not answered before.
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
