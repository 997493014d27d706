//! `ListVmSizes` and `ListVmUsage`: az vm list-sizes, az vm list-usage.

use crate::compute::{list_vm_sizes, list_vm_usage};
use azq_output::Table;

/// Commands that ask about a region, whose name may be typed as it is displayed.
macro_rules! region_commands {
    ($($request:ident => $function:path, $table:expr;)*) => {
        $(
            impl $crate::service::Command for azq_proto::v1::$request {
                const TABLE: azq_output::Table = $table;

                fn complete(
                    &mut self,
                    config: &$crate::account::CliConfig,
                ) -> Vec<&'static str> {
                    $crate::service::defaults::Required::default()
                        .field_or_default("location", &mut self.location, config, "location")
                        .missing()
                }

                async fn carry_out(
                    self,
                    call: $crate::service::Call<'_>,
                ) -> Result<$crate::service::Answer, $crate::error::CommandError> {
                    let session = call.session()?;
                    let $crate::arm::Session { arm, scope, .. } = &*session;
                    let given = self.location.as_deref().unwrap_or_default();
                    let catalogues = &call.core.catalogues;
                    let location = catalogues.location_name(arm, scope, given, call.report).await?;
                    $function(arm, &location, &self, call.report).await.map($crate::service::Answer::from)
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
