//! Sessions over a configuration directory in az's format.

use super::*;
use crate::{SESSIONS, Sessions};
use azq_account::{Caller, Environment};
use azq_command::CommandError;

/// A login by managed identity into a cloud whose Resource Manager and identity endpoint are the
/// server.
struct Home {
    directory: tempfile::TempDir,
    environment: Environment,
}

impl Home {
    fn new(server: &Server) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let clouds = format!(
            "[test]\nendpoint_resource_manager = {0}\nendpoint_active_directory = {0}\n\
             endpoint_active_directory_resource_id = https://audience/\n",
            server.base
        );
        std::fs::write(directory.path().join("clouds.config"), clouds).expect("written");
        std::fs::write(directory.path().join("config"), "[cloud]\nname = test\n").expect("written");
        let endpoint = format!("{}/msi", server.base);
        let environment = [
            ("IDENTITY_ENDPOINT", endpoint),
            ("IDENTITY_HEADER", "secret".to_owned()),
        ];
        let environment = environment
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        let home = Self {
            directory,
            environment,
        };
        home.log_in("systemAssignedIdentity", "MSI");
        home
    }

    fn log_in(&self, name: &str, assigned: &str) {
        let profile = serde_json::json!({"subscriptions": [{
            "id": "s", "name": "One", "tenantId": "t", "isDefault": true, "environmentName": "test",
            "user": {"name": name, "type": "servicePrincipal", "assignedIdentityInfo": assigned}}]});
        let file = self.directory.path().join("azureProfile.json");
        std::fs::write(file, profile.to_string()).expect("written");
    }

    fn log_out(&self) {
        std::fs::remove_file(self.directory.path().join("azureProfile.json")).expect("removed");
    }

    fn open(&self, sessions: &Sessions, wanted: Option<&str>) -> Result<Arm, CommandError> {
        let profile = sessions.profile(&self.caller())?;
        let session = sessions.open(&profile, wanted, &RecordedReport::default())?;
        Ok(session.arm.clone())
    }

    fn caller(&self) -> Caller {
        Caller {
            environment: self.environment.clone(),
            ..Caller::without_variables(self.directory.path())
        }
    }
}

/// Starts a server with these replies, a login to it, and sessions.
async fn begin<const N: usize>(script: [Reply; N]) -> (Server, Home, Sessions) {
    let server = Server::start(script).await;
    let home = Home::new(&server);
    (server, home, Sessions::new(DEADLINES))
}

fn token(text: &str) -> Reply {
    let body = format!(r#"{{"access_token": "{text}", "expires_on": "4102444800"}}"#);
    ok(&body)
}

async fn ask(home: &Home, sessions: &Sessions) -> Result<serde_json::Value, ArmError> {
    home.open(sessions, None)
        .expect("logged in")
        .get("/x", "1", &RecordedReport::default())
        .await
}

#[tokio::test]
async fn a_managed_identitys_token_is_fetched_once_for_all_commands() {
    let (server, home, sessions) = begin([token("one"), ok("{}")]).await;
    for _ in 0..3 {
        ask(&home, &sessions).await.expect("answered");
    }
    let lines = server.lines();
    let wanted = "GET /msi?api-version=2019-08-01&resource=https%3A%2F%2Faudience%2F HTTP/1.1";
    assert_eq!((lines.len(), lines[0].as_str()), (4, wanted));
    let first = server.requests()[0].to_lowercase();
    assert!(first.contains("x-identity-header: secret\r\n"));
    assert!(server.requests()[3].contains("Bearer one"));
    let held = sessions.accounts();
    assert_eq!(held.len(), 1);
    assert!(held[0].expires.is_some());
}

#[tokio::test]
async fn a_user_assigned_identity_is_named() {
    let (server, home, sessions) = begin([token("one"), ok("{}")]).await;
    home.log_in("userAssignedIdentity", "MSIClient-a-b");
    ask(&home, &sessions).await.expect("answered");
    assert!(server.lines()[0].contains("&client_id=a-b "));
}

#[tokio::test]
async fn logging_out_drops_the_token_at_once() {
    let (server, home, sessions) = begin([token("one"), ok("{}"), token("two"), ok("{}")]).await;
    ask(&home, &sessions).await.expect("answered");
    home.log_out();
    let error = home.open(&sessions, None).expect_err("logged out");
    assert_eq!(error.message, "Please run 'az login' to setup account.");
    assert!(sessions.accounts().is_empty());
    home.log_in("systemAssignedIdentity", "MSI");
    ask(&home, &sessions).await.expect("answered");
    assert!(server.requests()[3].contains("Bearer two"));
}

#[tokio::test]
async fn a_refused_login_is_asked_for_once_and_again_after_a_login() {
    let body = r#"{"statusCode": 400, "message": "No identity"}"#;
    let no = answer("400 Bad Request", "", body);
    let (server, home, sessions) = begin([no, token("one"), ok("{}")]).await;
    for _ in 0..5 {
        let error = CommandError::from(ask(&home, &sessions).await.expect_err("refused"));
        assert_eq!(error.message, "400, No identity");
        let advice = error.recommendation.expect("advice");
        assert!(advice.ends_with("\naz logout\naz login"));
    }
    assert_eq!(server.requests().len(), 1);
    home.log_in("systemAssignedIdentity", "MSI");
    ask(&home, &sessions).await.expect("answered");
}

#[tokio::test]
async fn an_unknown_subscription_is_warned_about_and_refused() {
    let (_, home, sessions) = begin([ok("{}")]).await;
    let told = RecordedReport::default();
    let profile = sessions.profile(&home.caller()).expect("readable");
    let opened = sessions.open(&profile, Some("nosuch"), &told);
    let words = "Subscription 'nosuch' not found. Check the spelling and casing and try again.";
    assert_eq!(opened.expect_err("refused").message, words);
    let warning = "Subscription 'nosuch' not recognized.";
    assert_eq!(*told.warnings.lock().expect("ok"), [warning]);
    let found = home.open(&sessions, Some("ONE")).expect("found");
    assert_eq!(found.subscription(), "s");
}

#[tokio::test]
async fn what_az_says_at_its_start_is_kept_for_each_command() {
    let (_server, mut home, sessions) = begin([ok("{}")]).await;
    home.environment
        .insert("AZURE_CLOUD_NAME".to_owned(), "nosuch".to_owned());
    let error = home.open(&sessions, None).expect_err("not logged in there");
    assert_eq!(error.message, "Please run 'az login' to setup account.");
    assert_eq!(error.recommendation, None);
    let profile = sessions.profile(&home.caller()).expect("loaded");
    let notices: Vec<_> = profile.notices().collect();
    let wanted = [
        "The cloud 'nosuch' is not registered.",
        "Resetting active cloud to'AzureCloud'.",
    ];
    assert_eq!(notices, wanted);
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let (_server, mut home, sessions) = begin([token("one"), ok("{}")]).await;
    for number in 0..200 {
        home.environment
            .insert("IDENTITY_HEADER".to_owned(), number.to_string());
        home.open(&sessions, None).expect("logged in");
        assert!(sessions.accounts().len() <= SESSIONS.get());
    }
}
