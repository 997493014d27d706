//! The environment of a daemon that the client starts.

use std::ffi::OsString;

/// The variables that a daemon inherits from the client that starts it: directories and programs.
/// Variables that concern a call are sent with the call.
const INHERITED: [&str; 9] = [
    "HOME",
    "LANG",
    "PATH",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
];

/// The variables that azqd also inherits if `AZQ_SHARE` names a store: its credentials, under the
/// usual names.
const OF_STORES: [&str; 22] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_STORAGE_ENDPOINT",
    "AZURE_STORAGE_KEY",
    "AZURE_TENANT_ID",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
];

/// The variable that names the store through which machines share catalogues.
const SHARE: &str = "AZQ_SHARE";

/// The settings of glibc's malloc with which azqd is started. Other C libraries ignore them, and
/// `install.sh` makes the same settings for systemd.
///
/// Each arena keeps the maximum memory that its threads needed, and by default there are eight
/// arenas per processor: the daemon would grow to three times its size under many clients before
/// they are all filled. Without the threshold of 4 MB, the buffers of a long answer would be
/// returned to the system and allocated again one by one, which takes a tenth of the answer's time.
pub(super) const MALLOC: [(&str, &str); 2] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_TRIM_THRESHOLD_", "4194304"),
];

/// Returns the client's variables that the daemon inherits.
pub(super) fn inherited() -> impl Iterator<Item = (OsString, OsString)> {
    let has_share = std::env::var_os(SHARE).is_some_and(|share| !share.is_empty());
    std::env::vars_os().filter(move |(name, _)| {
        let name = name.to_string_lossy();
        INHERITED.contains(&&*name)
            || name.starts_with("AZQ_")
            || name.starts_with("LC_")
            || (has_share && OF_STORES.contains(&&*name))
    })
}
