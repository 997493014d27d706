//! The words and options that extensions of az add to those that azq knows.
//!
//! az keeps an index of the extensions that add to each of its first words (azure-cli-core,
//! `__init__.py`, `CommandIndex`). If extensions are installed and the index is missing, az itself
//! completes.

use serde_json::{Map, Value};

use crate::environment::{Environment, azure_config_dir};
use crate::extension;

const INDEX: &str = "extensionIndex.json";
/// azq's own extension, whose commands azq knows.
const OWN: (&str, &str) = ("azq", "azext_azq");

/// Whether an extension may add words below one of az's first words.
pub(super) fn may_extend(word: &str, environment: &dyn Environment) -> bool {
    if !has_any(environment) {
        return false;
    }
    let Some(index) = index(environment) else {
        return true;
    };
    let modules = index.get(word).and_then(Value::as_array);
    modules.is_some_and(|modules| modules.iter().any(|module| module != OWN.1))
}

/// Returns the first words that extensions add; `None` if they are unknown.
pub(super) fn groups(environment: &dyn Environment) -> Option<Vec<String>> {
    if !has_any(environment) {
        return Some(Vec::new());
    }
    Some(
        index(environment)?
            .into_iter()
            .map(|(word, _)| word)
            .collect(),
    )
}

fn has_any(environment: &dyn Environment) -> bool {
    let entries = environment.entries(&extension::directory(environment));
    entries.iter().any(|name| name != OWN.0)
}

/// Returns the modules of extensions by the first word that they add to.
fn index(environment: &dyn Environment) -> Option<Map<String, Value>> {
    let file = environment
        .read(&azure_config_dir(environment).join(INDEX))
        .ok()?;
    // Python's `utf-8-sig`.
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file);
    let Value::Object(mut document) = serde_json::from_slice(text).ok()? else {
        return None;
    };
    match document.remove("commandIndex") {
        Some(Value::Object(index)) if !index.is_empty() => Some(index),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    fn home() -> Fake {
        Fake::default().variable("HOME", "/home/me")
    }

    fn with(name: &str, index: &str) -> Fake {
        home()
            .directory(&format!("/home/me/.azure/cliextensions/{name}"))
            .file("/home/me/.azure/extensionIndex.json", index)
    }

    #[test]
    fn only_what_the_index_names_is_extended() {
        assert!(!may_extend("aks", &home()));
        let index = "\u{feff}{\"commandIndex\": {\"aks\": [\"azext_aks_preview\"], \"fleet\": []}}";
        let installed = with("aks-preview", index);
        assert!(may_extend("aks", &installed) && !may_extend("vm", &installed));
        assert_eq!(groups(&installed).unwrap(), ["aks", "fleet"]);
        assert_eq!(groups(&home()).unwrap(), [""; 0]);
    }

    #[test]
    fn azqs_own_extension_adds_nothing() {
        let own = with("azq", "{\"commandIndex\": {\"vm\": [\"azext_azq\"]}}");
        assert!(!may_extend("vm", &own));
    }

    #[test]
    fn an_index_that_does_not_tell_leaves_everything_to_az() {
        for index in [
            "",
            "[]",
            "{}",
            "{\"commandIndex\": {}}",
            "{\"commandIndex\": 1}",
        ] {
            let installed = with("other", index);
            assert!(may_extend("vm", &installed), "{index}");
            assert_eq!(groups(&installed), None, "{index}");
        }
    }
}
