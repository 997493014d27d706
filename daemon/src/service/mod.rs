//! The two gRPC services: one file per rpc, which names the request's requirements and the module
//! that carries it out.
//!
//! Steps that all of az's commands share are here and in `answer`: reading the caller's account,
//! filling in configured defaults, carrying out, querying, rendering, and sending the replies.
//!
//! Invariants: a request is checked as if its sender were hostile; every call is counted as in
//! flight until its stream ends or is dropped, and dropping it cancels it; no reply holds a
//! credential.

mod activity;
mod answer;
mod commands;
mod context;
mod control;
mod defaults;
mod failure_counts;
mod perform;
mod render;
mod reply_reporter;
mod resources;
mod response_cache;
mod rest;
mod status;
mod suggestions;

mod accounts;
mod cache;
mod clusters;
mod compute;
mod gen2;
mod groups;
mod list_skus;
mod node_pools;
mod observed;
mod operations;
mod pool_change;
mod sizes;
mod version;

pub(crate) use control::{Control, check_protocol};
pub(crate) use failure_counts::FailureCounts;
pub(crate) use render::{EVALUATIONS, LONG_ANSWERS};
pub(crate) use response_cache::ResponseCache;
pub(crate) use version::Versions;

use crate::clusters::{command, credentials};
use crate::config::{Config, Entry};
use crate::lifecycle::{Activity, Placement, ReadGeneration, ShutdownHandle};
use crate::metrics::Metrics;
use crate::nodepools::{preflight::Verdicts, upgrade};
use crate::operations::Operations;
use crate::server::Pool;
use crate::sizes::{Prices, Rows};
use crate::suggestions::Names;
use azq_account::{CliConfig, Profile, Scope};
use azq_arm::Report;
use azq_arm::{RawResponse, Session, Sessions};
use azq_command::CommandError;
use azq_document::Value;
use azq_output::{Format, Table};
use azq_proto::command::CommandRequest;
use azq_proto::v1;
use azq_skus::{Catalogues, Found, Question};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;
use tokio::sync::Semaphore;

/// The state that all calls share.
pub(crate) struct DaemonState {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) catalogues: Catalogues,
    pub(crate) prices: Prices,
    pub(crate) operations: Operations,
    pub(crate) activity: Activity,
    pub(crate) arrivals: ReadGeneration,
    pub(crate) tally: FailureCounts,
    /// The metrics, if they are collected.
    pub(crate) metrics: Option<Arc<Metrics>>,
    pub(crate) versions: Versions,
    pub(crate) names: Names,
    pub(crate) remembered: Arc<ResponseCache>,
    pub(crate) permits: Semaphore,
    /// The memory that requests and responses in flight reserve.
    pub(crate) pool: Pool,
    /// One permit for each query that is evaluated.
    pub(crate) evaluations: Semaphore,
    /// The permit for an answer that finds no memory beside others.
    pub(crate) alone: Arc<Semaphore>,
    /// One permit for each long answer in flight.
    pub(crate) long_answers: Arc<Semaphore>,
    pub(crate) closing: ShutdownHandle,
    pub(crate) config: Config,
    pub(crate) entries: Vec<Entry>,
    pub(crate) started: SystemTime,
    /// The runtime directory; a private daemon has none.
    pub(crate) runtime_dir: Option<PathBuf>,
    /// The limits of this process that it cannot undo, if there are any.
    pub(crate) placement: Option<Placement>,
    /// The same limits, if a command with fewer limits has the daemon replaced.
    pub(crate) replaceable: Option<Placement>,
}

impl DaemonState {
    /// Returns how many requests may be in flight: those that are carried out, those that wait for
    /// that, and those whose answer has not been read yet. Each may take some megabytes, and a
    /// client that sends requests without reading would fill the memory.
    pub(crate) fn most_in_flight(&self) -> u64 {
        const OTHERS: u64 = 3;
        self.config.max_requests.saturating_mul(1 + OTHERS)
    }
}

/// The gRPC service of az's commands.
#[derive(Clone)]
pub(crate) struct Commands(pub(crate) Arc<DaemonState>);

/// One call that is being carried out: its caller and its reporter.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) daemon: &'a DaemonState,
    pub(crate) profile: &'a Arc<Profile>,
    /// `--subscription`, an id or a name.
    pub(crate) subscription: Option<&'a str>,
    pub(crate) report: &'a dyn Report,
    /// The scope of operations that the call begins, once it is known.
    pub(crate) scope: &'a OnceLock<Scope>,
}

impl Call<'_> {
    /// Returns the caller's account, for a command that makes requests to Azure.
    pub(crate) fn session(&self) -> Result<Arc<Session>, CommandError> {
        self.session_for(self.subscription)
    }

    /// Returns the caller's account for another subscription than the requested one.
    pub(crate) fn session_for(
        &self,
        subscription: Option<&str>,
    ) -> Result<Arc<Session>, CommandError> {
        let sessions = &self.daemon.sessions;
        let session = sessions.open(self.profile, subscription, self.report)?;
        self.scope.get_or_init(|| session.scope.clone());
        Ok(session)
    }
}

/// The answer of a command.
pub(crate) enum Answer {
    /// A document, to be queried and printed.
    Document(Value),
    /// The outcome of the checks of a pool's change, to be queried and printed.
    Preflight(Verdicts),
    /// A document, to be queried and printed; the command ends with exit code 1, because the
    /// condition that it checks does not hold.
    Unmet(Value),
    /// The part of a catalogue that is to be queried and printed.
    Skus(Found),
    /// A list of sizes, to be queried and printed, and cached while the catalogues stay the same.
    Sizes(Rows, Found),
    /// Nothing is printed.
    Nothing,
    /// Nothing was done yet: the caller must say yes to this question first.
    Confirm(String),
    /// Nothing was done: the command is left to the real az, for this reason.
    HandOver(String),
    /// The credentials of a cluster.
    Kubeconfig(v1::Kubeconfig),
    /// A text, which is printed unchanged.
    Text(String),
    /// Sentences, or a document if the caller names a format.
    Said {
        /// The sentences and the document.
        outcome: command::Outcome,
        /// Whether az colours the sentences even if stdout is not a terminal.
        is_colored: bool,
    },
    /// A body for the caller's file.
    Data(Box<RawResponse>),
}

impl From<Value> for Answer {
    fn from(document: Value) -> Self {
        Self::Document(document)
    }
}

impl From<Option<Value>> for Answer {
    fn from(document: Option<Value>) -> Self {
        document.map_or(Self::Nothing, Self::Document)
    }
}

impl From<v1::Kubeconfig> for Answer {
    fn from(kubeconfig: v1::Kubeconfig) -> Self {
        Self::Kubeconfig(kubeconfig)
    }
}

impl From<credentials::Outcome> for Answer {
    fn from(outcome: credentials::Outcome) -> Self {
        match outcome {
            credentials::Outcome::Done(kubeconfig) => Self::Kubeconfig(kubeconfig),
            credentials::Outcome::Confirm(question) => Self::Confirm(question),
            credentials::Outcome::HandOver(reason) => Self::HandOver(reason),
        }
    }
}

impl From<upgrade::Outcome> for Answer {
    fn from(outcome: upgrade::Outcome) -> Self {
        match outcome {
            upgrade::Outcome::Done(document) => document.into(),
            upgrade::Outcome::Confirm(question) => Self::Confirm(question),
        }
    }
}

/// The properties of one of az's commands that the service needs.
pub(crate) trait Command: CommandRequest + 'static {
    /// az's own table for the command's answer.
    const TABLE: Table = Table::Automatic;

    /// The format if neither the caller nor az's configuration names one.
    const FORMAT: Format = Format::Json;

    /// Returns the command's words after `az`, under which its operations are listed.
    fn name(&self) -> &str {
        Self::COMMAND
    }

    /// Fills in az's configured defaults and returns the required fields that are still empty.
    fn complete(&mut self, _: &CliConfig) -> Vec<&'static str> {
        Vec::new()
    }

    /// Returns the request as a question whose answer may be cached, before its context is taken
    /// out.
    fn question(&self) -> Option<Question<'_>> {
        None
    }

    /// Carries out the command.
    fn carry_out(self, call: Call<'_>)
    -> impl Future<Output = Result<Answer, CommandError>> + Send;
}

/// Implements [`Command`] for requests. After the names of the request and the call there is a row
/// for each: `Request [field]… Table(function) => answer;`.
///
/// A field `[name]` must be given. `[name = "option"]` may come from az's configured default
/// `option` as well, and `[name? = "option"]` may be absent. `[pool]` and `[cluster of pool]` are
/// the parts of a pool's name. Without a table, az derives it from the document. The answer may use
/// `?` and `.await`.
macro_rules! implement_commands {
    (@field $required:ident $own:ident cluster of pool) => {
        $required.pool(&mut $own.pool, false)
    };
    (@field $required:ident $own:ident pool) => {
        $required.pool(&mut $own.pool, true)
    };
    (@field $required:ident $own:ident $field:ident) => {
        $required.field(stringify!($field), $own.$field.as_ref())
    };
    (@field $required:ident $own:ident $field:ident = $option:literal) => {
        $required.field_or_default(stringify!($field), &mut $own.$field, $option)
    };
    (@field $required:ident $own:ident $field:ident? = $option:literal) => {
        $required.filled(&mut $own.$field, $option)
    };
    (|$own:ident, $call:ident| $(
        $request:ident $([$($field:tt)+])* $($table:ident($columns:expr))? => $answer:expr;
    )*) => {$(
        impl $crate::service::Command for azq_proto::v1::$request {
            $(const TABLE: azq_output::Table = azq_output::Table::$table($columns);)?

            fn complete(&mut self, config: &azq_account::CliConfig) -> Vec<&'static str> {
                let required = $crate::service::defaults::Required::new(config);
                $(let required =
                    $crate::service::implement_commands!(@field required self $($field)+);)*
                required.missing()
            }

            async fn carry_out(
                self,
                $call: $crate::service::Call<'_>,
            ) -> Result<$crate::service::Answer, azq_command::CommandError> {
                let $own = self;
                Ok($crate::service::Answer::from($answer))
            }
        }
    )*};
}
pub(crate) use implement_commands;
