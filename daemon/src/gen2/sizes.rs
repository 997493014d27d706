//! The typed VM sizes of locations, each of which is read once.

use std::collections::HashMap;
use std::sync::Arc;

pub(super) use azq_migration::SizesByName as SizesOfLocation;
use azq_proto::v1;
use tokio::sync::{Mutex, OnceCell};

use azq_arm::Report;
use azq_arm::Session;
use azq_command::CommandError;
use azq_skus::Catalogues;

/// The sizes of the locations that one command needs.
pub(super) struct Sizes<'c> {
    catalogues: &'c Catalogues,
    session: Arc<Session>,
    read: Mutex<HashMap<String, Arc<OnceCell<Arc<SizesOfLocation>>>>>,
}

impl<'c> Sizes<'c> {
    /// Creates an empty cache.
    pub(super) fn new(catalogues: &'c Catalogues, session: Arc<Session>) -> Self {
        Self {
            catalogues,
            session,
            read: Mutex::default(),
        }
    }

    /// Returns the sizes of a location, including restricted ones.
    pub(super) async fn of(
        &self,
        location: &str,
        report: &dyn Report,
    ) -> Result<Arc<SizesOfLocation>, CommandError> {
        let cell = {
            let mut read = self.read.lock().await;
            Arc::clone(read.entry(location.to_lowercase()).or_default())
        };
        let sizes = cell.get_or_try_init(|| self.ask(location, report)).await;
        sizes.map(Arc::clone)
    }

    async fn ask(
        &self,
        location: &str,
        report: &dyn Report,
    ) -> Result<Arc<SizesOfLocation>, CommandError> {
        let request = v1::ListSkusRequest {
            resource_type: Some("virtualMachines".to_owned()),
            show_all: Some(true),
            ..v1::ListSkusRequest::default()
        };
        let Session { arm, scope, .. } = &*self.session;
        let found = self
            .catalogues
            .find(arm, scope, &request, Some(location), report)
            .await?;
        let sizes = found.catalogue.vm_sizes().sizes_in(Some(location));
        let by_name = sizes.map(|size| (size.name.to_lowercase(), size));
        Ok(Arc::new(by_name.collect()))
    }
}
