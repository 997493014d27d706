//! `azqd`: the daemon that answers for az.
//!
//! One direction, no callbacks: `server` → `service` → a command's module → `azq_skus`, `azq_arm` →
//! Azure, and what comes back goes through `azq_output`. Nothing to the right knows of anything to
//! its left; the crates cannot.
//!
//! Deliberately absent: terminals, command-line arguments, and look-ups of `$HOME` outside
//! `lifecycle`.
//!
//! [`lifecycle`] begins with how a daemon starts, is alone, ends and is replaced, and what is
//! guaranteed meanwhile.
#![doc = include_str!("pitfalls.md")]

pub mod clusters;
pub mod compute;
pub mod config;
pub mod gen2;
pub mod groups;
pub mod lifecycle;
pub mod machines;
pub mod metrics;
pub mod nodepools;
pub mod operations;
pub mod printing;
pub mod resources;
pub mod rest;
mod server;
mod service;
pub mod sizes;
pub mod subscriptions;
mod suggestions;

pub use server::{Running, run};
