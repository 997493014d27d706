//! The steps of a plan as command lines of az, which a user can read, edit and run.
//!
//! Each property that has an option of `az aks nodepool add` is one row of [`OPTIONS`]. A pool with
//! any other setting is created by `az rest` instead, whose body contains the whole document.

use serde_json::{Map, Value};

/// The version of the agent pools' API for `az rest`.
const API_VERSION: &str = "2026-06-01";

/// The way in which a property is written as an option.
#[derive(Clone, Copy)]
enum Form {
    /// The option and the value. A list adds all its values.
    Value,
    /// The option alone, if the property is true.
    Flag,
    /// The option and `name=value` for each member.
    Pairs,
    /// The option and the values joined by commas.
    Joined,
    /// Nothing, because az sends this value by default.
    Usual(&'static [&'static str]),
}

/// The properties that have an option of `az aks nodepool add`.
const OPTIONS: [(&str, &str, Form); 44] = [
    ("vmSize", "--node-vm-size", Form::Value),
    ("count", "--node-count", Form::Value),
    ("mode", "--mode", Form::Value),
    ("osType", "--os-type", Form::Value),
    ("osSKU", "--os-sku", Form::Value),
    ("osDiskSizeGB", "--node-osdisk-size", Form::Value),
    ("osDiskType", "--node-osdisk-type", Form::Value),
    ("kubeletDiskType", "", Form::Usual(&["OS"])),
    ("type", "", Form::Usual(&["VirtualMachineScaleSets"])),
    ("availabilityZones", "--zones", Form::Value),
    ("maxPods", "--max-pods", Form::Value),
    ("vnetSubnetID", "--vnet-subnet-id", Form::Value),
    ("podSubnetID", "--pod-subnet-id", Form::Value),
    (
        "podIPAllocationMode",
        "--pod-ip-allocation-mode",
        Form::Value,
    ),
    ("orchestratorVersion", "--kubernetes-version", Form::Value),
    (
        "enableAutoScaling",
        "--enable-cluster-autoscaler",
        Form::Flag,
    ),
    ("minCount", "--min-count", Form::Value),
    ("maxCount", "--max-count", Form::Value),
    ("scaleDownMode", "--scale-down-mode", Form::Value),
    ("scaleSetPriority", "--priority", Form::Value),
    ("scaleSetEvictionPolicy", "--eviction-policy", Form::Value),
    ("spotMaxPrice", "--spot-max-price", Form::Value),
    ("nodeLabels", "--labels", Form::Pairs),
    ("nodeTaints", "--node-taints", Form::Joined),
    ("tags", "--tags", Form::Pairs),
    ("enableNodePublicIP", "--enable-node-public-ip", Form::Flag),
    (
        "nodePublicIPPrefixID",
        "--node-public-ip-prefix-id",
        Form::Value,
    ),
    (
        "enableEncryptionAtHost",
        "--enable-encryption-at-host",
        Form::Flag,
    ),
    ("enableUltraSSD", "--enable-ultra-ssd", Form::Flag),
    ("enableFIPS", "--enable-fips-image", Form::Flag),
    ("gpuInstanceProfile", "--gpu-instance-profile", Form::Value),
    ("proximityPlacementGroupID", "--ppg", Form::Value),
    ("hostGroupID", "--host-group-id", Form::Value),
    ("capacityReservationGroupID", "--crg-id", Form::Value),
    ("workloadRuntime", "--workload-runtime", Form::Value),
    ("upgradeSettings.maxSurge", "--max-surge", Form::Value),
    (
        "upgradeSettings.maxUnavailable",
        "--max-unavailable",
        Form::Value,
    ),
    (
        "upgradeSettings.drainTimeoutInMinutes",
        "--drain-timeout",
        Form::Value,
    ),
    (
        "upgradeSettings.nodeSoakDurationInMinutes",
        "--node-soak-duration",
        Form::Value,
    ),
    (
        "upgradeSettings.undrainableNodeBehavior",
        "--undrainable-node-behavior",
        Form::Value,
    ),
    ("gpuProfile.driver", "--gpu-driver", Form::Value),
    (
        "windowsProfile.disableOutboundNat",
        "--disable-windows-outbound-nat",
        Form::Flag,
    ),
    ("securityProfile.enableVTPM", "--enable-vtpm", Form::Flag),
    (
        "securityProfile.enableSecureBoot",
        "--enable-secure-boot",
        Form::Flag,
    ),
];

/// The cluster in the command lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cluster<'c> {
    /// The subscription's id.
    pub(crate) subscription: &'c str,
    /// The resource group.
    pub(crate) resource_group: &'c str,
    /// The cluster's name.
    pub(crate) name: &'c str,
}

impl Cluster<'_> {
    /// Returns the command line that creates a pool from a document.
    pub(crate) fn add(&self, name: &str, pool: &Value, is_windows: bool) -> String {
        let header = "UseWindowsGen2VM=true";
        if let Some(options) = options(pool) {
            let mut line = self.nodepool("add", name);
            options.iter().for_each(|word| push(&mut line, word));
            if is_windows {
                push(&mut line, "--aks-custom-headers");
                push(&mut line, header);
            }
            return line;
        }
        let Self {
            subscription,
            resource_group,
            name: cluster,
        } = self;
        let mut line = "az rest --method put --url".to_owned();
        push(
            &mut line,
            &format!(
                "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.ContainerService\
                 /managedClusters/{cluster}/agentPools/{name}?api-version={API_VERSION}"
            ),
        );
        if is_windows {
            push(&mut line, "--headers");
            push(&mut line, header);
        }
        push(&mut line, "--body");
        push(&mut line, &pool.to_string());
        line
    }

    /// Returns the command line of the guide, which changes a pool's size in place.
    pub(crate) fn resize(&self, name: &str, vm_size: &str, is_windows: bool) -> String {
        let mut line = self.nodepool("update", name);
        push(&mut line, "--node-vm-size");
        push(&mut line, vm_size);
        if is_windows {
            line.push_str(" --aks-custom-headers UseWindowsGen2VM=true");
        }
        line
    }

    /// Returns the command line that turns a pool's autoscaler off.
    pub(crate) fn hold_autoscaler(&self, name: &str) -> String {
        format!(
            "{} --disable-cluster-autoscaler",
            self.nodepool("update", name)
        )
    }

    /// Returns the command line that deletes a pool.
    pub(crate) fn delete(&self, name: &str) -> String {
        self.nodepool("delete", name)
    }

    /// Returns the command line that runs kubectl in the cluster.
    pub(crate) fn kubectl(&self, command: &str) -> String {
        let mut line = "az aks command invoke -g".to_owned();
        for word in [
            self.resource_group,
            "-n",
            self.name,
            "--subscription",
            self.subscription,
            "--command",
            command,
        ] {
            push(&mut line, word);
        }
        line
    }

    fn nodepool(&self, verb: &str, name: &str) -> String {
        let mut line = format!("az aks nodepool {verb} -g");
        for word in [
            self.resource_group,
            "--cluster-name",
            self.name,
            "--subscription",
            self.subscription,
            "-n",
            name,
        ] {
            push(&mut line, word);
        }
        line
    }
}

/// Returns the options that create a pool, or `None` if it has a setting without an option.
fn options(pool: &Value) -> Option<Vec<String>> {
    let mut settings = Map::new();
    let properties = pool.get("properties").and_then(Value::as_object)?;
    for (name, value) in properties {
        match value.as_object() {
            // The members of these two are names chosen by the user, not settings.
            Some(members) if !["nodeLabels", "tags"].contains(&name.as_str()) => {
                let paths = members.iter();
                settings.extend(paths.map(|(key, value)| (format!("{name}.{key}"), value.clone())));
            }
            _ => drop(settings.insert(name.clone(), value.clone())),
        }
    }
    if pool.as_object().is_some_and(|members| members.len() > 1) {
        return None;
    }
    let mut words = Vec::new();
    for (name, option, form) in OPTIONS {
        if let Some(value) = settings.shift_remove(name) {
            words.extend(form.words(option, &value)?);
        }
    }
    settings.values().all(is_nothing).then_some(words)
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

impl Form {
    fn words(self, option: &str, value: &Value) -> Option<Vec<String>> {
        let option = option.to_owned();
        if is_nothing(value) {
            return Some(Vec::new());
        }
        Some(match (self, value) {
            (Self::Usual(usual), value) => {
                return usual.contains(&value.as_str()?).then(Vec::new);
            }
            (Self::Flag, _) => vec![option],
            (Self::Pairs, Value::Object(members)) => {
                let pair = |(name, value): (&String, &Value)| format!("{name}={}", plain(value));
                std::iter::once(option)
                    .chain(members.iter().map(pair))
                    .collect()
            }
            (Self::Joined, Value::Array(items)) => {
                let items: Vec<_> = items.iter().map(plain).collect();
                vec![option, items.join(",")]
            }
            (Self::Value, Value::Array(items)) => std::iter::once(option)
                .chain(items.iter().map(plain))
                .collect(),
            (Self::Value, value) => vec![option, plain(value)],
            _ => return None,
        })
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Appends a word, quoted for a shell.
fn push(line: &mut String, word: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=.,/:@+%".contains(&byte);
    line.push(' ');
    if !word.is_empty() && word.bytes().all(is_plain) {
        line.push_str(word);
    } else {
        line.push('\'');
        line.push_str(&word.replace('\'', r"'\''"));
        line.push('\'');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CLUSTER: Cluster<'_> = Cluster {
        subscription: "s",
        resource_group: "my group",
        name: "c",
    };

    #[test]
    fn a_pool_of_usual_settings_is_an_az_line() {
        let pool = json!({"properties": {
            "vmSize": "Standard_D2s_v5", "count": 3, "nodeTaints": ["a=b:NoSchedule", "c=d:NoExecute"],
            "nodeLabels": {"x": "it's"}, "availabilityZones": ["1", "2"], "enableFIPS": false,
            "securityProfile": {"enableVTPM": false}, "type": "VirtualMachineScaleSets",
            "upgradeSettings": {"maxSurge": "10%"}, "enableAutoScaling": true, "minCount": 1}});
        assert_eq!(
            CLUSTER.add("np", &pool, true),
            "az aks nodepool add -g 'my group' --cluster-name c --subscription s -n np --node-vm-size Standard_D2s_v5 \
             --node-count 3 --zones 1 2 --enable-cluster-autoscaler --min-count 1 --labels 'x=it'\\''s' \
             --node-taints a=b:NoSchedule,c=d:NoExecute --max-surge 10% --aks-custom-headers UseWindowsGen2VM=true"
        );
    }

    #[test]
    fn a_setting_without_an_option_makes_it_a_request() {
        let pool = json!({"properties": {"vmSize": "v", "kubeletConfig": {"podMaxPids": 5}}});
        let line = CLUSTER.add("np", &pool, false);
        assert!(
            line.starts_with(
                "az rest --method put --url '/subscriptions/s/resourceGroups/my group/"
            ),
            "{line}"
        );
        assert!(line.ends_with(&format!("--body '{pool}'")), "{line}");
    }
}
