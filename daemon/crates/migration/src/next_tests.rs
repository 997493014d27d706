//! A simulated migration with random crashes and interference, whose invariants are checked at each
//! step.

use serde_json::{Value, json};

use super::*;
use crate::migration::Migration;
use crate::plan::{Method, PLAN_VERSION, Plan, PoolPlan};
use crate::report::ClusterName;

fn plan(method: Method) -> Plan {
    Plan {
        version: PLAN_VERSION,
        place: ClusterName::default(),
        pools: vec![PoolPlan {
            nodepool: "old".to_owned(),
            new_nodepool: "new".to_owned(),
            method,
            vm_size: "first".to_owned(),
            new_vm_size: "second".to_owned(),
            count: 2,
            ..PoolPlan::default()
        }],
    }
}

fn begun() -> Migration {
    let mut migration = Migration::begin(&plan(Method::NewPool), Limits::default(), "a").unwrap();
    migration.pools[0].old = pool("old", "Succeeded");
    migration
}

fn pool(name: &str, state: &str) -> Value {
    let image = if name == "old" {
        "AKSUbuntu-1"
    } else {
        "AKSUbuntugen2-1"
    };
    json!({"name": name, "properties": {"count": 2, "provisioningState": state, "mode": "System",
        "nodeImageVersion": image, "vmSize": if name == "old" { "first" } else { "second" }}})
}

fn node(pool: &str, number: usize, is_ready: bool, is_cordoned: bool) -> Node {
    Node {
        name: format!("{pool}-{number}"),
        pool: pool.to_owned(),
        is_ready,
        is_cordoned,
    }
}

fn pod(number: usize, node: Option<String>) -> Pod {
    Pod {
        namespace: "n".to_owned(),
        name: format!("p{number}"),
        node,
        owner: Some(("ReplicaSet".to_owned(), "r".to_owned())),
        ..Pod::default()
    }
}

/// The simulated Azure and cluster, as far as the steps concern them.
#[derive(Default)]
struct World {
    /// The new pool's provisioning state, once it exists.
    new: Option<&'static str>,
    new_ready: usize,
    cordoned: [bool; 2],
    /// The node of each pod: 0 and 1 are the old nodes, 2 is the new pool.
    pods: Vec<usize>,
    old: Option<&'static str>,
    deletions: usize,
}

impl World {
    fn view(&self) -> View {
        let mut view = View::default();
        if let Some(state) = self.old {
            view.pools.push(pool("old", state));
            for (number, is_cordoned) in self.cordoned.into_iter().enumerate() {
                view.nodes.push(node("old", number, true, is_cordoned));
            }
        }
        if let Some(state) = self.new {
            view.pools.push(pool("new", state));
            for number in 0..2 {
                view.nodes
                    .push(node("new", number, number < self.new_ready, false));
            }
        }
        let place = |place: &usize| match place {
            0 | 1 => format!("old-{place}"),
            _ => "new-0".to_owned(),
        };
        let pods = self.pods.iter().enumerate();
        view.pods = pods
            .map(|(number, at)| pod(number, Some(place(at))))
            .collect();
        view
    }

    /// Lets time pass, and other users interfere.
    fn go_on(&mut self, random: &mut fastrand::Rng) {
        if self.new == Some("Creating") && random.bool() {
            self.new = Some(if random.u8(..5) == 0 {
                "Failed"
            } else {
                "Succeeded"
            });
        } else if self.new == Some("Succeeded") && random.bool() {
            self.new_ready = (self.new_ready + 1).min(2);
        }
        if self.old == Some("Deleting") && random.bool() {
            self.old = None;
        }
        if random.u8(..20) == 0 {
            self.cordoned[random.usize(..2)] = false;
        }
        // A node that is not cordoned may get a pod again.
        for at in 0..2 {
            if !self.cordoned[at] && self.old == Some("Succeeded") && random.u8(..10) == 0 {
                self.pods[0] = at;
            }
        }
    }

    fn act(&mut self, action: &Action, random: &mut fastrand::Rng) {
        match action {
            Action::Create => {
                assert!(matches!(self.new, None | Some("Failed")), "{:?}", self.new);
                self.new = Some("Creating");
            }
            Action::Cordon => {
                assert!(
                    self.new_ready == 2,
                    "cordoned before the new nodes are ready"
                );
                self.cordoned = [true, true];
            }
            Action::Drain(node) => {
                assert!(self.new_ready == 2 && self.cordoned == [true, true]);
                let at = usize::from(node != "old-0");
                for place in &mut self.pods {
                    if *place == at && random.bool() {
                        *place = 2;
                    }
                }
            }
            Action::Delete => {
                assert_eq!(self.old, Some("Succeeded"), "deleted twice");
                assert!(self.new_ready == 2 && self.cordoned == [true, true]);
                assert!(
                    self.pods.iter().all(|at| *at == 2),
                    "deleted with pods: {:?}",
                    self.pods
                );
                self.old = Some("Deleting");
                self.deletions += 1;
            }
            Action::Resize | Action::HoldAutoscaler => panic!("{action:?}"),
        }
    }
}

#[test]
fn whatever_is_killed_whenever_the_invariants_hold_and_it_ends() {
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut world = World {
            pods: vec![0, 1, 0, 1],
            old: Some("Succeeded"),
            ..World::default()
        };
        let mut migration = begun();
        let mut steps = 0;
        while migration.pools[0].stage != Stage::Finished {
            steps += 1;
            assert!(steps < 2_000, "seed {seed} does not end: {migration:?}");
            let step = next(&migration.pools[0], &migration.limits, &world.view(), None);
            let is_killed = random.u8(..3) == 0;
            match step {
                // A stage that was not saved has not been entered.
                Step::Enter(_) if is_killed => {}
                Step::Enter(stage) => migration.pools[0].stage = stage,
                // The process is killed before the request is sent, or after it was sent and before
                // the state is saved.
                Step::Do(_) if is_killed && random.bool() => {}
                Step::Do(action) => world.act(&action, &mut random),
                Step::Wait(_) => {}
                Step::Stop(obstacle) => panic!("seed {seed}: {obstacle}"),
            }
            world.go_on(&mut random);
        }
        assert_eq!((world.old, world.deletions), (None, 1), "seed {seed}");
        assert!(world.pods.iter().all(|at| *at == 2));
    }
}

fn at(stage: Stage) -> PoolMigration {
    let mut pool = begun().pools.remove(0);
    pool.stage = stage;
    pool
}

fn step(stage: Stage, view: &View) -> Step {
    next(&at(stage), &Limits::default(), view, None)
}

fn ready_world() -> World {
    World {
        new: Some("Succeeded"),
        new_ready: 2,
        cordoned: [true, true],
        pods: vec![2],
        old: Some("Succeeded"),
        ..World::default()
    }
}

#[test]
fn a_pool_that_was_there_before_is_not_taken_for_the_new_one() {
    let view = ready_world().view();
    let taken = Step::Stop(Obstacle::NameTaken("new".to_owned()));
    assert_eq!(step(Stage::Planned, &view), taken);
    assert_eq!(
        step(Stage::Creating, &view),
        Step::Enter(Stage::AwaitingNodes)
    );
}

#[test]
fn nothing_is_drained_into_a_pool_of_generation_1() {
    let mut view = ready_world().view();
    let new = view
        .pools
        .iter_mut()
        .find(|pool| pool["name"] == "new")
        .unwrap();
    new["properties"]["nodeImageVersion"] = "AKSUbuntu-1".into();
    for stage in [
        Stage::Creating,
        Stage::Cordoning,
        Stage::Draining,
        Stage::Deleting,
    ] {
        let stop = step(stage, &view);
        assert!(
            matches!(stop, Step::Stop(Obstacle::NotGen2 { .. })),
            "{stop:?}"
        );
    }
}

#[test]
fn the_last_system_pool_is_never_deleted() {
    let mut view = ready_world().view();
    for pool in &mut view.pools {
        if pool["name"] == "new" {
            pool["properties"]["mode"] = "User".into();
        }
    }
    assert_eq!(
        step(Stage::Deleting, &view),
        Step::Stop(Obstacle::LastSystemPool)
    );
}

#[test]
fn what_a_drain_would_lose_stops_before_anything_is_cordoned() {
    let mut world = ready_world();
    (world.cordoned, world.pods) = ([false, false], vec![0]);
    let with = |change: &dyn Fn(&mut Pod)| {
        let mut view = world.view();
        change(&mut view.pods[0]);
        step(Stage::Cordoning, &view)
    };
    let named = || "n/p0".to_owned();
    assert_eq!(with(&|_| {}), Step::Do(Action::Cordon));
    assert_eq!(
        with(&|pod| pod.owner = None),
        Step::Stop(Obstacle::Bare(named()))
    );
    assert_eq!(
        with(&|pod| pod.has_empty_dir = true),
        Step::Stop(Obstacle::EmptyDir(named()))
    );
    let pin = |pod: &mut Pod| {
        pod.node_selector
            .insert("agentpool".to_owned(), "old".to_owned());
    };
    assert_eq!(with(&pin), Step::Stop(Obstacle::Pinned(named())));
}

#[test]
fn a_pod_of_two_budgets_stops_it_before_anything_is_cordoned() {
    let mut world = ready_world();
    world.pods = vec![0, 2];
    world.cordoned = [false; 2];
    let mut view = world.view();
    let budget = |name: &str, selector: &Value| {
        json!({"metadata": {"name": name, "namespace": "n"}, "spec": {"selector": selector},
               "status": {"disruptionsAllowed": 1}})
    };
    let app = json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]});
    let two = json!({"items": [budget("a", &json!({})), budget("b", &app)]});
    view.budgets = crate::cluster_view::budgets(&two.to_string()).unwrap();
    let stop = Step::Stop(Obstacle::TwoBudgets("n/p0".to_owned()));
    assert_eq!(step(Stage::Cordoning, &view), stop);
    view.budgets.pop();
    assert_eq!(step(Stage::Cordoning, &view), Step::Do(Action::Cordon));
    view.budgets.push(view.budgets[0].clone());
    view.pods[0].is_pending = true;
    assert_eq!(step(Stage::Cordoning, &view), Step::Do(Action::Cordon));
}

#[test]
fn a_pod_that_lost_its_place_keeps_the_old_pool() {
    let mut view = ready_world().view();
    view.pending.push(pod(7, None));
    assert_eq!(
        step(Stage::Deleting, &view),
        Step::Wait("n/p7 has no node yet".to_owned())
    );
    let mut before = at(Stage::Deleting);
    before.pending_before.push("n/ReplicaSet/r".to_owned());
    let step = next(&before, &Limits::default(), &view, None);
    assert_eq!(step, Step::Do(Action::Delete));
}

#[test]
fn an_update_in_place_is_followed_by_what_azure_has_made_of_it() {
    let mut migration = Migration::begin(&plan(Method::InPlace), Limits::default(), "a").unwrap();
    let mut view = View::default();
    view.pools.push(pool("old", "Succeeded"));
    let limits = Limits::default();
    let next_of =
        |migration: &Migration, view: &View| next(&migration.pools[0], &limits, view, None);
    assert_eq!(next_of(&migration, &view), Step::Enter(Stage::Resizing));
    migration.pools[0].stage = Stage::Resizing;
    assert_eq!(next_of(&migration, &view), Step::Do(Action::Resize));
    view.pools[0]["properties"]["provisioningState"] = "Updating".into();
    assert!(matches!(next_of(&migration, &view), Step::Wait(_)));
    view.pools = vec![pool("new", "Succeeded")];
    view.pools[0]["name"] = "old".into();
    assert_eq!(next_of(&migration, &view), Step::Enter(Stage::Finished));
}

#[test]
fn a_budget_that_holds_a_drain_up_is_named() {
    let mut world = ready_world();
    world.pods = vec![0];
    let mut view = world.view();
    let item = json!({"items": [{"metadata": {"name": "b", "namespace": "n"},
        "spec": {"selector": {}}, "status": {"disruptionsAllowed": 0}}]});
    view.budgets = crate::cluster_view::budgets(&item.to_string()).unwrap();
    let said = held_up(&at(Stage::Draining), &view);
    assert_eq!(said, "n/p0 (disruption budget n/b allows no eviction now)");
}

#[test]
fn a_plan_with_a_problem_or_a_strange_name_is_not_begun() {
    let mut with_problem = plan(Method::NewPool);
    with_problem.pools[0].problem = "no quota".to_owned();
    let error = Migration::begin(&with_problem, Limits::default(), "a").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Node pool 'old' cannot be migrated: no quota."
    );
    for name in ["old", "", "x;y", "TOOLONGANDUPPER"] {
        let mut named = plan(Method::NewPool);
        named.pools[0].new_nodepool = name.to_owned();
        assert!(
            Migration::begin(&named, Limits::default(), "a").is_err(),
            "{name}"
        );
    }
}
