//! `ShowGroup`, `GroupExists` and `ListGroups`: az group show, exists, list.

use super::defaults::Required;
use super::{Answer, Call, Command};
use crate::groups;
use azq_account::CliConfig;
use azq_command::CommandError;
use azq_output::Table;
use azq_proto::v1;

macro_rules! group_commands {
    ($($request:ident => $function:path;)*) => {
        $(
            impl Command for v1::$request {
                fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
                    Required::default()
                        .field_or_default(
                            "resource_group_name",
                            &mut self.resource_group_name,
                            config,
                            "group",
                        )
                        .missing()
                }

                async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
                    let session = call.session()?;
                    let name = self.resource_group_name.as_deref().unwrap_or_default();
                    $function(&session.arm, name, call.report).await.map(Answer::Document)
                }
            }
        )*
    };
}

group_commands! {
    ShowGroupRequest => groups::show::show;
    GroupExistsRequest => groups::exists::exists;
}

impl Command for v1::ListGroupsRequest {
    const TABLE: Table = Table::Attempt(groups::list::table);

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        groups::list::list(&session.arm, self.tag.as_deref(), call.report)
            .await
            .map(Answer::Document)
    }
}
