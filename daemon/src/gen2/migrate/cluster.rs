//! Reads and changes of a cluster: agent pools through Resource Manager, and Kubernetes through
//! `runCommand`.

use std::pin::Pin;
use std::sync::Arc;

use azq_migration::{Node, PoolMigration, SizesByName, Stage, View, ViewError, kubectl};
use azq_migration::{budgets, nodes, pods};
use azq_vm_sizes::Definition;
use serde_json::Value as Json;

use super::super::sizes::Sizes;
use crate::clusters::{cluster_path, command};
use crate::nodepools::API_VERSION;
use azq_arm::Report;
use azq_arm::segment;
use azq_arm::{Arm, Continuation, Request, Session};
use azq_command::{CommandError, bail, error};
use azq_skus::Catalogues;

/// Returns the token with which commands run as the caller.
pub type Token<'t> = &'t (
        dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, CommandError>> + Send + 't>> + Sync
    );

/// A cluster that is migrated.
pub struct Cluster<'c> {
    arm: &'c Arm,
    path: String,
    /// The source of tokens, or `None` for a cluster that takes no token.
    token: Option<Token<'c>>,
    /// The sizes of its location, empty if they could not be read.
    sizes: Arc<SizesByName>,
    /// The receiver of warnings and progress.
    pub report: &'c dyn Report,
}

/// The output of a command in the cluster, and its exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) code: i64,
    pub(super) text: String,
}

impl<'c> Cluster<'c> {
    /// Opens a cluster, which must exist.
    ///
    /// # Errors
    /// Azure's errors.
    pub async fn open(
        session: &'c Arc<Session>,
        catalogues: &Catalogues,
        (group, name): (&str, &str),
        token: Token<'c>,
        report: &'c dyn Report,
    ) -> Result<Self, CommandError> {
        let arm = &session.arm;
        let path = cluster_path(arm.subscription(), group, name);
        let document = arm.get(&path, API_VERSION, report).await?;
        let location = document.get("location").and_then(Json::as_str);
        let sizes = Sizes::new(catalogues, Arc::clone(session));
        // Without sizes, the images show the generation.
        let sizes = sizes.of(location.unwrap_or_default(), report).await;
        Ok(Self {
            arm,
            path,
            sizes: sizes.unwrap_or_default(),
            token: command::takes_token(&document).then_some(token),
            report,
        })
    }

    /// Returns the definition of a size, if it is known.
    pub(super) fn size(&self, name: &str) -> Option<&Definition> {
        let size = self.sizes.get(&name.to_lowercase());
        size.map(|size| &*size.definition)
    }

    /// Reads everything that the next step of a pool depends on.
    pub(super) async fn view(
        &self,
        pool: &PoolMigration,
        first: usize,
    ) -> Result<View, CommandError> {
        let pools = format!("{}/agentPools", self.path);
        let quiet = Quiet(self.report);
        let mut view = View {
            pools: self.arm.list(&pools, API_VERSION, &[], &quiet).await?,
            ..View::default()
        };
        let needs = pool.stage.needs();
        if needs.nodes {
            view.nodes = self.read(&kubectl::nodes(), nodes).await?;
        }
        if needs.pods {
            self.look_at_pods(pool, first, &mut view).await?;
            view.pending = self.read(&kubectl::pending_pods(), pods).await?;
            view.budgets = self.read(&kubectl::budgets(), budgets).await?;
        }
        Ok(view)
    }

    /// Reads the pods of the old nodes, beginning with the node at index `first`. While a pool is
    /// drained, one node with pods is enough.
    async fn look_at_pods(
        &self,
        pool: &PoolMigration,
        first: usize,
        view: &mut View,
    ) -> Result<(), CommandError> {
        let is_old = |node: &&Node| node.pool.eq_ignore_ascii_case(&pool.plan.nodepool);
        let mut names: Vec<_> = view
            .nodes
            .iter()
            .filter(is_old)
            .map(|node| &node.name)
            .collect();
        let middle = first.checked_rem(names.len()).unwrap_or_default();
        names.rotate_left(middle);
        for name in names {
            let found = self.read(&kubectl::pods_on(name), pods).await?;
            let is_enough =
                pool.stage == Stage::Draining && found.iter().any(azq_migration::Pod::is_workload);
            view.pods.extend(found);
            if is_enough {
                break;
            }
        }
        Ok(())
    }

    async fn read<T>(
        &self,
        line: &str,
        read: fn(&str) -> Result<T, ViewError>,
    ) -> Result<T, CommandError> {
        let output = self.kubectl(line).await?;
        if output.code != 0 {
            return Err(failed(line, &output));
        }
        read(&output.text).map_err(|error| error!("{line}: {error}"))
    }

    /// Runs kubectl in the cluster.
    pub(super) async fn kubectl(&self, line: &str) -> Result<Output, CommandError> {
        let token = match self.token {
            Some(token) => Some(token().await?),
            None => None,
        };
        let result = command::run(self.arm, &self.path, line, token, &Quiet(self.report)).await?;
        let property = |name: &str| result.pointer(&format!("/properties/{name}"));
        let Some(code) = property("exitCode").and_then(Json::as_i64) else {
            bail!("The command has not ended in time: {line}");
        };
        let text = property("logs").and_then(Json::as_str).unwrap_or_default();
        Ok(Output {
            code,
            text: text.to_owned(),
        })
    }

    /// Runs kubectl in the cluster, and fails if its exit code is not 0.
    pub(super) async fn must(&self, line: &str) -> Result<Output, CommandError> {
        let output = self.kubectl(line).await?;
        if output.code == 0 {
            Ok(output)
        } else {
            Err(failed(line, &output))
        }
    }

    fn pool_path(&self, name: &str) -> String {
        format!("{}/agentPools/{}", self.path, segment(name))
    }

    /// Sends a pool and waits for the operation to end.
    pub(super) async fn put(
        &self,
        name: &str,
        body: Json,
        is_windows_gen2: bool,
    ) -> Result<Json, CommandError> {
        let mut request = Request::put(self.pool_path(name), API_VERSION, body);
        if is_windows_gen2 {
            request = request.header("UseWindowsGen2VM", "true");
        }
        let quiet = Quiet(self.report);
        let started = self.arm.send(&request, &quiet).await?;
        let made = self.arm.finish(&request, started, &quiet).await?;
        Ok(made.unwrap_or_default())
    }

    /// Deletes a pool and waits for the operation to end. A pool that does not exist counts as
    /// deleted.
    pub(super) async fn delete(&self, name: &str) -> Result<(), CommandError> {
        let request = Request::delete(self.pool_path(name), API_VERSION);
        let quiet = Quiet(self.report);
        let gone = |error: &azq_arm::ArmError| error.status() == Some(http::StatusCode::NOT_FOUND);
        let started = match self.arm.send(&request, &quiet).await {
            Err(error) if gone(&error) => return Ok(()),
            started => started?,
        };
        match self.arm.finish(&request, started, &quiet).await {
            Err(error) if !gone(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn failed(line: &str, output: &Output) -> CommandError {
    let code = output.code;
    let text = output.text.trim();
    error!("'{line}' has failed in the cluster with exit code {code}: {text}")
}

/// Passes on warnings and debug messages, but neither progress nor operations, because a migration
/// has its own progress and is resumed when its request is repeated.
struct Quiet<'r>(&'r dyn Report);

impl Report for Quiet<'_> {
    fn warning(&self, text: &str) {
        self.0.warning(text);
    }

    fn debug(&self, text: &str) {
        self.0.debug(text);
    }

    fn progress(&self, _: &str) {}

    fn operation(&self, _: &Continuation) {}
}
