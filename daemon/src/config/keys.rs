//! The table of the configuration's keys.
//!
//! One row holds everything that azq knows of a key. This module does not read the file or the
//! environment.

use std::path::PathBuf;

use super::value::{
    absolute, boolean, count, duration, filter, grace, https, positive_duration, preflight, share,
    share_mode, share_timeout, size, user_tokens,
};
use super::{Config, Places};
use crate::metrics::MetricsAddress;

/// A key of the configuration.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// The description in the documentation's tables.
    pub(super) about: &'static str,
    pub(super) default: Default,
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
}

/// The default of a key.
pub(super) enum Default {
    Text(&'static str),
    /// The directory on Linux without variables, and the directory on this machine.
    Directory(&'static str, fn(&Places) -> Option<&PathBuf>),
}

/// All keys, in alphabetical order.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "cache_dir",
        about: "where catalogues are persisted, and long answers lie",
        default: Default::Directory("~/.cache/azq", |places| places.cache.as_ref()),
        set: |config, text| absolute(text).map(|value| config.cache_dir = value),
    },
    Key {
        name: "cache_disk",
        about: "how much of them; and how much of long answers, which lie there while the daemon runs",
        default: Default::Text("256MB"),
        set: |config, text| size(text, 0, 1 << 40).map(|value| config.cache_disk = value),
    },
    Key {
        name: "cache_expires",
        about: "when a catalogue is refreshed before it is served",
        default: Default::Text("24h"),
        set: |config, text| duration(text).map(|value| config.cache_expires = value),
    },
    Key {
        name: "cache_fresh",
        about: "how long a catalogue is served without a question",
        default: Default::Text("1h"),
        set: |config, text| duration(text).map(|value| config.cache_fresh = value),
    },
    Key {
        name: "cache_memory",
        about: "how much of them the daemon holds",
        default: Default::Text("256MB"),
        set: |config, text| size(text, 0, 1 << 40).map(|value| config.cache_memory = value),
    },
    Key {
        name: "idle_timeout",
        about: "when an idle daemon ends; `0` never",
        default: Default::Text("3h"),
        set: |config, text| duration(text).map(|value| config.idle_timeout = value),
    },
    Key {
        name: "log",
        about: "a filter such as `azqd=debug`",
        default: Default::Text("info"),
        set: |config, text| filter(text).map(|value| config.log = value),
    },
    Key {
        name: "log_size",
        about: "when the log is rotated; one older file is kept",
        default: Default::Text("4MB"),
        set: |config, text| size(text, 1 << 10, 1 << 30).map(|value| config.log_size = value),
    },
    Key {
        name: "max_requests",
        about: "calls carried out at once",
        default: Default::Text("256"),
        set: |config, text| count(text, 4096).map(|value| config.max_requests = value),
    },
    Key {
        name: "memory",
        about: "the most memory the daemon has, all in all: at least `512MB`, and twice `cache_memory`",
        default: Default::Text("1GB"),
        set: |config, text| size(text, 512 << 20, 1 << 40).map(|value| config.memory = value),
    },
    Key {
        name: "metrics",
        about: "where metrics are collected: `127.0.0.1:PORT` or `unix:PATH`",
        default: Default::Text(""),
        set: |config, text| MetricsAddress::parse(text).map(|value| config.metrics = value),
    },
    Key {
        name: "preflight",
        about: "whether a pool's change is checked before it is sent: `off`, `warn` or `strict`",
        default: Default::Text("off"),
        set: |config, text| preflight(text).map(|value| config.preflight = value),
    },
    Key {
        name: "prices_url",
        about: "where the prices of VM sizes are asked for",
        default: Default::Text("https://prices.azure.com"),
        set: |config, text| https(text).map(|value| config.prices_url = value),
    },
    Key {
        name: "read_timeout",
        about: "how long Azure may be silent before a request is sent again",
        default: Default::Text("75s"),
        set: |config, text| positive_duration(text).map(|value| config.read_timeout = value),
    },
    Key {
        name: "share",
        about: "the store through which machines share catalogues: `file:///…`, `az://…`, `s3://…`, `gs://…`",
        default: Default::Text(""),
        set: |config, text| share(text).map(|value| config.share = value),
    },
    Key {
        name: "share_mode",
        about: "whether this machine writes to the store: `read-write` or `read-only`",
        default: Default::Text("read-write"),
        set: |config, text| share_mode(text).map(|value| config.share_mode = value),
    },
    Key {
        name: "share_principals",
        about: "whether principals share catalogues",
        default: Default::Text("false"),
        set: |config, text| boolean(text).map(|value| config.share_principals = value),
    },
    Key {
        name: "share_timeout",
        about: "how long the store may take; `30s` at most",
        default: Default::Text("3s"),
        set: |config, text| share_timeout(text).map(|value| config.share_timeout = value),
    },
    Key {
        name: "state_dir",
        about: "where the log lies",
        default: Default::Directory("~/.local/state/azq", |places| places.state.as_ref()),
        set: |config, text| absolute(text).map(|value| config.state_dir = value),
    },
    Key {
        name: "stop_grace",
        about: "how long calls in flight may go on after a stop; `60s` at most",
        default: Default::Text("5s"),
        set: |config, text| grace(text).map(|value| config.stop_grace = value),
    },
    Key {
        name: "token_command",
        about: "whether azqd answers `account get-access-token`",
        default: Default::Text("true"),
        set: |config, text| boolean(text).map(|value| config.token_command = value),
    },
    Key {
        name: "user_tokens",
        about: "where users' tokens come from: `cache` or `az`",
        default: Default::Text("cache"),
        set: |config, text| user_tokens(text).map(|value| config.user_tokens = value),
    },
];
