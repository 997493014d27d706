//! The values that `az aks nodepool add` settles before it writes its request: from a snapshot,
//! from defaults, and from files.
//!
//! All remaining errors are found here, in az's order (azure-cli, `acs/agentpool_decorator.py`,
//! `construct_agentpool_profile_default`), so that writing the request cannot fail.

use azq_proto::v1::AddNodePoolRequest;
use azq_python::quoted_list;
use serde_json::{Value as Json, json};

use super::add_options::{OPTIONS, mode, skeleton};
use super::autoscaler::{Counts, VIRTUAL_MACHINES};
use super::headers::Headers;
use super::options::{PutRequest, restore_large_integers, write};
use super::snapshot::Snapshot;
use super::{checks, files, headers, lists};
use azq_command::{CommandError, ensure, error};

/// The settled values, which the rows of the table read.
pub(super) struct ResolvedOptions {
    pub(super) request: AddNodePoolRequest,
    pub(super) vm_set_type: &'static str,
    pub(super) os_type: String,
    pub(super) labels: Option<Json>,
    pub(super) host_ports: Option<Json>,
    pub(super) kubelet_config: Option<Json>,
    pub(super) linux_os_config: Option<Json>,
    pub(super) message_of_the_day: Option<String>,
    pub(super) local_dns: Option<Json>,
    headers: Headers,
    snapshot: Snapshot,
    machine_size: String,
}

impl ResolvedOptions {
    /// Settles a request whose options have been checked.
    pub(super) fn new(
        request: &AddNodePoolRequest,
        snapshot: Snapshot,
    ) -> Result<Self, CommandError> {
        let os_type = os_type(request, &snapshot)?;
        Counts {
            enabled: request.enable_cluster_autoscaler,
            min: request.min_count,
            max: request.max_count,
            mode: Some(mode(request)),
            nodes: Some(node_count(request)),
        }
        .check()?;
        let vm_set_type = match request.vm_set_type.as_deref() {
            Some(typed) => checks::vm_set_type(typed)?,
            None => "VirtualMachineScaleSets",
        };
        let kubelet_config = files::KUBELET.read(request.kubelet_config.as_ref())?;
        let linux_os_config = files::LINUX_OS.read(request.linux_os_config.as_ref())?;
        let message_of_the_day = files::message_of_the_day(request.message_of_the_day.as_ref())?;
        let machine_size = machine_size(request, vm_set_type, &os_type)?;
        Ok(Self {
            vm_set_type,
            labels: lists::labels(request.labels.as_ref())?,
            host_ports: lists::host_ports(request.allowed_host_ports.as_ref())?,
            kubelet_config: kubelet_config.map(Json::from),
            linux_os_config: linux_os_config.map(Json::from),
            message_of_the_day,
            local_dns: files::local_dns(request.localdns_config.as_ref())?,
            headers: headers::of_request!(request)?,
            request: request.clone(),
            os_type,
            snapshot,
            machine_size,
        })
    }

    /// Returns the request to send.
    pub(super) fn sent(&self) -> PutRequest {
        let mut body = write(OPTIONS, &self.request, self, skeleton());
        restore_large_integers(&mut body, &self.request.large_integers);
        PutRequest {
            body,
            headers: self.headers.clone(),
        }
    }

    /// Returns the Kubernetes version: the option's, else the snapshot's.
    pub(super) fn version(&self) -> Option<Json> {
        let typed = self.request.kubernetes_version.as_deref();
        let typed = typed.map(|typed| checks::bare_version(typed).unwrap_or(typed));
        let chosen = typed.filter(|typed| !typed.is_empty());
        chosen
            .or(self.snapshot.kubernetes_version.as_deref())
            .or(typed)
            .map(Json::from)
    }

    /// Returns the VM size: the option's, else the snapshot's, else empty, by which az lets Azure
    /// choose.
    pub(super) fn vm_size(&self) -> Option<&str> {
        let typed = self.request.node_vm_size.as_deref();
        typed.or(self.snapshot.vm_size.as_deref()).or(Some(""))
    }

    /// Returns the OS SKU: the option's, else the snapshot's.
    pub(super) fn os_sku(&self) -> Option<Json> {
        let typed = self.request.os_sku.as_deref();
        typed.or(self.snapshot.os_sku.as_deref()).map(Json::from)
    }

    /// Whether the VMs are not in a scale set.
    pub(super) fn is_machines(&self) -> bool {
        self.vm_set_type == VIRTUAL_MACHINES
    }

    /// Returns a property that only pools with a scale set have.
    pub(super) fn unless_machines<T: Into<Json>>(&self, value: Option<T>) -> Option<Json> {
        value.filter(|_| !self.is_machines()).map(Into::into)
    }

    /// Returns the scaling profile of a pool of single VMs.
    pub(super) fn machines_profile(&self) -> Option<Json> {
        let (request, size) = (&self.request, &self.machine_size);
        let scale = if request.enable_cluster_autoscaler {
            let profile =
                json!({"size": size, "minCount": request.min_count, "maxCount": request.max_count});
            json!({"autoscale": [profile]})
        } else {
            json!({"manual": [{"size": size, "count": node_count(&self.request)}]})
        };
        self.is_machines().then(|| json!({"scale": scale}))
    }
}

/// Returns the OS type: the option's, else the snapshot's, else Linux, for which Windows SKUs are
/// refused.
fn os_type(request: &AddNodePoolRequest, snapshot: &Snapshot) -> Result<String, CommandError> {
    let os_type = request.os_type.as_deref();
    let os_type = os_type.or(snapshot.os_type.as_deref()).unwrap_or("Linux");
    let is_windows_sku = request
        .os_sku
        .as_deref()
        .is_some_and(checks::is_windows_sku);
    ensure!(
        os_type != "Linux" || !is_windows_sku,
        "OS SKU is invalid for Linux OS Type. Please specify '--os-type Windows' for Windows SKUs"
    );
    Ok(os_type.to_owned())
}

/// Returns `--node-count`, or its default.
pub(super) fn node_count(request: &AddNodePoolRequest) -> i64 {
    request.node_count.unwrap_or(3)
}

/// Returns the one size of a pool of single VMs. az checks `--vm-sizes` for every pool.
fn machine_size(
    request: &AddNodePoolRequest,
    vm_set_type: &str,
    os_type: &str,
) -> Result<String, CommandError> {
    let node_vm_size = request
        .node_vm_size
        .as_deref()
        .filter(|size| !size.is_empty());
    let Some(typed) = request.vm_sizes.as_deref() else {
        let windows = checks::is_windows(Some(os_type));
        let default = if windows {
            "Standard_D2s_v3"
        } else {
            "Standard_DS2_v2"
        };
        return Ok(node_vm_size.unwrap_or(default).to_owned());
    };
    ensure!(
        vm_set_type == VIRTUAL_MACHINES,
        "--vm-sizes can only be used with --vm-set-type VirtualMachines."
    );
    ensure!(
        node_vm_size.is_none(),
        "Cannot specify -vm-sizes and --node-vm-size at the same time."
    );
    let sizes: Vec<&str> = typed.split(',').map(str::trim).collect();
    match sizes.as_slice() {
        [size] => Ok((*size).to_owned()),
        _ => Err(error!(
            "We only accept single sku size for scale profile. {} is invalid.",
            quoted_list(sizes)
        )),
    }
}

#[cfg(test)]
#[path = "add_tests.rs"]
mod tests;
