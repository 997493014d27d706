//! `azq daemon status`: the daemon's state, resources and limits, for users and for programs.
//! Programs get one JSON document, in which numbers are numbers; users get the same facts, one line
//! each. The status shows the accounts that the daemon is logged in with, and until when, but never
//! a token.

mod limits;
mod share;

use super::{DaemonState, cache};
use crate::lifecycle::{Placement, log_file};
use azq_arm::HeldAccount;
use azq_command::memory::resident_bytes;
use azq_command::work::CurrentWork;
use azq_document::Value;
use azq_document::timestamp;
use azq_document::units;
use azq_output::{Format, Rendering, Table};
use azq_proto::{protocol, v1};
use azq_skus::CacheScope;
use limits::{Limit, limits};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The state of the daemon at one moment.
struct StatusSnapshot<'a> {
    daemon: &'a DaemonState,
    uptime: Duration,
    resident: Option<u64>,
    accounts: Vec<HeldAccount>,
    /// The catalogues, as `azq cache show` lists them.
    catalogues: Value,
    catalogue_bytes: u64,
    operations: u64,
}

/// Returns the status as it is now.
pub(super) async fn status(daemon: &DaemonState) -> v1::StatusReply {
    let moment = StatusSnapshot::of(daemon).await;
    v1::StatusReply {
        json: json(&moment.document()),
        fact: moment.facts(),
    }
}

fn json(document: &Value) -> String {
    let rendering = Rendering {
        format: Format::Json,
        query: None,
        color: false,
        table: Table::Automatic,
        checkpoint: &CurrentWork,
    };
    // A document without floats, with few levels, can always be rendered.
    let bytes = azq_output::render(document, &rendering).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

impl<'a> StatusSnapshot<'a> {
    async fn of(daemon: &'a DaemonState) -> Self {
        let (_, catalogue_bytes) = daemon.catalogues.usage();
        Self {
            daemon,
            uptime: daemon.started.elapsed().unwrap_or_default(),
            resident: resident_bytes(),
            accounts: daemon.sessions.accounts(),
            catalogues: daemon.catalogues.show(CacheScope::Anyone).await,
            catalogue_bytes: number(catalogue_bytes),
            operations: number(daemon.operations.under_way().len()),
        }
    }

    fn document(&self) -> Value {
        let daemon = self.daemon;
        let (answers, usage) = daemon.remembered.answers();
        let protocols = [("oldest", protocol::OLDEST), ("newest", protocol::NEWEST)];
        let protocols = protocols.map(|(name, number)| (name, int(number)));
        let accounts: Vec<_> = self.accounts.iter().map(account).collect();
        let share = daemon.catalogues.sharing().map(share::document);
        Value::object([
            ("version", Value::from(env!("CARGO_PKG_VERSION"))),
            ("protocol", Value::object(protocols)),
            ("pid", int(std::process::id())),
            ("startedAt", timestamp(daemon.started)),
            ("uptimeSeconds", int(self.uptime.as_secs())),
            ("residentBytes", self.resident.map(int).into()),
            ("heldTo", daemon.placement.as_ref().map(placement).into()),
            ("paths", self.paths()),
            ("requests", self.requests()),
            ("accounts", accounts.into()),
            ("catalogues", self.catalogues.clone()),
            ("catalogueBytes", int(self.catalogue_bytes)),
            ("rememberedAnswers", int(number(answers))),
            ("rememberedAnswerBytes", int(usage.memory)),
            ("answerFileBytes", int(usage.files)),
            ("operations", int(self.operations)),
            ("share", share.into()),
            (
                "limits",
                Value::object(limits(self).iter().map(Limit::entry)),
            ),
        ])
    }

    fn paths(&self) -> Value {
        let config = &self.daemon.config;
        let path = |path: &Path| Value::from(path.display().to_string());
        let directory = self.daemon.runtime_dir.as_deref();
        Value::object([
            ("runtimeDirectory", directory.map(path).into()),
            ("cacheDirectory", path(&config.cache_dir)),
            ("stateDirectory", path(&config.state_dir)),
            ("log", path(&log_file(config))),
        ])
    }

    fn requests(&self) -> Value {
        let errors = self.daemon.tally.counts();
        let errors = errors.map(|(kind, count)| (kind, int(count)));
        Value::object([
            ("served", int(self.daemon.activity.served())),
            ("beingRead", int(self.daemon.pool.reading())),
            ("inFlight", int(self.daemon.activity.in_flight())),
            ("errors", Value::object(errors)),
        ])
    }

    fn facts(&self) -> Vec<v1::Fact> {
        let (daemon, config) = (self.daemon, &self.daemon.config);
        let errors = daemon.tally.counts();
        let errors = errors.map(|(kind, count)| format!("{count} {kind}"));
        let directory = daemon.runtime_dir.as_deref().unwrap_or(Path::new("none"));
        let protocols = format!("{} to {}", protocol::OLDEST, protocol::NEWEST);
        let mut facts = vec![
            fact("version", env!("CARGO_PKG_VERSION")),
            fact("protocol", protocols),
            fact("pid", std::process::id().to_string()),
            fact("uptime", units::time(self.uptime)),
            fact("runtime directory", directory.display().to_string()),
            fact("cache directory", config.cache_dir.display().to_string()),
            fact("state directory", config.state_dir.display().to_string()),
            fact("log", log_file(config).display().to_string()),
            fact("requests served", daemon.activity.served().to_string()),
            fact("requests failed", errors.join(", ")),
            fact("requests being read", daemon.pool.reading().to_string()),
            fact(
                "requests under way",
                daemon.activity.in_flight().to_string(),
            ),
            fact("operations under way", self.operations.to_string()),
        ];
        let held = daemon.placement.as_ref().map(placement_text);
        facts.extend(held.map(|text| fact("held to", text)));
        let resident = self.resident.map(units::bytes);
        facts.extend(resident.map(|text| fact("resident memory", text)));
        facts.extend(self.accounts.iter().map(account_fact));
        let catalogues = self.catalogues.as_array().unwrap_or_default();
        facts.extend(catalogues.iter().map(catalogue));
        let sharing = daemon.catalogues.sharing().into_iter();
        facts.extend(sharing.flat_map(share::facts));
        facts.extend(limits(self).iter().map(Limit::fact));
        facts
    }
}

/// Returns the limits that the daemon has inherited from its parent.
fn placement(held: &Placement) -> Value {
    Value::object([
        ("nice", int(held.nice)),
        ("cpuSeconds", held.cpu_seconds.map(int).into()),
        ("addressSpaceBytes", held.address_space.map(int).into()),
        ("groupMemoryBytes", held.group_memory.map(int).into()),
        ("groupCpuThousandths", held.group_cpu.map(int).into()),
    ])
}

fn placement_text(held: &Placement) -> String {
    let nice = (held.nice > 0).then(|| format!("nice {}", held.nice));
    let parts = [
        nice,
        held.cpu_seconds
            .map(|seconds| format!("{seconds} s of CPU time")),
        held.address_space
            .map(|bytes| format!("{} of addresses", units::bytes(bytes))),
        held.group_memory
            .map(|bytes| format!("{} of memory (cgroup)", units::bytes(bytes))),
        held.group_cpu
            .map(|part| format!("{part} thousandths of a CPU (cgroup)")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!("{}, as the command that started it", parts.join(", "))
}

fn account(held: &HeldAccount) -> Value {
    Value::object([
        ("user", Value::from(held.user.as_str())),
        ("tenant", held.tenant.as_str().into()),
        ("cloud", held.cloud.as_str().into()),
        ("tokenExpiresAt", held.expires.map(timestamp).into()),
    ])
}

fn account_fact(held: &HeldAccount) -> v1::Fact {
    let life = held.expires.map_or("no token yet".to_owned(), |end| {
        let life = end.duration_since(SystemTime::now()).unwrap_or_default();
        format!("token for {}", units::time(life))
    });
    let text = format!("{} in {} ({}), {life}", held.user, held.tenant, held.cloud);
    fact("account", text)
}

/// Formats a row of `azq cache show` as one line.
fn catalogue(row: &Value) -> v1::Fact {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let count = |key| cache::number(row, key);
    let line = format!(
        "{} of {}: {} SKUs of {}, {}, {} old, {} in memory, {} on disk",
        text("location"),
        text("subscription"),
        count("entries"),
        text("provider"),
        text("state"),
        units::time(Duration::from_secs(count("ageSeconds"))),
        units::bytes(count("memoryBytes")),
        units::bytes(count("fileBytes")),
    );
    fact("catalogue", line)
}

fn int(number: impl Into<i128>) -> Value {
    Value::Int(number.into())
}

fn number(size: impl TryInto<u64>) -> u64 {
    size.try_into().unwrap_or(u64::MAX)
}

fn fact(name: &str, value: impl Into<String>) -> v1::Fact {
    v1::Fact {
        name: name.to_owned(),
        value: value.into(),
        limit: None,
    }
}
