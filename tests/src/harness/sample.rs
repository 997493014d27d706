//! A small subscription, and command lines whose answers from it are known.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::home::Home;
use super::waiting::eventually;
use crate::demo;
use crate::emulator::{
    Account, Emulator, Fault, LoggedRequest, Specification, TENANT, UserSpecification,
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

/// Starts an emulator.
///
/// # Panics
/// If it cannot be started, as every function here that starts one.
#[track_caller]
pub fn start(specification: Specification) -> Emulator {
    Emulator::start(specification).expect("an emulator is started")
}

/// Starts [`emulator`], and creates a home that is logged in to it.
#[track_caller]
pub fn logged_in() -> (Emulator, Home) {
    logged_in_to(emulator())
}

/// Creates a home that is logged in to this emulator, and returns both.
#[track_caller]
pub fn logged_in_to(emulator: Emulator) -> (Emulator, Home) {
    let home = Home::new(&emulator).expect("a home is created");
    (emulator, home)
}

/// Starts the demo's cluster with two sizes in three regions, whose operations end at once.
#[track_caller]
pub fn emulator() -> Emulator {
    start(Specification {
        sku_names: Some("Standard_D[24]s_v5".to_owned()),
        retry_after: 0,
        ..demo::specification()
    })
}

/// Starts the demo's cluster with the whole catalogue.
#[track_caller]
pub fn emulator_of_everything() -> Emulator {
    start(Specification {
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
#[track_caller]
pub fn emulator_with_secrets() -> Emulator {
    let emulator = emulator();
    let mut state = emulator.state();
    IDENTITY_SECRET.clone_into(&mut state.specification.identity_secret);
    state.specification.service_principals = [(CLIENT.to_owned(), CLIENT_SECRET.to_owned())].into();
    let user = UserSpecification {
        object_id: "33333333-3333-3333-3333-333333333333".to_owned(),
        refresh_tokens: vec![REFRESH_TOKEN.to_owned()],
    };
    state.specification.users = [(USER.to_owned(), user)].into();
    drop(state);
    emulator
}

/// Logs a home in anew, as `az login` does; a service principal gets this secret.
///
/// # Panics
/// If the files cannot be written.
pub fn log_in(home: &Home, emulator: &Emulator, account: &Account, secret: &str) {
    let azure = home.path().join("azure");
    let written = emulator.write_az_config_for(&azure, account, &BTreeMap::new());
    written.expect("az's configuration is written");
    let entry = json!([{"client_id": CLIENT, "tenant": TENANT, "client_secret": secret}]);
    let written = std::fs::write(azure.join(SECRETS_STORE), entry.to_string());
    written.expect("az's store of secrets is written");
}

/// Installs a shell script as `az` into a home's `bin`, which is on its PATH.
///
/// # Panics
/// If it cannot be written.
pub fn install_az(home: &mut Home, script: &str) {
    let az = home.folder_on_path("bin").join("az");
    write_script(&az, &format!("#!/bin/sh\n{script}\n"));
}

/// Installs azq under az's name, in a folder of its own that is first on the home's PATH.
///
/// # Panics
/// If it cannot be linked.
pub fn install_as_az(home: &mut Home) -> PathBuf {
    let az = home.folder_on_path("shim").join("az");
    symlink(&home.binaries().azq, &az).expect("a link to azq");
    az
}

/// Creates a home like [`logged_in_to`], with settings of az's `config` file by dotted name.
#[track_caller]
pub fn home_with(emulator: &Emulator, settings: &[(&str, &str)]) -> Home {
    let settings = settings.iter();
    let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Home::with(emulator, &settings.collect()).expect("a home is created")
}

/// Writes a script that can be executed.
///
/// # Panics
/// If it cannot be written.
#[track_caller]
pub fn write_script(path: &Path, script: &str) {
    std::fs::write(path, script).expect("the script is written");
    set_mode(path, 0o755);
}

/// Returns the number of requests to Azure for SKUs.
pub fn sku_requests(emulator: &Emulator) -> usize {
    emulator.request_count("/providers/Microsoft.Compute/skus")
}

/// Starts the demo's cluster, whose operations do not end before the emulator's faults are cleared.
#[track_caller]
pub fn endless_operations() -> Emulator {
    let emulator = start(Specification {
        retry_after: 0,
        ..demo::specification()
    });
    let running = json!({"status": "InProgress"});
    let fault = Fault::answer("GET .*/operations/.*", 200, running).header("Retry-After", "0");
    emulator.inject(fault.times(u32::MAX));
    emulator
}

/// Returns the number of requests to Azure that change something.
pub fn writes(emulator: &Emulator) -> usize {
    written(emulator).len()
}

/// Returns the requests to Azure that change something.
pub fn written(emulator: &Emulator) -> Vec<LoggedRequest> {
    let requests = emulator.requests().into_iter();
    requests.filter(|request| request.method != "GET").collect()
}

/// Waits until Azure has been sent so many requests whose path contains `part`.
///
/// # Panics
/// If it has not within a minute.
#[track_caller]
pub fn until_requested(emulator: &Emulator, part: &str, times: usize) {
    let what = format!("{times} requests for {part}");
    eventually(&what, || emulator.request_count(part) >= times);
}

/// Returns the entries of a folder; none if there is no folder.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

/// Returns all tokens that Azure has been sent.
pub fn tokens_sent(emulator: &Emulator) -> Vec<String> {
    let requests = emulator.requests().into_iter();
    let tokens = requests.filter_map(|request| {
        let token = request.header("authorization")?.strip_prefix("Bearer ")?;
        Some(token.to_owned())
    });
    tokens.collect()
}

/// Returns the last request to Azure whose path ends so.
///
/// # Panics
/// If there is none.
#[track_caller]
pub fn last_request(emulator: &Emulator, end: &str) -> LoggedRequest {
    let mut requests = emulator.requests().into_iter();
    let last = requests.rfind(|request| request.path.ends_with(end));
    last.expect("a request")
}

/// Sets the mode of a file.
///
/// # Panics
/// If it cannot be set.
#[track_caller]
pub fn set_mode(path: &Path, mode: u32) {
    let set = std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    set.expect("the mode is set");
}

/// Returns the permissions of a file.
///
/// # Panics
/// If there is no file.
#[track_caller]
pub fn mode(path: &Path) -> u32 {
    let file = path.symlink_metadata().expect("a file");
    file.permissions().mode() & 0o7777
}
