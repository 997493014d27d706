//! The steps that `aks nodepool add`, `update` and `scale` share: pre-flight checks, the sending,
//! and advice after an error of Azure's.
//!
//! Without `--preflight` and without the setting, azq sends no requests beyond az's.

use super::{Answer, Call};
use crate::config::Preflight;
use crate::nodepools::PoolName;
use crate::nodepools::draft::Draft;
use crate::nodepools::preflight::{Verdicts, World, verdicts};
use azq_arm::Session;
use azq_command::CommandError;
use azq_preflight::{Target, hint};

/// A change of a pool that is ready to be sent.
pub(super) struct Change {
    pub(super) pool: PoolName,
    pub(super) draft: Draft,
    pub(super) no_wait: bool,
}

impl Change {
    /// Checks the change, sends it, or both, depending on the caller and the configuration.
    pub(super) async fn carry_out(
        self,
        call: Call<'_>,
        session: &Session,
        only_checks: bool,
    ) -> Result<Answer, CommandError> {
        if only_checks {
            let verdicts = self.verdicts(call, session).await;
            return Ok(Answer::Preflight(verdicts));
        }
        match call.daemon.config.preflight {
            Preflight::Off => {}
            Preflight::Warn => {
                let verdicts = self.verdicts(call, session).await;
                verdicts
                    .warnings()
                    .for_each(|text| call.report.warning(&text));
            }
            Preflight::Strict => self.verdicts(call, session).await.require()?,
        }
        self.send(call, session).await
    }

    async fn verdicts(&self, call: Call<'_>, session: &Session) -> Verdicts {
        let world = World {
            arm: &session.arm,
            scope: &session.scope,
            catalogues: &call.daemon.catalogues,
            report: call.report,
        };
        verdicts(world, &self.pool, &self.draft).await
    }

    async fn send(self, call: Call<'_>, session: &Session) -> Result<Answer, CommandError> {
        let (pool, action) = (self.pool, self.draft.action());
        let sent = self.draft.send(&session.arm, self.no_wait, call.report);
        sent.await.map(Answer::from).map_err(|mut error| {
            let target = Target {
                resource_group: &pool.resource_group,
                cluster: &pool.cluster,
                pool: &pool.pool,
            };
            error.hint = hint(action, &target, &error.message);
            error
        })
    }
}
