//! An agent pool as Resource Manager returns it, by itself or as a profile inside its cluster.

use serde_json::Value;

/// A view of a pool's properties. Missing properties read as empty.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'p> {
    name: &'p str,
    properties: &'p Value,
}

impl<'p> Pool<'p> {
    /// Reads a resource, which has its properties in `properties`.
    pub fn of_resource(resource: &'p Value) -> Self {
        Self {
            name: text(resource, "name"),
            properties: resource.get("properties").unwrap_or(&Value::Null),
        }
    }

    /// Reads a profile of a managed cluster, whose name is among its properties.
    pub fn of_profile(profile: &'p Value) -> Self {
        Self {
            name: text(profile, "name"),
            properties: profile,
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &'p str {
        self.name
    }

    /// Returns all properties.
    pub fn properties(&self) -> &'p Value {
        self.properties
    }

    /// Returns a property, or null if there is none with this name.
    pub fn setting(&self, name: &str) -> &'p Value {
        self.properties.get(name).unwrap_or(&Value::Null)
    }

    /// Whether a property is true.
    pub fn is_set(&self, name: &str) -> bool {
        *self.setting(name) == Value::Bool(true)
    }

    /// Returns the VM size.
    pub fn vm_size(&self) -> &'p str {
        text(self.properties, "vmSize")
    }

    /// Returns the version of the nodes' image.
    pub fn node_image_version(&self) -> &'p str {
        text(self.properties, "nodeImageVersion")
    }

    /// Returns the OS type, `Linux` or `Windows`.
    pub fn os_type(&self) -> &'p str {
        match text(self.properties, "osType") {
            "" => "Linux",
            named => named,
        }
    }

    /// Returns the OS SKU, such as `Ubuntu` or `Windows2022`.
    pub fn os_sku(&self) -> &'p str {
        text(self.properties, "osSKU")
    }

    /// Whether its nodes run Windows.
    pub fn is_windows(&self) -> bool {
        self.os_type().eq_ignore_ascii_case("Windows")
    }

    /// Returns the mode, `System` or `User`.
    pub fn mode(&self) -> &'p str {
        text(self.properties, "mode")
    }

    /// Whether it is a system pool.
    pub fn is_system(&self) -> bool {
        self.mode().eq_ignore_ascii_case("System")
    }

    /// Returns the number of nodes.
    pub fn count(&self) -> u64 {
        let count = self.properties.get("count").and_then(Value::as_u64);
        count.unwrap_or_default()
    }

    /// Returns the availability zones.
    pub fn zones(&self) -> impl Iterator<Item = &'p str> {
        let zones = self.properties.get("availabilityZones");
        let zones = zones.and_then(Value::as_array).into_iter().flatten();
        zones.filter_map(Value::as_str)
    }

    /// Whether the cluster's autoscaler sets its count.
    pub fn is_autoscaled(&self) -> bool {
        self.is_set("enableAutoScaling")
    }

    /// Whether its machines are spot machines, which Azure may evict.
    pub fn is_spot(&self) -> bool {
        text(self.properties, "scaleSetPriority").eq_ignore_ascii_case("Spot")
    }

    /// Whether its nodes start with secure boot or a virtual TPM.
    pub fn has_trusted_launch(&self) -> bool {
        ["enableSecureBoot", "enableVTPM"].iter().any(|name| {
            self.properties.pointer(&format!("/securityProfile/{name}")) == Some(&Value::Bool(true))
        })
    }

    /// Returns the kind of its machines. The default is scale sets.
    pub fn kind(&self) -> &'p str {
        match text(self.properties, "type") {
            "" => "VirtualMachineScaleSets",
            named => named,
        }
    }

    /// Whether it consists of scale sets. Only such a pool has a VM size of its own.
    pub fn is_of_scale_sets(&self) -> bool {
        self.kind().eq_ignore_ascii_case("VirtualMachineScaleSets")
    }

    /// Returns the provisioning state.
    pub fn provisioning_state(&self) -> &'p str {
        text(self.properties, "provisioningState")
    }

    /// Whether it is stopped.
    pub fn is_stopped(&self) -> bool {
        let code = self.properties.pointer("/powerState/code");
        code.and_then(Value::as_str) == Some("Stopped")
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
