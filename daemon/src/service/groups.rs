//! `ShowGroup`, `GroupExists` and `ListGroups`: az group show, exists, list.

use super::implement_commands;
use crate::groups;

macro_rules! group_commands {
    ($($request:ident => $function:path;)*) => {
        implement_commands! { |own, call| $(
            $request [resource_group_name = "group"] => {
                let session = call.session()?;
                let name = own.resource_group_name.as_deref().unwrap_or_default();
                $function(&session.arm, name, call.report).await?
            };
        )* }
    };
}

group_commands! {
    ShowGroupRequest => groups::show::show;
    GroupExistsRequest => groups::exists::exists;
}

implement_commands! { |own, call|
    ListGroupsRequest Attempt(groups::list::table)
        => groups::list::list(&call.session()?.arm, own.tag.as_deref(), call.report).await?;
}
