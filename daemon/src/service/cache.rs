//! `ShowCache`, `ClearCache` and `RefreshCache`: azq's own look at the catalogue cache.

use super::{Answer, Call, Command};
use crate::error::CommandError;
use azq_proto::v1;

impl Command for v1::ShowCacheRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        Ok(Answer::Document(call.core.catalogues.show(None).await))
    }
}

impl Command for v1::ClearCacheRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        Ok(Answer::Document(
            call.core
                .catalogues
                .clear(None, self.location.as_deref())
                .await,
        ))
    }
}

impl Command for v1::RefreshCacheRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        let location = self.location.as_deref();
        let catalogues = &call.core.catalogues;
        catalogues
            .refresh(&session.arm, &session.scope, location, call.report)
            .await
            .map(Answer::Document)
    }
}
