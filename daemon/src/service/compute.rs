//! `ListVmSizes`, `ListVmUsage`, `ListVms` and `ShowVm`: az vm list-sizes, list-usage, list, show.

use super::defaults::fill;
use super::{Answer, Call, Command};
use crate::compute::{list_vm_sizes, list_vm_usage, vms};
use azq_account::CliConfig;
use azq_command::CommandError;
use azq_output::Table;
use azq_proto::v1;

/// Implements commands about a region, whose name may be given as it is displayed.
macro_rules! region_commands {
    ($($request:ident => $function:path, $table:expr;)*) => {
        $(
            impl $crate::service::Command for azq_proto::v1::$request {
                const TABLE: azq_output::Table = $table;

                fn complete(
                    &mut self,
                    config: &azq_account::CliConfig,
                ) -> Vec<&'static str> {
                    $crate::service::defaults::Required::default()
                        .field_or_default("location", &mut self.location, config, "location")
                        .missing()
                }

                async fn carry_out(
                    self,
                    call: $crate::service::Call<'_>,
                ) -> Result<$crate::service::Answer, azq_command::CommandError> {
                    let session = call.session()?;
                    let azq_arm::Session { arm, scope, .. } = &*session;
                    let given = self.location.as_deref().unwrap_or_default();
                    let catalogues = &call.core.catalogues;
                    let location = catalogues.location_name(arm, scope, given, call.report).await?;
                    $function(arm, &location, call.report).await.map($crate::service::Answer::from)
                }
            }
        )*
    };
}
pub(super) use region_commands;

region_commands! {
    ListVmSizesRequest => list_vm_sizes::list_vm_sizes, Table::Automatic;
    ListVmUsageRequest => list_vm_usage::list_vm_usage, Table::Query(list_vm_usage::TABLE);
}

impl Command for v1::ListVmsRequest {
    const TABLE: Table = Table::Attempt(vms::table);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.resource_group_name, config, "group");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        vms::list(&session.arm, &self, call.report)
            .await
            .map(Answer::from)
    }
}

impl Command for v1::ShowVmRequest {
    const TABLE: Table = Table::Attempt(vms::row);

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.resource_group_name, config, "group");
        fill(&mut self.name, config, "vm");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        vms::required(&self)?;
        let session = call.session()?;
        vms::show(&session.arm, &self, call.report)
            .await
            .map(Answer::from)
    }
}
