//! A look-up: the provider, and the selection of its SKUs.

use std::borrow::Cow;
use std::sync::Arc;

use azq_proto::v1::{ListAksVmSkusRequest, ListSkusRequest, SelectSizesRequest};
use prost::Message as _;

use crate::provider::Provider;

/// A request for SKUs, from any command.
#[derive(Clone)]
pub struct Question<'r> {
    /// The provider that lists the SKUs.
    pub provider: Provider,
    /// The options that select them.
    pub request: Cow<'r, ListSkusRequest>,
    /// The options of `azq sizes`, encoded. That command selects by other rules.
    pub sizes: Option<Arc<[u8]>>,
}

impl Question<'_> {
    /// Returns the same question with its own data, so that it can outlive the request.
    pub fn into_owned(self) -> Question<'static> {
        Question {
            provider: self.provider,
            request: Cow::Owned(self.request.into_owned()),
            sizes: self.sizes,
        }
    }
}

impl<'r> From<&'r ListSkusRequest> for Question<'r> {
    fn from(request: &'r ListSkusRequest) -> Self {
        Self {
            provider: Provider::Compute,
            request: Cow::Borrowed(request),
            sizes: None,
        }
    }
}

impl<'r> From<&'r ListAksVmSkusRequest> for Question<'r> {
    fn from(request: &'r ListAksVmSkusRequest) -> Self {
        // Each field is listed by name, so that none is forgotten.
        let ListAksVmSkusRequest {
            context,
            location,
            size,
            zone,
            show_all,
            max_age,
            takes_file,
        } = request;
        Self {
            provider: Provider::ContainerService,
            request: Cow::Owned(ListSkusRequest {
                context: context.clone(),
                location: location.clone(),
                size: size.clone(),
                zone: Some(*zone),
                show_all: Some(*show_all),
                resource_type: None,
                max_age: *max_age,
                takes_file: *takes_file,
            }),
            sizes: None,
        }
    }
}

impl From<&SelectSizesRequest> for Question<'_> {
    fn from(request: &SelectSizesRequest) -> Self {
        let options = SelectSizesRequest {
            context: None,
            takes_file: false,
            ..request.clone()
        };
        Self {
            provider: Provider::Compute,
            request: Cow::Owned(ListSkusRequest {
                context: request.context.clone(),
                max_age: request.max_age,
                takes_file: request.takes_file,
                ..ListSkusRequest::default()
            }),
            sizes: Some(options.encode_to_vec().into()),
        }
    }
}
