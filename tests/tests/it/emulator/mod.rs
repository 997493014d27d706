//! The emulated Azure and the harness, which the other tests rely on.

mod catalogue;
mod harness;
mod program;
mod responses;
