//! What it takes to go on waiting for a long-running operation in another process.
//!
//! The same as the continuation token of azure-core's `LROPoller`: how the operation was begun and
//! how it is polled. It holds no credential; whoever waits needs an account of their own, and only
//! URLs of the cloud's own Resource Manager are followed.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A long-running operation, whoever has begun it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// The method of the request that has begun it.
    pub method: String,
    /// The URL of that request.
    pub resource: String,
    /// What is polled.
    pub url: String,
    /// How it is polled.
    pub polled: Polled,
    /// The `Location` that came beside `Azure-AsyncOperation`.
    pub location: Option<String>,
}

/// How an operation is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Polled {
    /// The URL tells its status (`Azure-AsyncOperation`).
    Status,
    /// The URL answers 202 until it has ended (`Location`).
    Location,
    /// The URL is that of the resource, whose `provisioningState` tells.
    Resource,
}

impl Continuation {
    /// By which people name it: the beginning of a hash of its URL, so that one operation has one
    /// id in every process.
    pub fn id(&self) -> String {
        let digest = Sha256::digest(&self.url);
        digest
            .iter()
            .take(4)
            .fold(String::new(), |id, byte| format!("{id}{byte:02x}"))
    }

    /// The path of the resource, or of the resource's action, that it is about.
    pub fn path(&self) -> &str {
        let after_host =
            self.resource
                .split_once("://")
                .map_or(self.resource.as_str(), |(_, rest)| {
                    rest.find('/')
                        .and_then(|start| rest.get(start..))
                        .unwrap_or_default()
                });
        after_host.split(['?', '#']).next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_without_host_and_query() {
        let of = |resource: &str| Continuation {
            method: "PUT".into(),
            resource: resource.into(),
            url: String::new(),
            polled: Polled::Status,
            location: None,
        };
        assert_eq!(of("https://h:1/a/b?api-version=1").path(), "/a/b");
        assert_eq!(of("/a/b?x#y").path(), "/a/b");
        assert_eq!(of("https://h").path(), "");
    }
}
