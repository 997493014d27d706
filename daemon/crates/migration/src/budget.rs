//! Disruption budgets: which pods each covers, and whether an eviction would be refused now.
//!
//! The rules are those of the API server's eviction (`pkg/registry/core/pod/storage/eviction.go`)
//! and of label selectors. The API server decides in the end, because `kubectl drain` asks it for
//! each pod. The result here only decides which node is drained first, which budgets an error
//! names, and whether a migration begins at all.
//!
//! Invariant: a requirement with an unknown operator counts as met, because naming a budget once
//! too often is better than overlooking one.
//!
//! Deliberately absent: `minAvailable` and `maxUnavailable`. Kubernetes counts the pods, and its
//! status contains the number of pods that may be evicted.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster_view::{Pod, list, text, texts};

/// A disruption budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The number of pods that may be evicted now.
    pub allowed: i64,
    /// Whether a pod that is not ready may be evicted although `allowed` is 0.
    lets_unhealthy_go: bool,
    /// The selector. A budget without one covers no pod.
    selector: Option<Selector>,
}

impl Budget {
    /// Reads a budget.
    pub(crate) fn of(item: &Value) -> Self {
        let number = |name: &str| {
            let found = item.pointer(&format!("/status/{name}"));
            found.and_then(Value::as_i64).unwrap_or_default()
        };
        let (healthy, desired) = (number("currentHealthy"), number("desiredHealthy"));
        let is_healthy = desired > 0 && healthy >= desired;
        let selector = item.pointer("/spec/selector");
        Self {
            namespace: text(item, "/metadata/namespace"),
            name: text(item, "/metadata/name"),
            allowed: number("disruptionsAllowed"),
            lets_unhealthy_go: is_healthy
                || text(item, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow",
            selector: selector.filter(|found| !found.is_null()).map(Selector::of),
        }
    }

    /// Whether the budget covers a pod.
    pub fn covers(&self, pod: &Pod) -> bool {
        let selector = self.selector.as_ref();
        self.namespace == pod.namespace && selector.is_some_and(|it| it.matches(&pod.labels))
    }

    /// Whether the budget keeps a pod from being evicted now.
    pub fn keeps(&self, pod: &Pod) -> bool {
        self.allowed <= 0
            && !pod.is_free_to_go()
            && (pod.is_ready || !self.lets_unhealthy_go)
            && self.covers(pod)
    }

    /// Returns the namespace and the name.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// A label selector. All of its requirements must hold; without requirements it matches every pod.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selector(Vec<Requirement>);

/// A condition on the value of one label.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    /// An operator that Kubernetes did not have when this was written.
    Unknown,
}

/// The operators with their names.
const OPERATORS: [(&str, Operator); 4] = [
    ("In", Operator::In),
    ("NotIn", Operator::NotIn),
    ("Exists", Operator::Exists),
    ("DoesNotExist", Operator::DoesNotExist),
];

impl Selector {
    fn of(selector: &Value) -> Self {
        let labels = texts(selector.get("matchLabels")).into_iter();
        let labels = labels.map(|(key, value)| Requirement {
            key,
            operator: Operator::In,
            values: vec![value],
        });
        let expressions = list(selector, "/matchExpressions").iter();
        Self(labels.chain(expressions.map(Requirement::of)).collect())
    }

    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| requirement.holds(labels))
    }
}

impl Requirement {
    fn of(expression: &Value) -> Self {
        let named = text(expression, "/operator");
        let known = OPERATORS.iter().find(|(name, _)| *name == named);
        let values = list(expression, "/values").iter();
        Self {
            key: text(expression, "/key"),
            operator: known.map_or(Operator::Unknown, |(_, operator)| *operator),
            values: values
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        }
    }

    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        let is_listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => is_listed,
            // A pod without the label matches too.
            Operator::NotIn => !is_listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Unknown => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster_view::{budgets, pods};
    use serde_json::json;

    fn pod(labels: &Value, status: &Value) -> Pod {
        let metadata = json!({"name": "p", "namespace": "n", "labels": labels});
        let item = json!({"metadata": metadata, "status": status});
        pods(&json!({"items": [item]}).to_string())
            .unwrap()
            .remove(0)
    }

    fn budget(spec: &Value, status: &Value) -> Budget {
        let metadata = json!({"name": "b", "namespace": "n"});
        let item = json!({"metadata": metadata, "spec": spec, "status": status});
        let text = json!({"items": [item]}).to_string();
        budgets(&text).unwrap().remove(0)
    }

    #[test]
    fn a_selector_covers_what_kubernetes_says_it_covers() {
        let expression = |key: &str, operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        let web = json!({"app": "web", "tier": "front"});
        let bare = json!({});
        for (selector, labels, is_covered) in [
            (json!({"matchLabels": {"app": "web"}}), &web, true),
            (
                json!({"matchLabels": {"app": "web", "tier": "x"}}),
                &web,
                false,
            ),
            (expression("app", "In", &["api", "web"]), &web, true),
            (expression("app", "In", &["api"]), &web, false),
            (expression("app", "In", &["api"]), &bare, false),
            (expression("app", "NotIn", &["api"]), &web, true),
            (expression("app", "NotIn", &["web"]), &web, false),
            (expression("app", "NotIn", &["web"]), &bare, true),
            (expression("tier", "Exists", &[]), &web, true),
            (expression("tier", "Exists", &[]), &bare, false),
            (expression("tier", "DoesNotExist", &[]), &bare, true),
            (expression("tier", "DoesNotExist", &[]), &web, false),
            (expression("tier", "FromTheFuture", &[]), &bare, true),
            (json!({}), &bare, true),
            (Value::Null, &web, false),
            (
                json!({"matchLabels": {"app": "web"},
                       "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
                &web,
                false,
            ),
        ] {
            let found = budget(&json!({"selector": selector}), &Value::Null);
            assert_eq!(
                found.covers(&pod(labels, &Value::Null)),
                is_covered,
                "{selector} {labels}"
            );
        }
        let other = Pod {
            namespace: "m".to_owned(),
            ..pod(&web, &Value::Null)
        };
        assert!(!budget(&json!({"selector": {}}), &Value::Null).covers(&other));
        assert!(!budget(&json!({}), &Value::Null).covers(&pod(&web, &Value::Null)));
    }

    #[test]
    fn a_pod_is_kept_as_the_api_server_keeps_it() {
        let ready =
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        let unready =
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]});
        let pending = json!({"phase": "Pending"});
        let counts = |allowed: i64, healthy: i64| json!({"disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": 3});
        for (policy, status, of_pod, is_kept) in [
            (Value::Null, counts(0, 3), &ready, true),
            (Value::Null, counts(1, 4), &ready, false),
            // A pod that is not ready may be evicted as long as enough others are healthy.
            (Value::Null, counts(0, 3), &unready, false),
            ("IfHealthyBudget".into(), counts(0, 3), &unready, false),
            (Value::Null, counts(0, 2), &unready, true),
            ("AlwaysAllow".into(), counts(0, 2), &unready, false),
            ("AlwaysAllow".into(), counts(0, 2), &ready, true),
            (Value::Null, counts(0, 2), &pending, false),
            // The controller has not computed the status yet.
            (Value::Null, Value::Null, &ready, true),
        ] {
            let spec = json!({"selector": {}, "unhealthyPodEvictionPolicy": policy});
            let found = budget(&spec, &status);
            let pod = pod(&json!({}), of_pod);
            assert_eq!(found.keeps(&pod), is_kept, "{policy} {status} {of_pod}");
        }
    }
}
