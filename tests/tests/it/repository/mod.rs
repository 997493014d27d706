//! The documentation of this repository agrees with its content.

mod action;
mod packaging;
mod pages;
mod reliability;

use crate::prelude::*;

/// Reads a file of the checkout.
fn read(path: &str) -> String {
    fs::read_to_string(checkout().join(path)).unwrap()
}
