//! Programs that run `az` for a token get it from azq under that name: Azure's SDKs, Databricks',
//! and Terraform.
//!
//! Each test runs the program's own code. Python's need `azure-identity` and `databricks-sdk` in
//! the Python of `interpreter`; JavaScript's needs `node`, and `@azure/identity` in the directory
//! that `AZQ_TEST_NODE_MODULES` names.

use std::ffi::OsStr;

use azure_core::credentials::TokenCredential as _;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use futures_util::future::join_all;

use crate::prelude::*;

/// Creates a user's home in which `az` is azq.
fn home_with_shim(emulator: &Emulator) -> Home {
    let mut home = Home::new(emulator).unwrap();
    log_in(&home, emulator, &Account::User(USER.to_owned()), "");
    install_as_az(&mut home);
    home
}

/// Asserts that all tokens that a program has printed, one a line, are the same, and that one
/// request fetched it.
fn assert_one_token(emulator: &Emulator, printed: &str, count: usize) {
    let mut tokens: Vec<_> = printed.lines().collect();
    assert_eq!(tokens.len(), count, "{printed}");
    tokens.dedup();
    assert_eq!(tokens.len(), 1, "{printed}");
    assert_eq!(tokens[0].split('.').count(), 3, "a JWT: {printed}");
    assert_eq!(emulator.state().token_requests.len(), 1);
}

/// Gets one token, then fifty at once.
const AZURE_IDENTITY: &str = "
import concurrent.futures
from azure.identity import AzureCliCredential
def get(_):
    return AzureCliCredential().get_token('https://management.azure.com/.default').token
print(get(0))
with concurrent.futures.ThreadPoolExecutor(50) as pool:
    print(*pool.map(get, range(50)), sep='\\n')
";

#[test]
fn the_python_sdk_gets_its_tokens() {
    let Some(python) = python("sys, azure.identity") else {
        return;
    };
    let emulator = emulator_with_secrets();
    let home = home_with_shim(&emulator);
    let outcome = home.run(&python, ["-c", AZURE_IDENTITY], b"");
    assert_one_token(&emulator, &outcome.success(), 51);
}

const DATABRICKS: &str = "
from databricks.sdk.credentials_provider import AzureCliTokenSource
print(AzureCliTokenSource('https://management.azure.com/').token().access_token)
";

#[test]
fn databricks_sdk_gets_its_token() {
    let Some(python) = python("sys, databricks.sdk") else {
        return;
    };
    let emulator = emulator_with_secrets();
    let home = home_with_shim(&emulator);
    let outcome = home.run(&python, ["-c", DATABRICKS], b"");
    assert_one_token(&emulator, &outcome.success(), 1);
}

const JAVASCRIPT: &str = "
const { AzureCliCredential } = require('@azure/identity');
const get = () => new AzureCliCredential().getToken('https://management.azure.com/.default');
get().then(async first => {
  const more = await Promise.all(Array.from({ length: 50 }, get));
  for (const { token } of [first, ...more]) console.log(token);
}, error => { console.error(error); process.exit(1); });
";

#[test]
fn the_javascript_sdk_gets_its_tokens() {
    let Some(modules) = node_modules() else {
        return;
    };
    let emulator = emulator_with_secrets();
    let mut home = home_with_shim(&emulator);
    home.set("NODE_PATH", &modules);
    let node = Path::new("node");
    let outcome = home.run(node, ["-e", JAVASCRIPT], b"");
    assert_one_token(&emulator, &outcome.success(), 51);
}

/// Runs the commands of the Rust SDK in a home.
#[derive(Debug)]
struct InHome(Arc<Home>);

#[async_trait::async_trait]
impl Executor for InHome {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> std::io::Result<Output> {
        let mut command = tokio::process::Command::from(self.0.command(Path::new(program)));
        within_limit(command.args(args).stdin(Stdio::null()).output()).await
    }
}

#[tokio::test]
async fn the_rust_sdk_gets_its_tokens() {
    let emulator = emulator_with_secrets();
    let home = Arc::new(home_with_shim(&emulator));
    let get = || async {
        let options = AzureCliCredentialOptions {
            executor: Some(Arc::new(InHome(Arc::clone(&home)))),
            ..AzureCliCredentialOptions::default()
        };
        let credential = AzureCliCredential::new(Some(options)).unwrap();
        let scope = "https://management.azure.com/.default";
        let token = credential.get_token(&[scope], None).await.unwrap();
        token.token.secret().to_owned()
    };
    let mut tokens = vec![get().await];
    tokens.extend(join_all((0..50).map(|_| get())).await);
    assert_one_token(&emulator, &tokens.join("\n"), 51);
}

#[test]
fn azq_answers_terraforms_three_commands() {
    let emulator = emulator_with_secrets();
    let home = home_with_shim(&emulator);
    let az = |line: &str| {
        let mut command = home.command(Path::new("az"));
        let output = command.args(line.split(' ')).finish();
        assert!(output.code == Some(0), "{line}: {output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let version = az("version -o=json");
    assert!(version["azure-cli"].is_string(), "{version}");
    let account = az("account show -o=json");
    let tenant = account["tenantId"].as_str().unwrap();
    let token = az(&format!(
        "account get-access-token -o=json --scope https://management.azure.com//.default --tenant {tenant}"
    ));
    assert_eq!(token["tokenType"], "Bearer");
    assert_eq!(token["accessToken"].as_str().unwrap().split('.').count(), 3);
}
