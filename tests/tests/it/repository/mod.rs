//! The pages of this repository keep what they promise.

mod action;
mod packaging;
mod pages;
mod reliability;
