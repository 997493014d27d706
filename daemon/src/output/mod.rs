//! What a command's document becomes on stdout.

pub mod jmespath;
