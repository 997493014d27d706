//! `ShowCache`, `ClearCache` and `RefreshCache`: azq's own look at the catalogue cache.

use super::{Answer, Call, Command};
use crate::error::CommandError;
use azq_proto::v1;
use std::sync::Arc;
use tokio::task::spawn_blocking;

impl Command for v1::ShowCacheRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        Ok(Answer::Document(call.core.catalogues.show(None).await))
    }
}

impl Command for v1::ClearCacheRequest {
    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let core = call.core;
        let location = self.location.as_deref();
        let cleared = core.catalogues.clear(None, location).await;
        let remembered = Arc::clone(&core.remembered);
        // Nothing of it is left if azqd is ending.
        let _ending = spawn_blocking(move || remembered.forget()).await;
        Ok(Answer::Document(cleared))
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
