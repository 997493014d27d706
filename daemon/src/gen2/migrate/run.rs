//! Looks, decides, writes down, acts, until every pool is finished.

use std::time::Duration;

use azq_migration::{Action, Limits, PoolMigration, Stage, Step, View, held_up, kubectl};
use azq_migration::{lost, new_pool, next, resized};
use serde_json::Value as Json;
use tokio::time::Instant;

use super::cluster::Cluster;
use super::journal::{Entry, Record};
use azq_command::CommandError;

/// Bounds of the wait between two looks.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(15);
/// How long one drain of a node may take; then it is looked at what goes on.
const DRAIN_SECONDS: u64 = 60;
/// How long anything may take that has no limit of its own, such as another's operation.
const OTHERWISE: Duration = Duration::from_secs(3600);

/// Carries the rest of a migration out.
pub(super) async fn run(
    entry: &Entry,
    record: &mut Record,
    cluster: &Cluster<'_>,
) -> Result<(), CommandError> {
    cluster.report.goes_on_when_repeated();
    while let Some(number) = record.migration.current() {
        let mut walk = Walk {
            entry,
            record,
            cluster,
            number,
            since: Instant::now(),
            wait: SHORTEST,
            looks: 0,
            said: String::new(),
        };
        walk.finish().await?;
    }
    Ok(())
}

/// One pool on its way.
struct Walk<'w, 'c> {
    entry: &'w Entry,
    record: &'w mut Record,
    cluster: &'w Cluster<'c>,
    number: usize,
    /// When the stage was entered, in this process.
    since: Instant,
    /// How long the next wait is.
    wait: Duration,
    looks: usize,
    /// What was logged last, so that a wait is logged once.
    said: String,
}

impl Walk<'_, '_> {
    async fn finish(&mut self) -> Result<(), CommandError> {
        loop {
            let Some(pool) = self.record.migration.pools.get(self.number) else {
                return Ok(());
            };
            let (stage, name) = (pool.stage, pool.plan.nodepool.clone());
            if stage == Stage::Finished {
                return Ok(());
            }
            self.cluster
                .report
                .progress(&format!("{name}: {}", stage.words()));
            let view = self.cluster.view(pool, self.looks).await?;
            self.looks += 1;
            let limits = self.record.migration.limits;
            let size = self.cluster.size(&pool.plan.new_vm_size);
            match next(pool, &limits, &view, size) {
                Step::Enter(next) => self.enter(next, &view)?,
                Step::Do(action) => self.act(&action, &view).await?,
                Step::Wait(what) => {
                    self.say(&format!("waits: {what}"));
                    self.check_time(&view, &what)?;
                    self.pause().await;
                }
                Step::Stop(obstacle) => {
                    return Err(CommandError::new(format!(
                        "Node pool '{name}': {obstacle}."
                    )));
                }
            }
        }
    }

    fn pool(&self) -> Option<&PoolMigration> {
        self.record.migration.pools.get(self.number)
    }

    /// Adds a line to the log, unless it is the last one.
    fn say(&mut self, what: &str) {
        if self.said != what {
            let name = self.pool().map(|pool| pool.plan.nodepool.clone());
            self.entry.log(self.record, &name.unwrap_or_default(), what);
            what.clone_into(&mut self.said);
        }
    }

    /// Writes down what is resolved on.
    fn enter(&mut self, stage: Stage, view: &View) -> Result<(), CommandError> {
        if let Some(pool) = self.record.migration.pools.get_mut(self.number) {
            if pool.old.is_null() {
                pool.old = find(view, &pool.plan.nodepool);
            }
            if stage == Stage::Draining && pool.stage == Stage::Cordoning {
                let homeless = view.pending.iter().filter(|pod| pod.node.is_none());
                pool.pending_before = homeless.map(azq_migration::Pod::identity).collect();
            }
            pool.stage = stage;
        }
        self.entry.save(self.record)?;
        self.say(stage.words());
        self.since = Instant::now();
        self.wait = SHORTEST;
        Ok(())
    }

    async fn act(&mut self, action: &Action, view: &View) -> Result<(), CommandError> {
        let Some(pool) = self.pool().cloned() else {
            return Ok(());
        };
        let plan = &pool.plan;
        match action {
            Action::Resize => return self.resize(&pool, view).await,
            Action::Create => return self.create(&pool).await,
            Action::HoldAutoscaler => {
                let old = find(view, &plan.nodepool);
                self.cluster.put(&plan.nodepool, held(&old), false).await?;
                self.say("its autoscaler is off");
            }
            Action::Cordon => {
                let output = self.cluster.must(&kubectl::cordon(&plan.nodepool)).await?;
                self.say(output.text.trim());
            }
            Action::Drain(node) => return self.drain(node, &pool, view).await,
            Action::Delete => {
                self.say("DELETE: the new nodes are ready, the old ones are cordoned and empty");
                self.cluster.delete(&plan.nodepool).await?;
                self.say("is deleted");
            }
        }
        Ok(())
    }

    /// Makes the new pool, and says which settings Azure has not taken over.
    async fn create(&mut self, pool: &PoolMigration) -> Result<(), CommandError> {
        let plan = &pool.plan;
        let (old, new) = (&plan.nodepool, &plan.new_nodepool);
        self.say(&format!("PUT {new} with size {}", plan.new_vm_size));
        let body = new_pool(&pool.old, &plan.new_vm_size);
        let made = self.cluster.put(new, body, plan.is_windows).await?;
        self.say(&format!("{new} is made"));
        let lost = lost(&pool.old, &made).join(", ");
        if !lost.is_empty() {
            self.say(&format!("{new} differs from {old} in: {lost}"));
            self.cluster
                .report
                .warning(&format!("{new} differs from {old} in: {lost}"));
        }
        Ok(())
    }

    /// Sends the guide's update. Where Azure refuses it, a new pool is the way.
    async fn resize(&mut self, pool: &PoolMigration, view: &View) -> Result<(), CommandError> {
        let plan = &pool.plan;
        let body = resized(&find(view, &plan.nodepool), &plan.new_vm_size);
        self.say(&format!("PUT with size {} in place", plan.new_vm_size));
        let updated = self
            .cluster
            .put(&plan.nodepool, body, plan.is_windows)
            .await;
        let why = match updated {
            Ok(updated) => {
                let updated = azq_migration::Pool::of_resource(&updated);
                if updated.node_image_version().contains("gen2") {
                    return Ok(());
                }
                "its nodes are still of Generation 1".to_owned()
            }
            Err(error) if Self::is_refusal(&error) => error.message.replace('\n', " "),
            Err(error) => return Err(error),
        };
        self.say(&format!("not in place, so by a new pool: {why}"));
        self.enter(Stage::Creating, view)
    }

    /// Whether Azure has said no for good, so that another way is to be taken.
    fn is_refusal(error: &CommandError) -> bool {
        let refused = [
            "PropertyChangeNotAllowed",
            "OperationNotAllowed",
            "BadRequest",
            "InvalidParameter",
        ];
        let is_code = |code: &&str| error.message.contains(&format!("({code})"));
        refused.iter().any(is_code)
    }

    /// Drains a node once. What a disruption budget keeps is tried again, until the time is over.
    async fn drain(
        &mut self,
        node: &str,
        pool: &PoolMigration,
        view: &View,
    ) -> Result<(), CommandError> {
        let limits = self.record.migration.limits;
        let left = self.left(pool.stage, &limits).as_secs().max(1);
        let line = kubectl::drain(node, limits.licence(), DRAIN_SECONDS.min(left));
        let output = self.cluster.kubectl(&line).await?;
        self.say(&format!("drain of {node}:\n{}", output.text.trim()));
        if output.code == 0 {
            self.wait = SHORTEST;
            return Ok(());
        }
        self.check_time(view, "")?;
        self.pause().await;
        Ok(())
    }

    /// How much of a stage's time is left.
    fn left(&self, stage: Stage, limits: &Limits) -> Duration {
        let allowed = match stage {
            Stage::AwaitingNodes => Duration::from_secs(limits.node_seconds),
            Stage::Draining | Stage::Deleting => Duration::from_secs(limits.drain_seconds),
            _ => OTHERWISE,
        };
        allowed.saturating_sub(self.since.elapsed())
    }

    /// Fails if a stage takes longer than it may, with what holds it up.
    fn check_time(&self, view: &View, waited_for: &str) -> Result<(), CommandError> {
        let Some(pool) = self.pool() else {
            return Ok(());
        };
        if !self
            .left(pool.stage, &self.record.migration.limits)
            .is_zero()
        {
            return Ok(());
        }
        let name = &pool.plan.nodepool;
        let seconds = self.since.elapsed().as_secs();
        let what = match pool.stage {
            Stage::Draining => format!(
                "the drain has not ended within {seconds} s; these pods wait: {}",
                held_up(pool, view)
            ),
            stage => format!(
                "{} has not ended within {seconds} s: {waited_for}",
                stage.words()
            ),
        };
        Err(CommandError::new(format!("Node pool '{name}': {what}.")))
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.wait).await;
        self.wait = (self.wait * 3 / 2).min(LONGEST);
    }
}

/// A pool of the view; null if it is gone.
pub(super) fn find(view: &View, name: &str) -> Json {
    let is_it = |pool: &&Json| {
        let found = pool.get("name").and_then(Json::as_str);
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    view.pools.iter().find(is_it).cloned().unwrap_or_default()
}

/// The pool as it is, with the autoscaler off.
fn held(pool: &Json) -> Json {
    let size = pool.pointer("/properties/vmSize").and_then(Json::as_str);
    let mut body = resized(pool, size.unwrap_or_default());
    if let Some(properties) = body.get_mut("properties").and_then(Json::as_object_mut) {
        properties.insert("enableAutoScaling".to_owned(), false.into());
        properties.shift_remove("minCount");
        properties.shift_remove("maxCount");
    }
    body
}
