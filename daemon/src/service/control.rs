//! The service `Daemon`: the daemon's own life. Answered at once, whatever the commands do.

use super::Core;
use crate::arm::HeldAccount;
use crate::lifecycle::{CloseReason, resident_bytes};
use azq_proto::{protocol, v1, v1::daemon_server};
use std::sync::Arc;
use std::time::SystemTime;
use tonic::{Request, Response, Status};

/// The longest reason for a stop that is kept, in characters.
const LONGEST_REASON: usize = 200;

/// The service of the daemon itself.
#[derive(Clone)]
pub(crate) struct Control(pub(crate) Arc<Core>);

#[tonic::async_trait]
impl daemon_server::Daemon for Control {
    async fn hello(
        &self,
        request: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloReply>, Status> {
        let client = request.into_inner();
        tracing::debug!("hello from azq {}", client.client_version.escape_debug());
        Ok(Response::new(v1::HelloReply {
            oldest_protocol: protocol::OLDEST,
            newest_protocol: protocol::NEWEST,
            daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
        }))
    }

    async fn status(
        &self,
        _: Request<v1::StatusRequest>,
    ) -> Result<Response<v1::StatusReply>, Status> {
        let fact = facts(&self.0).await;
        let json = json(&fact);
        Ok(Response::new(v1::StatusReply { fact, json }))
    }

    async fn stop(
        &self,
        request: Request<v1::StopRequest>,
    ) -> Result<Response<v1::StopReply>, Status> {
        let reason = request
            .into_inner()
            .reason
            .chars()
            .take(LONGEST_REASON)
            .collect();
        self.0.closing.close(CloseReason::Asked(reason));
        Ok(Response::new(v1::StopReply {
            pid: std::process::id(),
        }))
    }

    async fn show_config(
        &self,
        _: Request<v1::ShowConfigRequest>,
    ) -> Result<Response<v1::ShowConfigReply>, Status> {
        let entry = self.0.entries.iter().map(|entry| v1::ConfigEntry {
            key: entry.key.to_owned(),
            value: entry.value.clone(),
            source: entry.origin.clone(),
        });
        Ok(Response::new(v1::ShowConfigReply {
            entry: entry.collect(),
        }))
    }
}

/// Refuses a call whose client speaks no protocol that this daemon speaks.
pub(crate) fn check_protocol(request: Request<()>) -> Result<Request<()>, Status> {
    let range = request
        .metadata()
        .get(protocol::METADATA_KEY)
        .and_then(|value| {
            let (oldest, newest) = value.to_str().ok()?.split_once('-')?;
            Some((oldest.parse().ok()?, newest.parse().ok()?))
        });
    match range {
        Some(range) if protocol::compatible((protocol::OLDEST, protocol::NEWEST), range) => {
            Ok(request)
        }
        _ => Err(Status::failed_precondition(format!(
            "this azqd ({}) speaks protocol {} to {}; run: azq daemon restart",
            env!("CARGO_PKG_VERSION"),
            protocol::OLDEST,
            protocol::NEWEST
        ))),
    }
}

async fn facts(core: &Core) -> Vec<v1::Fact> {
    let config = &core.config;
    let uptime = SystemTime::now()
        .duration_since(core.started)
        .unwrap_or_default();
    let mut facts = vec![
        fact("version", env!("CARGO_PKG_VERSION")),
        fact(
            "protocol",
            format!("{} to {}", protocol::OLDEST, protocol::NEWEST),
        ),
        fact("pid", std::process::id().to_string()),
        fact("uptime", format!("{}s", uptime.as_secs())),
        fact(
            "runtime directory",
            core.place
                .as_ref()
                .map_or_else(|| "none".to_owned(), |place| place.display().to_string()),
        ),
        fact("cache directory", config.cache_dir.display().to_string()),
        fact(
            "log",
            crate::lifecycle::log_file(config).display().to_string(),
        ),
        fact("requests served", core.activity.served().to_string()),
        bounded(
            "requests in flight",
            core.activity.in_flight().to_string(),
            config.max_requests.to_string(),
        ),
    ];
    if let Some(bytes) = resident_bytes() {
        facts.push(fact("resident memory", format!("{} KB", bytes / 1024)));
    }
    let (catalogues, bytes) = core.catalogues.usage();
    facts.push(fact("catalogues", catalogues.to_string()));
    facts.push(bounded(
        "catalogue memory",
        format!("{} KB", bytes / 1024),
        format!("{} KB", config.cache_memory / 1024),
    ));
    let accounts = core.sessions.accounts();
    facts.push(bounded(
        "accounts",
        accounts.len().to_string(),
        core.sessions.account_limit().to_string(),
    ));
    facts.extend(accounts.iter().map(account));
    facts.push(bounded(
        "idle",
        "",
        format!("{}s", config.idle_timeout.as_secs()),
    ));
    facts
}

fn json(facts: &[v1::Fact]) -> String {
    let member = |fact: &v1::Fact| {
        let value = match &fact.limit {
            None => serde_json::json!(fact.value),
            Some(limit) => serde_json::json!({"value": fact.value, "limit": limit}),
        };
        (fact.name.replace(' ', "_"), value)
    };
    let members: serde_json::Map<_, _> = facts.iter().map(member).collect();
    // A map of strings is always serialisable.
    serde_json::to_string_pretty(&members).unwrap_or_default()
}

/// Who is logged in and for how long; never the token.
fn account(held: &HeldAccount) -> v1::Fact {
    let life = held
        .expires
        .map(|end| end.duration_since(SystemTime::now()).unwrap_or_default());
    let life = life.map_or("no token yet".to_owned(), |life| {
        format!("token for {}s", life.as_secs())
    });
    fact(
        "account",
        format!("{} in {} ({}), {life}", held.user, held.tenant, held.cloud),
    )
}

fn fact(name: &str, value: impl Into<String>) -> v1::Fact {
    v1::Fact {
        name: name.to_owned(),
        value: value.into(),
        limit: None,
    }
}

fn bounded(name: &str, value: impl Into<String>, limit: String) -> v1::Fact {
    v1::Fact {
        limit: Some(limit),
        ..fact(name, value)
    }
}
