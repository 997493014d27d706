//! `SuggestValues`: the values that an option may have, for completion on TAB.

use super::DaemonState;
use super::context::{checked, seen_otherwise};
use super::defaults::fill;
use crate::suggestions::List;
use azq_account::Profile;
use azq_arm::Silent;
use azq_proto::v1::{self, ValueKind};

/// Returns the known values; an error gives none.
pub(super) async fn suggest(
    daemon: &DaemonState,
    request: v1::SuggestValuesRequest,
) -> v1::SuggestValuesReply {
    let value = try_suggest(daemon, request).await.unwrap_or_default();
    v1::SuggestValuesReply { value }
}

async fn try_suggest(
    daemon: &DaemonState,
    mut request: v1::SuggestValuesRequest,
) -> Option<Vec<String>> {
    let (caller, context) = checked(request.context.take()).ok()?;
    if daemon.runtime_dir.is_some() && seen_otherwise(&context.seen).is_some() {
        return None;
    }
    let profile = daemon.sessions.profile(&caller).ok()?;
    if profile.is_being_written() {
        return None;
    }
    let kind = request.kind();
    if kind == ValueKind::Subscription {
        return Some(subscriptions(&profile));
    }
    let config = profile.config();
    fill(&mut request.resource_group_name, config, "group");
    fill(&mut request.location, config, "location");
    let wanted = context.subscription.as_deref();
    let session = daemon.sessions.open(&profile, wanted, &Silent).ok()?;
    if kind == ValueKind::VmSize {
        let location = request.location.as_deref();
        return Some(daemon.catalogues.size_names(&session.scope, location).await);
    }
    let group = request.resource_group_name.as_deref();
    let cluster = request.cluster_name.as_deref();
    let list = List::of(kind, session.arm.subscription(), group, cluster)?;
    let names = daemon.names.of(&session, list).await;
    if kind == ValueKind::Location && names.is_empty() {
        return Some(daemon.catalogues.location_names(&session.scope));
    }
    Some(names)
}

/// Returns the names and the ids, like az's own completion.
fn subscriptions(profile: &Profile) -> Vec<String> {
    let of_it = |entry: &azq_account::Entry| {
        let text = |name: &str| entry.members().get(name)?.as_str().map(str::to_owned);
        [text("id"), text("name")]
    };
    let entries = profile.entries();
    entries.flat_map(of_it).flatten().collect()
}
