//! What an emulated subscription holds when the emulator starts.
//!
//! The JSON form is the one of the goldens' presets, so that a recorded case can be run again;
//! everything has a default, and an unknown key is an error because a misspelt one would silently
//! test nothing.

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

/// Everything that an emulator is started with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Specification {
    /// The resource SKUs: `three`, `full`, or a file (`.json`, `.json.zst`); none means an empty
    /// list.
    pub skus: Option<String>,
    /// Only the SKUs whose whole name matches this regular expression; none means all.
    pub sku_names: Option<String>,
    /// Entries per page of the SKU list; none means that one answer holds all.
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
    /// How many polls an operation takes until it has ended.
    pub lro_polls: u32,
    /// Whether a look at a cluster's pools counts as a poll of what is done to them, so that an
    /// operation that nobody polls ends too.
    pub looks_are_polls: bool,
    /// The error with which every operation ends; none means that they succeed.
    pub lro_error: Option<Value>,
    /// Whether an agent pool may be given another VM size.
    pub vmss_resize: bool,
    /// What becomes of an update that changes the generation of an agent pool.
    pub generations: Generations,
    /// How many reads there may be; none means that there is no limit.
    pub read_limit: Option<ReadLimit>,
    /// The `Retry-After` of a poll's answer, in seconds.
    pub retry_after: u32,
    /// The secret that a managed identity request must carry in `X-IDENTITY-HEADER`.
    pub identity_secret: String,
    /// How long an access token is valid, in seconds.
    pub token_lifetime: u64,
    /// Service principals that may ask for a token: client id and secret.
    pub service_principals: BTreeMap<String, String>,
    /// Who is logged in: nothing for the system-assigned identity, else `user=NAME`,
    /// `principal=CLIENT` or `identity=INFO`.
    pub account: String,
    /// Users who may ask for a token, by name.
    pub users: BTreeMap<String, UserSpecification>,
    /// Claims, as JSON text, that a token must have been asked for; none means any token will do.
    pub demanded_claims: Option<String>,
    /// The account's subscriptions, the default one first.
    pub subscriptions: Vec<SubscriptionSpecification>,
    /// Whose ways it follows where they differ.
    pub rules: Rules,
    /// Where a relative `skus` file lies.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Whose ways the emulator follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rules {
    /// Those of AKS.
    #[default]
    Aks,
    /// Those of the simpler stand-in against which the shared goldens were recorded: it named the
    /// images of fewer OS SKUs, knew three Gen 1 sizes and no Arm, took every pool for running, and
    /// had no `upgradeNodeImageVersion`.
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
    /// The refresh tokens that are valid.
    pub refresh_tokens: Vec<String>,
}

/// One managed cluster with its agent pools.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterSpecification {
    /// Its name as Azure spells it; none means that of the key.
    pub name: Option<String>,
    /// The resource group that it is in.
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
    /// Properties of the managed cluster that differ from the usual ones.
    pub properties: Map<String, Value>,
    /// The cluster's tags.
    pub tags: Option<Value>,
    /// What runs in it; none means that nothing is known of its nodes, and that commands in it only
    /// tell what they were.
    pub workloads: Option<Vec<Workload>>,
    /// How many commands in it are carried out until a new node is ready.
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
    /// An enabled subscription.
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
    /// Reads a specification file; a relative `skus` is taken from the file's own folder.
    pub fn read(path: &Path) -> Result<Self, SpecificationError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| SpecificationError::Unreadable {
                path: path.to_owned(),
                source,
            })?;
        let mut specification: Self =
            serde_json::from_str(&text).map_err(|source| SpecificationError::Invalid {
                path: path.to_owned(),
                source,
            })?;
        specification.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(specification)
    }
}

/// Why a specification file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecificationError {
    /// The file could not be read.
    #[error("cannot read the specification {}", path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a specification.
    #[error("{} is not a specification", path.display())]
    Invalid {
        /// Its path.
        path: PathBuf,
        /// Where and why.
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
