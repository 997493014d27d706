//! The pages of this repository keep what they promise.

mod pages;
mod reliability;
