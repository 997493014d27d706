//! The pages of this repository keep what they promise.

mod packaging;
mod pages;
mod reliability;
