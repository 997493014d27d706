//! The few options of az's configuration that decide how the client itself prints.
//!
//! Source: knack, `config.py`. Deliberately absent: az's local files, which count for its `defaults` alone, and complaints of a
//! file that az refuses, which the daemon has.

use std::path::PathBuf;

use crate::environment::Environment;

/// An option of `[core]`: its variable, else the file's.
pub(crate) fn core(environment: &dyn Environment, name: &str) -> Option<String> {
    let variable = format!("AZURE_CORE_{}", name.to_uppercase());
    let variable = environment.variable(&variable);
    let variable = variable.and_then(|value| value.into_string().ok());
    variable.or_else(|| {
        let directory = PathBuf::from(environment.caller().azure_config_dir);
        let file = environment.read(&directory.join("config")).ok()?;
        in_file(&String::from_utf8(file).ok()?, name)
    })
}

/// Whether an option of `[core]` is one of `configparser`'s words for yes.
pub(crate) fn is_on(environment: &dyn Environment, name: &str) -> bool {
    let value = core(environment, name).unwrap_or_default();
    ["1", "yes", "true", "on"].contains(&value.to_lowercase().as_str())
}

fn in_file(file: &str, name: &str) -> Option<String> {
    let mut in_core = false;
    let mut found = None;
    for line in file.lines() {
        if let Some(section) = line.strip_prefix('[') {
            in_core = section.split(']').next() == Some("core");
        } else if let Some((key, value)) = line.split_once(['=', ':'])
            && in_core
            && key.trim().eq_ignore_ascii_case(name)
        {
            found = Some(value.trim().to_owned());
        }
    }
    found
}
