//! `ListResources` and `ShowResource`: az resource list, show.

use super::defaults::fill;
use super::{Answer, Call, Command};
use crate::resources;
use azq_account::CliConfig;
use azq_command::CommandError;
use azq_output::Table;
use azq_proto::v1;

impl Command for v1::ListResourcesRequest {
    const TABLE: Table = Table::Attempt(resources::list::table);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.resource_group_name, config, "group");
        fill(&mut self.location, config, "location");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        let arm = &session.arm;
        let location = match self.location.as_deref().unwrap_or_default() {
            "" => String::new(),
            given => {
                let catalogues = &call.core.catalogues;
                let named = catalogues.location_name(arm, &session.scope, given, call.report);
                named.await?
            }
        };
        resources::list::list(arm, &self, &location, call.report)
            .await
            .map(Answer::Document)
    }
}

impl Command for v1::ShowResourceRequest {
    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.resource_group_name, config, "group");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        resources::show::show(&session.arm, &self, call.report)
            .await
            .map(Answer::from)
    }
}
