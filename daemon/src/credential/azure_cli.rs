//! A user's token, from the real `az` by way of `AzureCliCredential`.
//!
//! Invariants: the az that runs is found by its absolute path and is never azq itself under that name; it reads
//! nothing from a terminal, and it and all that it starts are killed when the caller's deadline or daemon ends.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use base64::Engine as _;

use super::{CredentialError, Fetch, LOGIN, Token, entra};
use crate::account::{Account, Caller, Environment};

/// How `azure_identity` begins the command line that it hands to `/bin/sh -c`.
const COMMAND: &str = "cd /bin && az ";

/// Variables of the daemon's own environment that must not reach az: another caller's wishes.
const FOREIGN: [&str; 12] = [
    "ALL_PROXY",
    "AZQ_",
    "AZURE_",
    "CURL_",
    "HTTPS_",
    "HTTP_",
    "IDENTITY_",
    "IMDS_",
    "MSI_",
    "NO_PROXY",
    "PATH",
    "REQUESTS_",
];

/// The caller's variables that decide what token az gets and how; the tokens are kept by them. No
/// secret is among them, for az is asked for no identity that has one in its environment.
const PASSED_ON: [&str; 18] = [
    "ALL_PROXY",
    "AZURE_CLOUD_NAME",
    "AZURE_CORE_ENABLE_BROKER_ON_LINUX",
    "AZURE_CORE_ENABLE_BROKER_ON_MAC",
    "AZURE_CORE_ENCRYPT_TOKEN_CACHE",
    "AZURE_CORE_INSTANCE_DISCOVERY",
    "AZURE_CORE_USE_MSAL_HTTP_CACHE",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IDENTITY_ENDPOINT",
    "IMDS_ENDPOINT",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// What of a caller's variables az gets.
pub(super) fn passed_on(environment: &Environment) -> Environment {
    let given = |name: &str| Some((name.to_owned(), environment.get(name)?.clone()));
    PASSED_ON.into_iter().filter_map(given).collect()
}

/// Fetches by running az.
pub(super) struct AzureCli {
    user: String,
    tenant: String,
    scope: String,
    environment: Environment,
    /// The caller's az.
    az: Option<PathBuf>,
    /// Where to look for another: the daemon's PATH.
    path: OsString,
}

impl AzureCli {
    /// For an account, with az and the environment of whoever asks.
    pub(super) fn new(account: &Account, caller: &Caller) -> Self {
        let mut environment = passed_on(&caller.environment);
        let directory = account.config_dir.display().to_string();
        environment.insert("AZURE_CONFIG_DIR".to_owned(), directory);
        Self {
            az: caller.az.clone(),
            path: std::env::var_os("PATH").unwrap_or_default(),
            user: account.subscription.user.name.clone(),
            tenant: account.subscription.tenant_id.clone(),
            scope: account.cloud.token_scope(),
            environment,
        }
    }

    /// The same with another PATH of the daemon's.
    #[cfg(test)]
    pub(super) fn with_path(mut self, path: &str) -> Self {
        self.path = path.into();
        self
    }
}

#[async_trait::async_trait]
impl Fetch for AzureCli {
    async fn fetch(&self, subscription: &str) -> Result<Token, CredentialError> {
        let program = self.program().ok_or(CredentialError::NoAzureCli {
            user: self.user.clone(),
        })?;
        let environment = self.child_environment(&program);
        let options = AzureCliCredentialOptions {
            subscription: Some(subscription.to_owned()),
            executor: Some(Arc::new(Az {
                program,
                environment,
            })),
            ..AzureCliCredentialOptions::default()
        };
        let credential = AzureCliCredential::new(Some(options)).map_err(|e| entra::explain(&e))?;
        entra::token(&*credential, &self.scope).await
    }

    fn login_for(&self, claims: &str) -> Option<String> {
        let claims = base64::engine::general_purpose::STANDARD.encode(claims);
        Some(format!(
            "{LOGIN} --tenant \"{}\" --scope \"{}\" --claims-challenge \"{claims}\"",
            self.tenant, self.scope
        ))
    }

    fn goes_by_subscription(&self) -> bool {
        true
    }
}

impl AzureCli {
    /// The caller's az, else the first on the daemon's PATH.
    fn program(&self) -> Option<PathBuf> {
        let callers = self.az.clone().filter(|file| is_real(file));
        callers.or_else(|| find(&self.path))
    }

    fn child_environment(&self, program: &Path) -> Vec<(OsString, OsString)> {
        // az may be a script whose Python lies beside it.
        let beside = program.parent().into_iter().map(Path::to_owned);
        let directories = beside.chain(std::env::split_paths(&self.path));
        let path = std::env::join_paths(directories).unwrap_or_else(|_| self.path.clone());
        let own = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy().to_uppercase();
            !FOREIGN.iter().any(|prefix| name.starts_with(prefix))
        });
        let callers = self
            .environment
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        own.chain(callers).chain([("PATH".into(), path)]).collect()
    }
}

/// The first `az` on a path that is not azq.
fn find(path: &OsStr) -> Option<PathBuf> {
    let candidates = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    candidates
        .map(|directory| directory.join("az"))
        .find(|file| is_real(file))
}

fn is_real(file: &Path) -> bool {
    is_program(file) && !is_azq(file)
}

fn is_program(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// azq may be installed under the name `az`, as a link or as a copy beside this daemon.
fn is_azq(file: &Path) -> bool {
    let named = file
        .canonicalize()
        .is_ok_and(|file| file.file_name() == Some(OsStr::new("azq")));
    let identity = |file: &Path| file.metadata().ok().map(|data| (data.dev(), data.ino()));
    let daemon = std::env::current_exe().ok();
    let beside = daemon
        .as_deref()
        .and_then(Path::parent)
        .map(|directory| directory.join("azq"));
    named || beside.is_some_and(|azq| identity(&azq).is_some() && identity(&azq) == identity(file))
}

/// Runs az in place of what `azure_identity` would find on the daemon's own PATH.
struct Az {
    program: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl std::fmt::Debug for Az {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Az")
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl Executor for Az {
    async fn run(&self, _: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let line = args
            .last()
            .and_then(|line| line.to_str()?.strip_prefix(COMMAND));
        let line =
            line.ok_or_else(|| io::Error::other("azure_identity runs az in another way now"))?;
        let child = tokio::process::Command::new("/bin/sh")
            .args([
                OsStr::new("-c"),
                OsStr::new(&format!("cd /bin && exec \"$0\" {line}")),
            ])
            .arg(&self.program)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        // az is a shell script that starts Python: with only the script killed, Python would go on.
        let _group = Group(child.id());
        let output = child.wait_with_output().await?;
        if output.status.success() {
            Ok(output)
        } else {
            Err(io::Error::other(failure(&output.stderr)))
        }
    }
}

/// A process group that does not outlive its owner.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
            // It fails if all of the group have ended, as they should have.
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
    }
}

/// az's error with its recommendation: all that it says from `ERROR: ` on.
fn failure(stderr: &[u8]) -> CredentialError {
    let stderr = String::from_utf8_lossy(stderr);
    let message = stderr
        .split_once("ERROR: ")
        .map_or(&*stderr, |(_, error)| error);
    let message = match message.trim() {
        "" => "'az account get-access-token' failed without saying why.".to_owned(),
        message => message.to_owned(),
    };
    CredentialError::Refused {
        message,
        recommendation: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Profile;
    use std::time::{Duration, Instant};

    struct Fixture {
        directory: tempfile::TempDir,
    }

    impl Fixture {
        /// A user's login, and an `az` that is this script.
        fn new(script: &str) -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let profile = r#"{"subscriptions": [{"id": "00-1", "name": "n", "tenantId": "t", "isDefault": true,
                "environmentName": "AzureCloud", "user": {"name": "me@example.com", "type": "user"}}]}"#;
            std::fs::write(directory.path().join("azureProfile.json"), profile).expect("written");
            let fixture = Self { directory };
            fixture.program("bin/az", script);
            fixture
        }

        fn program(&self, name: &str, script: &str) -> PathBuf {
            let file = self.directory.path().join(name);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("made");
            std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("written");
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&file, executable).expect("set");
            file
        }

        fn az(&self) -> AzureCli {
            let profile =
                Profile::load(&Caller::without_variables(self.directory.path())).expect("loaded");
            let header = ("IDENTITY_HEADER".to_owned(), "hush".to_owned());
            let caller = Caller {
                environment: Environment::from([header]),
                az: Some(self.directory.path().join("bin/az")),
                ..Caller::without_variables(self.directory.path())
            };
            AzureCli::new(&profile.select(None).expect("selected"), &caller)
        }
    }

    #[tokio::test]
    async fn az_is_asked_for_the_accounts_subscription_and_audience() {
        let fixture = Fixture::new(
            r#"[ -t 0 ] && exit 9; read -r line && exit 8
            echo "$*|$AZURE_CONFIG_DIR|$IDENTITY_HEADER" > "$AZURE_CONFIG_DIR/seen"
            echo '{"accessToken": "token", "expires_on": 4102444800, "tokenType": "Bearer"}'"#,
        );
        let token = fixture.az().fetch("00-1").await.expect("a token");
        assert_eq!(token.header().expect("a header"), "Bearer token");
        let directory = fixture.directory.path();
        let seen = std::fs::read_to_string(directory.join("seen")).expect("written");
        let wanted = format!(
            "account get-access-token -o json --scope https://management.core.windows.net//.default \
             --subscription 00-1|{}|\n",
            directory.display()
        );
        assert_eq!(seen, wanted);
    }

    #[tokio::test]
    async fn azs_own_words_come_back() {
        let fixture = Fixture::new(
            "echo 'WARNING: x' >&2; printf 'ERROR: AADSTS70043: expired.\\nRun the command below:\\naz login\\n' >&2; exit 1",
        );
        let error = fixture.az().fetch("00-1").await.expect_err("refused");
        assert_eq!(
            error.to_string(),
            "AADSTS70043: expired.\nRun the command below:\naz login"
        );
    }

    #[tokio::test]
    async fn az_and_its_children_end_with_the_caller() {
        let fixture = Fixture::new(r#"sleep 1000 & echo $! > "$AZURE_CONFIG_DIR/child"; wait"#);
        let az = fixture.az();
        let child = fixture.directory.path().join("child");
        let started = async {
            while std::fs::read_to_string(&child).map_or(true, |text| !text.ends_with('\n')) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = az.fetch("00-1") => panic!("az does not end by itself"),
            () = started => {}
        }
        let child = std::fs::read_to_string(&child).expect("written");
        let status = PathBuf::from(format!("/proc/{}/stat", child.trim()));
        let deadline = Instant::now() + Duration::from_secs(10);
        let ended = || std::fs::read_to_string(&status).map_or(true, |text| text.contains(") Z "));
        while !ended() {
            assert!(Instant::now() < deadline, "still running");
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn the_callers_az_goes_before_the_daemons() {
        let fixture = Fixture::new("");
        let other = fixture.program("other/az", "");
        let path = other.parent().expect("a directory").display().to_string();
        let mut az = fixture.az().with_path(&path);
        assert_eq!(az.program(), Some(fixture.directory.path().join("bin/az")));
        az.az = Some(fixture.directory.path().join("nosuch/az"));
        assert_eq!(az.program(), Some(other));
    }

    #[test]
    fn azq_under_azs_name_is_passed_over() {
        let fixture = Fixture::new("");
        let azq = fixture.program("own/azq", "");
        let link = fixture.directory.path().join("shim");
        std::fs::create_dir(&link).expect("made");
        std::os::unix::fs::symlink(azq, link.join("az")).expect("linked");
        let bin = fixture.directory.path().join("bin");
        let path = std::env::join_paths([Path::new("relative"), &link, &bin]).expect("a path");
        assert_eq!(find(&path), Some(bin.join("az")));
        assert_eq!(find(link.as_os_str()), None);
    }

    #[tokio::test]
    async fn without_az_the_error_says_so() {
        let fixture = Fixture::new("");
        let mut az = fixture.az().with_path("/nosuch");
        az.az = None;
        let error = az.fetch("00-1").await.expect_err("no az");
        assert!(
            error.to_string().contains("no 'az' is on the PATH"),
            "{error}"
        );
    }
}
