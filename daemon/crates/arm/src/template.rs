//! Paths of Resource Manager without the names and ids in them, for traces.
//!
//! Invariant: a word that is not known to be a resource type or a provider is left out.

/// The placeholder for a name or an id.
const HIDDEN: &str = "{}";

/// The maximum length of a word that is shown. Resource types are shorter.
const LONGEST: usize = 64;

/// Returns a path's template, such as `/subscriptions/{}/resourceGroups/{}`.
///
/// The words of a path alternate between a type and a name. `providers` is followed by a namespace.
pub(super) fn of(path: &str) -> String {
    let mut words = Vec::new();
    let mut is_type = true;
    let mut is_below_providers = false;
    for word in path.split('/').filter(|word| !word.is_empty()) {
        let is_shown = if is_type {
            is_plain(word)
        } else {
            is_below_providers && is_namespace(word)
        };
        words.push(if is_shown { word } else { HIDDEN });
        is_below_providers = is_type && word.eq_ignore_ascii_case("providers");
        is_type = !is_type;
    }
    format!("/{}", words.join("/"))
}

/// Whether a word may be a resource type. It consists of letters only, so it is not an id.
fn is_plain(word: &str) -> bool {
    word.len() <= LONGEST && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_namespace(word: &str) -> bool {
    let company = word.split('.').next().unwrap_or_default();
    company.eq_ignore_ascii_case("microsoft") && word.split('.').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_are_left_out_of_a_path() {
        for (path, template) in [
            ("/subscriptions", "/subscriptions"),
            (
                "/subscriptions/1111-22/providers/Microsoft.Compute/skus",
                "/subscriptions/{}/providers/Microsoft.Compute/skus",
            ),
            (
                "/subscriptions/1/resourceGroups/secret/providers/Microsoft.ContainerService\
                 /managedClusters/secret/agentPools/secret",
                "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ContainerService\
                 /managedClusters/{}/agentPools/{}",
            ),
            ("/tenants/secret", "/tenants/{}"),
            (
                "/subscriptions/x/providers/secret",
                "/subscriptions/{}/providers/{}",
            ),
            ("/1111-22/x", "/{}/{}"),
            ("", "/"),
        ] {
            assert_eq!(of(path), template, "{path}");
        }
    }
}
