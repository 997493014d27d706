//! `ShowVersion`: az version, where there is no real az to tell its own.

use super::{Answer, Call, Command};
use crate::document::Value;
use crate::error::CommandError;
use azq_proto::v1;

/// The packages of the az whose answers these are. azq has no extensions.
const PACKAGES: [(&str, &str); 3] = [
    ("azure-cli", "2.91.0"),
    ("azure-cli-core", "2.91.0"),
    ("azure-cli-telemetry", "1.1.0"),
];

impl Command for v1::ShowVersionRequest {
    async fn carry_out(self, _: Call<'_>) -> Result<Answer, CommandError> {
        let packages = PACKAGES.map(|(name, version)| (name, Value::from(version)));
        let extensions = ("extensions", Value::object::<&str>([]));
        let versions = packages.into_iter().chain([extensions]);
        Ok(Answer::Document(Value::object(versions)))
    }
}
