//! `azq batch`.

mod in_turn;
mod lines;
