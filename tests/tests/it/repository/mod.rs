//! The documentation of this repository agrees with its content.

mod packaging;
mod pages;
mod reliability;
