//! The loop of a migration: it reads the state, decides, saves and acts, until every pool is
//! finished.

use std::time::Duration;

use azq_migration::{Action, Limits, PoolMigration, Stage, Step, View, held_up, kubectl};
use azq_migration::{lost, new_pool, next, resized};
use serde_json::Value as Json;
use tokio::time::Instant;

use super::cluster::Cluster;
use super::journal::{Entry, Record};
use azq_command::{CommandError, bail, error};

/// The bounds of the wait between two reads of the state.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(15);
/// The time limit for one drain of a node. The state is read again after it.
const DRAIN_SECONDS: u64 = 60;
/// The time limit for stages without a limit of their own, such as waiting for another user's
/// operation.
const OTHERWISE: Duration = Duration::from_secs(3600);

/// The maximum number of characters of kubectl's output in an error.
const LONGEST_WORDS: usize = 500;

/// Carries out the rest of a migration.
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
            refusal: None,
        };
        walk.finish().await?;
    }
    Ok(())
}

/// The migration of one pool.
struct Walk<'w, 'c> {
    entry: &'w Entry,
    record: &'w mut Record,
    cluster: &'w Cluster<'c>,
    number: usize,
    /// The time at which this process entered the stage.
    since: Instant,
    /// The duration of the next wait.
    wait: Duration,
    looks: usize,
    /// The latest line of the log, so that repeated waits are logged once.
    said: String,
    /// kubectl's error, if the latest drain has failed.
    refusal: Option<String>,
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
                    bail!("Node pool '{name}': {obstacle}.");
                }
            }
        }
    }

    fn pool(&self) -> Option<&PoolMigration> {
        self.record.migration.pools.get(self.number)
    }

    /// Appends a line to the log, unless it equals the last one.
    fn say(&mut self, what: &str) {
        if self.said != what {
            let name = self.pool().map(|pool| pool.plan.nodepool.clone());
            self.entry.log(self.record, &name.unwrap_or_default(), what);
            what.clone_into(&mut self.said);
        }
    }

    /// Saves that a stage was entered.
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

    /// Creates the new pool, and warns of settings that Azure has not taken over.
    async fn create(&mut self, pool: &PoolMigration) -> Result<(), CommandError> {
        let plan = &pool.plan;
        let (old, new) = (&plan.nodepool, &plan.new_nodepool);
        self.say(&format!("PUT {new} with size {}", plan.new_vm_size));
        let body = new_pool(&pool.old, &plan.new_vm_size);
        let made = self.cluster.put(new, body, plan.is_windows).await?;
        self.say(&format!("{new} is made"));
        let lost = lost(&pool.old, &made).join(", ");
        if !lost.is_empty() {
            let differs = format!("{new} differs from {old} in: {lost}");
            self.say(&differs);
            self.cluster.report.warning(&differs);
        }
        Ok(())
    }

    /// Sends the guide's update. If Azure refuses it, the migration continues with a new pool.
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

    /// Whether Azure has refused the request for good, so that another method is needed.
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

    /// Drains a node once. Pods that a disruption budget keeps are tried again until the time
    /// limit.
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
            self.refusal = None;
            return Ok(());
        }
        self.refusal = Some(last_words(&output.text));
        self.check_time(view, "")?;
        self.pause().await;
        Ok(())
    }

    /// Returns the rest of a stage's time limit.
    fn left(&self, stage: Stage, limits: &Limits) -> Duration {
        let allowed = match stage {
            Stage::AwaitingNodes => Duration::from_secs(limits.node_seconds),
            Stage::Draining | Stage::Deleting => Duration::from_secs(limits.drain_seconds),
            _ => OTHERWISE,
        };
        allowed.saturating_sub(self.since.elapsed())
    }

    /// Fails if a stage has exceeded its time limit, with the cause of the delay.
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
            Stage::Draining => {
                let refusal = self.refusal.iter();
                let refusal = refusal.map(|text| format!("; kubectl said last: {text}"));
                format!(
                    "the drain has not ended within {seconds} s; these pods wait: {}{}",
                    held_up(pool, view),
                    refusal.collect::<String>()
                )
            }
            stage => format!(
                "{} has not ended within {seconds} s: {waited_for}",
                stage.words()
            ),
        };
        Err(error!("Node pool '{name}': {what}."))
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.wait).await;
        self.wait = (self.wait * 3 / 2).min(LONGEST);
    }
}

/// Returns the reason for kubectl's failure, shortened for an error: its last line that begins with
/// `error:`, else its last line.
fn last_words(text: &str) -> String {
    let lines = || text.lines().rev().map(str::trim);
    let error = lines().find(|line| line.starts_with("error:"));
    let last = error.or_else(|| lines().find(|line| !line.is_empty()));
    let last = last.unwrap_or_default().trim_end_matches('.');
    last.chars().take(LONGEST_WORDS).collect()
}

/// Returns a pool of the view, or null if it does not exist.
pub(super) fn find(view: &View, name: &str) -> Json {
    let is_it = |pool: &&Json| {
        let found = pool.get("name").and_then(Json::as_str);
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    view.pools.iter().find(is_it).cloned().unwrap_or_default()
}

/// Returns the current pool with the autoscaler off.
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
