//! Python 3.11's rules for values and texts, as az's output and errors show them.
//!
//! Every part of azq that must match Python's spelling of a value uses this crate, so that there is
//! one `repr`, one reader of JSON and one definition of a line. It does not depend on az, Azure or
//! azq.

pub mod cursor;
pub mod ini;
pub mod json;
pub mod lines;
mod literal;
pub mod number;
mod printable;
pub mod surrogate;
pub mod text;
mod value;
mod write;

pub use printable::is_printable;
pub use value::{Entries, Value, View, is_true, type_name};
pub use write::{
    Notation, Sink, control_letter, escape, push_json_escapes, quoted, quoted_list, repr, str,
    write,
};
