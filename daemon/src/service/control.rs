//! The service `Daemon`, for the daemon's own life. It responds at once, regardless of commands in
//! flight.

use super::DaemonState;
use crate::lifecycle::shortened;
use azq_proto::{protocol, v1, v1::daemon_server};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The gRPC service of the daemon itself.
#[derive(Clone)]
pub(crate) struct Control(pub(crate) Arc<DaemonState>);

#[tonic::async_trait]
impl daemon_server::Daemon for Control {
    async fn hello(
        &self,
        request: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloReply>, Status> {
        let version = shortened(&request.into_inner().client_version);
        tracing::debug!("hello from azq {version}");
        Ok(Response::new(v1::HelloReply {
            oldest_protocol: protocol::OLDEST,
            newest_protocol: protocol::NEWEST,
            daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
        }))
    }

    async fn status(
        &self,
        _: Request<v1::StatusRequest>,
    ) -> Result<Response<v1::StatusReply>, Status> {
        Ok(Response::new(super::status::status(&self.0).await))
    }

    async fn stop(
        &self,
        request: Request<v1::StopRequest>,
    ) -> Result<Response<v1::StopReply>, Status> {
        self.0.closing.close(request.into_inner().into());
        Ok(Response::new(v1::StopReply {
            pid: std::process::id(),
        }))
    }

    async fn show_config(
        &self,
        _: Request<v1::ShowConfigRequest>,
    ) -> Result<Response<v1::ShowConfigReply>, Status> {
        let entry = self.0.entries.iter().map(|entry| v1::ConfigEntry {
            key: entry.key.to_owned(),
            value: entry.value.clone(),
            source: entry.origin.clone(),
        });
        Ok(Response::new(v1::ShowConfigReply {
            entry: entry.collect(),
        }))
    }

    async fn suggest_values(
        &self,
        request: Request<v1::SuggestValuesRequest>,
    ) -> Result<Response<v1::SuggestValuesReply>, Status> {
        let reply = super::suggestions::suggest(&self.0, request.into_inner()).await;
        Ok(Response::new(reply))
    }
}

/// Refuses a call whose client shares no protocol number with this daemon.
pub(crate) fn check_protocol(request: Request<()>) -> Result<Request<()>, Status> {
    let own @ (oldest, newest) = (protocol::OLDEST, protocol::NEWEST);
    let range = request.metadata().get(protocol::METADATA_KEY);
    let range = range.and_then(|value| {
        let (oldest, newest) = value.to_str().ok()?.split_once('-')?;
        Some((oldest.parse().ok()?, newest.parse().ok()?))
    });
    match range {
        Some(range) if protocol::compatible(own, range) => Ok(request),
        _ => Err(Status::failed_precondition(format!(
            "this azqd ({}) speaks protocol {oldest} to {newest}; run: azq daemon restart",
            env!("CARGO_PKG_VERSION")
        ))),
    }
}
