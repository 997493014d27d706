//! The rpcs of `azq gen2`: the generation of node pools.

use super::clusters::cluster_token;
use super::defaults::fill;
use super::{Answer, Call, Command};
use crate::gen2::migrate::{self, Cluster, Entry, Journal, Key, Record};
use crate::gen2::{plan, report};
use crate::sizes::PriceCaller;
use azq_account::CliConfig;
use azq_arm::Session;
use azq_command::{CommandError, ErrorKind};
use azq_migration::{Limits, PLAN_VERSION, Plan, Status, Wishes};
use azq_output::{Format, Table};
use azq_proto::v1::{self, file::Outcome as FileOutcome};
use azq_skus::Source;
use std::sync::Arc;

impl Command for v1::ReportGenerationsRequest {
    const TABLE: Table = Table::Transform(report::table);
    const FORMAT: Format = Format::Table;

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        if !self.all_subscriptions {
            fill(&mut self.resource_group_name, config, "group");
        }
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let resource_group = self.resource_group_name.as_deref();
        let cluster = self.name.as_deref();
        if cluster.is_some() && resource_group.is_none() {
            return Err(missing("--resource-group/-g"));
        }
        let sessions = if self.all_subscriptions {
            all_sessions(&call)?
        } else {
            vec![call.session()?]
        };
        let range = report::Range {
            resource_group,
            cluster,
        };
        let found = report::look(sessions, range, &call.daemon.catalogues, call.report).await?;
        let is_unmet = self.check && found.has_gen1();
        let answer = if is_unmet {
            Answer::Unmet
        } else {
            Answer::Document
        };
        Ok(answer(found.document()))
    }
}

/// Returns az's error for missing options.
fn missing(options: &str) -> CommandError {
    let text = format!("the following arguments are required: {options}");
    CommandError::new(text).of_kind(ErrorKind::Usage)
}

/// Returns the caller's enabled subscriptions of the active cloud.
fn all_sessions(call: &Call<'_>) -> Result<Vec<Arc<Session>>, CommandError> {
    let entries = call.profile.entries();
    let enabled = entries.filter(|entry| entry.state() == Some("Enabled"));
    let ids = enabled.filter_map(|entry| entry.members().get("id")?.as_str());
    let ids: Vec<_> = ids.collect();
    if ids.is_empty() {
        // `session` returns az's error for a caller without any subscription.
        return call.session().map(|session| vec![session]);
    }
    ids.into_iter()
        .map(|id| call.session_for(Some(id)))
        .collect()
}

/// Returns what a request for a plan or a migration wishes.
macro_rules! wishes {
    ($request:ident) => {
        Wishes {
            nodepools: &$request.nodepool_name,
            vm_size: $request.node_vm_size.as_deref(),
            in_place: $request.in_place,
        }
    };
}

impl Command for v1::PlanGenerationsRequest {
    const TABLE: Table = Table::Transform(plan::table);
    const FORMAT: Format = Format::Table;

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        fill(&mut self.resource_group_name, config, "group");
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let cluster = cluster(self.resource_group_name.as_ref(), self.name.as_ref())?;
        let wishes = wishes!(self);
        let session = call.session()?;
        let plan = plan_with(call, &session, cluster, wishes, self.price).await?;
        Ok(Answer::Document(plan::document(&plan)))
    }
}

/// Makes a plan for a cluster, with prices if `price` is set.
async fn plan_with(
    call: Call<'_>,
    session: &Arc<Session>,
    cluster: (&str, &str),
    wishes: Wishes<'_>,
    price: bool,
) -> Result<Plan, CommandError> {
    let prices = price.then_some(plan::PriceSource {
        prices: &call.daemon.prices,
        caller: PriceCaller {
            sessions: &call.daemon.sessions,
            profile: call.profile,
            storage: Source::storage(&session.arm),
        },
    });
    let known = (&call.daemon.catalogues, prices);
    plan::plan(session, cluster, wishes, known, call.report).await
}

/// Returns the names of the cluster, both of which are required.
fn cluster<'r>(
    group: Option<&'r String>,
    name: Option<&'r String>,
) -> Result<(&'r str, &'r str), CommandError> {
    let (Some(group), Some(name)) = (group, name) else {
        let options = [(group, "--resource-group/-g"), (name, "--name/-n")];
        let absent = options.iter().filter(|(given, _)| given.is_none());
        let absent: Vec<_> = absent.map(|(_, option)| *option).collect();
        return Err(missing(&absent.join(", ")));
    };
    Ok((group, name))
}

impl Command for v1::MigrateGenerationsRequest {
    const TABLE: Table = Table::Transform(migrate::table);
    const FORMAT: Format = Format::Table;

    fn complete(&mut self, config: &CliConfig) -> Vec<&'static str> {
        // Without a cluster's name the command uses the only migration, or the plan's cluster.
        if self.name.is_some() {
            fill(&mut self.resource_group_name, config, "group");
        }
        Vec::new()
    }

    async fn carry_out(self, call: Call<'_>) -> Result<Answer, CommandError> {
        let journal = Journal::in_state_directory(&call.daemon.config.state_dir);
        if self.resume || self.abort {
            return go_on(&self, call, &journal).await;
        }
        let (session, plan) = planned(&self, call).await?;
        let place = &plan.place;
        let entry = journal
            .open(key(&session, &place.resource_group, &place.cluster))
            .await?;
        if let Some(record) = entry.load()?.filter(|record| is_unfinished(record, &self)) {
            check_owner(&record, &session)?;
            if record.migration.attempt != self.attempt {
                return Err(under_way(&record));
            }
            // The same request was sent again.
            return execute(call, &session, &entry, record, false).await;
        }
        if plan.pools.is_empty() {
            call.report
                .notice("Every node pool of the cluster is on Generation 2.");
        } else {
            let question = migrate::question(&plan);
            let config = call.profile.config();
            let is_agreed = self.yes || self.agreed.as_ref() == Some(&question);
            if !is_agreed && !config.boolean("core", "disable_confirm_prompt", false)? {
                return Ok(Answer::Confirm(question));
            }
        }
        let limits = with_wishes(Limits::default(), &self);
        let record = migrate::begin(&entry, &plan, limits, &self.attempt, &session.scope)?;
        execute(call, &session, &entry, record, false).await
    }
}

/// Whether a migration prevents a new one, or was started by the same request.
fn is_unfinished(record: &Record, request: &v1::MigrateGenerationsRequest) -> bool {
    record.migration.status == Status::Active || record.migration.attempt == request.attempt
}

fn key(session: &Session, group: &str, cluster: &str) -> Key {
    let scope = &session.scope;
    Key::new(&scope.cloud, &scope.subscription, group, cluster)
}

/// Returns the plan of a request: from its file, or a new one.
async fn planned(
    request: &v1::MigrateGenerationsRequest,
    call: Call<'_>,
) -> Result<(Arc<Session>, Plan), CommandError> {
    if let Some(file) = &request.plan {
        let plan = read(file)?;
        let session = call.session_for(Some(&plan.place.subscription))?;
        return Ok((session, plan));
    }
    let cluster = cluster(request.resource_group_name.as_ref(), request.name.as_ref())?;
    let wishes = wishes!(request);
    let session = call.session()?;
    let plan = plan_with(call, &session, cluster, wishes, request.price).await?;
    Ok((session, plan))
}

/// Reads a plan from its file.
fn read(file: &v1::File) -> Result<Plan, CommandError> {
    let path = &file.path;
    let Some(FileOutcome::Content(content)) = &file.outcome else {
        let text = format!("The plan {path} cannot be read.");
        return Err(CommandError::new(text));
    };
    let wrong = |why: String| CommandError::new(format!("{path} is no plan: {why}"));
    let plan: Plan = serde_json::from_slice(content).map_err(|error| wrong(error.to_string()))?;
    if plan.version != PLAN_VERSION {
        return Err(wrong(format!("its version is {}", plan.version)));
    }
    Ok(plan)
}

/// Resumes or abandons a migration.
async fn go_on(
    request: &v1::MigrateGenerationsRequest,
    call: Call<'_>,
    journal: &Journal,
) -> Result<Answer, CommandError> {
    let (session, group, name) = match (&request.resource_group_name, &request.name) {
        (Some(group), Some(name)) => (call.session()?, group.clone(), name.clone()),
        _ => only_one(call, journal)?,
    };
    let entry = journal.open(key(&session, &group, &name)).await?;
    let Some(mut record) = entry.load()? else {
        let text = format!(
            "No migration of the cluster '{name}' was begun here. To begin one: azq gen2 migrate -g {group} -n {name}"
        );
        return Err(CommandError::new(text).of_kind(ErrorKind::NotFound));
    };
    check_owner(&record, &session)?;
    if record.migration.status != Status::Active {
        call.report
            .notice("There is nothing to go on with: the migration has ended.");
        return Ok(Answer::Document(migrate::document(&record)));
    }
    record.migration.limits = with_wishes(record.migration.limits, request);
    let what = if request.abort { "abort" } else { "resumed" };
    entry.log(&record, "", what);
    execute(call, &session, &entry, record, request.abort).await
}

/// Returns the caller's only active migration.
fn only_one(
    call: Call<'_>,
    journal: &Journal,
) -> Result<(Arc<Session>, String, String), CommandError> {
    let records = journal.all().into_iter();
    let mut found: Vec<_> = records
        .filter(|record| record.migration.status == Status::Active)
        .filter_map(|record| {
            let session = call.session_for(Some(&record.scope.subscription)).ok()?;
            (session.scope == record.scope).then_some((session, record.migration.place))
        })
        .collect();
    match (found.len(), found.pop()) {
        (1, Some((session, place))) => Ok((session, place.resource_group, place.cluster)),
        (0, _) => Err(CommandError::new("No migration is under way.").of_kind(ErrorKind::NotFound)),
        (count, last) => {
            let all = found.into_iter().chain(last).map(|(_, place)| place);
            let names = all.map(|of| format!("-g {} -n {}", of.resource_group, of.cluster));
            Err(CommandError::new(format!(
                "{count} migrations are under way. Name one of them: {}",
                names.collect::<Vec<_>>().join("; ")
            )))
        }
    }
}

fn check_owner(record: &Record, session: &Session) -> Result<(), CommandError> {
    if record.scope == session.scope {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "The migration was begun by '{}' in tenant '{}'. To go on with it, log in as that.",
        record.scope.principal, record.scope.tenant
    )))
}

fn under_way(record: &Record) -> CommandError {
    let place = &record.migration.place;
    let (group, name) = (&place.resource_group, &place.cluster);
    let line = format!("azq gen2 migrate -g {group} -n {name}");
    let advice = format!("To go on with it: {line} --resume; to give it up: {line} --abort");
    let text = format!("A migration of the cluster '{name}' was begun and has not ended.");
    CommandError::new(text).recommend(advice)
}

fn with_wishes(limits: Limits, request: &v1::MigrateGenerationsRequest) -> Limits {
    let seconds = |given: Option<u32>, otherwise: u64| given.map_or(otherwise, u64::from);
    Limits {
        drain_seconds: seconds(request.drain_timeout, limits.drain_seconds),
        node_seconds: seconds(request.node_timeout, limits.node_seconds),
        force: limits.force || request.force,
        delete_emptydir_data: limits.delete_emptydir_data || request.delete_emptydir_data,
    }
}

/// Carries out a migration, or abandons it.
async fn execute(
    call: Call<'_>,
    session: &Arc<Session>,
    entry: &Entry,
    record: Record,
    gives_up: bool,
) -> Result<Answer, CommandError> {
    let place = record.migration.place.clone();
    let token =
        || -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> { Box::pin(cluster_token(call)) };
    let names @ (group, name) = (place.resource_group.as_str(), place.cluster.as_str());
    let cluster =
        Cluster::open(session, &call.daemon.catalogues, names, &token, call.report).await?;
    if gives_up {
        let document = migrate::give_up(entry, record, &cluster).await?;
        return Ok(Answer::Document(document));
    }
    call.report.notice(&format!(
        "The log is {}. If this is interrupted, go on with: azq gen2 migrate -g {group} -n {name} --resume",
        record.log.display()
    ));
    let document = migrate::carry_out(entry, record, &cluster).await?;
    Ok(Answer::Document(document))
}
