//! The rpcs of `az aks`: clusters, their upgrades, and the versions of Kubernetes.

use super::compute::region_commands;
use super::defaults::{Required, fill};
use super::{Answer, Call, Command};
use crate::clusters;
use azq_account::CliConfig;
use azq_auth::TokenRequest;
use azq_command::CommandError;
use azq_output::Table;
use azq_proto::v1;

macro_rules! cluster_commands {
    ($($request:ident => $function:path, $table:expr;)*) => {
        $(
            impl Command for v1::$request {
                const TABLE: Table = $table;

                fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
                    let group = &mut self.resource_group_name;
                    Required::default()
                        .field_or_default("resource_group_name", group, config, "group")
                        .field("name", self.name.as_ref())
                        .missing()
                }

                async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
                    let session = call.session()?;
                    let group = self.resource_group_name.as_deref().unwrap_or_default();
                    let name = self.name.as_deref().unwrap_or_default();
                    $function(&session.arm, group, name, call.report)
                        .await
                        .map(Answer::from)
                }
            }
        )*
    };
}

cluster_commands! {
    ShowClusterRequest => clusters::show::show, Table::Transform(clusters::show::table);
    GetClusterUpgradesRequest =>
        clusters::upgrades::upgrades, Table::Attempt(clusters::upgrades::table);
}

region_commands! {
    GetKubernetesVersionsRequest =>
        clusters::versions::versions, Table::Attempt(clusters::versions::table);
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
    let sessions = &call.core.sessions;
    let source = sessions.token_source(call.profile, &account, &request);
    Ok(source.token().await?.reveal().to_owned())
}

macro_rules! shell_commands {
    ($($request:ident($own:ident, $call:ident) $outcome:block)*) => {
        $(
            impl Command for v1::$request {
                const TABLE: Table = Table::Attempt(clusters::command::table);

                fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
                    let group = &mut self.resource_group_name;
                    Required::default()
                        .field_or_default("resource_group_name", group, config, "group")
                        .field("name", self.name.as_ref())
                        .missing()
                }

                async fn carry_out(self, $call: Call<'_>) -> Result<Answer, CommandError> {
                    let $own = self;
                    $outcome
                }
            }
        )*
    };
}

shell_commands! {
    InvokeClusterCommandRequest(own, call) {
        let session = call.session()?;
        let token = || cluster_token(call);
        let outcome = clusters::command::invoke(&session.arm, &own, token, call.report).await?;
        Ok(Answer::Said {
            is_colored: false,
            outcome,
        })
    }
    GetClusterCommandResultRequest(own, call) {
        let session = call.session()?;
        let outcome = clusters::command::result(&session.arm, &own, call.report).await?;
        Ok(Answer::Said {
            is_colored: true,
            outcome,
        })
    }
}

impl Command for v1::GetClusterCredentialsRequest {
    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        let group = &mut self.resource_group_name;
        Required::default()
            .field_or_default("resource_group_name", group, config, "group")
            .field("name", self.name.as_ref())
            .missing()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        if let Some(merge) = &self.merge {
            return clusters::credentials::merge(&self, merge).map(Answer::from);
        }
        clusters::credentials::check_format(self.credential_format.as_deref())?;
        let session = call.session()?;
        let group = self.resource_group_name.as_deref().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or_default();
        clusters::credentials::credentials(&session.arm, group, name, &self, call.report)
            .await
            .map(Answer::Kubeconfig)
    }
}

impl Command for v1::ListClustersRequest {
    const TABLE: Table = Table::Transform(clusters::list::table);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.resource_group_name, config, "group");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        let group = self.resource_group_name.as_deref();
        clusters::list::list(&session.arm, group, call.report)
            .await
            .map(Answer::from)
    }
}
