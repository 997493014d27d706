//! Required fields: filled in from az's configured defaults (`az config set defaults.group=…`), or
//! named as missing.

use azq_account::CliConfig;
use azq_proto::v1;
use std::borrow::Cow;

/// Gathers which required fields have no value.
#[derive(Debug, Default)]
pub(super) struct Required {
    missing: Vec<&'static str>,
}

impl Required {
    /// A field that only the command line can give.
    pub(super) fn field(mut self, name: &'static str, value: Option<&String>) -> Self {
        if value.is_none() {
            self.missing.push(name);
        }
        self
    }

    /// A field that az's `[defaults]` section can give too, under `option`.
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

    /// The resource group, the cluster and, where `with_name`, the pool.
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

    /// The fields without a value, in the order in which they were looked at.
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
