//! The checks of a pool's change before it is sent: `--preflight` and the setting of that name.
//!
//! The checks themselves are in `azq-preflight`; this module reads from Azure what they need. It
//! sends only reads. A fact that cannot be read is unknown, and never an error of the command.
//!
//! Deliberately absent: the sending of the change (see `draft`).

mod facts;
mod verdicts;

pub(crate) use self::facts::LONGEST;
pub use self::verdicts::{Verdicts, table};

use azq_preflight::{Input, Target, run};

use super::PoolName;
use super::draft::Draft;
use azq_account::Scope;
use azq_arm::Arm;
use azq_arm::Report;
use azq_skus::Catalogues;
use facts::Facts;

/// The sources of the facts.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Azure.
    pub arm: &'a Arm,
    /// The scope of the caller.
    pub scope: &'a Scope,
    /// The catalogues of sizes.
    pub catalogues: &'a Catalogues,
    /// The messages to the caller.
    pub report: &'a dyn Report,
}

/// Checks a draft.
pub async fn verdicts(world: World<'_>, pool: &PoolName, draft: &Draft) -> Verdicts {
    // The future is large, and most changes are not checked.
    let facts = Box::pin(Facts::gather(world, pool, draft)).await;
    Verdicts::new(run(&Input {
        action: draft.action,
        target: Target {
            resource_group: &pool.resource_group,
            cluster: &pool.cluster,
            pool: &pool.pool,
        },
        draft: &draft.sent.body,
        headers: &draft.sent.headers,
        asked_os_type: draft.asked_os_type.as_deref(),
        current: draft.current.as_ref(),
        location: facts.location.as_deref(),
        sizes: &facts.sizes,
        aks_sizes: &facts.aks_sizes,
        quotas: &facts.quotas,
    }))
}
