//! The requests of `add`, `update` and `scale` before they are sent: everything is settled, and
//! nothing is sent.
//!
//! The pre-flight checks (`preflight`) look at the same document that is sent afterwards.

use azq_document::Value;
use azq_preflight::Action;
use serde_json::Value as Json;

use super::document::document;
use super::options::PutRequest;
use azq_arm::Arm;
use azq_arm::Report;
use azq_command::CommandError;

/// A request that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The command that has made it.
    pub(super) action: Action,
    /// The pool's path.
    pub(super) path: String,
    /// The pool with its headers.
    pub(super) sent: PutRequest,
    /// The pool as it is; `None` for a new one.
    pub(super) current: Option<Json>,
    /// The OS type that an update requests.
    pub(super) asked_os_type: Option<String>,
}

impl Draft {
    /// Returns the command that has made it.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Sends the request. Returns the pool once Azure has finished; `None` if the command does not
    /// wait for that.
    ///
    /// # Errors
    /// An error of Azure's, for the request or for the operation.
    pub async fn send(
        self,
        arm: &Arm,
        no_wait: bool,
        report: &dyn Report,
    ) -> Result<Option<Value>, CommandError> {
        let written = self.sent.put(arm, &self.path, no_wait, report).await?;
        Ok(written.as_ref().map(document))
    }
}
