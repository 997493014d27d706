//! The catalogues of resource SKUs and the answers that are kept.

mod list_skus;
mod long_answers;
