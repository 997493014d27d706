//! The data needed to resume waiting for a long-running operation in another process.
//!
//! It has the content of the continuation token of azure-core's `LROPoller`: how the operation was
//! begun and how it is polled. It contains no credential. A process that waits needs an account of
//! its own, and follows only URLs of the cloud's own Resource Manager.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A long-running operation, regardless of the process that has begun it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// The method of the request that began the operation.
    pub method: String,
    /// The URL of that request.
    pub resource: String,
    /// The URL that is polled.
    pub url: String,
    /// The kind of polling.
    pub polled: Polled,
    /// The `Location` that came beside `Azure-AsyncOperation`.
    pub location: Option<String>,
}

/// The kind of polling of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Polled {
    /// The URL returns the status (`Azure-AsyncOperation`).
    Status,
    /// The URL returns 202 until the operation has ended (`Location`).
    Location,
    /// The URL is the resource's own; its `provisioningState` is the status.
    Resource,
}

impl Continuation {
    /// Returns the id by which users refer to the operation. It is the beginning of a hash of its
    /// URL, so that an operation has the same id in every process.
    pub fn id(&self) -> String {
        let mut id = format!("{:x}", Sha256::digest(&self.url));
        id.truncate(8);
        id
    }

    /// Returns the path of the resource, or of the resource's action, that the operation changes.
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
