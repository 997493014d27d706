//! `clouds.config`: the endpoints of Azure's clouds.
//!
//! Holds for all: the active cloud is the one that is selected or the public one; line ends and
//! comments change nothing; a cloud's token goes only to an address that may have one, or the
//! session is refused with a message.

use azq_account::{Environment, Ini, Profile};
use azq_arm::Sessions;
use azq_http::Deadlines;
use serde_json::json;
use url::Url;

use crate::{BETWEEN, azure::open, joined, parts, place::Files, recordings};

/// Reads an input: the selected cloud, then the file.
pub fn target(input: &[u8]) {
    let mut parts = parts(input);
    let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let file = parts.collect::<Vec<_>>().join(&BETWEEN);
    check_text(&file);
    let profile = json!({"subscriptions": [{"id": "s", "tenantId": "t", "isDefault": true, "environmentName": name,
                                            "user": {"name": "a", "type": "servicePrincipal"}}]});
    let files = Files::with(&[
        ("clouds.config", &file),
        ("azureProfile.json", profile.to_string().as_bytes()),
    ]);
    let environment = Environment::from([("AZURE_CLOUD_NAME".to_owned(), name.clone())]);
    let caller = files.caller(environment);
    match Profile::load(&caller) {
        Ok(profile) => assert!([&*name, "AzureCloud"].contains(&profile.cloud_name())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match open(&Sessions::new(Deadlines::default()), &caller) {
        Ok(session) => {
            let cloud = &session.account.cloud;
            let manager = Url::parse(&cloud.resource_manager).expect("a URL");
            let host = manager.host_str().unwrap_or_default();
            let is_here = host.starts_with("127.") || host == "[::1]";
            assert!(manager.scheme() == "https" || is_here, "{manager}");
            assert!(cloud.token_scope().ends_with("/.default"));
        }
        Err(error) => assert!(!error.message.is_empty()),
    }
}

/// Checks that files which are the same text to Python mean the same.
pub(super) fn check_text(file: &[u8]) {
    let Ok(text) = str::from_utf8(file) else {
        return;
    };
    let plain = Ini::parse(text);
    if !text.contains('\r') {
        assert_eq!(Ini::parse(&text.replace('\n', "\r\n")), plain);
    }
    if plain.is_ok() {
        assert_eq!(
            Ini::parse(&format!("# a comment\n{text}\n; another")),
            plain
        );
    }
}

/// Returns the clouds that az writes, and typical edits of users.
pub fn seeds() -> Vec<Vec<u8>> {
    let stack = "[stack]\nendpoint_resource_manager = https://management.local.azurestack.external\n\
                 endpoint_active_directory = https://login.windows.net/\nendpoint_active_directory_resource_id = https://management.x/\n\
                 endpoint_management = https://management.core.windows.net/\nsuffix_keyvault_dns = .vault.local.azurestack.external\n\
                 profile = 2019-03-01-hybrid\nsubscription = 00000000-0000-0000-0000-000000000001\n";
    let files = [
        (
            "AzureCloud",
            "[AzureCloud]\nsubscription = 00000000-0000-0000-0000-000000000001\n\n[AzureChinaCloud]\nsubscription = 2\n",
        ),
        ("stack", stack),
        (
            "DEFAULT",
            "[DEFAULT]\nbase: https://%(host)s/\nhost=h\n[mine]\nendpoint_resource_manager = %(base)s%%20\n  more\n",
        ),
        (
            "mine",
            "[mine]\nendpoint_resource_manager = http://127.0.0.1:1\nendpoint_active_directory=a\nendpoint_active_directory_resource_id=b\n",
        ),
        ("nosuch", "; nothing\n# at all\n\n"),
    ];
    recordings::distinct(files.map(|(name, file)| joined([name, file])).to_vec())
}
