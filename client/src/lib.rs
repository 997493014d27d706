//! `azq`: az's subcommands, answered by `azqd` in milliseconds.
//!
//! The path of a command line: [`cli`] reads it; `transport` sends it to the daemon if azq
//! implements it, otherwise [`passthrough`] runs the real az. The client never sees a token, never
//! parses a result, and never connects to Azure.

#![forbid(unsafe_code)]

mod argcomplete;
mod az_config;
pub mod cli;
mod commands;
mod credentials;
mod daemon;
mod encoding;
pub mod environment;
mod extension;
mod locale;
mod output_file;
pub mod passthrough;
mod pick;
mod run;
mod serving;
mod show;
mod signals;
mod spinner;
mod terminal;
mod transport;

pub use run::run;
