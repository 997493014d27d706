//! Command lines that achieve by other means what a change asks for.
//!
//! The command line of a new pool is made from a table with an option for each property. A value
//! that only a file can contain is written as `FILE`, which the user replaces by a file's name.

use serde_json::Value as Json;

use crate::input::{Input, Target};

/// The way in which a property is written on a command line.
#[derive(Clone, Copy)]
enum Written {
    /// A text or a number, as it is.
    Value,
    /// The same, but left out if it is this default.
    Unless(&'static str),
    /// The option alone, if the property is true.
    Flag,
    /// The items of a list, separated by spaces.
    Words,
    /// The items of a list, separated by commas.
    Commas,
    /// `key=value` pairs, separated by spaces.
    Pairs,
    /// `FILE`, which the user replaces by a file's name.
    File,
}

use Written::{Commas, File, Flag, Pairs, Unless, Value, Words};

/// The options of `az aks nodepool add` with their properties.
const OPTIONS: [(&str, &str, Written); 39] = [
    ("--mode", "mode", Unless("User")),
    ("--kubernetes-version", "orchestratorVersion", Value),
    ("--vm-set-type", "type", Unless("VirtualMachineScaleSets")),
    ("--node-vm-size", "vmSize", Value),
    ("--os-type", "osType", Value),
    ("--os-sku", "osSKU", Value),
    ("--node-count", "count", Value),
    ("--enable-cluster-autoscaler", "enableAutoScaling", Flag),
    ("--min-count", "minCount", Value),
    ("--max-count", "maxCount", Value),
    ("--zones", "availabilityZones", Words),
    ("--priority", "scaleSetPriority", Unless("Regular")),
    ("--eviction-policy", "scaleSetEvictionPolicy", Value),
    ("--spot-max-price", "spotMaxPrice", Value),
    ("--labels", "nodeLabels", Pairs),
    ("--node-taints", "nodeTaints", Commas),
    ("--tags", "tags", Pairs),
    ("--max-pods", "maxPods", Value),
    ("--node-osdisk-type", "osDiskType", Value),
    ("--node-osdisk-size", "osDiskSizeGB", Unless("0")),
    ("--vnet-subnet-id", "vnetSubnetID", Value),
    ("--pod-subnet-id", "podSubnetID", Value),
    ("--enable-node-public-ip", "enableNodePublicIP", Flag),
    ("--node-public-ip-prefix-id", "nodePublicIPPrefixID", Value),
    ("--ppg", "proximityPlacementGroupID", Value),
    ("--host-group-id", "hostGroupID", Value),
    ("--crg-id", "capacityReservationGroupID", Value),
    (
        "--enable-encryption-at-host",
        "enableEncryptionAtHost",
        Flag,
    ),
    ("--enable-ultra-ssd", "enableUltraSSD", Flag),
    ("--enable-fips-image", "enableFIPS", Flag),
    ("--enable-vtpm", "securityProfile.enableVTPM", Flag),
    (
        "--enable-secure-boot",
        "securityProfile.enableSecureBoot",
        Flag,
    ),
    (
        "--disable-windows-outbound-nat",
        "windowsProfile.disableOutboundNat",
        Flag,
    ),
    ("--gpu-instance-profile", "gpuInstanceProfile", Value),
    ("--gpu-driver", "gpuProfile.driver", Value),
    (
        "--workload-runtime",
        "workloadRuntime",
        Unless("OCIContainer"),
    ),
    ("--max-surge", "upgradeSettings.maxSurge", Value),
    ("--kubelet-config", "kubeletConfig", File),
    ("--linux-os-config", "linuxOSConfig", File),
];

/// An option and the value that replaces the pool's. An empty value leaves the option out.
pub(crate) type Change<'a> = (&'a str, &'a str);

/// Returns the command line of `az aks nodepool add` that creates the drafted pool with these
/// changes.
pub(crate) fn add(input: &Input<'_>, pool: &str, changes: &[Change<'_>]) -> String {
    let draft = input.drafted();
    let scaled = draft.is_on("enableAutoScaling");
    let mut line = of_pool("az aks nodepool add", &input.target, pool);
    for (option, path, written) in OPTIONS {
        let is_bound = matches!(option, "--min-count" | "--max-count");
        let given = changes.iter().find(|(name, _)| *name == option);
        let words = match given {
            Some((_, "")) => None,
            Some((_, value)) => Some(format!(" {}", quoted(value))),
            None if is_bound && !scaled => None,
            None => draft.get(path).and_then(|value| words(value, written)),
        };
        if let Some(words) = words {
            line.extend([" ", option, &words]);
        }
    }
    let more = changes.iter().find(|(name, _)| *name == HEADERS);
    let headers = typed(input)
        .into_iter()
        .chain(more.map(|(_, value)| (*value).to_owned()));
    let headers: Vec<String> = headers.collect();
    if !headers.is_empty() {
        let headers = headers.join(",");
        line.extend([" ", HEADERS, " ", &quoted(&headers)]);
    }
    line
}

const HEADERS: &str = "--aks-custom-headers";
/// The header with which AKS gives Windows nodes an image of Generation 2.
pub(crate) const WINDOWS_GEN2: Change<'static> = (HEADERS, "UseWindowsGen2VM=true");

/// Returns the custom headers as they are written on a command line.
fn typed(input: &Input<'_>) -> Option<String> {
    let own = |name: &str| ["if-match", "if-none-match"].contains(&name.to_lowercase().as_str());
    let headers = input.headers.iter().filter(|(name, _)| !own(name));
    let headers: Vec<_> = headers
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    (!headers.is_empty()).then(|| headers.join(","))
}

/// Returns the command lines that replace the pool: they create a new pool, cordon and drain the
/// old nodes, and delete the old pool.
pub(crate) fn replace(input: &Input<'_>, changes: &[Change<'_>]) -> Vec<String> {
    let Target {
        resource_group,
        cluster,
        pool,
    } = input.target;
    let os_type = changes.iter().find(|(option, _)| *option == "--os-type");
    let is_windows = match os_type {
        Some((_, os_type)) => os_type.eq_ignore_ascii_case("Windows"),
        None => input.drafted().is_windows(),
    };
    let new = new_name(pool, is_windows);
    let (group, cluster) = (quoted(resource_group), quoted(cluster));
    let kubectl = |does: &str| {
        format!(
            "az aks command invoke -g {group} -n {cluster} --command {}",
            quoted(does)
        )
    };
    let selector = |pool: &str| format!("-l kubernetes.azure.com/agentpool={pool}");
    let (old, fresh) = (selector(pool), selector(&new));
    vec![
        add(input, &new, changes),
        kubectl(&format!(
            "kubectl wait --for=condition=Ready node {fresh} --timeout=240s"
        )),
        kubectl(&format!("kubectl cordon {old}")),
        // The drain stops at pods that would lose data or have no controller to recreate them.
        kubectl(&format!(
            "kubectl drain {old} --ignore-daemonsets --timeout=240s"
        )),
        of_pool("az aks nodepool delete", &input.target, pool),
    ]
}

/// Returns the command line with which azq plans the replacement of a pool of Generation 1.
pub(crate) fn plan(target: &Target<'_>) -> String {
    let (group, cluster) = (quoted(target.resource_group), quoted(target.cluster));
    let pool = quoted(target.pool);
    format!("azq gen2 plan -g {group} -n {cluster} --nodepool-name {pool}")
}

/// Returns the command line that updates the pool with these options.
pub(crate) fn update(target: &Target<'_>, options: &str) -> String {
    let line = of_pool("az aks nodepool update", target, target.pool);
    format!("{line} {options}")
}

/// Returns a command line about a pool of the cluster.
pub(crate) fn of_pool(command: &str, target: &Target<'_>, pool: &str) -> String {
    format!(
        "{command} -g {} --cluster-name {} -n {}",
        quoted(target.resource_group),
        quoted(target.cluster),
        quoted(pool)
    )
}

/// Returns a name for the new pool, at most as long as AKS allows: 12 characters, on Windows 6.
fn new_name(old: &str, is_windows: bool) -> String {
    let most = if is_windows { 6 } else { 12 };
    let last = old.chars().last();
    let digit = if last == Some('2') { '3' } else { '2' };
    let kept = old.trim_end_matches(|c: char| c.is_ascii_digit());
    let kept: String = kept.chars().take(most - 1).collect();
    format!("{kept}{digit}")
}

/// Formats a value as it is written after its option, with a space before it.
fn words(value: &Json, written: Written) -> Option<String> {
    let scalar = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    let list = || -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items.filter_map(scalar).collect()
    };
    let text = match written {
        Value => quoted(&scalar(value)?),
        Unless(default) => {
            let text = scalar(value)?;
            quoted((text != default).then_some(text.as_str())?)
        }
        Flag => return (value.as_bool() == Some(true)).then(String::new),
        Words => list()
            .iter()
            .map(|word| quoted(word))
            .collect::<Vec<_>>()
            .join(" "),
        Commas => quoted(&list().join(",")),
        Pairs => {
            let pairs = value.as_object().into_iter().flatten();
            let pairs = pairs.filter_map(|(key, value)| Some(format!("{key}={}", scalar(value)?)));
            pairs
                .map(|pair| quoted(&pair))
                .collect::<Vec<_>>()
                .join(" ")
        }
        File => "FILE".to_owned(),
    };
    (!text.is_empty() && text != "''").then(|| format!(" {text}"))
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    // The word contains no NUL, because it comes from a command line or from Azure's JSON.
    let quoted = shlex::try_quote(word).map(std::borrow::Cow::into_owned);
    quoted.unwrap_or_else(|_| "''".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Action, Lookup, Sizes};
    use serde_json::json;

    fn line(properties: &Json, changes: &[Change<'_>]) -> String {
        let draft = json!({"properties": properties});
        let sizes = Sizes::default();
        let input = Input {
            action: Action::Add,
            target: Target {
                resource_group: "my group",
                cluster: "c",
                pool: "np",
            },
            draft: &draft,
            headers: &[("if-match".into(), "*".into()), ("A".into(), "b c".into())],
            asked_os_type: None,
            current: None,
            location: None,
            sizes: &sizes,
            aks_sizes: &sizes,
            quotas: &Lookup::Missing,
        };
        add(&input, "np", changes)
    }

    #[test]
    fn a_pool_is_written_as_the_options_that_make_it() {
        let properties = json!({"vmSize": "Standard_D4s_v5", "mode": "User", "count": 3, "minCount": 1,
            "enableAutoScaling": false, "availabilityZones": ["1", "2"], "nodeLabels": {"a": "b c"},
            "nodeTaints": ["k=v:NoSchedule", "x=y:NoExecute"], "enableUltraSSD": true, "tags": {},
            "kubeletConfig": {"failSwapOn": false}, "securityProfile": {"enableVTPM": false}});
        assert_eq!(
            line(&properties, &[]),
            "az aks nodepool add -g 'my group' --cluster-name c -n np --node-vm-size Standard_D4s_v5 \
             --node-count 3 --zones 1 2 --labels 'a=b c' --node-taints 'k=v:NoSchedule,x=y:NoExecute' \
             --enable-ultra-ssd --kubelet-config FILE --aks-custom-headers 'A=b c'"
        );
        let scaled =
            json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 5, "vmSize": "A"});
        assert_eq!(
            line(&scaled, &[("--node-vm-size", ""), WINDOWS_GEN2]),
            "az aks nodepool add -g 'my group' --cluster-name c -n np --enable-cluster-autoscaler \
             --min-count 1 --max-count 5 --aks-custom-headers 'A=b c,UseWindowsGen2VM=true'"
        );
    }

    #[test]
    fn a_new_pools_name_is_another_and_no_longer_than_allowed() {
        let (linux, windows) = (false, true);
        for (old, is_windows, new) in [
            ("mynodepool", linux, "mynodepool2"),
            ("abcdefghijkl", linux, "abcdefghijk2"),
            ("np2", linux, "np3"),
            ("np1", linux, "np2"),
            ("npwin", windows, "npwin2"),
            ("npwins", windows, "npwin2"),
            ("npwin2", windows, "npwin3"),
        ] {
            assert_eq!(new_name(old, is_windows), new);
        }
    }
}
