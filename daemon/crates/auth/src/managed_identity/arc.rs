//! Azure Arc: the caller must prove to the agent that it may read a file, and then gets a token.

use std::path::{Path, PathBuf};

use http::{StatusCode, header};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::endpoint::{Endpoint, header_value};
use super::identity::Identity;
use super::{Kind, body, refusal, unreachable};
use crate::{CredentialError, Token, secret_file};

/// The directory of the agent's files. The file of a challenge is read here even if the challenge
/// names another directory.
const KEYS: &str = "/var/opt/azcmagent/tokens";
/// The maximum length of a key.
const KEY_LIMIT: u64 = 4096;

/// Requests the challenge, then the token.
pub(super) async fn fetch(endpoint: &Endpoint) -> Result<Token, CredentialError> {
    let client = endpoint.transport.direct()?;
    let challenge = endpoint.get(client)?.send().await.map_err(unreachable)?;
    if challenge.status() != StatusCode::UNAUTHORIZED {
        return Err(refusal(Kind::Arc, &body(challenge).await?));
    }
    let named = challenge.headers().get(header::WWW_AUTHENTICATE);
    let named = named.and_then(|value| value.to_str().ok());
    let file = named.and_then(key_file).ok_or_else(|| {
        let text = named.unwrap_or_default();
        CredentialError::unavailable(format!("Unrecognizable WWW-Authenticate header: {text}"))
    })?;
    let secret = key(&file)?;
    let authorization = Zeroizing::new(format!("Basic {}", *secret));
    let source = file.display().to_string();
    let authorization = header_value(&authorization, &source)?;
    let request = endpoint
        .get(client)?
        .header(header::AUTHORIZATION, authorization);
    let answer = body(request.send().await.map_err(unreachable)?).await?;
    let token = endpoint.read(&answer)?;
    confirm(&endpoint.identity, &answer)?;
    Ok(token)
}

/// Returns the file that a challenge names, in the agent's directory and with the agent's
/// extension.
fn key_file(challenge: &str) -> Option<PathBuf> {
    let (scheme, named) = challenge.split_once('=')?;
    if named.contains('=') || !scheme.eq_ignore_ascii_case("basic realm") {
        return None;
    }
    let name = named.rsplit('/').next().unwrap_or(named);
    let stem = Path::new(name).file_stem()?.to_str()?;
    Some(Path::new(KEYS).join(format!("{stem}.key")))
}

fn key(file: &Path) -> Result<Zeroizing<String>, CredentialError> {
    let unreadable = |why: &dyn std::fmt::Display| {
        CredentialError::unavailable(format!(
            "{}: {why}. Who uses the identity of an Azure Arc machine must be in the group himds.",
            file.display()
        ))
    };
    let size = file.metadata().map_err(|error| unreadable(&error))?.len();
    if size > KEY_LIMIT {
        let message = "Local key file shall not be larger than 4KB";
        return Err(CredentialError::unavailable(message));
    }
    let text = secret_file::read(file, KEY_LIMIT).map_err(|error| unreadable(&error))?;
    match std::str::from_utf8(&text) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => Err(unreadable(&error)),
    }
}

/// The identity that the agent reports as used.
#[derive(Default, Deserialize)]
#[serde(default)]
#[allow(clippy::struct_field_names, reason = "the names are the agent's")]
struct Used {
    client_id: Option<String>,
    object_id: Option<String>,
    msi_res_id: Option<String>,
    mi_res_id: Option<String>,
}

/// Checks that the token is for the requested identity. An old agent ignores the requested identity
/// and returns a token of the machine's own, which must not be used.
fn confirm(identity: &Identity, answer: &[u8]) -> Result<(), CredentialError> {
    let used: Used = serde_json::from_slice(answer).unwrap_or_default();
    let (asked, told) = match identity {
        Identity::System | Identity::Unknown(_) => return Ok(()),
        Identity::Client(id) => (id, used.client_id),
        Identity::Object(id) => (id, used.object_id),
        Identity::Resource(id) => (id, used.msi_res_id.or(used.mi_res_id)),
    };
    if told.is_some_and(|told| told.eq_ignore_ascii_case(asked)) {
        return Ok(());
    }
    Err(CredentialError::unavailable(
        "Azure Arc did not confirm the requested user-assigned managed identity in the token \
         response. The agent likely does not support user-assigned managed identities and returned \
         the system-assigned identity.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_leads_to_a_key_of_the_agents_alone() {
        let name = |challenge: &str| {
            let file = key_file(challenge)?;
            Some(file.strip_prefix(KEYS).ok()?.to_str()?.to_owned())
        };
        for (challenge, wanted) in [
            ("Basic realm=/var/opt/azcmagent/tokens/a.key", Some("a.key")),
            ("basic Realm=/etc/shadow", Some("shadow.key")),
            ("Basic realm=../../etc/passwd.x", Some("passwd.key")),
            ("Bearer realm=/a.key", None),
            ("Basic realm=a=b", None),
            ("Basic", None),
        ] {
            assert_eq!(name(challenge).as_deref(), wanted, "{challenge}");
        }
    }

    #[test]
    fn a_token_of_another_identity_is_not_used() {
        let asked = Identity::Client("ID-1".to_owned());
        assert!(confirm(&asked, br#"{"client_id": "id-1"}"#).is_ok());
        assert!(confirm(&asked, br#"{"client_id": "id-2"}"#).is_err());
        assert!(confirm(&asked, b"{}").is_err());
        assert!(confirm(&Identity::System, b"{}").is_ok());
    }
}
