//! The options of `azq gen2 …`, and the requests of its lines.

use std::time::SystemTime;

use azq_proto::v1::{
    Context, MigrateGenerationsRequest, PlanGenerationsRequest, ReportGenerationsRequest,
};
use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::super::Invocation;
use super::super::file;
use super::super::request::Request;
use super::commands::{asking, call, context, flag, option, text};
use crate::environment::Environment;

pub(super) fn arguments(command: Clap) -> Clap {
    command
        .subcommand_required(true)
        .subcommands([report(), plan(), migrate()])
}

pub(super) fn read(matches: &ArgMatches, environment: &dyn Environment) -> Option<Invocation> {
    let (verb, matches) = matches.subcommand()?;
    let context = Some(context(matches, environment));
    let group = text(matches, "resource-group");
    let name = text(matches, "name");
    let request: Request = match verb {
        "report" => ReportGenerationsRequest {
            context,
            resource_group_name: group,
            name,
            all_subscriptions: matches.get_flag("all-subscriptions"),
            check: matches.get_flag("check"),
        }
        .into(),
        "plan" => PlanGenerationsRequest {
            context,
            resource_group_name: group,
            name,
            nodepool_name: texts(matches, "nodepool-name"),
            node_vm_size: text(matches, "node-vm-size"),
            in_place: matches.get_flag("in-place"),
            price: matches.get_flag("price"),
        }
        .into(),
        "migrate" => migration(matches, environment, context, (group, name)).into(),
        _ => return None,
    };
    Some(call(request))
}

/// Returns the request of `migrate`.
fn migration(
    matches: &ArgMatches,
    environment: &dyn Environment,
    context: Option<Context>,
    (group, name): (Option<String>, Option<String>),
) -> MigrateGenerationsRequest {
    MigrateGenerationsRequest {
        context,
        resource_group_name: group,
        name,
        nodepool_name: texts(matches, "nodepool-name"),
        node_vm_size: text(matches, "node-vm-size"),
        in_place: matches.get_flag("in-place"),
        price: matches.get_flag("price"),
        plan: text(matches, "plan").map(|path| file::read(path, environment)),
        yes: matches.get_flag("yes"),
        agreed: None,
        resume: matches.get_flag("resume"),
        abort: matches.get_flag("abort"),
        attempt: attempt(),
        drain_timeout: matches.get_one("drain-timeout").copied(),
        node_timeout: matches.get_one("node-timeout").copied(),
        force: matches.get_flag("force"),
        delete_emptydir_data: matches.get_flag("delete-emptydir-data"),
    }
}

/// Returns a unique id for a request.
fn attempt() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    format!(
        "{}-{}",
        std::process::id(),
        since.unwrap_or_default().as_nanos()
    )
}

fn texts(matches: &ArgMatches, name: &str) -> Vec<String> {
    let given = matches.get_many::<String>(name).unwrap_or_default();
    given.cloned().collect()
}

const REPORT: &str = "\
Every node pool is listed with its generation now, the generations that its VM size can run, and the command that goes
on from here. Without -g all clusters of the subscription are looked at.";

fn report() -> Clap {
    let all = flag("all-subscriptions", "Every enabled subscription")
        .conflicts_with_all(["subscription", "resource-group"]);
    let check = flag(
        "check",
        "End with exit code 1 if a node pool is on Generation 1",
    );
    asking("report", "Tell which node pools are on Generation 2")
        .after_help(REPORT)
        .args(cluster())
        .args([subscription(), all, check])
}

const PLAN: &str = "\
For each node pool on Generation 1: the size that is most similar, open to the subscription and in the pool's zones,
with quota left; the way; and the steps as command lines of az. '-o json' is the file that 'azq gen2 migrate --plan'
takes; '--query pools[].steps[] -o tsv' prints the steps to be read, edited and run.";

fn plan() -> Clap {
    asking(
        "plan",
        "Plan how a cluster's node pools come to Generation 2",
    )
    .after_help(PLAN)
    .args(cluster())
    .arg(subscription())
    .args(wishes())
}

const MIGRATE: &str = "\
Pool by pool: a new pool of the same settings is made, its nodes are waited for, the old one is cordoned, drained (which
honours disruption budgets) and deleted. What is done is written down before and after each step, so that Ctrl-C, a
killed process or a closed laptop lose nothing: go on with --resume, or give up with --abort, which lets pods come to
the old nodes again and keeps both pools. The log of all that was done is named when it begins and when it ends.";

/// The options that a plan or a migration which was begun has decided on.
const PLANNED: [&str; 3] = ["nodepool-name", "node-vm-size", "in-place"];

fn migrate() -> Clap {
    let printed = "Carry this plan out, as 'azq gen2 plan -o json' prints it";
    let plan = option("plan", "FILE", printed);
    let resume = flag("resume", "Go on with a migration that was begun");
    let abort = flag(
        "abort",
        "Give up a migration that was begun: uncordon, keep both pools",
    );
    let time = |name, help| {
        let time = Arg::new(name).long(name).value_name("MINUTES");
        time.value_parser(seconds).help(help)
    };
    asking("migrate", "Bring a cluster's node pools to Generation 2")
        .after_help(MIGRATE)
        .args(cluster())
        .arg(subscription())
        .args(wishes())
        .args(permissions())
        .args([
            plan.conflicts_with_all(PLANNED),
            resume.conflicts_with("plan").conflicts_with_all(PLANNED),
            abort
                .conflicts_with_all(["resume", "plan"])
                .conflicts_with_all(PLANNED),
            time(
                "drain-timeout",
                "How long the drain of a pool may go on: 30, or 90s",
            ),
            time(
                "node-timeout",
                "How long the nodes of a pool may take until they are ready: 20, or 90s",
            ),
        ])
}

/// Returns the options that permit a migration more than it may do by default.
fn permissions() -> [Arg; 3] {
    [
        flag("yes", "Do not ask before it begins").short('y'),
        flag("force", "Evict pods although nothing makes them again"),
        flag(
            "delete-emptydir-data",
            "Evict pods although they lose what they keep on their node",
        ),
    ]
}

/// Parses minutes, or seconds such as `90s`, into seconds; a day at most.
fn seconds(text: &str) -> Result<u32, String> {
    let seconds = match text.strip_suffix('s') {
        Some(seconds) => seconds.parse().ok(),
        None => text
            .parse()
            .ok()
            .and_then(|minutes: u32| minutes.checked_mul(60)),
    };
    let in_range = seconds.filter(|seconds| (1..=86_400).contains(seconds));
    in_range.ok_or_else(|| "minutes such as 30, or seconds such as 90s; a day at most".to_owned())
}

/// Returns the options that select the pools and sizes of a plan.
fn wishes() -> [Arg; 4] {
    let pools = option("nodepool-name", "NODEPOOL", "Only these node pools");
    let size = option("node-vm-size", "SIZE", "This size for the new node pools");
    [
        pools.num_args(1..).action(ArgAction::Append),
        size.short('s'),
        flag(
            "price",
            "Look at retail prices, and take the cheapest of the most similar sizes",
        ),
        flag(
            "in-place",
            "Send the guide's update first; a new pool if Azure refuses it",
        ),
    ]
}

/// Returns the options that name a cluster.
fn cluster() -> [Arg; 2] {
    [
        option("resource-group", "GROUP", "The resource group").short('g'),
        option("name", "CLUSTER", "The cluster").short('n'),
    ]
}

fn subscription() -> Arg {
    option("subscription", "SUBSCRIPTION", "Another one, by name or ID")
}
