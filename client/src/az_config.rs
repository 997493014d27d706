//! Options of az's configuration that concern only the client: the form of its output, and the
//! directory of extensions.
//!
//! A variable `AZURE_<SECTION>_<OPTION>` takes precedence over the file (knack, `config.py`). The
//! daemon reports a file that az refuses; here such a file counts as empty.

use azq_python::ini::Ini;

use crate::environment::{Environment, azure_config_dir};

/// Returns the value of an option of `[core]`, if it is set.
pub(crate) fn core_option(environment: &dyn Environment, name: &str) -> Option<String> {
    option(environment, "core", name)
}

/// Returns the value of an option, if it is set.
pub(crate) fn option(environment: &dyn Environment, section: &str, name: &str) -> Option<String> {
    let variable = format!("AZURE_{section}_{name}").to_uppercase();
    if let Some(value) = environment.variable(&variable) {
        return value.into_string().ok();
    }
    let directory = azure_config_dir(environment);
    let file = environment.read(&directory.join("config")).ok()?;
    let file = Ini::parse(&String::from_utf8(file).ok()?).ok()?;
    file.get(section, name).map(std::borrow::Cow::into_owned)
}

/// Whether an option of `[core]` is on, by `configparser`'s words for true.
pub(crate) fn is_on(environment: &dyn Environment, name: &str) -> bool {
    let value = core_option(environment, name).unwrap_or_default();
    ["1", "yes", "true", "on"].contains(&value.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    #[test]
    fn a_variable_goes_before_the_file() {
        let file = Fake::default()
            .variable("HOME", "/home/me")
            .file("/home/me/.azure/config", "[core]\nno_color = Yes\n");
        assert!(is_on(&file, "no_color") && !is_on(&file, "theme"));
        let both = file.variable("AZURE_CORE_NO_COLOR", "false");
        assert_eq!(core_option(&both, "no_color").as_deref(), Some("false"));
    }
}
