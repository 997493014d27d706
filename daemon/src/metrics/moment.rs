//! Metrics of the daemon's state, read when a collector requests them.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use azq_document::Value;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use super::Metrics;
use crate::service::DaemonState;
use azq_command::memory::resident_bytes;
use azq_skus::CacheScope;

type Gauges = Family<Vec<(&'static str, String)>, Gauge<f64, AtomicU64>>;
type ByKind = Family<[(&'static str, &'static str); 1], Gauge<f64, AtomicU64>>;

/// Returns all metrics in the text format of `OpenMetrics`.
pub(super) async fn text(
    daemon: &DaemonState,
    metrics: &Metrics,
) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("azq");
    process(daemon, &mut registry);
    levels(daemon, &mut registry);
    catalogues(daemon, &mut registry).await;
    tokens(daemon, &mut registry);
    share(daemon, &mut registry);
    let mut text = String::new();
    encode_registry(&mut text, &metrics.registry)?;
    encode_registry(&mut text, &registry)?;
    encode_eof(&mut text)?;
    Ok(text)
}

/// Registers metrics: `"name", "description" => metric;` for each.
macro_rules! register {
    ($registry:ident: $($name:literal, $words:literal => $metric:expr;)*) => {
        $($registry.register($name, $words, $metric);)*
    };
}

fn process(daemon: &DaemonState, registry: &mut Registry) {
    let gauge = ConstGauge::<u64>::new;
    let (catalogues, bytes) = daemon.catalogues.usage();
    let operations = daemon.operations.under_way().len();
    register! { registry:
        "resident_memory_bytes", "Memory that the daemon has, in bytes"
            => gauge(resident_bytes().unwrap_or_default());
        "requests_in_flight", "Requests under way" => gauge(daemon.activity.in_flight());
        "operations", "Azure's long-running operations that are under way"
            => gauge(operations as u64);
        "catalogues", "Catalogues in memory" => gauge(catalogues as u64);
        "catalogue_memory_bytes", "Memory that catalogues take, about, in bytes"
            => gauge(bytes as u64);
        "throttle_pauses", "Pauses that Azure has asked for"
            => ConstCounter::new(azq_arm::throttle_pauses());
    }
}

/// Registers the look-ups by the level that had the catalogue.
fn levels(daemon: &DaemonState, registry: &mut Registry) {
    let family = Family::<[(&'static str, &'static str); 1], Counter>::default();
    for (level, count) in daemon.catalogues.levels() {
        family.get_or_create(&[("level", level)]).inc_by(count);
    }
    let words = "Look-ups by the level that had the catalogue: memory, disk, share, azure";
    registry.register("catalogue_lookups", words, family);
}

/// Registers the age of the oldest catalogue of each location, of any account.
async fn catalogues(daemon: &DaemonState, registry: &mut Registry) {
    let ages = Gauges::default();
    let shown = daemon.catalogues.show(CacheScope::Anyone).await;
    let mut oldest = BTreeMap::new();
    for row in shown.as_array().unwrap_or_default() {
        let text = |key| row.get(key).and_then(Value::as_str).unwrap_or_default();
        let age = match row.get("ageSeconds") {
            Some(Value::Int(age)) => u32::try_from(*age).unwrap_or(u32::MAX),
            _ => 0,
        };
        let key = (text("provider"), text("location"));
        let kept = oldest.entry(key).or_insert(age);
        *kept = age.max(*kept);
    }
    for ((provider, location), age) in oldest {
        let labels = [("provider", provider), ("location", location)];
        let labels = labels
            .map(|(name, value)| (name, value.to_owned()))
            .to_vec();
        ages.get_or_create(&labels).set(f64::from(age));
    }
    let words = "Age of the oldest catalogue, in seconds";
    registry.register("catalogue_age_seconds", words, ages);
}

/// Registers the number of tokens and the earliest end of a token, by kind of account.
fn tokens(daemon: &DaemonState, registry: &mut Registry) {
    let (count, ends) = (ByKind::default(), ByKind::default());
    let now = SystemTime::now();
    let mut first: BTreeMap<&'static str, f64> = BTreeMap::new();
    for held in daemon.sessions.accounts() {
        let Some(expires) = held.expires else {
            continue;
        };
        count.get_or_create(&[("kind", held.kind)]).inc();
        let left = expires.duration_since(now).unwrap_or_default();
        let left = left.as_secs_f64();
        let kept = first.entry(held.kind).or_insert(left);
        *kept = left.min(*kept);
    }
    for (kind, left) in first {
        ends.get_or_create(&[("kind", kind)]).set(left);
    }
    registry.register("tokens", "Access tokens that are held", count);
    let words = "Until the first token of a kind of account ends, in seconds";
    registry.register("token_remaining_seconds", words, ends);
}

/// Registers the use of the store through which machines share catalogues.
fn share(daemon: &DaemonState, registry: &mut Registry) {
    let Some(sharing) = daemon.catalogues.sharing() else {
        return;
    };
    let mut counts = azq_share::Counts::default();
    let mut is_used = true;
    for standing in sharing.standings() {
        match standing {
            Ok(standing) => {
                counts += standing.counts;
                is_used &= standing.reading.is_none() && standing.writing.is_none();
            }
            Err(_) => is_used = false,
        }
    }
    let counter = ConstCounter::<u64>::new;
    register! { registry:
        "share_requests", "Requests to the share" => counter(counts.requests);
        "share_failures", "Requests to the share that failed" => counter(counts.failures);
        "share_read_bytes", "Bytes read from the share" => counter(counts.bytes_read);
        "share_written_bytes", "Bytes written to the share" => counter(counts.bytes_written);
        "share_elections", "Elections won" => counter(counts.elected);
        "share_broken", "Objects of the share that did not decode" => counter(counts.broken);
        "share_up", "Whether the share is read and written to, as far as is known"
            => ConstGauge::new(u64::from(is_used));
    }
}
