//! Which users may call the daemon, whose data they get, and where a token may be sent.

mod access;
mod account;
mod callers;
mod hostile_files;
mod identities;
mod memory;
mod secrets;
mod token_destination;
mod tokens;
