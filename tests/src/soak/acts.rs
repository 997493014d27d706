//! The actions of a client: how often each is done, and when its outcome is right.

use std::process::Stdio;

use azq_proto::v1;
use serde_json::Value;
use tokio::process::Command;

use super::client::{Client, connect, hear, patiently, spoken};
use super::injection::Family;
use super::look_ups::Soak;
use super::questions::{POOL_LINE, Question};
use super::tally::Judged;
use crate::harness::{Outcome, binaries};

/// An action of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAction {
    /// Looks a size up in a region, on its connection.
    LookUp,
    /// The same as an `azq` process.
    Process,
    /// Reads everything in a region.
    Region,
    /// Begins to read everything in a region and cancels the call.
    HalfRegion,
    /// Shows a node pool.
    Pool,
    /// The same as an `azq` process.
    PoolProcess,
    /// A look-up that must request Azure (`--max-age 0`).
    AskAzure,
    /// `azq cache refresh`.
    Refresh,
    /// `azq cache clear`.
    Clear,
    /// `azq daemon status`, as a process.
    Status,
    /// Closes the connection.
    Reconnect,
}

/// The frequency of each action among 10,000, and its name in the report.
const ACTS: [(u32, ClientAction, &str); 11] = [
    (9_544, ClientAction::LookUp, "look-ups"),
    (48, ClientAction::Process, "look-ups by processes"),
    (10, ClientAction::Region, "whole regions"),
    (20, ClientAction::HalfRegion, "regions left half-way"),
    (300, ClientAction::Pool, "node pools"),
    (5, ClientAction::PoolProcess, "node pools by processes"),
    (10, ClientAction::AskAzure, "look-ups past the cache"),
    (4, ClientAction::Refresh, "cache refreshes"),
    (4, ClientAction::Clear, "cache clearances"),
    (5, ClientAction::Status, "daemon statuses"),
    (50, ClientAction::Reconnect, "reconnections"),
];

impl ClientAction {
    /// Whether it is one of the look-ups that are counted.
    pub(super) fn is_look_up(self) -> bool {
        matches!(self, Self::LookUp | Self::Process)
    }
}

/// A client of a run.
pub(super) struct Visitor<'a> {
    soak: &'a Soak,
    random: fastrand::Rng,
    client: Option<Client>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(soak: &'a Soak, seed: u64) -> Self {
        Self {
            soak,
            random: fastrand::Rng::with_seed(seed),
            client: None,
        }
    }

    /// Draws the next action, and its name.
    pub(super) fn next_act(&mut self) -> (ClientAction, &'static str) {
        let all: u32 = ACTS.iter().map(|(weight, ..)| weight).sum();
        let mut drawn = self.random.u32(..all);
        let is_drawn = |weight: u32| {
            let left = drawn.checked_sub(weight);
            drawn = left.unwrap_or_default();
            left.is_none()
        };
        let mut weights = ACTS.iter().map(|(weight, ..)| *weight);
        let (_, act, name) = ACTS[weights.position(is_drawn).unwrap_or_default()];
        (act, name)
    }

    /// Performs an action of this name, and has the outcome judged.
    pub(super) async fn perform(&mut self, act: ClientAction, name: &str) {
        let questions = &self.soak.questions;
        match act {
            ClientAction::LookUp => self.look_up(&questions.look_ups, None).await,
            ClientAction::AskAzure => self.look_up(&questions.look_ups, Some(0)).await,
            ClientAction::Region => self.look_up(&questions.regions, None).await,
            ClientAction::HalfRegion => self.leave_half_way().await,
            ClientAction::Pool => self.show_pool().await,
            ClientAction::Process => {
                // A region's answer may be a file, which only azq itself accepts.
                let among = [&questions.look_ups, &questions.regions];
                let among = among[self.random.usize(..2)];
                if let Some(question) = self.random.choice(among) {
                    let line = question.line();
                    self.run(Family::Skus, &line, &question.answer).await;
                }
            }
            ClientAction::PoolProcess => self.run(Family::Pools, &POOL_LINE, &questions.pool).await,
            ClientAction::Status => self.status().await,
            ClientAction::Refresh | ClientAction::Clear => self.keep_house(act, name).await,
            ClientAction::Reconnect => self.client = None,
        }
    }

    /// Draws a question and opens the connection.
    async fn ask(&mut self, among: &'a [Question]) -> Option<(&'a Question, Client)> {
        let question = self.random.choice(among);
        question.zip(self.client().await)
    }

    async fn look_up(&mut self, among: &'a [Question], max_age: Option<u64>) {
        let Some((question, mut client)) = self.ask(among).await else {
            return;
        };
        let request = v1::ListSkusRequest {
            max_age,
            ..question.request(self.anyone())
        };
        let said = hear(client.list_skus(spoken(request)), |_| false).await;
        self.judge(Family::Skus, &question.line(), &said, &question.answer);
    }

    async fn leave_half_way(&mut self) {
        let Some((question, mut client)) = self.ask(&self.soak.questions.regions).await else {
            return;
        };
        let half = self.random.usize(..question.answer.len() / 2);
        let request = spoken(question.request(self.anyone()));
        let said = hear(client.list_skus(request), |said| said.stdout.len() >= half).await;
        if !question.answer.starts_with(&said.stdout) {
            let half = format!("half of {:?}", question.line());
            self.judge(Family::Skus, &[&half], &said, &question.answer);
        }
    }

    async fn show_pool(&mut self) {
        let Some(mut client) = self.client().await else {
            return;
        };
        let account = self.random.usize(..self.soak.scene.accounts.len());
        let [_, _, _, _, group, _, cluster, _, name] = POOL_LINE.map(|word| Some(word.to_owned()));
        let request = v1::ShowNodePoolRequest {
            context: self.soak.contexts.get(account).cloned(),
            pool: Some(v1::NodePoolName {
                resource_group_name: group,
                cluster_name: cluster,
                nodepool_name: name,
            }),
        };
        let said = hear(client.show_node_pool(spoken(request)), |_| false).await;
        self.judge(Family::Pools, &POOL_LINE, &said, &self.soak.questions.pool);
    }

    /// Clears or refreshes catalogues; the outcome is right if the command succeeds.
    async fn keep_house(&mut self, act: ClientAction, name: &str) {
        let Some((question, mut client)) = self.ask(&self.soak.questions.regions).await else {
            return;
        };
        let (context, location) = (Some(self.anyone()), Some(question.location().to_owned()));
        let said = if act == ClientAction::Clear {
            let request = spoken(v1::ClearCacheRequest { context, location });
            hear(client.clear_cache(request), |_| false).await
        } else {
            let request = spoken(v1::RefreshCacheRequest { context, location });
            hear(client.refresh_cache(request), |_| false).await
        };
        self.judge(Family::Skus, &[name], &said, &said.stdout);
    }

    async fn status(&mut self) {
        let line = ["daemon", "status", "-o", "json"];
        if let Some(said) = self.process(&line).await {
            let document: Option<Value> = serde_json::from_slice(&said.stdout).ok();
            let is_status = document.is_some_and(|document| document.get("requests").is_some());
            let right = if is_status { &said.stdout[..] } else { b"" };
            self.judge(Family::Skus, &line, &said, right);
        }
    }

    async fn run(&mut self, family: Family, line: &[&str], answer: &[u8]) {
        if let Some(said) = self.process(line).await {
            self.judge(family, line, &said, answer);
        }
    }

    /// Runs an `azq` process and returns its output; none if there was no process.
    async fn process(&mut self, line: &[&str]) -> Option<Outcome> {
        let account = self.random.choice(&self.soak.scene.accounts)?;
        let mut command = self.soak.scene.home.command(&binaries().ok()?.azq);
        command.args(line).env("AZURE_CONFIG_DIR", account);
        command.stdin(Stdio::null());
        match patiently(Command::from(command).output()).await {
            Some(Ok(output)) => Some(output.into()),
            ended => {
                self.soak.tally.failed(format!("azq {line:?}: {ended:?}"));
                None
            }
        }
    }

    /// Returns the connection, which is opened if there is none.
    async fn client(&mut self) -> Option<Client> {
        if self.client.is_none() {
            match patiently(connect(&self.soak.socket)).await {
                Some(Ok(client)) => self.client = Some(client),
                refused => self.soak.tally.failed(format!("connecting: {refused:?}")),
            }
        }
        self.client.clone()
    }

    fn anyone(&mut self) -> v1::Context {
        let context = self.random.choice(&self.soak.contexts);
        context.cloned().unwrap_or_default()
    }

    fn judge(&self, family: Family, line: &[&str], outcome: &Outcome, answer: &[u8]) {
        let judged = Judged {
            line,
            outcome,
            answer,
        };
        self.soak.tally.judge(judged, |stderr| {
            let mut injection = self.soak.injection();
            // The fault may have been applied since the last update.
            injection.tick(&self.soak.scene.emulator, &[]);
            injection.explains(family, stderr)
        });
    }
}
