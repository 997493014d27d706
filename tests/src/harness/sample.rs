//! A small subscription, and command lines whose answers from it are known.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::home::Home;
use crate::demo;
use crate::emulator::{
    Account, Emulator, Fault, Specification, StartError, TENANT, UserSpecification,
};

/// Looks a size up: answered from the cache, once it is filled.
pub const LIST_SKUS: &str = "vm list-skus -l eastus --size D4s_v5 --query [].name -o tsv";
/// The answer to [`LIST_SKUS`].
pub const SKUS: &str = "Standard_D4s_v5\n";
/// Shows a node pool: never answered from a cache.
pub const SHOW_POOL: &str = "aks nodepool show -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --query vmSize -o tsv";
/// The answer to [`SHOW_POOL`].
pub const POOL: &str = "Standard_D2_v2\n";
/// Gives that node pool another size.
pub const UPDATE_POOL: &str = "aks nodepool update -g myResourceGroup --cluster-name myAKSCluster -n mynodepool --node-vm-size Standard_D4s_v5 --query vmSize -o tsv";

/// Starts the demo's cluster with two sizes in three regions, whose operations end at once.
pub fn emulator() -> Result<Emulator, StartError> {
    Emulator::start(Specification {
        sku_names: Some("Standard_D[24]s_v5".to_owned()),
        retry_after: 0,
        ..demo::specification()
    })
}

/// Starts the demo's cluster with the whole catalogue.
pub fn emulator_of_everything() -> Result<Emulator, StartError> {
    Emulator::start(Specification {
        sku_names: None,
        ..demo::specification()
    })
}

/// The client id of the service principal of [`emulator_with_secrets`].
pub const CLIENT: &str = "client";
/// Its secret, which occurs nowhere else.
pub const CLIENT_SECRET: &str = "client-secret-8f3a77c1";
/// The secret of that emulator's identity endpoint.
pub const IDENTITY_SECRET: &str = "identity-secret-5e1d0f";
/// The user of [`emulator_with_secrets`].
pub const USER: &str = "user@example.com";
/// The user's refresh token, which az's token cache has and with which later ones begin.
pub const REFRESH_TOKEN: &str = "refresh-token-b81d20";
/// az's store of the secrets of service principals.
pub const SECRETS_STORE: &str = "service_principal_entries.json";

/// Starts the same emulator with a service principal, a user, and secrets that tests can search
/// for.
pub fn emulator_with_secrets() -> Result<Emulator, StartError> {
    let emulator = emulator()?;
    let mut state = emulator.state();
    IDENTITY_SECRET.clone_into(&mut state.specification.identity_secret);
    state.specification.service_principals = [(CLIENT.to_owned(), CLIENT_SECRET.to_owned())].into();
    let user = UserSpecification {
        object_id: "33333333-3333-3333-3333-333333333333".to_owned(),
        refresh_tokens: vec![REFRESH_TOKEN.to_owned()],
    };
    state.specification.users = [(USER.to_owned(), user)].into();
    drop(state);
    Ok(emulator)
}

/// Logs a home in anew, as `az login` does; a service principal gets this secret.
pub fn log_in(home: &Home, emulator: &Emulator, account: &Account, secret: &str) -> io::Result<()> {
    let azure = home.path().join("azure");
    emulator.write_az_config_for(&azure, account, &BTreeMap::new())?;
    let entry = json!([{"client_id": CLIENT, "tenant": TENANT, "client_secret": secret}]);
    std::fs::write(azure.join(SECRETS_STORE), entry.to_string())
}

/// Installs a shell script as `az` into a home's `bin`, which is on its PATH.
pub fn install_az(home: &mut Home, script: &str) -> io::Result<()> {
    let bin = home.path().join("bin");
    std::fs::create_dir(&bin)?;
    let az = bin.join("az");
    std::fs::write(&az, format!("#!/bin/sh\n{script}\n"))?;
    std::fs::set_permissions(az, std::fs::Permissions::from_mode(0o755))?;
    home.set("PATH", &format!("{}:/usr/bin:/bin", bin.display()));
    Ok(())
}

/// Returns the number of requests to Azure for SKUs.
pub fn sku_requests(emulator: &Emulator) -> usize {
    emulator.request_count("/providers/Microsoft.Compute/skus")
}

/// Starts the demo's cluster, whose operations do not end before the emulator's faults are cleared.
pub fn endless_operations() -> Result<Emulator, StartError> {
    let emulator = Emulator::start(Specification {
        retry_after: 0,
        ..demo::specification()
    })?;
    let running = json!({"status": "InProgress"});
    let fault = Fault::answer("GET .*/operations/.*", 200, running).header("Retry-After", "0");
    emulator.inject(fault.times(u32::MAX));
    Ok(emulator)
}

/// Returns the number of requests to Azure that change something.
pub fn writes(emulator: &Emulator) -> usize {
    let requests = emulator.requests();
    requests
        .iter()
        .filter(|request| request.method != "GET")
        .count()
}
