//! `ListSkus` and `ListAksVmSkus`: az vm list-skus and aks list-vm-skus, from the catalogue cache.

use super::{Answer, Call, Command, defaults::Required};
use azq_account::CliConfig;
use azq_command::CommandError;
use azq_output::Table;
use azq_proto::v1;
use azq_skus::Question;

macro_rules! sku_commands {
    ($($request:ident $($table:ident($columns:expr))?, $location:ident($($name:literal)?);)*) => {$(
        impl Command for v1::$request {
            $(const TABLE: Table = Table::$table($columns);)?

            fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
                let location = &mut self.location;
                Required::new(config).$location($($name,)? location, "location").missing()
            }

            async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
                let session = call.session()?;
                let (location, catalogues) = (self.location.as_deref(), &call.daemon.catalogues);
                let found =
                    catalogues.find(&session.arm, &session.scope, &self, location, call.report);
                found.await.map(Answer::Skus)
            }

            fn question(&self) -> Option<Question<'_>> {
                may_be_remembered(self.context.as_ref(), self.max_age).then(|| self.into())
            }
        }
    )*};
}

sku_commands! {
    ListSkusRequest Attempt(azq_skus::table), filled();
    ListAksVmSkusRequest, field_or_default("location");
}

/// Whether the same request may get the same answer again. A request that asks for messages beside
/// the answer is carried out anew.
pub(super) fn may_be_remembered(context: Option<&v1::Context>, max_age: Option<u64>) -> bool {
    let is_plain = |context: &v1::Context| {
        !(context.debug || context.validate_only) && context.warning.is_empty()
    };
    context.is_some_and(is_plain) && max_age.is_none()
}
