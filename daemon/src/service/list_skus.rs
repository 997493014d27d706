//! `ListSkus`: az vm list-skus, from the catalogue cache.

use super::{Answer, Call, Command, defaults::fill};
use crate::account::CliConfig;
use crate::error::CommandError;
use crate::skus;
use azq_output::Table;
use azq_proto::v1;

impl Command for v1::ListSkusRequest {
    const TABLE: Table = Table::Attempt(skus::table);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.location, config, "location");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        let location = self.location.as_deref();
        let catalogues = &call.core.catalogues;
        let found = catalogues.find(&session.arm, &session.scope, &self, location, call.report);
        found.await.map(Answer::Skus)
    }

    fn question(&self) -> Option<&v1::ListSkusRequest> {
        // What a caller wants to be told beside the answer is told anew.
        let is_plain = |context: &v1::Context| {
            !(context.debug || context.validate_only) && context.warning.is_empty()
        };
        let is_plain = self.context.as_ref().is_some_and(is_plain);
        (is_plain && self.max_age.is_none()).then_some(self)
    }
}
