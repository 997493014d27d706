//! The credentials of managed clusters: kubeconfigs with invented secrets.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::clusters;
use super::errors;
use super::exchange::{Answer, Request};
use super::state::State;

/// The role of the requested credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    User,
    Admin,
}

/// Returns a kubeconfig as AKS gives it.
pub(super) fn list(
    state: &State,
    request: &Request,
    [subscription, group, name]: [&str; 3],
    role: Role,
) -> Answer {
    let Some(cluster) = clusters::document_of(state, subscription, name) else {
        return errors::not_found();
    };
    let property = |pointer: &str| cluster.pointer(&format!("/properties/{pointer}"));
    if role == Role::Admin && property("disableLocalAccounts") == Some(&true.into()) {
        let message = "Getting static credential is not allowed because this cluster is set to \
                       disable local accounts.";
        return errors::invalid("BadRequest", message);
    }
    let text = |pointer| {
        property(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let is_public = request.parameter("server-fqdn") == Some("public");
    let server = match text("privateFQDN") {
        private if !private.is_empty() && !is_public => private,
        _ => text("fqdn"),
    };
    let shown = cluster["name"].as_str().unwrap_or(name);
    let is_entra = property("aadProfile/managed") == Some(&true.into());
    let (label, user) = match role {
        Role::Admin => ("clusterAdmin", CERTIFICATE),
        Role::User if !is_entra => ("clusterUser", CERTIFICATE),
        Role::User if request.parameter("format") == Some("azure") => ("clusterUser", PROVIDER),
        Role::User => ("clusterUser", KUBELOGIN),
    };
    let kubeconfig = TEMPLATE
        .replace("{server}", server)
        .replace("{name}", shown)
        .replace("{user}", &format!("{label}_{group}_{shown}"))
        .replace("{credentials}", user);
    let value = BASE64_STANDARD.encode(kubeconfig);
    Answer::ok(json!({"kubeconfigs": [{"name": label, "value": value}]}))
}

const TEMPLATE: &str = "apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: Y2VydGlmaWNhdGUgYXV0aG9yaXR5
    server: https://{server}:443
  name: {name}
contexts:
- context:
    cluster: {name}
    user: {user}
  name: {name}
current-context: {name}
kind: Config
preferences: {}
users:
- name: {user}
  user:
{credentials}";

const CERTIFICATE: &str = "    client-certificate-data: Y2xpZW50IGNlcnRpZmljYXRl
    client-key-data: Y2xpZW50IGtleQ==
    token: 0123456789abcdef0123456789abcdef
";

const KUBELOGIN: &str = "    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - get-token
      - --environment
      - AzurePublicCloud
      - --server-id
      - 6dae42f8-4368-4678-94ff-3960e28e3630
      - --client-id
      - 80faf920-1908-4b52-b5ef-a8e7bedfc67a
      - --tenant-id
      - 00000000-0000-0000-0000-0000000000aa
      - --login
      - devicecode
      command: kubelogin
      env: null
      installHint: |2

        kubelogin is not installed which is required to connect to AAD enabled cluster.

        To learn more, please go to https://aka.ms/aks/kubelogin
      provideClusterInfo: false
";

const PROVIDER: &str = "    auth-provider:
      config:
        apiserver-id: 6dae42f8-4368-4678-94ff-3960e28e3630
        client-id: 80faf920-1908-4b52-b5ef-a8e7bedfc67a
        config-mode: '1'
        environment: AzurePublicCloud
        tenant-id: 00000000-0000-0000-0000-0000000000aa
      name: azure
";
