//! Required fields: filled in from az's configured defaults (`az config set defaults.group=…`), or
//! reported as missing.

use azq_account::CliConfig;
use azq_proto::v1;
use std::borrow::Cow;

/// The fields of a request that are filled in, and the required ones that have no value.
#[derive(Debug)]
pub(super) struct Required<'c> {
    config: &'c CliConfig,
    missing: Vec<&'static str>,
}

impl<'c> Required<'c> {
    pub(super) fn new(config: &'c CliConfig) -> Self {
        let missing = Vec::new();
        Self { config, missing }
    }

    /// Requires a field that only the command line can set.
    pub(super) fn field(mut self, name: &'static str, value: Option<&String>) -> Self {
        if value.is_none() {
            self.missing.push(name);
        }
        self
    }

    /// Requires a field that az's `[defaults]` section can set too, under `option`.
    pub(super) fn field_or_default(
        self,
        name: &'static str,
        value: &mut Option<String>,
        option: &str,
    ) -> Self {
        self.filled(value, option).field(name, value.as_ref())
    }

    /// Fills in a field that need not have a value.
    pub(super) fn filled(self, value: &mut Option<String>, option: &str) -> Self {
        fill(value, self.config, option);
        self
    }

    /// Requires the resource group, the cluster and, if `with_name` is set, the pool.
    pub(super) fn pool(self, pool: &mut Option<v1::NodePoolName>, with_name: bool) -> Self {
        let pool = pool.get_or_insert_default();
        let named = self
            .field_or_default(
                "resource_group_name",
                &mut pool.resource_group_name,
                "group",
            )
            .field("cluster_name", pool.cluster_name.as_ref());
        if with_name {
            named.field("nodepool_name", pool.nodepool_name.as_ref())
        } else {
            named
        }
    }

    /// Returns the fields without a value, in the order in which they were checked.
    pub(super) fn missing(self) -> Vec<&'static str> {
        self.missing
    }
}

/// Fills an absent value from az's `[defaults]` section.
pub(super) fn fill(value: &mut Option<String>, config: &CliConfig, option: &str) {
    if value.is_none() {
        *value = config.default_value(option).map(Cow::into_owned);
    }
}
