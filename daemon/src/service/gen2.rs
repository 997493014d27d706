//! The rpcs of `azq gen2`: the generation of node pools.

use super::defaults::fill;
use super::{Answer, Call, Command};
use crate::account::CliConfig;
use crate::arm::Session;
use crate::error::{CommandError, Kind};
use crate::gen2::report;
use azq_output::{Format, Table};
use azq_proto::v1;
use std::sync::Arc;

impl Command for v1::ReportGenerationsRequest {
    const TABLE: Table = Table::Transform(report::table);
    const FORMAT: Format = Format::Table;

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        if !self.all_subscriptions {
            fill(&mut self.resource_group_name, config, "group");
        }
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let resource_group = self.resource_group_name.as_deref();
        let cluster = self.name.as_deref();
        if cluster.is_some() && resource_group.is_none() {
            return Err(missing("--resource-group/-g"));
        }
        let sessions = if self.all_subscriptions {
            all_sessions(&call)?
        } else {
            vec![call.session()?]
        };
        let range = report::Range {
            resource_group,
            cluster,
        };
        let found = report::look(sessions, range, &call.core.catalogues, call.report).await?;
        Ok(if self.check && found.has_gen1() {
            Answer::Unmet(found.document())
        } else {
            Answer::Document(found.document())
        })
    }
}

/// az's words for options that are missing.
fn missing(options: &str) -> CommandError {
    let text = format!("the following arguments are required: {options}");
    CommandError::new(text).of_kind(Kind::Usage)
}

/// The caller's enabled subscriptions of the active cloud.
fn all_sessions(call: &Call<'_>) -> Result<Vec<Arc<Session>>, CommandError> {
    let entries = call.profile.entries();
    let enabled = entries.filter(|entry| entry.state() == Some("Enabled"));
    let ids: Vec<_> = enabled
        .filter_map(|entry| entry.members().get("id")?.as_str())
        .collect();
    if ids.is_empty() {
        // az's words for a caller who is logged in to nothing.
        return call.session().map(|session| vec![session]);
    }
    ids.into_iter()
        .map(|id| call.session_for(Some(id)))
        .collect()
}
