//! A managed identity's token: from the endpoint of Service Fabric, App Service, Azure Machine
//! Learning, Azure Arc or a virtual machine.
//!
//! azq makes the requests itself and does not use `ManagedIdentityCredential`, for four reasons.
//! That type reads the endpoint from the environment of the process (the daemon's, which serves
//! many callers). It supports no other host for a virtual machine's endpoint
//! (`AZURE_POD_IDENTITY_AUTHORITY_HOST`). It uses the wrong name for a resource id at App Service
//! (Azure/azure-sdk-for-rust#2407). And it refuses an `expires_on` that is a number or a date.
//!
//! The choice of the endpoint and its protocol are MSAL's (`managed_identity.py`): each is a row of
//! the table.

mod answer;
mod arc;
mod endpoint;
mod identity;
mod service_fabric;

use std::path::Path;

use zeroize::Zeroizing;

use super::{TokenRequest, TokenSource};
use answer::refusal;
pub(super) use answer::{body, read, unreachable};
use azq_account::{Caller, Environment};
use azq_http::Transport;
use endpoint::Endpoint;
use identity::Identity;

/// The agent of Azure Arc, which exists on the machines that Azure Arc manages.
const ARC_AGENT: &str = "/opt/azcmagent/bin/himds";
/// The variable with the thumbprint of the certificate of Service Fabric's endpoint.
const THUMBPRINT: &str = "IDENTITY_SERVER_THUMBPRINT";
/// The variable with another host for a virtual machine's endpoint.
const MACHINE_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// The variables that determine the endpoint of the machine's identities.
pub(super) const VARIABLES: [&str; 7] = [
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    THUMBPRINT,
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    MACHINE_HOST,
];

/// The kind of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    ServiceFabric,
    AppService,
    MachineLearning,
    Arc,
    VirtualMachine,
}

/// The protocol of one kind of endpoint.
#[derive(Debug)]
struct Protocol {
    kind: Kind,
    /// The variables that must all be set, even if they are empty, for this kind to be used. The
    /// first contains the endpoint.
    variables: &'static [&'static str],
    /// The host and path of the endpoint if the variable is not set. If it is set, the path follows
    /// the host in the variable.
    default: Option<(&'static str, &'static str)>,
    /// The variable with the endpoint's secret, and the header that carries the secret.
    secret: Option<(&'static str, &'static str)>,
    version: &'static str,
    /// The names of the parameters for a client id, an object id and a resource id. Without names
    /// the endpoint has only one identity.
    ids: Option<[&'static str; 3]>,
}

/// All protocols, in the order in which MSAL checks them.
static PROTOCOLS: [Protocol; 5] = [
    Protocol {
        kind: Kind::ServiceFabric,
        variables: &["IDENTITY_ENDPOINT", "IDENTITY_HEADER", THUMBPRINT],
        default: None,
        secret: Some(("IDENTITY_HEADER", "secret")),
        version: "2019-07-01-preview",
        ids: None,
    },
    Protocol {
        kind: Kind::AppService,
        variables: &["IDENTITY_ENDPOINT", "IDENTITY_HEADER"],
        default: None,
        secret: Some(("IDENTITY_HEADER", "x-identity-header")),
        version: "2019-08-01",
        ids: Some(["client_id", "object_id", "mi_res_id"]),
    },
    Protocol {
        kind: Kind::MachineLearning,
        variables: &["MSI_ENDPOINT", "MSI_SECRET"],
        default: None,
        secret: Some(("MSI_SECRET", "secret")),
        version: "2017-09-01",
        ids: Some(["clientid", "object_id", "msi_res_id"]),
    },
    Protocol {
        kind: Kind::Arc,
        variables: &["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"],
        default: Some(("http://localhost:40342/metadata/identity/oauth2/token", "")),
        secret: None,
        version: "2020-06-01",
        ids: Some(["client_id", "object_id", "msi_res_id"]),
    },
    Protocol {
        kind: Kind::VirtualMachine,
        variables: &[MACHINE_HOST],
        default: Some(("http://169.254.169.254", "/metadata/identity/oauth2/token")),
        secret: None,
        version: "2018-02-01",
        ids: Some(["client_id", "object_id", "msi_res_id"]),
    },
];

impl Protocol {
    /// Returns the protocol that the environment indicates. A variable counts even if it is empty.
    /// Without any indication the protocol is a virtual machine's.
    fn of(environment: &Environment, has_arc_agent: bool) -> &'static Self {
        let [others @ .., machine] = &PROTOCOLS;
        let is_here = |protocol: &&Self| {
            protocol.is_set_in(environment) || protocol.kind == Kind::Arc && has_arc_agent
        };
        others.iter().find(is_here).unwrap_or(machine)
    }

    fn is_set_in(&self, environment: &Environment) -> bool {
        let mut variables = self.variables.iter();
        variables.all(|name| environment.contains_key(*name))
    }

    fn address(&self, environment: &Environment) -> String {
        let named = self
            .variables
            .first()
            .filter(|_| self.is_set_in(environment));
        let named = named.and_then(|name| environment.get(*name)).cloned();
        let Some((host, path)) = self.default else {
            return named.unwrap_or_default();
        };
        match named.filter(|named| !named.is_empty()) {
            Some(named) if path.is_empty() => named,
            Some(named) => format!("{}{path}", named.trim_matches('/')),
            None => format!("{host}{path}"),
        }
    }
}

/// Returns the source for az's assigned identity, such as `MSI` or `MSIClient-<id>`. The caller's
/// environment determines the endpoint.
pub(super) fn source(
    request: &TokenRequest,
    assigned: &str,
    caller: &Caller,
    transport: &Transport,
) -> TokenSource {
    let given = |name: &str| caller.environment.get(name).cloned().unwrap_or_default();
    let protocol = Protocol::of(&caller.environment, Path::new(ARC_AGENT).exists());
    let secret = protocol.secret.map(|(name, _)| given(name));
    TokenSource::new(Endpoint {
        protocol,
        address: protocol.address(&caller.environment),
        secret: Zeroizing::new(secret.unwrap_or_default()),
        thumbprint: given(THUMBPRINT),
        resource: request.resource().to_owned(),
        identity: Identity::parse(assigned),
        transport: transport.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order is MSAL's: only the first matching endpoint is used.
    #[test]
    fn the_environment_says_where_the_identities_are() {
        let kind = |names: &[&str], has_arc_agent| {
            let set = names.iter().map(|name| ((*name).to_owned(), String::new()));
            Protocol::of(&set.collect(), has_arc_agent).kind
        };
        let app_service = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"];
        let fabric = [&app_service[..], &[THUMBPRINT]].concat();
        let learning = ["MSI_ENDPOINT", "MSI_SECRET"];
        let both = [app_service, learning].concat();
        let arc = ["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"];
        for (names, has_arc_agent, wanted) in [
            (&fabric[..], false, Kind::ServiceFabric),
            (&both, true, Kind::AppService),
            (&learning, true, Kind::MachineLearning),
            (&[], true, Kind::Arc),
            (&arc, false, Kind::Arc),
            (&[], false, Kind::VirtualMachine),
            (&["IDENTITY_ENDPOINT"], false, Kind::VirtualMachine),
            (&["MSI_ENDPOINT"], false, Kind::VirtualMachine),
            (&["MSI_SECRET"], false, Kind::VirtualMachine),
        ] {
            assert_eq!(kind(names, has_arc_agent), wanted, "{names:?}");
        }
    }
}
