//! The description of a long-running operation's progress for a terminal:
//! `Scaling mynodepool  3 → 5 nodes`.

/// The description of a command by the last of its words; the name of a resource follows.
const DOING: [(&str, &str); 11] = [
    ("add", "Adding"),
    ("delete", "Deleting"),
    ("delete-machines", "Deleting machines of"),
    ("invoke", "Running a command on"),
    ("operation-abort", "Aborting the operation on"),
    ("rollback", "Rolling back"),
    ("scale", "Scaling"),
    ("start", "Starting"),
    ("stop", "Stopping"),
    ("update", "Updating"),
    ("upgrade", "Upgrading"),
];
/// The description of a command that only waits.
const WAITING: &str = "Waiting for";

/// Describes what a command does to the resource of this path, with the change, if that is known.
/// `None` if the path names no resource.
pub(super) fn activity(command: &str, path: &str, change: &str) -> Option<String> {
    let verb = command.rsplit(' ').next().unwrap_or_default();
    let doing = DOING.iter().find(|(known, _)| *known == verb);
    let doing = doing.map_or(WAITING, |(_, doing)| *doing);
    let name = resource_name(path)?;
    let change = if change.is_empty() {
        String::new()
    } else {
        format!("  {change}")
    };
    Some(format!("{doing} {name}{change}"))
}

/// Returns the name of the resource in a path, also if the path ends in an action on it.
fn resource_name(path: &str) -> Option<&str> {
    let segments: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_providers = |part: &&str| part.eq_ignore_ascii_case("providers");
    let at = segments.iter().rposition(is_providers)?;
    // After the provider's namespace, types and names alternate.
    let pairs = segments.get(at + 2..)?.chunks_exact(2);
    pairs.last().and_then(|pair| pair.get(1).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService\
                        /managedClusters/c/agentPools/mynodepool";

    #[test]
    fn the_resource_is_named_with_what_happens_to_it() {
        let action = format!("{POOL}/upgradeNodeImageVersion");
        for (command, path, change, expected) in [
            ("aks nodepool update", POOL, "", "Updating mynodepool"),
            (
                "aks nodepool scale",
                POOL,
                "3 → 5 nodes",
                "Scaling mynodepool  3 → 5 nodes",
            ),
            ("aks nodepool upgrade", &action, "", "Upgrading mynodepool"),
            ("", POOL, "", "Waiting for mynodepool"),
        ] {
            assert_eq!(activity(command, path, change).as_deref(), Some(expected));
        }
        for path in [
            "",
            "/",
            "/providers",
            "/subscriptions/s",
            "/a/providers/N/types",
        ] {
            assert_eq!(activity("aks nodepool update", path, ""), None, "{path}");
        }
    }
}
