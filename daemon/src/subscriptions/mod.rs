//! `az account`: the caller's subscriptions in az's own files, the locations that Azure allows for
//! one of them, and its tokens.
//!
//! Deliberately absent: logging in, and any change to az's files; the real az carries those out.

pub mod access_token;
pub mod list_accounts;
pub mod list_locations;
pub mod show_account;
