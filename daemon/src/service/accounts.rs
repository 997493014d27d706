//! The rpcs of `az account`.

use super::{Answer, implement_commands};
use crate::subscriptions::{access_token, list_accounts, list_locations, show_account};

implement_commands! { |own, call|
    ListAccountsRequest Transform(list_accounts::table)
        => list_accounts::list_accounts(call.profile, &own, call.report);
    ListLocationsRequest
        => list_locations::list_locations(&call.session()?.arm, &own, call.report).await?;
    GetAccessTokenRequest => {
        if !call.daemon.config.token_command {
            return Ok(Answer::HandOver(
                "azqd's configuration (token_command = false) leaves this command to the real az"
                    .to_owned(),
            ));
        }
        let sessions = &call.daemon.sessions;
        let subscription = call.subscription;
        access_token::get_access_token(sessions, call.profile, &own, subscription, call.report)
            .await?
    };
}

implement_commands! { |_own, call|
    ShowAccountRequest => show_account::show_account(call.profile, call.subscription)?;
}
