//! azq's own commands, which az does not have: the daemon's life, the configuration, the demo.

pub(crate) mod daemon;
pub(crate) mod demo;
