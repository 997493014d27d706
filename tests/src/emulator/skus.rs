//! Resource SKUs and their pages: `Microsoft.Compute/skus` with its location filter, and the list
//! of those of which AKS makes a region's nodes.

use std::sync::Arc;

use http::StatusCode;

use super::errors;
use super::exchange::{Answer, Content, Request};
use super::state::State;
use crate::catalogue::Listing;

/// Lists the resource SKUs (`ResourceSkus_List`, 2019-04-01 and later).
pub(super) fn list(state: &State, request: &Request) -> Answer {
    let location = match request.parameter("$filter").map(location) {
        Some(None) => {
            return errors::wrapped(
                StatusCode::BAD_REQUEST,
                "InvalidParameter",
                "The $filter is not valid.",
            );
        }
        Some(Some(location)) => Some(location),
        None => None,
    };
    let page = state.specification.sku_page_size;
    page_of(
        request,
        Arc::clone(&state.catalogue).list(location, start(request), page),
    )
}

/// Lists the VM SKUs of which AKS makes a region's nodes (`VmSkus_List`, 2026-04-02-preview).
pub(super) fn list_vm_skus(state: &State, request: &Request, location: &str) -> Answer {
    if let Some(refusal) = errors::unavailable_location(location) {
        return refusal;
    }
    let page = state.specification.sku_page_size;
    page_of(
        request,
        Arc::clone(&state.catalogue).list_vm_skus(location, start(request), page),
    )
}

fn start(request: &Request) -> usize {
    let token = request.parameter("$skiptoken");
    token.and_then(|token| token.parse().ok()).unwrap_or(0)
}

fn page_of(request: &Request, listing: Listing) -> Answer {
    let next_link = listing
        .next()
        .map(|next| request.link_from("$skiptoken", next));
    Answer::new(
        StatusCode::OK,
        Content::Skus {
            listing: Arc::new(listing),
            next_link,
        },
    )
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
