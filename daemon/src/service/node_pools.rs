//! The rpcs of `az aks nodepool`: a row each, with the function that carries it out and az's table.

use super::defaults::{Required, fill};
use super::pool_change::Change;
use super::{Answer, Call, Command};
use crate::machines;
use crate::nodepools::{self, PoolCall, PoolName, checks};
use azq_account::CliConfig;
use azq_command::CommandError;
use azq_output::Table;
use azq_proto::v1;

macro_rules! pool_commands {
    ($($request:ident => $function:path, $table:expr;)*) => {
        $(
            impl Command for v1::$request {
                const TABLE: Table = $table;

                fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
                    Required::default().pool(&mut self.pool, config, true).missing()
                }

                async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
                    let session = call.session()?;
                    let pool = name(self.pool.as_ref());
                    let call = PoolCall::new(&session.arm, &pool, &self, call.report);
                    $function(&call).await.map(Answer::from)
                }
            }
        )*
    };
}

pool_commands! {
    ShowNodePoolRequest => nodepools::show::show, Table::Transform(nodepools::show::table);
    DeleteNodePoolRequest => nodepools::delete::delete, Table::Automatic;
    UpgradeNodePoolRequest => nodepools::upgrade::upgrade, Table::Automatic;
    WaitNodePoolRequest => nodepools::wait::wait, Table::Automatic;
    GetNodePoolUpgradesRequest => nodepools::upgrades::upgrades, Table::Automatic;
    GetNodePoolRollbackVersionsRequest => nodepools::upgrades::rollback_versions,
        Table::Transform(nodepools::upgrades::rollback_versions_table);
    RollbackNodePoolRequest => nodepools::rollback::rollback, Table::Automatic;
    StartNodePoolRequest => nodepools::power::start, Table::Automatic;
    StopNodePoolRequest => nodepools::power::stop, Table::Automatic;
    AbortNodePoolOperationRequest => nodepools::abort::abort, Table::Automatic;
    DeleteMachinesRequest => nodepools::delete_machines::delete_machines, Table::Automatic;
    AddManualScaleRequest => nodepools::scale_profiles::add_manual, Table::Automatic;
    UpdateManualScaleRequest => nodepools::scale_profiles::update_manual, Table::Automatic;
    AddAutoScaleRequest => nodepools::scale_profiles::add_auto, Table::Automatic;
    UpdateAutoScaleRequest => nodepools::scale_profiles::update_auto, Table::Automatic;
    ListMachinesRequest => machines::list, Table::Attempt(machines::table);
}

macro_rules! drafted_pool_commands {
    ($($request:ident => $draft:path;)*) => {
        $(
            impl Command for v1::$request {
                fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
                    Required::default().pool(&mut self.pool, config, true).missing()
                }

                async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
                    let session = call.session()?;
                    let pool = name(self.pool.as_ref());
                    let about = PoolCall::new(&session.arm, &pool, &self, call.report);
                    let drafted = $draft(&about).await?;
                    let Some(draft) = drafted else {
                        return Ok(Answer::Nothing);
                    };
                    let change = Change {
                        pool,
                        draft,
                        no_wait: self.no_wait,
                    };
                    change.carry_out(call, &session, self.preflight).await
                }
            }
        )*
    };
}

drafted_pool_commands! {
    AddNodePoolRequest => nodepools::add::draft;
    UpdateNodePoolRequest => nodepools::update::draft;
    ScaleNodePoolRequest => nodepools::scale::draft;
}

/// az's question before a command that removes something (knack, `commands.py`).
const QUESTION: &str = "Are you sure you want to perform this operation?";

macro_rules! confirmed_pool_commands {
    ($($request:ident => $function:path;)*) => {
        $(
            impl Command for v1::$request {
                fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
                    Required::default().pool(&mut self.pool, config, true).missing()
                }

                async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
                    let pool = name(self.pool.as_ref());
                    checks::pool_name(&pool.pool)?;
                    let config = call.profile.config();
                    if !self.yes && !config.boolean("core", "disable_confirm_prompt", false)? {
                        return Ok(Answer::Confirm(QUESTION.to_owned()));
                    }
                    let session = call.session()?;
                    let call = PoolCall::new(&session.arm, &pool, &self, call.report);
                    $function(&call).await.map(Answer::from)
                }
            }
        )*
    };
}

confirmed_pool_commands! {
    DeleteManualScaleRequest => nodepools::scale_profiles::delete_manual;
    DeleteAutoScaleRequest => nodepools::scale_profiles::delete_auto;
}

impl Command for v1::ShowMachineRequest {
    const TABLE: Table = Table::Attempt(machines::row);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        Required::default()
            .pool(&mut self.pool, config, true)
            .field("machine_name", self.machine_name.as_ref())
            .missing()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        let pool = name(self.pool.as_ref());
        let call = PoolCall::new(&session.arm, &pool, &self, call.report);
        machines::show(&call).await.map(Answer::from)
    }
}

impl Command for v1::ListNodePoolSnapshotsRequest {
    const TABLE: Table = Table::Transform(nodepools::snapshots::list_table);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.resource_group_name, config, "group");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        nodepools::snapshots::list(&session.arm, &self, call.report)
            .await
            .map(Answer::Document)
    }
}

impl Command for v1::ShowNodePoolSnapshotRequest {
    const TABLE: Table = Table::Transform(nodepools::snapshots::table);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        let group = &mut self.resource_group_name;
        Required::default()
            .field_or_default("resource_group_name", group, config, "group")
            .field("snapshot_name", self.snapshot_name.as_ref())
            .missing()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        nodepools::snapshots::show(&session.arm, &self, call.report)
            .await
            .map(Answer::Document)
    }
}

impl Command for v1::ListNodePoolsRequest {
    const TABLE: Table = Table::Transform(nodepools::list::table);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        Required::default()
            .pool(&mut self.pool, config, false)
            .missing()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        let pool = name(self.pool.as_ref());
        let call = PoolCall::new(&session.arm, &pool, &self, call.report);
        nodepools::list::list(&call).await.map(Answer::from)
    }
}

/// Returns the pool's name; parts that are absent were not required.
fn name(pool: Option<&v1::NodePoolName>) -> PoolName {
    let pool = pool.cloned().unwrap_or_default();
    PoolName {
        resource_group: pool.resource_group_name.unwrap_or_default(),
        cluster: pool.cluster_name.unwrap_or_default(),
        pool: pool.nodepool_name.unwrap_or_default(),
    }
}
