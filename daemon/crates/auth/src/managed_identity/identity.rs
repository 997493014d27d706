//! The choice among a machine's identities.

use super::Protocol;
use crate::CredentialError;

/// The choice among a machine's identities (azure-cli-core, `ManagedIdentityAuth`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    System,
    Client(String),
    Object(String),
    Resource(String),
    Unknown(String),
}

impl Identity {
    pub(super) fn parse(assigned: &str) -> Self {
        let (kind, id) = assigned.split_once('-').unwrap_or((assigned, ""));
        let id = id.to_owned();
        match kind {
            "MSI" => Self::System,
            "MSIClient" => Self::Client(id),
            "MSIObject" => Self::Object(id),
            "MSIResource" => Self::Resource(id),
            _ => Self::Unknown(kind.to_owned()),
        }
    }

    pub(super) fn check(&self) -> Result<(), CredentialError> {
        match self {
            Self::Unknown(kind) => Err(CredentialError::unavailable(format!(
                "Unrecognized managed identity ID type '{kind}'"
            ))),
            _ => Ok(()),
        }
    }

    pub(super) fn parameter(&self, protocol: &Protocol) -> Option<(&'static str, &str)> {
        let [client, object, resource] = protocol.ids?;
        match self {
            Self::System | Self::Unknown(_) => None,
            Self::Client(id) => Some((client, id)),
            Self::Object(id) => Some((object, id)),
            Self::Resource(id) => Some((resource, id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::PROTOCOLS;
    use super::*;

    #[test]
    fn azs_names_of_identities_are_understood() {
        let id = "a-b".to_owned();
        for (assigned, identity) in [
            ("MSI", Identity::System),
            ("MSIClient-a-b", Identity::Client(id.clone())),
            ("MSIObject-a-b", Identity::Object(id)),
        ] {
            assert_eq!(Identity::parse(assigned), identity);
        }
        let resource = Identity::parse("MSIResource-/subscriptions/a-b");
        assert_eq!(
            resource.parameter(&PROTOCOLS[1]),
            Some(("mi_res_id", "/subscriptions/a-b"))
        );
        let error = Identity::parse("MSINew-a").check().expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "Unrecognized managed identity ID type 'MSINew'"
        );
    }
}
