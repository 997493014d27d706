//! A user's token, from the real `az account get-access-token`.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::real_az::RealAz;
use super::{CredentialError, Fetch, Token, TokenRequest, login};
use azq_account::{Account, Caller};

/// The minimum remaining life of a token for which az prints no UTC end, as versions before 2.54
/// do. az gives out no token with less than five minutes left.
const LEAST_LIFE: i64 = 300;

/// A source that runs az.
pub(super) struct AzureCli {
    user: String,
    request: TokenRequest,
    az: RealAz,
    /// The tenant of the tokens, for az's advice.
    tenant: String,
}

/// az's output. The token is wiped when it is dropped.
#[derive(Deserialize)]
struct Printed {
    #[serde(rename = "accessToken")]
    access_token: Zeroizing<String>,
    expires_on: Option<i64>,
}

impl AzureCli {
    /// Creates the source for an account, with the caller's az and environment.
    pub(super) fn new(account: &Account, request: &TokenRequest, caller: &Caller) -> Self {
        Self {
            user: account.subscription.user.name.clone(),
            tenant: request.tenant_of(account).to_owned(),
            request: request.clone(),
            az: RealAz::of(caller),
        }
    }

    /// Whether an az has been found.
    pub(super) fn is_there(&self) -> bool {
        self.az.program().is_some()
    }

    /// Returns the same source with another az.
    #[cfg(test)]
    pub(super) fn with(self, change: impl FnOnce(RealAz) -> RealAz) -> Self {
        Self {
            az: change(self.az),
            ..self
        }
    }
}

#[async_trait::async_trait]
impl Fetch for AzureCli {
    async fn fetch(&self, subscription: &str) -> Result<Token, CredentialError> {
        let user = &self.user;
        let missing = || CredentialError::NoAzureCli { user: user.clone() };
        let program = self.az.program().ok_or_else(missing)?;
        let mut arguments = vec!["account", "get-access-token", "-o", "json", "--scope"];
        arguments.extend(self.request.scopes.iter().map(String::as_str));
        match &self.request.tenant {
            Some(tenant) => arguments.extend(["--tenant", tenant]),
            None => arguments.extend(["--subscription", subscription]),
        }
        read(&self.az.run(&program, &arguments).await?)
    }

    async fn fetch_with_claims(&self, _: &str, claims: &str) -> Result<Token, CredentialError> {
        Err(CredentialError::NeedsLogin {
            advice: login(&self.tenant, &self.request.scopes, Some(claims)),
            refusal: None,
        })
    }

    fn goes_by_subscription(&self) -> bool {
        self.request.tenant.is_none()
    }
}

fn read(printed: &[u8]) -> Result<Token, CredentialError> {
    let mut printed: Printed = serde_json::from_slice(printed).map_err(|_| {
        CredentialError::unavailable("'az account get-access-token' has not printed a token.")
    })?;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let end = printed.expires_on.unwrap_or(now + LEAST_LIFE);
    Ok(Token::until(std::mem::take(&mut printed.access_token), end))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use azq_account::{Environment, Profile};
    use std::time::{Duration, Instant};

    struct Fixture {
        directory: tempfile::TempDir,
    }

    impl Fixture {
        /// Creates a user's login, and an `az` with this script.
        fn new(script: &str) -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let profile = r#"{"subscriptions": [{"id": "00-1", "name": "n", "tenantId": "t", "isDefault": true,
                "environmentName": "AzureCloud", "user": {"name": "me@example.com", "type": "user"}}]}"#;
            std::fs::write(directory.path().join("azureProfile.json"), profile).expect("written");
            crate::real_az::tests::script(directory.path(), "bin/az", script);
            Self { directory }
        }

        fn az(&self) -> AzureCli {
            let header = ("IDENTITY_HEADER".to_owned(), "hush".to_owned());
            let caller = Caller {
                environment: Environment::from([header]),
                az: Some(self.directory.path().join("bin/az")),
                ..Caller::without_variables(self.directory.path())
            };
            let profile = Profile::load(&caller).expect("loaded");
            let account = profile.select(None).expect("selected");
            let request = TokenRequest::for_resource_manager(&account);
            AzureCli::new(&account, &request, &caller)
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
        let words = "AADSTS70043: expired.\nRun the command below:\naz login";
        let error = fixture.az().fetch("00-1").await.expect_err("refused");
        assert_eq!(error.to_string(), words);
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

    #[tokio::test]
    async fn without_az_the_error_says_so() {
        let fixture = Fixture::new("");
        let az = fixture.az();
        let az = az.with(|az| az.with_path("/nosuch").without_callers());
        let error = az.fetch("00-1").await.expect_err("no az").to_string();
        assert!(error.contains("no 'az' is on the PATH"), "{error}");
    }
}
