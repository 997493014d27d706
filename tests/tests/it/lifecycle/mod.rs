//! The life of the daemon: how it is installed, starts, serves, is replaced and ends.

mod hygiene;
mod install;
mod metrics;
mod no_daemon;
mod resources;
mod service_units;
mod start;
mod stop;
mod versions;
