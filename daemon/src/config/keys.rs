//! The table of the configuration's keys.
//!
//! One row holds everything that azq knows of a key. This module does not read the file or the
//! environment.

use std::path::PathBuf;

use super::value::{
    absolute, boolean, count, duration, filter, grace, https, one_of, positive_duration, share,
    share_timeout, size,
};
use super::{Config, Places, Preflight};
use crate::metrics::MetricsAddress;
use crate::traces;
use KeyDefault::{Directory, Text};
use azq_auth::UserTokens;
use azq_share::Mode;

/// A key of the configuration.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// The description in the documentation's tables.
    pub(super) about: &'static str,
    pub(super) default: KeyDefault,
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
}

/// The default of a key.
pub(super) enum KeyDefault {
    Text(&'static str),
    /// The directory on Linux without variables, and the directory on this machine.
    Directory(&'static str, fn(&Places) -> Option<&PathBuf>),
}

const PREFLIGHT: &[(&str, Preflight)] = &[
    ("off", Preflight::Off),
    ("warn", Preflight::Warn),
    ("strict", Preflight::Strict),
];
const SHARE_MODES: &[(&str, Mode)] = &[
    ("read-write", Mode::ReadWrite),
    ("read-only", Mode::ReadOnly),
];
const USER_TOKENS: &[(&str, UserTokens)] = &[("cache", UserTokens::Cache), ("az", UserTokens::Az)];

/// Makes [`KEYS`] of rows `key: parser(more arguments) = default, "description";`. The field of
/// [`Config`] has the key's name.
macro_rules! keys {
    ($(
        $name:ident: $($parse:ident)::+ $(($($bound:expr),*))? = $default:expr, $about:literal;
    )*) => {
        /// All keys, in alphabetical order.
        pub(super) const KEYS: &[Key] = &[$(Key {
            name: stringify!($name),
            about: $about,
            default: $default,
            set: |config, text| {
                config.$name = $($parse)::+(text $($(, $bound)*)?)?;
                Ok(())
            },
        }),*];
    };
}

keys! {
    cache_dir: absolute = Directory("~/.cache/azq", |places| places.cache.as_ref()),
        "where catalogues are persisted, and long answers lie";
    cache_disk: size(0, 1 << 40) = Text("256MB"),
        "how much of them; and how much of long answers, which lie there while the daemon runs";
    cache_expires: duration = Text("24h"), "when a catalogue is refreshed before it is served";
    cache_fresh: duration = Text("1h"), "how long a catalogue is served without a question";
    cache_memory: size(0, 1 << 40) = Text("256MB"), "how much of them the daemon holds";
    idle_timeout: duration = Text("3h"), "when an idle daemon ends; `0` never";
    log: filter = Text("info"), "a filter such as `azqd=debug`";
    log_size: size(1 << 10, 1 << 30) = Text("4MB"),
        "when the log is rotated; one older file is kept";
    max_requests: count(4096) = Text("256"), "calls carried out at once";
    memory: size(512 << 20, 1 << 40) = Text("1GB"),
        "the most memory the daemon has, all in all: at least `512MB`, and twice `cache_memory`";
    metrics: MetricsAddress::parse = Text(""),
        "where metrics are collected: `127.0.0.1:PORT` or `unix:PATH`";
    preflight: one_of(PREFLIGHT) = Text("off"),
        "whether a pool's change is checked before it is sent: `off`, `warn` or `strict`";
    prices_url: https = Text("https://prices.azure.com"),
        "where the prices of VM sizes are asked for";
    read_timeout: positive_duration = Text("75s"),
        "how long Azure may be silent before a request is sent again";
    share: share = Text(""),
        "the store through which machines share catalogues: `file:///…`, `az://…`, `s3://…`, `gs://…`";
    share_mode: one_of(SHARE_MODES) = Text("read-write"),
        "whether this machine writes to the store: `read-write` or `read-only`";
    share_principals: boolean = Text("false"), "whether principals share catalogues";
    share_timeout: share_timeout = Text("3s"), "how long the store may take; `30s` at most";
    state_dir: absolute = Directory("~/.local/state/azq", |places| places.state.as_ref()),
        "where the log lies";
    stop_grace: grace = Text("5s"),
        "how long calls in flight may go on after a stop; `60s` at most";
    token_command: boolean = Text("true"), "whether azqd answers `account get-access-token`";
    traces: traces::parse = Text(""),
        "the collector that traces are sent to; needs an azqd with the feature `otlp`";
    user_tokens: one_of(USER_TOKENS) = Text("cache"),
        "where users' tokens come from: `cache` or `az`";
}
