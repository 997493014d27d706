//! `SelectSizes`: azq sizes.

use super::defaults::fill;
use super::list_skus::may_be_remembered;
use super::{Answer, Call, Command};
use crate::sizes::{self, Selected, Sources};
use azq_account::CliConfig;
use azq_command::CommandError;
use azq_output::{Format, Table};
use azq_proto::v1;
use azq_skus::Question;

impl Command for v1::SelectSizesRequest {
    // If a table is printed, the rows come as its lines; see `sizes::Rows`.
    const TABLE: Table = Table::Transform(Clone::clone);
    const FORMAT: Format = Format::Table;

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        if self.location.is_none() {
            let mut configured = None;
            fill(&mut configured, config, "location");
            self.location = configured.map(|location| v1::Words {
                word: vec![location],
            });
        }
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let session = call.session()?;
        let sources = Sources {
            profile: call.profile,
            sessions: &call.daemon.sessions,
            session: &session,
            catalogues: &call.daemon.catalogues,
            prices: &call.daemon.prices,
            report: call.report,
        };
        let Selected { rows, found } = sizes::select(sources, &self).await?;
        Ok(Answer::Sizes(rows, found))
    }

    fn question(&self) -> Option<Question<'_>> {
        may_be_remembered(self.context.as_ref(), self.max_age).then(|| self.into())
    }
}
