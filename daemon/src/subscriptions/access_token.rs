//! `az account get-access-token` (azure-cli-core, `_profile.py`, `get_raw_token`).

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use azq_document::Value;
use azq_proto::v1::GetAccessTokenRequest;
use tz::{TimeZone, UtcDateTime};

use azq_account::{Account, FileStamp, Profile, UserKind, stamp};
use azq_arm::Report;
use azq_arm::Sessions;
use azq_auth::{self, Token, TokenRequest};
use azq_command::{CommandError, ensure, error};

/// The shortest life of a token that az prints.
const LEAST_LIFE: Duration = Duration::from_secs(300);

/// Returns an option of the command line. An empty value counts as none, as in Python.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Returns a token with the data that az prints beside it.
///
/// # Errors
/// There is no such account, or no token for it.
pub async fn get_access_token(
    sessions: &Sessions,
    profile: &Profile,
    request: &GetAccessTokenRequest,
    subscription: Option<&str>,
    report: &dyn Report,
) -> Result<Value, CommandError> {
    let (subscription, tenant) = (given(subscription), given(request.tenant.as_deref()));
    let scopes = scopes(profile, request)?;
    ensure!(
        subscription.is_none() || tenant.is_none(),
        "Please specify only one of subscription and tenant, not both"
    );
    let account = profile.select_only(subscription)?;
    if let Some(tenant) = tenant {
        check_tenant(&account, tenant)?;
    }
    let request = TokenRequest {
        tenant: tenant.map(str::to_owned),
        scopes: match scopes {
            Some(scopes) => scopes,
            None => vec![account.cloud.token_scope()],
        },
    };
    if let Some(warning) = azq_auth::warning(&account, &request) {
        report.warning(&warning);
    }
    let source = sessions.token_source(profile, &account, &request);
    let token = source.token_for(LEAST_LIFE).await?;
    Ok(document(&token, &account, tenant, profile))
}

/// Returns the requested scopes; `None` means Resource Manager's.
fn scopes(
    profile: &Profile,
    request: &GetAccessTokenRequest,
) -> Result<Option<Vec<String>>, CommandError> {
    let resource = match (&request.resource, &request.resource_type) {
        (None, Some(kind)) => Some(profile.resource(kind)?),
        (resource, _) => resource.clone(),
    };
    let scopes = request.scope.as_ref().map(|scope| &scope.word);
    if let Some(scopes) = scopes.filter(|scopes| !scopes.is_empty()) {
        return Ok(Some(scopes.clone()));
    }
    let resource = resource.filter(|resource| !resource.is_empty());
    Ok(resource.map(|resource| vec![format!("{resource}/.default")]))
}

/// Checks that the account may have tokens of another tenant, which only users and service
/// principals may.
fn check_tenant(account: &Account, tenant: &str) -> Result<(), CommandError> {
    let own = &account.subscription.tenant_id;
    let kind = match account.subscription.user.kind {
        UserKind::User | UserKind::ServicePrincipal => return Ok(()),
        UserKind::ManagedIdentity { .. } => "managed identity",
        UserKind::CloudShell => "Cloud Shell",
    };
    if tenant == own {
        return Ok(());
    }
    Err(error!(
        "For {kind} account, getting access token for non-current tenants is not supported. The \
         specified tenant must be the current tenant {own}"
    ))
}

fn document(token: &Token, account: &Account, tenant: Option<&str>, profile: &Profile) -> Value {
    let end = token.expires().duration_since(SystemTime::UNIX_EPOCH);
    let end = i64::try_from(end.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
    let zone = profile.environment().get("TZ").map(String::as_str);
    let subscription = &account.subscription;
    let members = [
        ("tokenType", Value::from("Bearer")),
        ("accessToken", Value::from(token.reveal())),
        ("expires_on", Value::from(end)),
        ("expiresOn", Value::from(&*local_time(end, zone))),
        (
            "tenant",
            Value::from(tenant.unwrap_or(&subscription.tenant_id)),
        ),
    ];
    let id = ("subscription", Value::from(&*subscription.id));
    let id = tenant.is_none().then_some(id);
    Value::object(members.into_iter().chain(id))
}

/// Formats a UNIX time in the caller's time zone, as az prints it. `zone` is the caller's `TZ`.
fn local_time(seconds: i64, zone: Option<&str>) -> String {
    let zone = match zone {
        Some(zone) => TimeZone::from_posix_tz(zone).ok().map(Arc::new),
        None => local_zone(),
    };
    let offset = zone
        .and_then(|zone| Some(zone.find_local_time_type(seconds).ok()?.ut_offset()))
        .unwrap_or_default();
    let local = seconds.saturating_add(i64::from(offset));
    let Ok(time) = UtcDateTime::from_timespec(local, 0) else {
        return local.to_string();
    };
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.000000",
        time.year(),
        time.month(),
        time.month_day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Returns the system's time zone. It is read again when its file has changed, because each token
/// is printed in the present zone.
fn local_zone() -> Option<Arc<TimeZone>> {
    type CachedZone = Option<(FileStamp, Arc<TimeZone>)>;
    static KNOWN: Mutex<CachedZone> = Mutex::new(None);
    let stamp = stamp(Path::new("/etc/localtime"))?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, zone)) = known.as_ref().filter(|(of, _)| *of == stamp) {
        return Some(Arc::clone(zone));
    }
    let zone = Arc::new(TimeZone::local().ok()?);
    *known = Some((stamp, Arc::clone(&zone)));
    Some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_in_the_callers_time_zone() {
        let end = 1_767_225_600;
        for (zone, wanted) in [
            ("UTC0", "2026-01-01 00:00:00.000000"),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-01-01 01:00:00.000000"),
            ("EST5EDT,M3.2.0,M11.1.0", "2025-12-31 19:00:00.000000"),
            ("no zone", "2026-01-01 00:00:00.000000"),
        ] {
            assert_eq!(local_time(end, Some(zone)), wanted);
        }
    }
}
