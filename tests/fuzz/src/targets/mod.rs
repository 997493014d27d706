//! One file per kind of input.

pub mod clouds;
pub mod command_line;
pub mod config;
pub mod errors;
pub mod jmespath;
pub mod operations;
pub mod pools;
pub mod profile;
mod rendering;
pub mod requests;
pub mod skus;
pub mod snapshot;
