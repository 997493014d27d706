//! The rpcs of `az aks nodepool`: a row each, with the function that carries it out and az's table.

use super::{Answer, Call, Command, defaults::Required};
use crate::account::CliConfig;
use crate::error::CommandError;
use crate::nodepools::{self, PoolName};
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
                    $function(&session.arm, &pool, &self, call.report).await.map(Answer::from)
                }
            }
        )*
    };
}

pool_commands! {
    AddNodePoolRequest => nodepools::add::add, Table::Automatic;
    UpdateNodePoolRequest => nodepools::update::update, Table::Automatic;
    ShowNodePoolRequest => nodepools::show::show, Table::Transform(nodepools::show::table);
    DeleteNodePoolRequest => nodepools::delete::delete, Table::Automatic;
    ScaleNodePoolRequest => nodepools::scale::scale, Table::Automatic;
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
        nodepools::list::list(&session.arm, &pool, &self, call.report)
            .await
            .map(Answer::from)
    }
}

/// The pool's name; parts that are absent were not required.
fn name(pool: Option<&v1::NodePoolName>) -> PoolName {
    let pool = pool.cloned().unwrap_or_default();
    PoolName {
        resource_group: pool.resource_group_name.unwrap_or_default(),
        cluster: pool.cluster_name.unwrap_or_default(),
        pool: pool.nodepool_name.unwrap_or_default(),
    }
}
