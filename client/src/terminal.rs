//! The form of messages on a terminal: az's colours in place of the names of their levels.
//!
//! Source: knack `cli.py` (`_should_enable_color`) and `log.py`; azure-cli-core `__init__.py`
//! (`_configure_style`) and `style.py`. In addition to az, `NO_COLOR` and the terminal type `dumb`
//! turn colours off.
//!
//! The client prints some messages before it has a daemon, so it reads az's options itself.

use std::sync::OnceLock;

use crate::az_config;
use crate::environment::{Environment, Process};

/// The sequence that ends a colour.
pub(crate) const RESET: &str = "\x1b[0m";

/// The levels of messages, with which a line without colours begins.
pub(crate) const LEVELS: [&str; 4] = [ERROR, WARNING, INFO, DEBUG];
const ERROR: &str = "ERROR: ";
const WARNING: &str = "WARNING: ";
const INFO: &str = "INFO: ";
const DEBUG: &str = "DEBUG: ";

/// The colours of az's themes by name: for errors and for warnings.
const THEMES: [(&str, Theme); 3] = [
    ("dark", Theme("\x1b[91m", "\x1b[93m")),
    ("light", Theme("\x1b[31m", "\x1b[33m")),
    (
        CLOUD_SHELL,
        Theme("\x1b[38;2;245;93;92m", "\x1b[38;2;251;214;130m"),
    ),
];
const CLOUD_SHELL: &str = "cloud-shell";
/// knack's own colours, which az's theme `none` keeps.
const NO_THEME: Theme = Theme("\x1b[91m", "\x1b[33m");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Theme(&'static str, &'static str);

/// Returns the sequence that begins a message of this level; `None` if the level's name is printed
/// instead.
pub(crate) fn color(level: &str) -> Option<&'static str> {
    static THEME: OnceLock<Option<Theme>> = OnceLock::new();
    let Theme(error, warning) = (*THEME.get_or_init(|| theme(&Process)))?;
    match level {
        ERROR => Some(error),
        WARNING => Some(warning),
        INFO => Some("\x1b[32m"),
        DEBUG => Some("\x1b[36m"),
        _ => None,
    }
}

/// Whether this terminal cannot redraw a line.
pub(crate) fn is_dumb(environment: &dyn Environment) -> bool {
    environment
        .variable("TERM")
        .is_some_and(|name| name == "dumb")
}

fn theme(environment: &dyn Environment) -> Option<Theme> {
    let is_set = |name| {
        let value = environment.variable(name);
        value.is_some_and(|value| !value.is_empty())
    };
    let shows = environment.is_terminal() || environment.variable("PYCHARM_HOSTED").is_some();
    if !shows || is_set("NO_COLOR") || is_dumb(environment) {
        return None;
    }
    if az_config::is_on(environment, "no_color") {
        return None;
    }
    let name = az_config::core_option(environment, "theme").unwrap_or_else(|| {
        let default = if is_set("ACC_CLOUD") {
            CLOUD_SHELL
        } else {
            "dark"
        };
        default.to_owned()
    });
    let known = THEMES.iter().find(|(known, _)| *known == name);
    Some(known.map_or(NO_THEME, |(_, theme)| *theme))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    fn terminal() -> Fake {
        Fake {
            terminal: true,
            ..Fake::default()
        }
        .variable("HOME", "/home/me")
    }

    #[test]
    fn messages_are_coloured_on_a_terminal_alone() {
        assert_eq!(theme(&Fake::default()), None);
        assert_eq!(theme(&terminal()), Some(Theme("\x1b[91m", "\x1b[93m")));
        assert!(theme(&Fake::default().variable("PYCHARM_HOSTED", "1")).is_some());
    }

    #[test]
    fn colours_can_be_turned_off() {
        for (name, value) in [
            ("NO_COLOR", "1"),
            ("TERM", "dumb"),
            ("AZURE_CORE_NO_COLOR", "Yes"),
        ] {
            assert_eq!(theme(&terminal().variable(name, value)), None, "{name}");
        }
        assert!(theme(&terminal().variable("NO_COLOR", "")).is_some());
        let config = |text: &str| terminal().file("/home/me/.azure/config", text);
        assert_eq!(theme(&config("[core]\nno_color = true\n")), None);
        assert!(theme(&config("[core]\nno_color = no\n[x]\nno_color=yes")).is_some());
        let overridden = config("[core]\nno_color = true\n").variable("AZURE_CORE_NO_COLOR", "0");
        assert!(theme(&overridden).is_some());
    }

    #[test]
    fn the_theme_is_azs() {
        let named = |name| theme(&terminal().variable("AZURE_CORE_THEME", name));
        assert_eq!(named("light"), Some(Theme("\x1b[31m", "\x1b[33m")));
        assert_eq!(named("none"), Some(NO_THEME));
        let shell = theme(&terminal().variable("ACC_CLOUD", "PROD"));
        assert_eq!(shell, named("cloud-shell"));
    }
}
