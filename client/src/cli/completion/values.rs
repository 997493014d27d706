//! The options whose values are names of things, and the part of the line that locates those
//! things.

use azq_proto::v1::{SuggestValuesRequest, ValueKind};

use super::cursor::{Cursor, Place};
use crate::cli::option::Shape;

/// The words before an option, one of its names, and the kind of its values. The first row that
/// fits counts; a row without words fits everywhere.
const SOURCES: [(&str, &str, ValueKind); 14] = [
    ("", "--subscription", ValueKind::Subscription),
    ("", "--location", ValueKind::Location),
    ("", "--resource-group", ValueKind::ResourceGroup),
    ("", "--node-vm-size", ValueKind::VmSize),
    ("", "--size", ValueKind::VmSize),
    ("", "--cluster-name", ValueKind::Cluster),
    // `add` names a new pool, and the names of `snapshot` are those of snapshots.
    ("aks nodepool add", "--name", ValueKind::Unspecified),
    ("aks nodepool snapshot", "--name", ValueKind::Unspecified),
    ("", "--nodepool-name", ValueKind::NodePool),
    ("aks nodepool", "--name", ValueKind::NodePool),
    ("aks", "--name", ValueKind::Cluster),
    ("gen2", "--name", ValueKind::Cluster),
    ("group", "--name", ValueKind::ResourceGroup),
    ("vm show", "--name", ValueKind::VirtualMachine),
];

/// Returns the kind of the values of a command's option.
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

/// Returns the request for the values of an option.
pub(super) fn request(shape: &Shape, cursor: &Cursor<'_>) -> Option<SuggestValuesRequest> {
    let path = match cursor.place {
        Place::Group(group) => group.path,
        Place::Command(command) => command.path(),
    };
    let kind = kind(path, shape.names)?;
    Some(asked(kind, |name| cursor.value(name).map(str::to_owned)))
}

/// Returns the request for values of a kind, with the options given on the line.
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
