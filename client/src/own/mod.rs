//! azq's own commands, which az does not have: many command lines at once, the daemon's life, the configuration, the demo.

pub(crate) mod batch;
pub(crate) mod daemon;
pub(crate) mod demo;
