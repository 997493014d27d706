//! az's selection from a catalogue, and az's table of it.

pub(crate) mod filter;
pub(crate) mod question;
pub(crate) mod table;
