//! Which options have values that are names of things, and what of the line says where those are.

use azq_proto::v1::{SuggestValuesRequest, ValueKind};

use super::cursor::{Cursor, Place};
use crate::cli::option::Shape;

/// The words before an option, one of its names, and what its values name. The first row that fits
/// counts; where the words are none, it fits everywhere.
const SOURCES: [(&str, &str, ValueKind); 14] = [
    ("", "--subscription", ValueKind::Subscription),
    ("", "--location", ValueKind::Location),
    ("", "--resource-group", ValueKind::ResourceGroup),
    ("", "--node-vm-size", ValueKind::VmSize),
    ("", "--size", ValueKind::VmSize),
    ("", "--cluster-name", ValueKind::Cluster),
    // Its pool is a new one, and those are snapshots' names.
    ("aks nodepool add", "--name", ValueKind::Unspecified),
    ("aks nodepool snapshot", "--name", ValueKind::Unspecified),
    ("", "--nodepool-name", ValueKind::NodePool),
    ("aks nodepool", "--name", ValueKind::NodePool),
    ("aks", "--name", ValueKind::Cluster),
    ("gen2", "--name", ValueKind::Cluster),
    ("group", "--name", ValueKind::ResourceGroup),
    ("vm show", "--name", ValueKind::VirtualMachine),
];

/// What the values of an option of a command name.
pub(super) fn kind(path: &str, names: &[&str]) -> Option<ValueKind> {
    let is_below = |words: &str| {
        let rest = path.strip_prefix(words);
        rest.is_some_and(|rest| words.is_empty() || rest.is_empty() || rest.starts_with(' '))
    };
    let found = SOURCES
        .iter()
        .find(|(words, name, _)| is_below(words) && names.contains(name));
    let kind = found.map(|(_, _, kind)| *kind);
    kind.filter(|kind| *kind != ValueKind::Unspecified)
}

/// What the daemon is to be asked for the values of an option.
pub(super) fn request(shape: &Shape, cursor: &Cursor<'_>) -> Option<SuggestValuesRequest> {
    let path = match cursor.place {
        Place::Group(group) => group.path,
        Place::Command(command) => command.path(),
    };
    let kind = kind(path, shape.names)?;
    Some(asked(kind, |name| cursor.value(name).map(str::to_owned)))
}

/// The same, with a look at what is given.
pub(super) fn asked(
    kind: ValueKind,
    given: impl Fn(&str) -> Option<String>,
) -> SuggestValuesRequest {
    let mut request = SuggestValuesRequest {
        location: given("--location"),
        resource_group_name: given("--resource-group"),
        // Beside a pool's name, a cluster's may be `--name`.
        cluster_name: given("--cluster-name").or_else(|| given("--name")),
        ..SuggestValuesRequest::default()
    };
    request.set_kind(kind);
    request.context.get_or_insert_default().subscription = given("--subscription");
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::reference::topics;

    #[test]
    fn every_row_is_about_an_option_that_there_is() {
        let topics = topics();
        for (words, name, _) in &SOURCES {
            let mut below = topics.iter().filter(|topic| topic.path.starts_with(words));
            let has = |topic: &crate::cli::reference::Topic| {
                let mut names = topic.options.iter().flat_map(|option| &option.names);
                names.any(|known| known == name)
            };
            assert!(below.any(has), "{words}: {name}");
        }
    }
}
