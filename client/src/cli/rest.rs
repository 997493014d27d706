//! `az rest`: an HTTP request in the caller's own words.

use azq_proto::v1::CallRestRequest;

use super::command::Command;

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
    table: options! { CallRestRequest:
        ignored = ["--cmd"];
        text url ["--uri", "-u"]:
            "The URL, or a path of Resource Manager; {subscriptionId} stands for the current one.",
            required;
        choice(METHODS) method ["-m"]: "The method.", default("get");
        some_words headers: "Headers, as KEY=VALUE with spaces between, or in JSON.";
        some_words uri_parameters ["--url-parameters"]:
            "Parameters of the URL, as KEY=VALUE with spaces between, or in JSON.";
        text body ["-b"]: "The body. @FILE stands for a file's content.";
        flag skip_authorization_header: "Send no token.";
        text resource: "The audience of the token, where the URL does not tell it.";
        text output_file: "Write the answer's body to this file.";
    },
    ..Command::DEFAULT
};

const METHODS: &[&str] = &["head", "get", "put", "post", "delete", "options", "patch"];
