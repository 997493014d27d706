//! An agent pool as Resource Manager gives it, by itself or as a profile inside its cluster.

use serde_json::Value;

/// Shows the properties of a pool; what is not there reads as empty.
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

    /// Reads a profile of a managed cluster, which has its name among its properties.
    pub fn of_profile(profile: &'p Value) -> Self {
        Self {
            name: text(profile, "name"),
            properties: profile,
        }
    }

    /// Its name.
    pub fn name(&self) -> &'p str {
        self.name
    }

    /// All properties.
    pub fn properties(&self) -> &'p Value {
        self.properties
    }

    /// A property; null if it has none of this name.
    pub fn setting(&self, name: &str) -> &'p Value {
        self.properties.get(name).unwrap_or(&Value::Null)
    }

    /// Tells whether a property is true.
    pub fn is_set(&self, name: &str) -> bool {
        *self.setting(name) == Value::Bool(true)
    }

    /// Its VM size.
    pub fn vm_size(&self) -> &'p str {
        text(self.properties, "vmSize")
    }

    /// The image of its nodes.
    pub fn node_image_version(&self) -> &'p str {
        text(self.properties, "nodeImageVersion")
    }

    /// `Linux` or `Windows`.
    pub fn os_type(&self) -> &'p str {
        match text(self.properties, "osType") {
            "" => "Linux",
            named => named,
        }
    }

    /// Such as `Ubuntu` or `Windows2022`.
    pub fn os_sku(&self) -> &'p str {
        text(self.properties, "osSKU")
    }

    /// Tells whether its nodes run Windows.
    pub fn is_windows(&self) -> bool {
        self.os_type().eq_ignore_ascii_case("Windows")
    }

    /// `System` or `User`.
    pub fn mode(&self) -> &'p str {
        text(self.properties, "mode")
    }

    /// Tells whether it may hold the pods of the system.
    pub fn is_system(&self) -> bool {
        self.mode().eq_ignore_ascii_case("System")
    }

    /// How many nodes it has.
    pub fn count(&self) -> u64 {
        let count = self.properties.get("count").and_then(Value::as_u64);
        count.unwrap_or_default()
    }

    /// Its availability zones.
    pub fn zones(&self) -> impl Iterator<Item = &'p str> {
        let zones = self.properties.get("availabilityZones");
        let zones = zones.and_then(Value::as_array).into_iter().flatten();
        zones.filter_map(Value::as_str)
    }

    /// Tells whether the cluster's autoscaler decides on its count.
    pub fn is_autoscaled(&self) -> bool {
        self.is_set("enableAutoScaling")
    }

    /// Tells whether its machines may be taken away.
    pub fn is_spot(&self) -> bool {
        text(self.properties, "scaleSetPriority").eq_ignore_ascii_case("Spot")
    }

    /// Tells whether its nodes start with secure boot or a virtual TPM.
    pub fn has_trusted_launch(&self) -> bool {
        ["enableSecureBoot", "enableVTPM"].iter().any(|name| {
            self.properties.pointer(&format!("/securityProfile/{name}")) == Some(&Value::Bool(true))
        })
    }

    /// The kind of its machines: scale sets, unless it says otherwise.
    pub fn kind(&self) -> &'p str {
        match text(self.properties, "type") {
            "" => "VirtualMachineScaleSets",
            named => named,
        }
    }

    /// Tells whether it is of scale sets, which alone have one VM size that is theirs.
    pub fn is_of_scale_sets(&self) -> bool {
        self.kind().eq_ignore_ascii_case("VirtualMachineScaleSets")
    }

    /// Its provisioning state.
    pub fn provisioning_state(&self) -> &'p str {
        text(self.properties, "provisioningState")
    }

    /// Tells whether it is stopped.
    pub fn is_stopped(&self) -> bool {
        let code = self.properties.pointer("/powerState/code");
        code.and_then(Value::as_str) == Some("Stopped")
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
