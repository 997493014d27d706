//! `ListVmSizes` and `ListVmUsage`: az vm list-sizes, az vm list-usage.

use super::defaults::Required;
use super::{Answer, Call, Command};
use crate::account::CliConfig;
use crate::arm::Session;
use crate::compute::{list_vm_sizes, list_vm_usage};
use crate::error::CommandError;
use azq_output::Table;
use azq_proto::v1;

macro_rules! region_commands {
    ($($request:ident => $function:path, $table:expr;)*) => {
        $(
            impl Command for v1::$request {
                const TABLE: Table = $table;

                fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
                    Required::default()
                        .field_or_default("location", &mut self.location, config, "location")
                        .missing()
                }

                async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
                    let session = call.session()?;
                    let Session { arm, scope, .. } = &*session;
                    let given = self.location.as_deref().unwrap_or_default();
                    let catalogues = &call.core.catalogues;
                    let location = catalogues.location_name(arm, scope, given, call.report).await?;
                    $function(arm, &location, &self, call.report).await.map(Answer::from)
                }
            }
        )*
    };
}

region_commands! {
    ListVmSizesRequest => list_vm_sizes::list_vm_sizes, Table::Automatic;
    ListVmUsageRequest => list_vm_usage::list_vm_usage, Table::Query(list_vm_usage::TABLE);
}
