//! Required fields: filled in from az's configured defaults (`az config set defaults.group=…`), or
//! reported as missing.

use azq_account::CliConfig;
use azq_proto::v1;
use std::borrow::Cow;

/// The required fields that have no value.
#[derive(Debug, Default)]
pub(super) struct Required {
    missing: Vec<&'static str>,
}

impl Required {
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
        config: &CliConfig,
        option: &str,
    ) -> Self {
        fill(value, config, option);
        self.field(name, value.as_ref())
    }

    /// Fills in a field that need not have a value.
    pub(super) fn filled(
        self,
        value: &mut Option<String>,
        config: &CliConfig,
        option: &str,
    ) -> Self {
        fill(value, config, option);
        self
    }

    /// Requires the resource group, the cluster and, if `with_name` is set, the pool.
    pub(super) fn pool(
        self,
        pool: &mut Option<v1::NodePoolName>,
        config: &CliConfig,
        with_name: bool,
    ) -> Self {
        let pool = pool.get_or_insert_default();
        let named = self
            .field_or_default(
                "resource_group_name",
                &mut pool.resource_group_name,
                config,
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
