//! The documentation of this repository agrees with its content.

mod action;
mod packaging;
mod pages;
mod reliability;
