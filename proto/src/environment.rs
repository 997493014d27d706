//! The caller's environment variables that are sent with a request.
//!
//! The daemon outlives the shell that started it, so the caller's environment must be sent with
//! each call. The list has only variables that az honours and that contain no credential. The
//! exception are the secrets of a machine's identity endpoint (`IDENTITY_HEADER`, `MSI_SECRET`),
//! because that endpoint cannot be used without them.
//!
//! Deliberately absent: `PWD`, which may name any directory (the working directory is sent
//! separately), and `SSL_CERT_FILE` and `SSL_CERT_DIR`, which az does not honour.

/// The variables that are listed by their exact names.
pub const NAMES: [&str; 25] = [
    "ACC_CLOUD",
    "ALL_PROXY",
    "AZURE_CLIENT_ID",
    "AZURE_CLI_DISABLE_CONNECTION_VERIFICATION",
    "AZURE_EXTENSION_DIR",
    "AZURE_HTTP_USER_AGENT",
    "AZURE_IDENTITY_DISABLE_CP1",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "COPILOT_AGENT_SESSION_ID",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "TZ",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// The prefixes of az's `AZURE_<SECTION>_<OPTION>` overrides, by section.
const SECTIONS: [&str; 4] = [
    "AZURE_CLOUD_",
    "AZURE_CORE_",
    "AZURE_DEFAULTS_",
    "AZURE_LOGGING_",
];

/// Whether the variable is sent with a request.
pub fn is_forwarded(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok() || SECTIONS.iter().any(|section| name.starts_with(section))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_for_the_search() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn secrets_stay_behind() {
        assert!(is_forwarded("AZURE_DEFAULTS_GROUP"));
        assert!(is_forwarded("https_proxy"));
        assert!(!is_forwarded("AZURE_CLIENT_SECRET"));
        assert!(!is_forwarded("PATH"));
        assert!(!is_forwarded("PWD"));
        assert!(!is_forwarded("SSL_CERT_FILE"));
    }
}
