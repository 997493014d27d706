//! The plan for each pool of a cluster: its new size, the method, and the steps.

use std::collections::HashMap;

use azq_vm_sizes::{Generation, VmSize, resize_obstacles};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::command_lines::Cluster;
use crate::generation::NodeGeneration;
use crate::kubectl;
use crate::names;
use crate::pool::Pool;
use crate::quota::Balance;
use crate::report::ClusterName;
use crate::settings::new_pool;
use crate::target::{Market, PriceOf, ranked, shortcomings};

/// The version of the plan's file.
pub const PLAN_VERSION: u32 = 1;
/// The number of sizes that are named beside the chosen one.
const ALTERNATIVES: usize = 4;

/// A plan for a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The version of the format.
    pub version: u32,
    /// The cluster.
    #[serde(flatten)]
    pub place: ClusterName,
    /// The pools that are on Generation 1, in the order in which they are migrated.
    pub pools: Vec<PoolPlan>,
}

/// The plan for one pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolPlan {
    /// The pool.
    pub nodepool: String,
    /// The pool that replaces it.
    pub new_nodepool: String,
    /// The method.
    pub method: Method,
    /// The pool's size.
    pub vm_size: String,
    /// The new pool's size; empty if none was found.
    pub new_vm_size: String,
    /// The number of nodes.
    pub count: u64,
    /// Whether its nodes run Windows.
    pub is_windows: bool,
    /// The price of all nodes of the new size for an hour, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hourly_price: Option<f64>,
    /// The reason for the method.
    #[serde(default)]
    pub reason: String,
    /// The obstacle; empty if there is none.
    #[serde(default)]
    pub problem: String,
    /// Other sizes that fit.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// The steps as command lines of az.
    #[serde(default)]
    pub steps: Vec<String>,
}

/// The method of a migration to Generation 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    /// A new pool with the same settings. The old one is drained and deleted.
    #[default]
    NewPool,
    /// The guide's update of the pool. If Azure refuses it, a new pool is created.
    InPlace,
}

/// The caller's options for a plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'w> {
    /// The pools to plan for; empty means all.
    pub nodepools: &'w [String],
    /// The size for the new pools.
    pub vm_size: Option<&'w str>,
    /// Whether to try the guide's update first.
    pub in_place: bool,
}

impl Wishes<'_> {
    /// Fails if a requested pool does not exist.
    fn check(&self, place: &ClusterName, pools: &[Pool<'_>]) -> Result<(), PlanError> {
        let is_there = |wished: &String| {
            let mut pools = pools.iter();
            pools.any(|pool| pool.name().eq_ignore_ascii_case(wished))
        };
        match self.nodepools.iter().find(|wished| !is_there(wished)) {
            Some(unknown) => Err(PlanError {
                cluster: place.cluster.clone(),
                nodepool: unknown.clone(),
            }),
            None => Ok(()),
        }
    }
}

/// The error that the cluster has no pool of a requested name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The cluster '{cluster}' has no node pool '{nodepool}'.")]
pub struct PlanError {
    /// The cluster.
    pub cluster: String,
    /// The name.
    pub nodepool: String,
}

/// The sizes of the cluster's location, by name in lower case.
pub type SizesByName = HashMap<String, VmSize>;

impl Plan {
    /// Makes a plan for the pools of a cluster, as Resource Manager lists them.
    ///
    /// # Errors
    /// A requested pool does not exist.
    pub fn new(
        place: &ClusterName,
        pools: &[Value],
        sizes: &SizesByName,
        usages: &[Value],
        price: PriceOf<'_>,
        wishes: Wishes<'_>,
    ) -> Result<Self, PlanError> {
        let views: Vec<_> = pools.iter().map(Pool::of_resource).collect();
        wishes.check(place, &views)?;
        let mut planning = Planning {
            place,
            sizes,
            price,
            wishes,
            balance: Balance::of(usages),
            taken: views.iter().map(|pool| pool.name().to_owned()).collect(),
        };
        let is_wished = |pool: &Pool<'_>| {
            let mut names = wishes.nodepools.iter();
            wishes.nodepools.is_empty() || names.any(|name| name.eq_ignore_ascii_case(pool.name()))
        };
        let chosen = pools.iter().filter_map(|resource| {
            let pool = Pool::of_resource(resource);
            let size = sizes.get(&pool.vm_size().to_lowercase());
            let now = NodeGeneration::of(&pool, size.map(|size| &*size.definition));
            let is_planned = is_wished(&pool) && now == NodeGeneration::Gen1;
            is_planned.then(|| planning.pool(resource, size))
        });
        Ok(Self {
            version: PLAN_VERSION,
            place: place.clone(),
            pools: chosen.collect(),
        })
    }

    /// Whether a pool has an obstacle.
    pub fn has_problems(&self) -> bool {
        self.pools.iter().any(|pool| !pool.problem.is_empty())
    }
}

/// The facts from which a plan is made.
struct Planning<'p> {
    place: &'p ClusterName,
    sizes: &'p SizesByName,
    price: PriceOf<'p>,
    wishes: Wishes<'p>,
    /// The quotas that are left after the pools planned so far have been migrated.
    balance: Balance,
    taken: Vec<String>,
}

impl Planning<'_> {
    fn pool(&mut self, resource: &Value, current: Option<&VmSize>) -> PoolPlan {
        let pool = Pool::of_resource(resource);
        let mut plan = PoolPlan {
            nodepool: pool.name().to_owned(),
            vm_size: pool.vm_size().to_owned(),
            count: pool.count(),
            is_windows: pool.is_windows(),
            ..PoolPlan::default()
        };
        match self.target(&pool, current, &mut plan) {
            Ok(target) => self.settle(resource, current, &target, &mut plan),
            Err(problem) => plan.problem = problem,
        }
        plan
    }

    /// Returns the new size, or the reason why there is none.
    fn target(
        &self,
        pool: &Pool<'_>,
        current: Option<&VmSize>,
        plan: &mut PoolPlan,
    ) -> Result<VmSize, String> {
        if !pool.is_of_scale_sets() {
            return Err(format!("a pool of {} has no size of its own", pool.kind()));
        }
        if pool.is_stopped() {
            return Err("it is stopped: start it first".to_owned());
        }
        let market = Market {
            balance: &self.balance,
            price: self.price,
        };
        if let Some(wished) = self.wishes.vm_size {
            let size = self.sizes.get(&wished.to_lowercase());
            let size = size.ok_or_else(|| format!("{wished} is no size of this location"))?;
            let lacks = shortcomings(pool, size, &market);
            return if lacks.is_empty() {
                Ok(size.clone())
            } else {
                Err(format!("{wished} {}", lacks.join(", ")))
            };
        }
        let Some(current) = current else {
            return Err(format!(
                "{} is no size of this location any more: name one with --node-vm-size",
                pool.vm_size()
            ));
        };
        let found = ranked(pool, current, self.sizes.values(), &market);
        let others = found.iter().skip(1).take(ALTERNATIVES);
        plan.alternatives = others.map(|size| size.name.to_string()).collect();
        let best = found.first().map(|size| (*size).clone());
        best.ok_or_else(|| {
            "no similar size is of Generation 2, open to the subscription and in the pool's zones, and has quota left: \
             name one with --node-vm-size, or ask for quota"
                .to_owned()
        })
    }

    fn settle(
        &mut self,
        resource: &Value,
        current: Option<&VmSize>,
        target: &VmSize,
        plan: &mut PoolPlan,
    ) {
        let pool = Pool::of_resource(resource);
        let (is_spot, count) = (pool.is_spot(), pool.count());
        let Some(name) = names::successor(pool.name(), pool.is_windows(), &self.taken) else {
            "no name is left for the new pool".clone_into(&mut plan.problem);
            return;
        };
        self.taken.push(name.clone());
        self.balance.take(target, is_spot, count);
        if let Some(current) = current {
            self.balance.give_back(current, is_spot, count);
            plan.reason = reason(current, target);
        }
        if self.wishes.in_place {
            plan.method = Method::InPlace;
            plan.reason = format!(
                "the guide's update first, a new pool if Azure refuses: {}",
                plan.reason
            );
        }
        #[expect(clippy::cast_precision_loss, reason = "no pool has 2^52 nodes")]
        let nodes = count as f64;
        plan.hourly_price = (self.price)(&pool, target).map(|price| price * nodes);
        plan.new_vm_size = target.name.to_string();
        plan.new_nodepool = name;
        plan.steps = self.steps(resource, plan);
    }

    fn steps(&self, resource: &Value, plan: &PoolPlan) -> Vec<String> {
        let cluster = Cluster {
            subscription: &self.place.subscription,
            resource_group: &self.place.resource_group,
            name: &self.place.cluster,
        };
        let (old, new) = (&plan.nodepool, &plan.new_nodepool);
        let document = new_pool(resource, &plan.new_vm_size);
        let mut steps = vec![
            cluster.add(new, &document, plan.is_windows),
            cluster.kubectl(&kubectl::wait_for_nodes(new)),
        ];
        if Pool::of_resource(resource).is_autoscaled() {
            steps.push(cluster.hold_autoscaler(old));
        }
        steps.extend([
            cluster.kubectl(&kubectl::cordon(old)),
            cluster.kubectl(&kubectl::drain_pool(old)),
            cluster.delete(old),
        ]);
        if plan.method == Method::InPlace {
            steps.insert(0, cluster.resize(old, &plan.new_vm_size, plan.is_windows));
        }
        steps
    }
}

/// Returns the reason why a pool of one size cannot become one of another in place.
fn reason(current: &VmSize, target: &VmSize) -> String {
    if current.is_named(&target.name) {
        return "a pool keeps its generation, whatever its size can".to_owned();
    }
    let obstacles = resize_obstacles(current, target, Some(Generation::V1));
    let obstacles: Vec<_> = obstacles.iter().map(ToString::to_string).collect();
    if obstacles.is_empty() {
        return "a pool keeps its generation when its size changes".to_owned();
    }
    format!(
        "AKS refuses to change the size in place: {}",
        obstacles.join(", ")
    )
}
