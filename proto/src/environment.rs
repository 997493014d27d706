//! Which of the caller's environment variables travel with a request.
//!
//! The daemon outlives the shell that started it, so what a caller's environment says must come with each
//! call. Only variables that az honours and that hold no credential are listed.

/// Exact names.
const NAMES: [&str; 15] = [
    "ALL_PROXY",
    "AZURE_CLIENT_ID",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "NO_PROXY",
    "PWD",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// az's `AZURE_<SECTION>_<OPTION>` overrides, by section.
const SECTIONS: [&str; 4] = [
    "AZURE_CLOUD_",
    "AZURE_CORE_",
    "AZURE_DEFAULTS_",
    "AZURE_LOGGING_",
];

/// Whether the variable is sent along with a request.
pub fn travels(name: &str) -> bool {
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
        assert!(travels("AZURE_DEFAULTS_GROUP"));
        assert!(travels("https_proxy"));
        assert!(!travels("AZURE_CLIENT_SECRET"));
        assert!(!travels("PATH"));
    }
}
