//! `CallRest`: az rest.

use super::{Answer, Call, Command};
use crate::rest::{self, Outcome};
use azq_command::CommandError;
use azq_proto::v1;

impl Command for v1::CallRestRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let sessions = &call.core.sessions;
        let called = rest::call(
            sessions,
            call.profile,
            call.subscription,
            &self,
            call.report,
        );
        Ok(match called.await? {
            Outcome::Document(document) => Answer::Document(document),
            Outcome::Text(text) => Answer::Text(text),
            Outcome::File(response) => Answer::Data(Box::new(response)),
            Outcome::Nothing => Answer::Nothing,
        })
    }
}
