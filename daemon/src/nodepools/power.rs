//! `az aks nodepool start` and `stop`.

use azq_proto::v1;
use serde_json::json;

use super::{PoolCall, Printed, operation};

/// Starts a stopped pool. Like az it accepts `--aks-custom-headers` and ignores it.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's.
pub async fn start(call: &PoolCall<'_, v1::StartNodePoolRequest>) -> Printed {
    switch(call, "Running", call.request.no_wait).await
}

/// Stops a running pool. Like az it accepts `--aks-custom-headers` and ignores it.
///
/// # Errors
/// A pool that the cluster's list does not have; an error of Azure's.
pub async fn stop(call: &PoolCall<'_, v1::StopNodePoolRequest>) -> Printed {
    switch(call, "Stopped", call.request.no_wait).await
}

async fn switch<R>(call: &PoolCall<'_, R>, state: &str, no_wait: bool) -> Printed {
    call.check_name()?;
    call.require_listed().await?;
    let mut body = call.read().await?;
    let power = json!({"code": state});
    operation::set(operation::properties(&mut body), "powerState", Some(power));
    call.write(&body, Vec::new(), no_wait).await
}
