//! `ListVmSizes`, `ListVmUsage`, `ListVms` and `ShowVm`: az vm list-sizes, list-usage, list, show.

use super::implement_commands;
use crate::compute::{list_vm_sizes, list_vm_usage, vms};

/// Implements commands about a region, whose name may be given as it is displayed.
macro_rules! region_commands {
    ($($request:ident $($table:ident($columns:expr))? => $function:path;)*) => {
        $crate::service::implement_commands! { |own, call| $(
            $request [location = "location"] $($table($columns))? => {
                let session = call.session()?;
                let azq_arm::Session { arm, scope, .. } = &*session;
                let given = own.location.as_deref().unwrap_or_default();
                let catalogues = &call.daemon.catalogues;
                let location = catalogues.location_name(arm, scope, given, call.report).await?;
                $function(arm, &location, call.report).await?
            };
        )* }
    };
}
pub(super) use region_commands;

region_commands! {
    ListVmSizesRequest => list_vm_sizes::list_vm_sizes;
    ListVmUsageRequest Query(list_vm_usage::TABLE) => list_vm_usage::list_vm_usage;
}

implement_commands! { |own, call|
    ListVmsRequest [resource_group_name? = "group"] Attempt(vms::table)
        => vms::list(&call.session()?.arm, &own, call.report).await?;
    ShowVmRequest [resource_group_name? = "group"] [name? = "vm"] Attempt(vms::row) => {
        vms::required(&own)?;
        vms::show(&call.session()?.arm, &own, call.report).await?
    };
}
