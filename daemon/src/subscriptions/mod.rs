//! `az account`: what az's own files say of the caller's subscriptions, where Azure lets one of
//! them be used, and its tokens.
//!
//! Deliberately absent: logging in, and any change to az's files; those are the real az's.

pub mod access_token;
pub mod list_accounts;
pub mod list_locations;
pub mod show_account;
