//! The content of an emulated subscription when the emulator starts.
//!
//! The JSON form is that of the goldens' presets, so that a recorded case can be run again.
//! Everything has a default. An unknown key is an error, because a misspelt one would silently test
//! nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fault::Fault;
use super::kubernetes::Workload;
use super::resize::Generations;
use super::throttle::ReadLimit;

/// The subscription that an emulated account has by default.
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
/// The second subscription of an emulated account.
pub const OTHER_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000002";
/// The tenant of the emulated account.
pub const TENANT: &str = "00000000-0000-0000-0000-0000000000aa";

/// The specification with which an emulator is started.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Specification {
    /// The resource SKUs: `three`, `full`, or a file (`.json`, `.json.zst`); none means an empty
    /// list.
    pub skus: Option<String>,
    /// Only the SKUs whose whole name matches this regular expression; none means all.
    pub sku_names: Option<String>,
    /// Entries per page of the SKU list; none means that one response has all.
    pub sku_page_size: Option<usize>,
    /// Limits of quotas that differ from the usual ones, by the quota's name.
    pub quota_limits: BTreeMap<String, u64>,
    /// Managed clusters by name.
    pub clusters: BTreeMap<String, ClusterSpecification>,
    /// Node pool snapshots by lower-case name, as Resource Manager documents.
    pub snapshots: BTreeMap<String, Value>,
    /// Other resources by their ids.
    pub resources: BTreeMap<String, Value>,
    /// Resource providers by namespace.
    pub providers: BTreeMap<String, Value>,
    /// Faults to inject, tried in order.
    pub faults: Vec<Fault>,
    /// Number of polls until an operation has ended.
    pub lro_polls: u32,
    /// Whether a read of a cluster's pools counts as a poll of their operations, so that an
    /// operation that is not polled ends too.
    pub looks_are_polls: bool,
    /// The error with which every operation ends; none means that they succeed.
    pub lro_error: Option<Value>,
    /// Whether an agent pool may be given another VM size.
    pub vmss_resize: bool,
    /// The service's reaction to an update that changes the generation of an agent pool.
    pub generations: Generations,
    /// The limit of reads; none means that there is no limit.
    pub read_limit: Option<ReadLimit>,
    /// The `Retry-After` of the response to a poll, in seconds.
    pub retry_after: u32,
    /// The secret that a managed identity request must carry in `X-IDENTITY-HEADER`.
    pub identity_secret: String,
    /// Lifetime of an access token, in seconds.
    pub token_lifetime: u64,
    /// Service principals that may request a token: client id and secret.
    pub service_principals: BTreeMap<String, String>,
    /// The logged-in account: nothing for the system-assigned identity, else `user=NAME`,
    /// `principal=CLIENT` or `identity=INFO`.
    pub account: String,
    /// Users who may request a token, by name.
    pub users: BTreeMap<String, UserSpecification>,
    /// Claims, as JSON text, that a token must have been requested with; none means any token will
    /// do.
    pub demanded_claims: Option<String>,
    /// The account's subscriptions, the default one first.
    pub subscriptions: Vec<SubscriptionSpecification>,
    /// The service that it imitates in details where services differ.
    pub rules: Rules,
    /// The folder of a relative `skus` file.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The service that the emulator imitates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rules {
    /// AKS.
    #[default]
    Aks,
    /// The simpler emulator with which the shared goldens were recorded: it named the images of
    /// fewer OS SKUs, knew three Gen 1 sizes and no Arm, took every pool for running, and had no
    /// `upgradeNodeImageVersion`.
    Recorded,
}

/// One subscription of the emulated account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionSpecification {
    /// Its id, a GUID.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// `Enabled`, `Disabled`, `Warned` or `PastDue`.
    #[serde(default = "enabled")]
    pub state: String,
}

/// One user of the tenant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserSpecification {
    /// The user's object id.
    pub object_id: String,
    /// The valid refresh tokens.
    pub refresh_tokens: Vec<String>,
}

/// A managed cluster with its agent pools.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterSpecification {
    /// Its name as Azure spells it; none means the key.
    pub name: Option<String>,
    /// Its resource group.
    pub resource_group: String,
    /// Its region; none means `eastus`.
    pub location: Option<String>,
    /// The Kubernetes version that new pools get; none means 1.33.3.
    pub kubernetes_version: Option<String>,
    /// Agent pools by lower-case name, as Resource Manager documents.
    pub pools: Map<String, Value>,
    /// The upgrade profile of every pool that has none of its own.
    pub upgrade_profile: Option<Value>,
    /// Upgrade profiles by pool name.
    pub upgrade_profiles: Map<String, Value>,
    /// Properties of the managed cluster that differ from the defaults.
    pub properties: Map<String, Value>,
    /// The cluster's tags.
    pub tags: Option<Value>,
    /// The workloads that run in it; none means that its nodes are unknown, and that commands in it
    /// only return their own text.
    pub workloads: Option<Vec<Workload>>,
    /// Number of commands in it until a new node is ready.
    pub nodes_ready_after: u32,
}

impl Default for Specification {
    fn default() -> Self {
        Self {
            skus: None,
            sku_names: None,
            sku_page_size: None,
            quota_limits: BTreeMap::new(),
            clusters: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            resources: BTreeMap::new(),
            providers: BTreeMap::new(),
            faults: Vec::new(),
            lro_polls: 1,
            looks_are_polls: false,
            lro_error: None,
            vmss_resize: false,
            generations: Generations::default(),
            read_limit: None,
            retry_after: 0,
            identity_secret: "secret".to_owned(),
            token_lifetime: 86_400,
            service_principals: BTreeMap::new(),
            account: String::new(),
            users: BTreeMap::new(),
            demanded_claims: None,
            subscriptions: vec![
                SubscriptionSpecification::new(SUBSCRIPTION, "Sub One"),
                SubscriptionSpecification::new(OTHER_SUBSCRIPTION, "Sub Two"),
            ],
            rules: Rules::default(),
            folder: PathBuf::new(),
        }
    }
}

impl SubscriptionSpecification {
    /// Creates an enabled subscription.
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            state: enabled(),
        }
    }
}

fn enabled() -> String {
    "Enabled".to_owned()
}

impl Specification {
    /// Reads a specification file; a relative `skus` is resolved against the file's own folder.
    pub fn read(path: &Path) -> Result<Self, SpecificationError> {
        let path = path.to_owned();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(SpecificationError::Unreadable { path, source }),
        };
        match serde_json::from_str::<Self>(&text) {
            Ok(specification) => Ok(Self {
                folder: path.parent().map(Path::to_owned).unwrap_or_default(),
                ..specification
            }),
            Err(source) => Err(SpecificationError::Invalid { path, source }),
        }
    }
}

/// The reason why a specification file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecificationError {
    /// The file could not be read.
    #[error("cannot read the specification {}", path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is not a specification.
    #[error("{} is not a specification", path.display())]
    Invalid {
        /// Its path.
        path: PathBuf,
        /// The position and the reason.
        source: serde_json::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_is_a_specification() {
        let specification: Specification = serde_json::from_str(
            r#"{"skus": "skus/small.json", "sku_page_size": 25, "lro_polls": 4,
                "clusters": {"c": {"resourceGroup": "g", "kubernetesVersion": "1.33.3", "pools": {}, "upgradeProfile": {}}},
                "faults": [{"match": "GET .*", "status": 500, "times": 9, "body": {"error": {}}}]}"#,
        )
        .unwrap();
        assert_eq!(specification.lro_polls, 4);
        assert_eq!(specification.clusters["c"].resource_group, "g");
        assert_eq!(specification.subscriptions.len(), 2);
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        assert!(serde_json::from_str::<Specification>(r#"{"sku": "small.json"}"#).is_err());
    }
}
