//! x
#![allow(dead_code, missing_docs)]
mod connect;
mod show;
