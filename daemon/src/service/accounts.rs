//! The rpcs of `az account`.

use super::{Answer, Call, Command};
use crate::subscriptions::{access_token, list_accounts, list_locations, show_account};
use azq_command::CommandError;
use azq_output::Table;
use azq_proto::v1;

impl Command for v1::ShowAccountRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        show_account::show_account(call.profile, call.subscription).map(Answer::from)
    }
}

impl Command for v1::ListAccountsRequest {
    const TABLE: Table = Table::Transform(list_accounts::table);

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let accounts = list_accounts::list_accounts(call.profile, &self, call.report);
        Ok(Answer::Document(accounts))
    }
}

impl Command for v1::ListLocationsRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        list_locations::list_locations(&session.arm, &self, call.report)
            .await
            .map(Answer::from)
    }
}

impl Command for v1::GetAccessTokenRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        if !call.core.config.token_command {
            return Ok(Answer::HandOver(
                "azqd's configuration (token_command = false) leaves this command to the real az"
                    .to_owned(),
            ));
        }
        let sessions = &call.core.sessions;
        access_token::get_access_token(
            sessions,
            call.profile,
            &self,
            call.subscription,
            call.report,
        )
        .await
        .map(Answer::Document)
    }
}
