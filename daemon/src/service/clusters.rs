//! `ShowCluster` and `ListClusters`: az aks show, az aks list.

use super::defaults::{Required, fill};
use super::{Answer, Call, Command};
use crate::account::CliConfig;
use crate::clusters;
use crate::error::CommandError;
use azq_output::Table;
use azq_proto::v1;

impl Command for v1::ShowClusterRequest {
    const TABLE: Table = Table::Transform(clusters::show::table);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        Required::default()
            .field_or_default(
                "resource_group_name",
                &mut self.resource_group_name,
                config,
                "group",
            )
            .field("name", self.name.as_ref())
            .missing()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        let group = self.resource_group_name.as_deref().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or_default();
        clusters::show::show(&session.arm, group, name, &self, call.report)
            .await
            .map(Answer::from)
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
        clusters::list::list(&session.arm, group, &self, call.report)
            .await
            .map(Answer::from)
    }
}
