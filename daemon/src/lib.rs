//! `azqd`: the daemon that answers for az.
//!
//! One direction, no callbacks: `service` → `account` → `skus` | `nodepools` → `credential`, `arm`
//! → Azure, and what comes back goes through `azq_output`. Nothing to the right knows of anything
//! to its left.
//!
//! Deliberately absent: terminals, command-line arguments, and look-ups of `$HOME` outside
//! `account` and `lifecycle`.
//!
//! [`lifecycle`] begins with how a daemon starts, is alone, ends and is replaced, and what is
//! guaranteed meanwhile.
//!
#![doc = include_str!("pitfalls.md")]

pub mod account;
pub mod arm;
pub mod clusters;
pub mod compute;
pub mod config;
pub mod credential;
mod directory;
pub mod error;
pub mod gen2;
pub mod groups;
pub mod lifecycle;
pub mod machines;
pub mod metrics;
pub mod nodepools;
pub mod operations;
pub mod printing;
pub mod report;
pub mod resources;
pub mod rest;
pub mod schema;
mod server;
mod service;
pub mod sizes;
pub mod skus;
pub mod subscriptions;
mod suggestions;
mod timestamp;
pub mod traces;
mod units;
mod work;

pub use server::{Running, run};
