//! The two gRPC services, thin: one file per rpc, which says what its request needs and which module carries it out.
//!
//! What all of az's commands share stands here and in `answer`: reading the caller's account, filling in configured
//! defaults, carrying out, querying, rendering, and sending what comes of it.
//!
//! Invariants: a request is checked as if its sender were hostile; every call is counted as in flight until its stream
//! ends or is dropped, and dropping it cancels it; no reply holds a credential.

mod answer;
mod commands;
mod control;
mod defaults;

mod cache;
mod list_skus;
mod node_pools;

pub(crate) use control::{Control, check_protocol};

use crate::account::CliConfig;
use crate::arm::{Session, Sessions};
use crate::config::{Config, Entry};
use crate::document::Value;
use crate::error::CommandError;
use crate::lifecycle::{Activity, Closing};
use crate::output::Table;
use crate::report::Report;
use crate::skus::Catalogues;
use azq_proto::v1;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::Semaphore;

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) sessions: Sessions,
    pub(crate) catalogues: Catalogues,
    pub(crate) activity: Activity,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) closing: Closing,
    pub(crate) config: Config,
    pub(crate) entries: Vec<Entry>,
    pub(crate) started: SystemTime,
    pub(crate) place: std::path::PathBuf,
}

/// The service of az's commands.
#[derive(Clone, Debug)]
pub(crate) struct Commands(pub(crate) Arc<Core>);

/// One call that is being carried out: who asks, and who listens.
pub(crate) struct Call<'a> {
    pub(crate) core: &'a Core,
    pub(crate) session: &'a Session,
    pub(crate) report: &'a dyn Report,
}

/// What one of az's commands is to the service.
pub(crate) trait Command: Send + 'static {
    /// az's own table for the command's answer.
    const TABLE: Table = Table::Automatic;

    /// Takes the caller's situation out of the request.
    fn context(&mut self) -> Option<v1::Context>;

    /// Fills in az's configured defaults and returns the required fields that are still empty.
    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str>;

    /// Does it; `None` prints nothing.
    fn carry_out(
        self,
        call: Call<'_>,
    ) -> impl Future<Output = Result<Option<Value>, CommandError>> + Send;
}
