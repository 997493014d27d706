//! `azq`: az's subcommands, answered by `azqd` in milliseconds.
//!
//! The way of one command line: [`cli`] reads it; what the daemon answers goes to `transport`; what
//! azq does not know goes to the real az ([`passthrough`]). The client never sees a token, never
//! parses a result, never talks to Azure.

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
