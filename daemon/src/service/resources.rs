//! `ListResources` and `ShowResource`: az resource list, show.

use super::implement_commands;
use crate::resources;

implement_commands! { |own, call|
    ListResourcesRequest [resource_group_name? = "group"] [location? = "location"]
        Attempt(resources::list::table) => {
        let session = call.session()?;
        let arm = &session.arm;
        let location = match own.location.as_deref().unwrap_or_default() {
            "" => String::new(),
            given => {
                let catalogues = &call.daemon.catalogues;
                catalogues.location_name(arm, &session.scope, given, call.report).await?
            }
        };
        resources::list::list(arm, &own, &location, call.report).await?
    };
    ShowResourceRequest [resource_group_name? = "group"]
        => resources::show::show(&call.session()?.arm, &own, call.report).await?;
}
