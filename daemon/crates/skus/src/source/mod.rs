//! What the catalogue needs of Azure: pages of SKUs as they arrive, and the names of locations.

pub(crate) mod azure;
pub(crate) mod fetch;
pub(crate) mod flight;

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use futures_util::Stream;

use crate::provider::Provider;
use azq_arm::Report;
use azq_arm::StorageCaller;
use azq_command::CommandError;

/// One page of resource SKUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The first, of one location or of all.
    First {
        /// Whose it is.
        provider: Provider,
        /// A location's name; a plain one, if it is Compute's.
        location: Option<String>,
    },
    /// The one behind a `nextLink`, to be followed as it is.
    Next {
        /// Whose it is.
        provider: Provider,
        /// The link.
        link: String,
    },
}

/// The bytes of a page, decompressed, as they arrive.
pub type Body = Pin<Box<dyn Stream<Item = Result<Bytes, SourceError>> + Send>>;

/// Why Azure gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct SourceError {
    /// What the command says of it.
    pub error: CommandError,
    /// Whether Azure could not be reached or could not serve (no connection, 429, 5xx), as against
    /// having refused.
    pub unreachable: bool,
}

/// A name pair of a location: as Azure's resources have it (`eastus`), and as people read it (`East
/// US`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// As in a resource.
    pub name: String,
    /// As in the portal.
    pub display_name: String,
}

/// One subscription's Resource Manager, seen from here.
pub trait Source: Clone + Send + Sync + 'static {
    /// Asks for a page (`Microsoft.Compute/skus`, api-version 2019-04-01, or
    /// `Microsoft.ContainerService/locations/…/vmSkus`, 2026-04-02-preview).
    fn page(
        &self,
        page: &Page,
        report: &dyn Report,
    ) -> impl Future<Output = Result<Body, SourceError>> + Send;

    /// Asks for the subscription's locations (api-version 2022-12-01).
    fn locations(
        &self,
        report: &dyn Report,
    ) -> impl Future<Output = Result<Vec<Location>, SourceError>> + Send;

    /// Who asks a store in a cloud for what other machines have asked.
    fn storage(&self) -> Option<StorageCaller> {
        None
    }
}
