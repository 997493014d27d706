//! `azqd`: the daemon that carries out az commands.
//!
//! Dependencies go one way, without callbacks: `server` → `service` → a command's module →
//! `azq_skus`, `azq_arm` → Azure. Results are rendered by `azq_output`. A module to the right does
//! not know those to its left; crates cannot.
//!
//! Deliberately absent: terminals, command-line arguments, and look-ups of `$HOME` outside
//! `lifecycle`.
//!
//! [`lifecycle`] begins with a description of how a daemon starts, stays the only one, ends and is
//! replaced, and of the guarantees meanwhile.
#![doc = include_str!("pitfalls.md")]

pub mod clusters;
pub mod compute;
pub mod config;
#[cfg(test)]
mod fixtures;
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
pub mod traces;

pub use server::{Running, run};
