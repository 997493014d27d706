//! az's `config` file with its overrides (knack, `config.py`).
//!
//! A value comes from the variable `AZURE_<SECTION>_<OPTION>` of the caller's environment, else
//! from the file of the configuration directory. The `[defaults]` may also come from a `config`
//! file in the caller's working directory or above it (`az configure --scope local`). Such a file
//! takes precedence over the configuration directory's own.
//!
//! Deliberately absent: the meaning of the options.

use std::borrow::Cow;
use std::sync::Arc;

use super::Ini;
use super::{AccountError, Environment};

/// The section that `config` files near the caller's working directory may add to.
const DEFAULTS: &str = "defaults";

/// az's configuration as one caller sees it.
#[derive(Clone, Debug, Default)]
pub struct CliConfig {
    environment: Environment,
    /// The local files, the one nearest to the working directory first.
    local: Vec<Arc<Ini>>,
    file: Arc<Ini>,
}

impl CliConfig {
    /// Creates the configuration from a file, local files, and a caller's environment.
    pub(super) fn new(file: Arc<Ini>, local: Vec<Arc<Ini>>, environment: &Environment) -> Self {
        let mut environment = environment.clone();
        environment.retain(|name, _| name.starts_with("AZURE_"));
        Self {
            environment,
            local,
            file,
        }
    }

    /// Returns an option's value. An override counts even if it is empty, as in az.
    pub fn get(&self, section: &str, option: &str) -> Option<Cow<'_, str>> {
        if let Some(value) = self.environment.get(&variable(section, option)) {
            return Some(value.into());
        }
        let local = self.local.iter().filter(|_| section == DEFAULTS);
        local
            .chain([&self.file])
            .find_map(|file| file.get(section, option))
    }

    /// Returns a `[defaults]` option, such as `group` or `location`, if its value is not empty.
    pub fn default_value(&self, option: &str) -> Option<Cow<'_, str>> {
        self.get(DEFAULTS, option).filter(|value| !value.is_empty())
    }

    /// Returns a boolean option in az's spelling of booleans, or `fallback` if it is not given.
    pub fn boolean(
        &self,
        section: &str,
        option: &str,
        fallback: bool,
    ) -> Result<bool, AccountError> {
        let Some(value) = self.get(section, option) else {
            return Ok(fallback);
        };
        match value.to_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => Ok(true),
            "0" | "no" | "false" | "off" => Ok(false),
            _ => Err(AccountError::NotABoolean(value.into_owned())),
        }
    }
}

/// Returns the name of an option's variable (`CLIConfig.env_var_name`). Only the case changes, so
/// the dash of `auto-upgrade` stays a dash.
fn variable(section: &str, option: &str) -> String {
    format!("AZURE_{section}_{option}").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(file: &str, environment: &[(&str, &str)]) -> CliConfig {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        CliConfig::new(ini(file), Vec::new(), &environment)
    }

    fn ini(text: &str) -> Arc<Ini> {
        Arc::new(Ini::parse(text).expect("valid"))
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let config = config(
            "[core]\noutput = table\n[defaults]\ngroup=g\nlocation=l\n",
            &[("AZURE_CORE_OUTPUT", "tsv"), ("AZURE_DEFAULTS_GROUP", "")],
        );
        assert_eq!(config.get("core", "output").as_deref(), Some("tsv"));
        assert_eq!(config.get("defaults", "group").as_deref(), Some(""));
        assert_eq!(config.default_value("group").as_deref(), None);
        assert_eq!(config.default_value("location").as_deref(), Some("l"));
        assert_eq!(config.get("core", "nosuch").as_deref(), None);
    }

    #[test]
    fn local_files_add_defaults_only() {
        let local = vec![
            ini("[defaults]\ngroup=near\n[core]\noutput=yaml\n"),
            ini("[defaults]\ngroup=far\nlocation=far\n"),
        ];
        let home = ini("[defaults]\nlocation=home\n");
        let config = CliConfig::new(home, local, &Environment::new());
        assert_eq!(config.default_value("group").as_deref(), Some("near"));
        assert_eq!(config.default_value("location").as_deref(), Some("far"));
        assert_eq!(config.get("core", "output").as_deref(), None);
    }

    #[test]
    fn booleans_are_knacks() {
        let config = config("[core]\na=On\nb=0\nc=maybe\n", &[]);
        assert_eq!(config.boolean("core", "a", false), Ok(true));
        assert_eq!(config.boolean("core", "b", true), Ok(false));
        assert_eq!(config.boolean("core", "d", true), Ok(true));
        let error = config.boolean("core", "c", true).unwrap_err();
        assert_eq!(error.to_string(), "Not a boolean: maybe");
    }
}
