//! Resource SKUs and their pages: `Microsoft.Compute/skus` with its location filter, and the list
//! of those of which AKS makes a region's nodes.

use std::sync::Arc;

use http::StatusCode;

use super::errors;
use super::exchange::{Answer, Content, Request};
use super::state::State;
use crate::catalogue::{Catalogue, Listing};

/// Lists the resource SKUs (`ResourceSkus_List`, 2019-04-01 and later).
pub(super) fn list(state: &State, request: &Request) -> Answer {
    let filter = request.parameter("$filter");
    let location = filter.and_then(location);
    if filter.is_some() && location.is_none() {
        return errors::invalid("InvalidParameter", "The $filter is not valid.");
    }
    page_of(state, request, |catalogue, start, page| {
        catalogue.list(location, start, page)
    })
}

/// Lists the VM SKUs of which AKS makes a region's nodes (`VmSkus_List`, 2026-04-02-preview).
pub(super) fn list_vm_skus(state: &State, request: &Request, location: &str) -> Answer {
    if let Some(refusal) = errors::unavailable_location(location) {
        return refusal;
    }
    page_of(state, request, |catalogue, start, page| {
        catalogue.list_vm_skus(location, start, page)
    })
}

fn page_of(
    state: &State,
    request: &Request,
    list: impl FnOnce(Arc<Catalogue>, usize, Option<usize>) -> Listing,
) -> Answer {
    let (start, page) = (
        request.start("$skiptoken"),
        state.specification.sku_page_size,
    );
    let listing = Arc::new(list(Arc::clone(&state.catalogue), start, page));
    let next = listing.next();
    let next_link = next.map(|next| request.link_from("$skiptoken", next));
    Answer::new(StatusCode::OK, Content::Skus { listing, next_link })
}

/// Returns the location in `location eq 'x'`, the only filter that the service accepts.
fn location(filter: &str) -> Option<&str> {
    let name = filter.strip_prefix("location eq '")?.strip_suffix('\'')?;
    (!name.is_empty() && !name.contains('\'')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::location;

    #[test]
    fn only_a_location_can_be_filtered_for() {
        assert_eq!(location("location eq 'eastus'"), Some("eastus"));
        assert_eq!(location("location eq ''"), None);
        assert_eq!(location("resourceType eq 'disks'"), None);
        assert_eq!(location("location eq 'a' and location eq 'b'"), None);
    }
}
