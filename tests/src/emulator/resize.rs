//! The refused changes of an existing pool, in two variants: a service that accepts the guide's
//! updates, and one that refuses a change of the generation, as the documentation of resizing says.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::errors;
use super::exchange::Answer;
use super::state::State;
use crate::catalogue::sizes::{self, Generations as OfSize, Size};

/// The service's reaction to an update that changes a pool's generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Generations {
    /// It accepts the update, as the Generation 2 guide says.
    #[default]
    Taken,
    /// It refuses the update, as the pages about resizing say, and further changes.
    Refused,
}

/// Returns the refusal of an update, if there is one.
pub(super) fn refusal(
    state: &State,
    sent: &Map<String, Value>,
    old: Option<&Value>,
) -> Option<Answer> {
    let old = old?.get("properties")?;
    let change = Change { old, sent };
    let refused = state.specification.generations == Generations::Refused;
    let to_windows = change.wanted("osSKU").starts_with("Windows");
    let forbidden = [
        ("vmSize", !state.specification.vmss_resize),
        ("osType", true),
        ("osSKU", refused && to_windows),
    ];
    let mut forbidden = forbidden.into_iter();
    let found = forbidden.find(|(property, is_forbidden)| *is_forbidden && change.of(property));
    let (property, why) = match found {
        Some((property, _)) => (property, String::new()),
        None if refused => ("vmSize", format!(": {}", change.obstacle()?)),
        None => return None,
    };
    let property = format!("properties.{property}");
    Some(errors::property_change_not_allowed(&property, &why))
}

/// A pool as it is, and as the request sends it.
struct Change<'a> {
    old: &'a Value,
    sent: &'a Map<String, Value>,
}

impl Change<'_> {
    fn wanted(&self, name: &str) -> &str {
        let value = self.sent.get(name);
        value.and_then(Value::as_str).unwrap_or_default()
    }

    fn now(&self, name: &str) -> &str {
        self.old[name].as_str().unwrap_or_default()
    }

    /// Whether the request sends a text that differs from the pool's.
    fn of(&self, name: &str) -> bool {
        let wanted = self.wanted(name);
        !wanted.is_empty() && !wanted.eq_ignore_ascii_case(self.now(name))
    }

    /// Returns the reason why a change of the size is refused, if it is.
    fn obstacle(&self) -> Option<&'static str> {
        if !self.of("vmSize") {
            return None;
        }
        let now = sizes::find(self.now("vmSize"))?;
        let wanted = sizes::find(self.wanted("vmSize"))?;
        let is_gen2 = self.now("nodeImageVersion").contains("gen2");
        let fits = |size: &Size| match size.generations {
            OfSize::Both => true,
            OfSize::One => !is_gen2,
            OfSize::Two => is_gen2,
        };
        // A Linux pool gets the newest generation that its size supports.
        let becomes_gen2 = self.now("osType") != "Windows" && wanted.generations.gen2();
        let count = self.sent.get("count").and_then(Value::as_u64);
        let surge = self.sent.get("upgradeSettings");
        let surge = surge.and_then(|settings| settings["maxSurge"].as_str());
        if !fits(wanted) || (becomes_gen2 && !is_gen2) {
            Some("the hypervisor generation of the nodes cannot change")
        } else if now.architecture != wanted.architecture {
            Some("the architecture of the nodes cannot change")
        } else if now.series.has("nvme-only") != wanted.series.has("nvme-only") {
            Some("the disk controller of the nodes cannot change")
        } else if count.is_some() && count != self.old["count"].as_u64() {
            Some("the count cannot change at the same time")
        } else if self.of("orchestratorVersion") {
            Some("the Kubernetes version cannot change at the same time")
        } else {
            matches!(surge, Some("0" | "0%")).then_some("maxSurge must not be 0")
        }
    }
}
