//! Who may ask, whose data it is, and where a token may go.

mod access;
mod account;
mod callers;
mod hostile_files;
mod identities;
mod memory;
mod secrets;
mod token_destination;
mod tokens;
