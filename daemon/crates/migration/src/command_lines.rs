//! The steps of a plan as command lines of az, which a user can read, edit and run.
//!
//! Each property that has an option of `az aks nodepool add` is one row of [`OPTIONS`]. A pool with
//! any other setting is created by `az rest` instead, whose body contains the whole document.

use serde_json::{Map, Value};

/// The version of the agent pools' API for `az rest`.
const API_VERSION: &str = "2026-06-01";

/// The header with which AKS gives Windows nodes an image of Generation 2.
const HEADER: &str = "UseWindowsGen2VM=true";

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

/// Declares options: `"PROPERTY" => "--OPTION" [, FORM];`, where the form is [`Form::Value`] unless
/// the row names another one.
macro_rules! options {
    (@) => { Form::Value };
    (@ $form:expr) => { $form };
    ($($property:literal => $option:literal $(, $form:expr)?;)*) => {
        &[$(($property, $option, options!(@ $($form)?))),*]
    };
}

use Form::{Flag, Joined, Pairs, Usual};

/// The properties that have an option of `az aks nodepool add`.
const OPTIONS: &[(&str, &str, Form)] = options! {
    "vmSize" => "--node-vm-size";
    "count" => "--node-count";
    "mode" => "--mode";
    "osType" => "--os-type";
    "osSKU" => "--os-sku";
    "osDiskSizeGB" => "--node-osdisk-size";
    "osDiskType" => "--node-osdisk-type";
    "kubeletDiskType" => "", Usual(&["OS"]);
    "type" => "", Usual(&["VirtualMachineScaleSets"]);
    "availabilityZones" => "--zones";
    "maxPods" => "--max-pods";
    "vnetSubnetID" => "--vnet-subnet-id";
    "podSubnetID" => "--pod-subnet-id";
    "podIPAllocationMode" => "--pod-ip-allocation-mode";
    "orchestratorVersion" => "--kubernetes-version";
    "enableAutoScaling" => "--enable-cluster-autoscaler", Flag;
    "minCount" => "--min-count";
    "maxCount" => "--max-count";
    "scaleDownMode" => "--scale-down-mode";
    "scaleSetPriority" => "--priority";
    "scaleSetEvictionPolicy" => "--eviction-policy";
    "spotMaxPrice" => "--spot-max-price";
    "nodeLabels" => "--labels", Pairs;
    "nodeTaints" => "--node-taints", Joined;
    "tags" => "--tags", Pairs;
    "enableNodePublicIP" => "--enable-node-public-ip", Flag;
    "nodePublicIPPrefixID" => "--node-public-ip-prefix-id";
    "enableEncryptionAtHost" => "--enable-encryption-at-host", Flag;
    "enableUltraSSD" => "--enable-ultra-ssd", Flag;
    "enableFIPS" => "--enable-fips-image", Flag;
    "gpuInstanceProfile" => "--gpu-instance-profile";
    "proximityPlacementGroupID" => "--ppg";
    "hostGroupID" => "--host-group-id";
    "capacityReservationGroupID" => "--crg-id";
    "workloadRuntime" => "--workload-runtime";
    "upgradeSettings.maxSurge" => "--max-surge";
    "upgradeSettings.maxUnavailable" => "--max-unavailable";
    "upgradeSettings.drainTimeoutInMinutes" => "--drain-timeout";
    "upgradeSettings.nodeSoakDurationInMinutes" => "--node-soak-duration";
    "upgradeSettings.undrainableNodeBehavior" => "--undrainable-node-behavior";
    "gpuProfile.driver" => "--gpu-driver";
    "windowsProfile.disableOutboundNat" => "--disable-windows-outbound-nat", Flag;
    "securityProfile.enableVTPM" => "--enable-vtpm", Flag;
    "securityProfile.enableSecureBoot" => "--enable-secure-boot", Flag;
};

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
        let header = is_windows.then_some(HEADER);
        if let Some(options) = options(pool) {
            let line = words(self.nodepool("add", name), &options);
            return words(
                line,
                header
                    .map(|header| ["--aks-custom-headers", header])
                    .iter()
                    .flatten(),
            );
        }
        let Self {
            subscription,
            resource_group,
            name: cluster,
        } = self;
        let url = format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.ContainerService\
             /managedClusters/{cluster}/agentPools/{name}?api-version={API_VERSION}"
        );
        let line = words("az rest --method put --url".to_owned(), [&url]);
        let line = words(
            line,
            header.map(|header| ["--headers", header]).iter().flatten(),
        );
        words(line, ["--body", &pool.to_string()])
    }

    /// Returns the command line of the guide, which changes a pool's size in place.
    pub(crate) fn resize(&self, name: &str, vm_size: &str, is_windows: bool) -> String {
        let line = words(self.nodepool("update", name), ["--node-vm-size", vm_size]);
        let header = is_windows.then_some(["--aks-custom-headers", HEADER]);
        words(line, header.iter().flatten())
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
        let line = self.line("az aks command invoke -g", "-n");
        words(line, ["--command", command])
    }

    fn nodepool(&self, verb: &str, name: &str) -> String {
        let line = self.line(&format!("az aks nodepool {verb} -g"), "--cluster-name");
        words(line, ["-n", name])
    }

    /// Returns a command line that names the cluster by this option.
    fn line(&self, begin: &str, option: &str) -> String {
        let subscription = ["--subscription", self.subscription];
        let line = words(begin.to_owned(), [self.resource_group, option, self.name]);
        words(line, subscription)
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
        if let Some(value) = settings.shift_remove(*name) {
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

/// Appends words, each quoted for a shell.
fn words(mut line: String, words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    words
        .into_iter()
        .for_each(|word| push(&mut line, word.as_ref()));
    line
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
