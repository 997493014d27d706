//! The catalogues of resource SKUs and the kept answers.

mod aks_list_vm_skus;
mod archive;
pub(crate) mod list_skus;
mod long_answers;
mod share;
mod share_beside;
mod share_faults;
mod share_tokens;
mod stores;
mod traces;
