//! The rpcs of `az aks`: clusters, their upgrades, and the versions of Kubernetes.

use super::compute::region_commands;
use super::{Answer, Call, implement_commands};
use crate::clusters::{self, command, credentials};
use azq_auth::TokenRequest;
use azq_command::CommandError;

macro_rules! cluster_commands {
    ($($request:ident $table:ident($columns:expr) => $function:path;)*) => {
        implement_commands! { |own, call| $(
            $request [resource_group_name = "group"] [name] $table($columns) => {
                let session = call.session()?;
                let group = own.resource_group_name.as_deref().unwrap_or_default();
                let name = own.name.as_deref().unwrap_or_default();
                $function(&session.arm, group, name, call.report).await?
            };
        )* }
    };
}

cluster_commands! {
    ShowClusterRequest Transform(clusters::show::table) => clusters::show::show;
    GetClusterUpgradesRequest Attempt(clusters::upgrades::table) => clusters::upgrades::upgrades;
}

region_commands! {
    GetKubernetesVersionsRequest Attempt(clusters::versions::table)
        => clusters::versions::versions;
}

/// The application id of the server of every cluster that Microsoft Entra ID manages.
const SERVER_APPLICATION: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// Returns the token with which a command runs in a cluster as the caller.
pub(super) async fn cluster_token(call: Call<'_>) -> Result<String, CommandError> {
    let account = call.profile.select_only(None)?;
    let request = TokenRequest {
        tenant: None,
        scopes: vec![format!("{SERVER_APPLICATION}/.default")],
    };
    let sessions = &call.daemon.sessions;
    let source = sessions.token_source(call.profile, &account, &request);
    Ok(source.token().await?.reveal().to_owned())
}

implement_commands! { |own, call|
    InvokeClusterCommandRequest [resource_group_name = "group"] [name] Attempt(command::table) => {
        let session = call.session()?;
        let token = || cluster_token(call);
        let outcome = command::invoke(&session.arm, &own, token, call.report).await?;
        Answer::Said { is_colored: false, outcome }
    };
    GetClusterCommandResultRequest [resource_group_name = "group"] [name]
        Attempt(command::table) => {
        let session = call.session()?;
        let outcome = command::result(&session.arm, &own, call.report).await?;
        Answer::Said { is_colored: true, outcome }
    };
    GetClusterCredentialsRequest [resource_group_name = "group"] [name] => {
        if let Some(merge) = &own.merge {
            return credentials::merge(&own, merge).map(Answer::from);
        }
        credentials::check_format(own.credential_format.as_deref())?;
        let session = call.session()?;
        let group = own.resource_group_name.as_deref().unwrap_or_default();
        let name = own.name.as_deref().unwrap_or_default();
        credentials::credentials(&session.arm, group, name, &own, call.report).await?
    };
    ListClustersRequest [resource_group_name? = "group"] Transform(clusters::list::table) => {
        let session = call.session()?;
        let group = own.resource_group_name.as_deref();
        clusters::list::list(&session.arm, group, call.report).await?
    };
}
