//! An Azure with one cluster of one node pool, in which every operation soon succeeds.

use http::Method;
use serde_json::{Value, json};

use super::super::skus::sku;
use crate::azure::{Answer, Asked};
use crate::recordings;

/// The most requests of a call; later ones get a 404, so that the call ends.
const MOST: usize = 200;

/// The resources of one call.
pub(super) struct Resources {
    pool: Value,
    asked: usize,
}

thread_local! {
    static POOLS: Vec<Value> = recordings::pools();
}

impl Resources {
    /// Creates the resources with the recorded pool of this number.
    pub(super) fn new(pool: u8) -> Self {
        let pool = POOLS.with(|pools| pools[usize::from(pool) % pools.len()].clone());
        Self { pool, asked: 0 }
    }

    pub(super) fn answering(mut self) -> impl FnMut(&Asked) -> Answer + Send + 'static {
        move |asked| self.answer(asked)
    }

    fn answer(&mut self, asked: &Asked) -> Answer {
        self.asked += 1;
        if self.asked > MOST {
            let enough = json!({"error": {"code": "NotFound", "message": "enough"}});
            return Answer::json(404, &enough);
        }
        let operation = "{here}/subscriptions/s/operations/1";
        match asked.method {
            Method::GET => self.read(&asked.path),
            Method::PUT => {
                self.pool = serde_json::from_slice(&asked.body).expect("JSON is put");
                Answer::json(201, &self.pool).with("Azure-AsyncOperation", operation)
            }
            _ => Answer::of(202, "").with("Location", operation),
        }
    }

    fn read(&self, path: &str) -> Answer {
        let segments: Vec<&str> = path.split('/').collect();
        let cluster = json!({"name": "c", "location": "eastus", "properties": {"kubernetesVersion": "1.33.3", "agentPoolProfiles": [self.pool]}});
        let document = match segments[..] {
            [.., "operations", _] => json!({"status": "Succeeded"}),
            [.., "agentPools"] => json!({"value": [self.pool]}),
            [.., "agentPools", _] => self.pool.clone(),
            [.., "upgradeProfiles", _] => {
                json!({"properties": {"kubernetesVersion": "1.33.3", "osType": "Linux", "latestNodeImageVersion": "i",
                "upgrades": [{"kubernetesVersion": "1.34.0", "isPreview": true}], "recentlyUsedVersions": [
                {"orchestratorVersion": "1.32.0", "nodeImageVersion": "i", "timestamp": "2026-01-01T00:00:00Z"}]}})
            }
            [.., "managedClusters"] => json!({"value": [cluster]}),
            [.., "managedClusters", _] => cluster,
            [.., "skus"] => json!({"value": [sku()]}),
            [.., "locations"] => {
                json!({"value": [{"name": "eastus", "displayName": "East US", "regionalDisplayName": "(US) East US"}]})
            }
            [.., "vmSizes"] => json!({"value": [{"name": "Standard_D4s_v5", "numberOfCores": 4}]}),
            [.., "usages"] => {
                json!({"value": [{"currentValue": 1, "limit": 10, "unit": "Count", "name": {"value": "cores", "localizedValue": "Cores"}}]})
            }
            _ => {
                json!({"name": "s", "properties": {"creationData": {}, "osSku": "Ubuntu", "kubernetesVersion": "1.33.3"}})
            }
        };
        Answer::json(200, &document)
    }
}
