//! What is looked up: whose SKUs, and which of them.

use std::borrow::Cow;

use azq_proto::v1::{ListAksVmSkusRequest, ListSkusRequest};

use super::provider::Provider;

/// A request for SKUs, of whichever command it came.
#[derive(Clone)]
pub struct Question<'r> {
    /// Whose SKUs.
    pub provider: Provider,
    /// Which of them.
    pub request: Cow<'r, ListSkusRequest>,
}

impl Question<'_> {
    /// The same, for longer than the request lives.
    pub fn into_owned(self) -> Question<'static> {
        Question {
            provider: self.provider,
            request: Cow::Owned(self.request.into_owned()),
        }
    }
}

impl<'r> From<&'r ListSkusRequest> for Question<'r> {
    fn from(request: &'r ListSkusRequest) -> Self {
        Self {
            provider: Provider::Compute,
            request: Cow::Borrowed(request),
        }
    }
}

impl<'r> From<&'r ListAksVmSkusRequest> for Question<'r> {
    fn from(request: &'r ListAksVmSkusRequest) -> Self {
        // Each field by its name, so that none is forgotten.
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
        }
    }
}
