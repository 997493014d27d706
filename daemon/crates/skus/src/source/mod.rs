//! The requests to Azure that a catalogue needs: pages of SKUs as they arrive, and the names of
//! locations.

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
    /// The first page, of one location or of all.
    First {
        /// The provider that lists the SKUs.
        provider: Provider,
        /// The location's name; for Compute it is a plain one.
        location: Option<String>,
    },
    /// The page of a `nextLink`, which is used unchanged.
    Next {
        /// The provider that lists the SKUs.
        provider: Provider,
        /// The link.
        link: String,
    },
}

/// The bytes of a page, decompressed, as they arrive.
pub type Body = Pin<Box<dyn Stream<Item = Result<Bytes, SourceError>> + Send>>;

/// The reason why Azure sent no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct SourceError {
    /// The command's error.
    pub error: CommandError,
    /// Whether Azure could not be reached or could not serve the request (no connection, 429, 5xx),
    /// as opposed to a refusal.
    pub unreachable: bool,
}

impl SourceError {
    /// Creates the error of an Azure that could not be reached, or sent no valid result.
    fn unreachable(message: impl Into<String>) -> Self {
        Self {
            error: CommandError::new(message),
            unreachable: true,
        }
    }
}

impl From<SourceError> for CommandError {
    fn from(error: SourceError) -> Self {
        error.error
    }
}

/// The two names of a location: in Azure's resources (`eastus`), and for people (`East US`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The name in resources.
    pub name: String,
    /// The name in the portal.
    pub display_name: String,
}

/// A source of SKUs and locations: one subscription's Resource Manager.
pub trait Source: Clone + Send + Sync + 'static {
    /// Requests a page (`Microsoft.Compute/skus`, api-version 2019-04-01, or
    /// `Microsoft.ContainerService/locations/…/vmSkus`, 2026-04-02-preview).
    fn page(
        &self,
        page: &Page,
        report: &dyn Report,
    ) -> impl Future<Output = Result<Body, SourceError>> + Send;

    /// Requests the subscription's locations (api-version 2022-12-01).
    fn locations(
        &self,
        report: &dyn Report,
    ) -> impl Future<Output = Result<Vec<Location>, SourceError>> + Send;

    /// Returns the identity and client for requests to a shared store in the cloud.
    fn storage(&self) -> Option<StorageCaller> {
        None
    }
}
