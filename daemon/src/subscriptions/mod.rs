//! `az account show`, `list` and `list-locations`: what az's own files say of the caller's subscriptions, and
//! where Azure lets one of them be used.
//!
//! Deliberately absent: logging in, and any change to az's files; those are the real az's.

pub mod list_accounts;
pub mod list_locations;
pub mod show_account;
