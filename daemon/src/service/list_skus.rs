//! `ListSkus`: az vm list-skus, from the catalogue cache.

use super::{Call, Command, defaults::fill};
use crate::account::CliConfig;
use crate::document::Value;
use crate::error::CommandError;
use crate::output::Table;
use crate::skus;
use azq_proto::v1;

impl Command for v1::ListSkusRequest {
    const TABLE: Table = Table::Transform(skus::table);

    fn context(&mut self) -> Option<v1::Context> {
        self.context.take()
    }

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.location, config, "location");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Option<Value>, CommandError> {
        let Call { core, session, report } = call;
        core.catalogues
            .list(&session.arm, &session.scope, &self, self.location.as_deref(), report)
            .await
            .map(Some)
    }
}
