//! `ShowCache`, `ClearCache`, `RefreshCache`, `ExportCache` and `ImportCache`: azq's own commands
//! for the catalogue cache.

use super::{Call, implement_commands};
use azq_command::CommandError;
use azq_document::Value;
use azq_document::units;
use azq_skus::CacheScope;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// Returns the columns of `--output table`.
fn table(document: &Value) -> Value {
    let rows = document.as_array().unwrap_or_default().iter().map(row);
    rows.collect::<Vec<_>>().into()
}

/// Returns a number of a catalogue's row.
pub(super) fn number(catalogue: &Value, key: &str) -> u64 {
    match catalogue.get(key) {
        Some(Value::Int(number)) => u64::try_from(*number).unwrap_or_default(),
        _ => 0,
    }
}

fn row(catalogue: &Value) -> Value {
    let cell = |key| catalogue.get(key).cloned().unwrap_or(Value::Null);
    let number = |key| number(catalogue, key);
    let bytes = |key| Value::from(units::bytes(number(key)));
    let age = units::time(Duration::from_secs(number("ageSeconds")));
    Value::object([
        ("Location", cell("location")),
        ("Provider", cell("provider")),
        ("SKUs", cell("entries")),
        ("State", cell("state")),
        ("Age", age.into()),
        ("Memory", bytes("memoryBytes")),
        ("Disk", bytes("fileBytes")),
        ("Subscription", cell("subscription")),
    ])
}

implement_commands! { |_own, call|
    ShowCacheRequest Transform(table) => {
        let subscription = subscription(&call).await?;
        call.daemon.catalogues.show(scope(subscription.as_deref())).await
    };
}

implement_commands! { |own, call|
    ClearCacheRequest => {
        let daemon = call.daemon;
        let subscription = subscription(&call).await?;
        let whose = scope(subscription.as_deref());
        let cleared = daemon.catalogues.clear(whose, own.location.as_deref()).await;
        // Answers hold data of catalogues, so kept ones would still return what was cleared.
        let remembered = Arc::clone(&daemon.remembered);
        // An error means that azqd is ending, which drops the answers as well.
        let _ending = spawn_blocking(move || remembered.forget()).await;
        cleared
    };
    RefreshCacheRequest => {
        let session = call.session()?;
        let (location, catalogues) = (own.location.as_deref(), &call.daemon.catalogues);
        catalogues.refresh(&session.arm, &session.scope, location, call.report).await?
    };
    ExportCacheRequest => {
        let (session, principals) = (call.session()?, call.daemon.config.share_principals);
        let (location, path) = (own.location.as_deref(), absolute(&own.path)?);
        call.daemon.catalogues.export(&session.scope, location, principals, path).await?
    };
    ImportCacheRequest => {
        let (session, principals) = (call.session()?, call.daemon.config.share_principals);
        let path = absolute(&own.path)?;
        call.daemon.catalogues.import(&session.scope, principals, path).await?
    };
}

fn scope(subscription: Option<&str>) -> CacheScope<'_> {
    subscription.map_or(CacheScope::Anyone, CacheScope::Subscription)
}

/// Returns the id of the requested subscription, if one is named: one of the caller's, by name or
/// id, or one of which catalogues are cached although the caller has lost it.
async fn subscription(call: &Call<'_>) -> Result<Option<String>, CommandError> {
    let Some(wanted) = call.subscription else {
        return Ok(None);
    };
    match call.profile.select(Some(wanted)) {
        Ok(account) => Ok(Some(account.subscription.id)),
        Err(_) if call.daemon.catalogues.has_any_of(wanted).await => Ok(Some(wanted.to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// Checks that a path is absolute. azq's client makes paths absolute; other clients must do so too.
fn absolute(path: &str) -> Result<&Path, CommandError> {
    let path = Path::new(path);
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(CommandError::new("The file's path must be absolute."))
    }
}
