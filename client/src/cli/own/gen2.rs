//! `azq gen2 …`: its options, and what a line of it asks for.

use azq_proto::v1::ReportGenerationsRequest;
use clap::{Arg, ArgMatches, Command as Clap};

use super::super::Invocation;
use super::super::request::Request;
use super::commands::{asking, call, context, flag, named, text};
use crate::environment::Environment;

pub(super) fn arguments(command: Clap) -> Clap {
    command.subcommand_required(true).subcommands([report()])
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
        _ => return None,
    };
    Some(call(request))
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

/// The options that name a cluster.
fn cluster() -> [Arg; 2] {
    let group = named("resource-group", "GROUP", "The resource group");
    let name = named("name", "CLUSTER", "The cluster");
    [
        group.long("resource-group").short('g'),
        name.long("name").short('n'),
    ]
}

fn subscription() -> Arg {
    named("subscription", "SUBSCRIPTION", "Another one, by name or ID").long("subscription")
}
