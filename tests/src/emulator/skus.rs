//! `Microsoft.Compute/skus`: the list, its location filter and its pages.

use std::sync::Arc;

use http::StatusCode;

use super::errors;
use super::exchange::{Answer, Content, Request};
use super::state::State;

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
    let start = request
        .parameter("$skiptoken")
        .and_then(|token| token.parse().ok())
        .unwrap_or(0);
    let listing =
        Arc::clone(&state.catalogue).list(location, start, state.specification.sku_page_size);
    let next_link = listing.next().map(|next| next_link(request, next));
    Answer::new(
        StatusCode::OK,
        Content::Skus {
            listing: Arc::new(listing),
            next_link,
        },
    )
}

/// The location in `location eq 'x'`, the only filter that the service has.
fn location(filter: &str) -> Option<&str> {
    let name = filter.strip_prefix("location eq '")?.strip_suffix('\'')?;
    (!name.is_empty() && !name.contains('\'')).then_some(name)
}

fn next_link(request: &Request, next: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &request.logged.query {
        if let (true, Some(value)) = (name != "$skiptoken", value.as_str()) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("$skiptoken", &next.to_string());
    format!(
        "https://{}{}?{}",
        request.host,
        request.logged.path,
        query.finish()
    )
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
