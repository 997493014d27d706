//! Names of new pools, by AKS's rules: lower-case letters and digits, a letter first, at most 12
//! for Linux and 6 for Windows.

/// Returns the maximum length of a pool's name.
const fn longest(is_windows: bool) -> usize {
    if is_windows { 6 } else { 12 }
}

/// Returns a name for the successor of a pool that none of the cluster's pools has: the beginning
/// of the old name and `g2`, `g3` and so on.
pub(crate) fn successor(old: &str, is_windows: bool, taken: &[String]) -> Option<String> {
    let base: String = old
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .flat_map(char::to_lowercase)
        .collect();
    (2..100).find_map(|number| {
        let ending = format!("g{number}");
        let kept = longest(is_windows).saturating_sub(ending.len());
        let name = format!("{}{ending}", base.get(..kept.min(base.len()))?);
        let is_taken = taken.iter().any(|known| known.eq_ignore_ascii_case(&name));
        (!is_taken).then_some(name)
    })
}

/// Whether AKS accepts a name for a pool.
pub(crate) fn is_valid(name: &str, is_windows: bool) -> bool {
    let is_taken = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= longest(is_windows)
        && name.chars().all(is_taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_has_a_name_that_aks_takes_and_no_pool_has() {
        let taken = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        for (old, is_windows, others, expected) in [
            ("mynodepool", false, &[][..], "mynodepoolg2"),
            ("mynodepool12", false, &[], "mynodepoolg2"),
            ("npwin", true, &[], "npwig2"),
            ("npwin", true, &["npwig2"], "npwig3"),
            ("np", false, &["NPG2"], "npg3"),
        ] {
            let name = successor(old, is_windows, &taken(others)).unwrap();
            assert_eq!(name, expected);
            assert!(is_valid(&name, is_windows), "{name}");
        }
        let all: Vec<_> = (2..100).map(|number| format!("pg{number}")).collect();
        assert_eq!(successor("p", false, &all), None);
        for name in ["", "1a", "Ab", "a-b", "abcdefghijklm"] {
            assert!(!is_valid(name, false), "{name}");
        }
        assert!(!is_valid("npwinaa", true));
    }
}
