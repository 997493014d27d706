//! `az rest`: an HTTP request in the caller's own words.

use azq_proto::v1::CallRestRequest;

use super::command::{Command, Rows};
use super::option::{Opt, choice, flag, ignored, some_words, text};

pub(crate) static REST: Command = Command {
    summary: "Send a request of your own.",
    details: "A token goes along if the URL is one of the cloud's endpoints, or with --resource.",
    examples: &[
        (
            "A cluster.",
            "rest --url /subscriptions/{subscriptionId}/resourceGroups/G/providers/Microsoft.ContainerService/managedClusters/C?api-version=2025-05-01",
        ),
        (
            "Who you are, from Microsoft Graph.",
            "rest --url https://graph.microsoft.com/v1.0/me --query displayName -o tsv",
        ),
    ],
    table: &Rows(&REST_OPTIONS),
    ..Command::DEFAULT
};

const METHODS: &[&str] = &["head", "get", "put", "post", "delete", "options", "patch"];

static REST_OPTIONS: [Opt<CallRestRequest>; 9] = [
    ignored(&["--cmd"]),
    text(
        &["--url", "--uri", "-u"],
        |request: &mut CallRestRequest| &mut request.url,
        "The URL, or a path of Resource Manager; {subscriptionId} stands for the current one.",
    )
    .required("url"),
    choice(
        &["--method", "-m"],
        METHODS,
        |request: &mut CallRestRequest| &mut request.method,
        "The method.",
    )
    .default("get"),
    some_words(
        &["--headers"],
        |request| &mut request.headers,
        "Headers, as KEY=VALUE with spaces between, or in JSON.",
    ),
    some_words(
        &["--uri-parameters", "--url-parameters"],
        |request| &mut request.uri_parameters,
        "Parameters of the URL, as KEY=VALUE with spaces between, or in JSON.",
    ),
    text(
        &["--body", "-b"],
        |request| &mut request.body,
        "The body. @FILE stands for a file's content.",
    ),
    flag(
        &["--skip-authorization-header"],
        |request| &mut request.skip_authorization_header,
        "Send no token.",
    ),
    text(
        &["--resource"],
        |request| &mut request.resource,
        "The audience of the token, where the URL does not tell it.",
    ),
    text(
        &["--output-file"],
        |request| &mut request.output_file,
        "Write the answer's body to this file.",
    ),
];
