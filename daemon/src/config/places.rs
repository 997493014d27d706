//! The platform's directories.

use std::ffi::OsString;
use std::path::PathBuf;

/// The platform's directories for azq; `None` without a home directory, unless a variable names
/// them.
pub(super) struct Places {
    pub(super) config: Option<PathBuf>,
    pub(super) cache: Option<PathBuf>,
    pub(super) state: Option<PathBuf>,
}

impl Places {
    pub(super) fn of_platform() -> Self {
        match directories::ProjectDirs::from("", "", "azq") {
            Some(dirs) => Self::of(&dirs),
            None => Self::without_home(|name| std::env::var_os(name)),
        }
    }

    pub(super) fn of(dirs: &directories::ProjectDirs) -> Self {
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
        Self {
            config: Some(dirs.config_dir().to_owned()),
            cache: Some(dirs.cache_dir().to_owned()),
            state: Some(state.to_owned()),
        }
    }

    pub(super) fn without_home(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let named = |name| {
            let directory = variable(name).map(PathBuf::from);
            directory
                .filter(|path| path.is_absolute())
                .map(|path| path.join("azq"))
        };
        Self {
            config: named("XDG_CONFIG_HOME"),
            cache: named("XDG_CACHE_HOME"),
            state: named("XDG_STATE_HOME"),
        }
    }
}
