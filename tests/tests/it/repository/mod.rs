//! The pages of this repository keep what they promise.

mod reliability;
