//! An emulated kubectl: `get nodes|pods|poddisruptionbudgets -o json`, `cordon`, `uncordon` and
//! `drain`.

use serde_json::{Value, json};

use super::{Incident, Kubernetes, Workload, WorkloadKind};

/// The output of a command, and its exit code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) code: u8,
    pub(crate) text: String,
}

/// A parsed command line.
#[derive(Debug, Default)]
struct Line<'l> {
    words: Vec<&'l str>,
    /// Long and short options with their values, which may be empty.
    options: Vec<(&'l str, &'l str)>,
}

/// The options whose value may be the next word.
const TAKING: [&str; 6] = ["-l", "--selector", "-o", "--output", "-n", "--namespace"];

impl<'l> Line<'l> {
    fn of(command: &'l str) -> Self {
        let mut line = Self::default();
        let mut words = command.split_whitespace();
        while let Some(word) = words.next() {
            match word.split_once('=') {
                _ if !word.starts_with('-') => line.words.push(word),
                Some((name, value)) => line.options.push((name, value.trim_matches('\''))),
                None if TAKING.contains(&word) => {
                    let value = words.next().unwrap_or_default();
                    line.options.push((word, value.trim_matches('\'')));
                }
                None => line.options.push((word, "")),
            }
        }
        line
    }

    fn option(&self, names: &[&str]) -> Option<&'l str> {
        let mut found = self.options.iter().filter(|(name, _)| names.contains(name));
        found.next().map(|(_, value)| *value)
    }

    fn has(&self, name: &str) -> bool {
        self.option(&[name]).is_some_and(|value| value != "false")
    }
}

impl Kubernetes {
    /// Runs a command line.
    pub(crate) fn run(&mut self, command: &str) -> Output {
        self.step();
        let line = Line::of(command);
        match line.words.as_slice() {
            ["kubectl", "get", "nodes"] => self.get_nodes(&line),
            ["kubectl", "get", "pods"] => self.get_pods(&line),
            ["kubectl", "get", "poddisruptionbudgets" | "pdb"] => self.get_budgets(),
            ["kubectl", "cordon", names @ ..] => self.cordon(&line, names, true),
            ["kubectl", "uncordon", names @ ..] => self.cordon(&line, names, false),
            ["kubectl", "drain", names @ ..] => self.drain(&line, names),
            words => failure(&format!(
                "error: unknown command {words:?} for \"kubectl\"\n"
            )),
        }
    }

    /// Returns the nodes that a command line selects.
    fn selected(&self, line: &Line<'_>, names: &[&str]) -> Vec<String> {
        let selector = line.option(&["-l", "--selector"]);
        let is_selected = |(name, labels): (&String, &_)| match selector {
            Some(selector) => matches(labels, selector),
            None => names.is_empty() || names.contains(&name.as_str()),
        };
        let nodes = self.nodes.iter();
        let selected = nodes.filter(|(name, node)| is_selected((name, &node.labels)));
        selected.map(|(name, _)| name.clone()).collect()
    }

    fn get_nodes(&self, line: &Line<'_>) -> Output {
        let names = self.selected(line, &[]);
        let names = names.iter();
        list(names.filter_map(|name| Some(self.node_document(name, self.nodes.get(name)?))))
    }

    fn get_pods(&self, line: &Line<'_>) -> Output {
        let field = line.option(&["--field-selector"]);
        let is_wanted = |document: &Value| match field.and_then(|field| field.split_once('=')) {
            Some(("spec.nodeName", node)) => document["spec"]["nodeName"] == node,
            Some(("status.phase", phase)) => document["status"]["phase"] == phase,
            _ => true,
        };
        let pods = self.pods.iter();
        let documents =
            pods.map(|((namespace, name), pod)| self.pod_document(namespace, name, pod));
        list(documents.filter(is_wanted))
    }

    fn get_budgets(&self) -> Output {
        let numbered = self.workloads.iter().enumerate();
        list(numbered.filter_map(|(number, workload)| self.budget_document(number, workload)))
    }

    fn cordon(&mut self, line: &Line<'_>, names: &[&str], wanted: bool) -> Output {
        self.changes += 1;
        let mut output = Output::default();
        let verb = if wanted { "cordoned" } else { "uncordoned" };
        for name in self.selected(line, names) {
            if let Some(node) = self.nodes.get_mut(&name) {
                let is_so = std::mem::replace(&mut node.is_cordoned, wanted) == wanted;
                let already = if is_so { "already " } else { "" };
                output.say(&format!("node/{name} {already}{verb}\n"));
            }
        }
        if output.text.is_empty() {
            return failure("No resources found\n");
        }
        output
    }

    fn drain(&mut self, line: &Line<'_>, names: &[&str]) -> Output {
        self.changes += 1;
        let mut output = Output::default();
        for node in self.selected(line, names) {
            if let Some(known) = self.nodes.get_mut(&node) {
                known.is_cordoned = true;
                output.say(&format!("node/{node} cordoned\n"));
            }
            match self.obstacle(line, &node) {
                Some(obstacle) => output.refuse(&node, &obstacle),
                None => self.evict_all(&node, &mut output),
            }
        }
        output
    }

    /// Returns the reason why kubectl refuses to drain a node, if there is one.
    fn obstacle(&self, line: &Line<'_>, node: &str) -> Option<String> {
        for ((namespace, name), pod) in self.on_node(node) {
            let workload = self.workloads.get(pod.workload)?;
            let (pods, option, action) = match workload.kind {
                WorkloadKind::DaemonSet => {
                    ("DaemonSet-managed Pods", "--ignore-daemonsets", "ignore")
                }
                WorkloadKind::Bare if !line.has("--force") => {
                    ("Pods that declare no controller", "--force", "override")
                }
                _ if workload.empty_dir => (
                    "Pods with local storage",
                    "--delete-emptydir-data",
                    "override",
                ),
                _ => continue,
            };
            if !line.has(option) {
                let how = format!("use {option} to {action}");
                return Some(format!("cannot delete {pods} ({how}): {namespace}/{name}"));
            }
        }
        None
    }

    /// Evicts the pods that the budgets allow; if others remain, the drain fails with a timeout.
    fn evict_all(&mut self, node: &str, output: &mut Output) {
        let on_node = self.on_node(node);
        let on_node = on_node.map(|(key, pod)| (key.clone(), pod.workload, pod.is_ready()));
        let on_node: Vec<_> = on_node.collect();
        let mut is_blocked = false;
        for ((namespace, name), number, is_ready) in on_node {
            let workload = self.workloads.get(number);
            let is_evictable = |known: &&Workload| known.kind != WorkloadKind::DaemonSet;
            let Some(workload) = workload.filter(is_evictable) else {
                continue;
            };
            let ready = self.ready_pods(number);
            let wanted = workload.min_available.unwrap_or_default();
            if is_ready && wanted > 0 && ready <= wanted {
                is_blocked = true;
                output.say(&format!(
                    "error when evicting pods/\"{name}\" -n \"{namespace}\" (will retry after 5s): Cannot evict pod \
                     as it would violate the pod's disruption budget.\n"
                ));
                continue;
            }
            if workload.kind == WorkloadKind::Bare {
                self.incidents.push(Incident::PodLost(name.clone()));
            }
            self.evictions += 1;
            output.say(&format!("pod/{name} evicted\n"));
            self.pods.remove(&(namespace, name));
        }
        if is_blocked {
            output.refuse(node, "global timeout reached: 30s");
        } else {
            output.say(&format!("node/{node} drained\n"));
        }
    }
}

impl Output {
    fn say(&mut self, text: &str) {
        self.text += text;
    }

    fn refuse(&mut self, node: &str, why: &str) {
        self.code = 1;
        self.say(&format!(
            "There are pending nodes to be drained:\n {node}\nerror: unable to drain node \"{node}\" due to error: {why}, \
             continuing command...\n"
        ));
    }
}

/// Whether the labels have every pair of a selector such as `a=b,c=d`.
fn matches(labels: &std::collections::BTreeMap<String, String>, selector: &str) -> bool {
    selector.split(',').all(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        labels.get(key).map(String::as_str) == Some(value)
    })
}

fn list(items: impl Iterator<Item = Value>) -> Output {
    let items: Vec<_> = items.collect();
    let document = json!({"apiVersion": "v1", "kind": "List", "items": items});
    Output {
        code: 0,
        text: format!("{document}\n"),
    }
}

fn failure(text: &str) -> Output {
    Output {
        code: 1,
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(name: &str, count: u64) -> Value {
        json!({"name": name, "properties": {"count": count, "osType": "Linux", "vmSize": "s"}})
    }

    fn web(replicas: u32, min_available: Option<u32>) -> Workload {
        Workload {
            name: "web".to_owned(),
            replicas,
            min_available,
            ..Workload::default()
        }
    }

    fn items(kubernetes: &mut Kubernetes, command: &str) -> Vec<Value> {
        let output = kubernetes.run(command);
        assert_eq!(output.code, 0, "{}", output.text);
        let document: Value = serde_json::from_str(&output.text).unwrap();
        document["items"].as_array().unwrap().clone()
    }

    #[test]
    fn a_drain_keeps_pods_that_a_budget_protects_until_they_are_replaced() {
        let pools = [pool("old", 2), pool("new", 2)];
        let mut kubernetes = Kubernetes::new(&[web(4, Some(3))], pools.iter(), 1);
        let cordoned = kubernetes.run("kubectl cordon -l kubernetes.azure.com/agentpool=old");
        assert_eq!(cordoned.text.matches(" cordoned").count(), 2);
        let drain = "kubectl drain aks-old-12345678-vmss000000 --ignore-daemonsets --timeout=30s";
        assert_eq!(kubernetes.run(drain).code, 0);
        let other = "kubectl drain aks-old-12345678-vmss000001 --ignore-daemonsets --timeout=30s";
        let blocked = kubernetes.run(other);
        let is_protected = blocked.text.contains("disruption budget");
        assert!(blocked.code == 1 && is_protected, "{blocked:?}");
        while kubernetes.run(other).code != 0 {}
        let on_old = |pod: &Value| pod["spec"]["nodeName"].to_string().contains("-old-");
        let pods = items(&mut kubernetes, "kubectl get pods -A -o json");
        assert!(!pods.iter().any(on_old));
        kubernetes.before_deletion("old");
        kubernetes.follow(pools[1..].iter());
        assert_eq!(kubernetes.incidents, []);
    }

    #[test]
    fn pods_lost_with_their_node_are_recorded_as_incidents() {
        let bare = Workload {
            name: "lone".to_owned(),
            kind: WorkloadKind::Bare,
            ..Workload::default()
        };
        let pools = [pool("old", 1)];
        let mut kubernetes = Kubernetes::new(&[web(2, Some(1)), bare], pools.iter(), 0);
        let refused = kubernetes.run("kubectl drain aks-old-12345678-vmss000000");
        let is_bare = refused.text.contains("declare no controller");
        assert!(is_bare, "{refused:?}");
        kubernetes.before_deletion("old");
        kubernetes.follow([].iter());
        let early = Incident::PoolDeletedEarly("old".to_owned());
        assert!(kubernetes.incidents.contains(&early));
        let is_violation =
            |incident: &&Incident| matches!(incident, Incident::BudgetViolated { .. });
        assert_eq!(kubernetes.incidents.iter().filter(is_violation).count(), 2);
        let lost = |incident: &Incident| matches!(incident, Incident::PodLost(_));
        assert!(kubernetes.incidents.iter().any(lost));
    }

    #[test]
    fn a_node_is_ready_after_some_steps() {
        let pools = [pool("old", 1), pool("new", 1)];
        let mut kubernetes = Kubernetes::new(&[], pools[..1].iter(), 3);
        kubernetes.follow(pools.iter());
        let new = "kubectl get nodes -l kubernetes.azure.com/agentpool=new -o json";
        let ready: Vec<_> = (0..4)
            .map(|_| items(&mut kubernetes, new)[0]["status"]["conditions"][0]["status"].clone())
            .collect();
        assert_eq!(ready, ["False", "False", "True", "True"]);
    }
}
