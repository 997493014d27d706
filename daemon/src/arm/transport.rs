//! The one HTTP client: which roots it trusts, which proxy it takes, how long it waits.
//!
//! A client is made for each set of a caller's settings (`REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE`, `HTTPS_PROXY`, …)
//! and kept, with its warm connections, until a file of roots changes. The daemon's own environment is not
//! consulted for proxies: it is that of whoever happened to start it.
//!
//! Invariants: a redirect is followed only within its origin, so that no token reaches another host; pooled
//! connections end before Azure's load balancers forget them (4 minutes); every wait ends.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::{Certificate, NoProxy, Proxy, redirect};

use super::ArmError;
use crate::account::{Environment, FileStamp, stamp};

/// How many sets of settings are kept.
pub(crate) const KEPT: usize = 8;
/// Azure's load balancers drop what is idle for 4 minutes, some proxies earlier.
const IDLE: Duration = Duration::from_secs(100);
/// A connection that died silently, as during a laptop's sleep, is noticed within twice this time while a request waits on it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// az's limit is 30 as well.
const REDIRECTS: usize = 30;

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between two parts of an answer, and before the first (`read_timeout` of the configuration).
    pub read: Duration,
    /// For a request with all its retries.
    pub total: Duration,
    /// How long a long-running operation may fail to say how it fares before it is given up.
    pub polling: Duration,
    /// For a long-running operation.
    pub operation: Duration,
}

impl Default for Deadlines {
    /// Resource Manager ends a request after 60 s itself; its operations take up to some hours.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(75),
            total: Duration::from_secs(300),
            polling: Duration::from_secs(900),
            operation: Duration::from_secs(6 * 3600),
        }
    }
}

/// The clients for one set of settings, made when the first request needs them: reading the system's roots takes
/// longer than answering from a cache. Clones share them.
#[derive(Clone, Debug)]
pub struct Transport {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: TransportSettings,
    roots: RootStamps,
    deadlines: Deadlines,
    clients: OnceLock<Result<Clients, ArmError>>,
}

#[derive(Debug)]
struct Clients {
    azure: reqwest::Client,
    direct: reqwest::Client,
}

impl Transport {
    /// What it was made for.
    pub(super) fn settings(&self) -> &TransportSettings {
        &self.shared.settings
    }

    /// Whether the files of its roots are still those that it was made for.
    pub(super) fn is_current(&self) -> bool {
        self.shared.roots == self.shared.settings.stamps()
    }

    /// For Azure: by proxy, if the caller has one.
    pub fn azure(&self) -> Result<&reqwest::Client, ArmError> {
        self.clients().map(|clients| &clients.azure)
    }

    /// For the endpoints of managed identities, which are on this machine or its host: never by proxy.
    pub fn direct(&self) -> Result<&reqwest::Client, ArmError> {
        self.clients().map(|clients| &clients.direct)
    }

    fn clients(&self) -> Result<&Clients, ArmError> {
        let Shared {
            settings,
            deadlines,
            clients,
            ..
        } = &*self.shared;
        clients
            .get_or_init(|| build(settings, deadlines))
            .as_ref()
            .map_err(Clone::clone)
    }
}

/// What of a caller's environment decides about the client.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct TransportSettings {
    roots: Vec<(&'static str, PathBuf)>,
    https_proxy: Option<String>,
    no_proxy: Option<String>,
}

impl std::fmt::Debug for TransportSettings {
    /// A proxy's URL may have a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransportSettings")
            .field("roots", &self.roots)
            .field("has_https_proxy", &self.https_proxy.is_some())
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// The clients of all callers.
#[derive(Debug)]
pub struct Transports {
    deadlines: Deadlines,
    kept: Mutex<HashMap<TransportSettings, Transport>>,
}

/// The files of roots as they were when the client was made.
type RootStamps = Vec<Option<FileStamp>>;

/// Variables that name further roots; the first is az's own.
const ROOTS: [&str; 3] = ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"];

impl TransportSettings {
    /// Reads the caller's environment. As in Python, the lower-case name of a proxy goes before the other.
    pub fn of(environment: &Environment) -> Self {
        let given = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let either = |name: &str| given(name).or_else(|| given(&name.to_uppercase())).cloned();
        let root = |name| given(name).map(|path| (name, PathBuf::from(path)));
        Self {
            roots: ROOTS.into_iter().filter_map(root).collect(),
            https_proxy: either("https_proxy").or_else(|| either("all_proxy")),
            no_proxy: either("no_proxy"),
        }
    }

    fn stamps(&self) -> RootStamps {
        self.roots.iter().map(|(_, path)| stamp(path)).collect()
    }
}

impl Transports {
    /// No client yet.
    pub fn new(deadlines: Deadlines) -> Self {
        Self {
            deadlines,
            kept: Mutex::default(),
        }
    }

    /// The client for a caller's settings, made anew if its roots have changed.
    pub fn get(&self, settings: &TransportSettings) -> Transport {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(transport) = kept.get(settings).filter(|kept| kept.is_current()) {
            return transport.clone();
        }
        let (settings, deadlines) = (settings.clone(), self.deadlines);
        let shared = Shared {
            roots: settings.stamps(),
            settings: settings.clone(),
            deadlines,
            clients: OnceLock::new(),
        };
        let transport = Transport {
            shared: Arc::new(shared),
        };
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(settings, transport.clone());
        transport
    }

    /// Lets go of every client, and with it of the connections that no request is on.
    pub(super) fn forget(&self) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

fn build(settings: &TransportSettings, deadlines: &Deadlines) -> Result<Clients, ArmError> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error only says that another part of the program has chosen one already.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
    });
    let roots = roots(settings)?;
    let client = |deadlines: &Deadlines| {
        reqwest::Client::builder()
            .user_agent(concat!("azq/", env!("CARGO_PKG_VERSION")))
            .tls_certs_only(roots.iter().cloned())
            .connect_timeout(deadlines.connect)
            .read_timeout(deadlines.read)
            .pool_idle_timeout(IDLE)
            .tcp_keepalive(KEEP_ALIVE)
            .tcp_user_timeout(2 * KEEP_ALIVE)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(KEEP_ALIVE)
            .http2_adaptive_window(true)
            .no_proxy()
    };
    let transport = |error| ArmError::transport(&error);
    // What is compressed is read by azq itself (see `body`).
    let mut azure = client(deadlines).gzip(false).redirect(within_origin());
    for proxy in proxies(settings).map_err(transport)? {
        azure = azure.proxy(proxy);
    }
    let direct = client(deadlines).redirect(redirect::Policy::none()).build();
    Ok(Clients {
        azure: azure.build().map_err(transport)?,
        direct: direct.map_err(transport)?,
    })
}

fn within_origin() -> redirect::Policy {
    redirect::Policy::custom(|attempt| match attempt.previous().first() {
        Some(first) if first.origin() != attempt.url().origin() => {
            attempt.error("it leads to another host")
        }
        _ if attempt.previous().len() > REDIRECTS => attempt.error("there are too many of them"),
        _ => attempt.follow(),
    })
}

/// What is not encrypted goes to this machine alone, and so by no proxy, who would read the token.
fn proxies(settings: &TransportSettings) -> reqwest::Result<Vec<Proxy>> {
    let except = || settings.no_proxy.as_deref().and_then(NoProxy::from_string);
    let https = settings.https_proxy.as_ref().map(Proxy::https);
    https
        .into_iter()
        .map(|proxy| Ok(proxy?.no_proxy(except())))
        .collect()
}

/// The system's roots and the caller's. az knows the latter alone, but then no company's file lacks the former.
fn roots(settings: &TransportSettings) -> Result<Vec<Certificate>, ArmError> {
    let mut roots = rustls_native_certs::load_native_certs().certs;
    for (variable, path) in &settings.roots {
        let (file, directory) = if path.is_dir() {
            (None, Some(path))
        } else {
            (Some(path), None)
        };
        if *variable == ROOTS[0] && !path.exists() {
            return Err(ArmError::Setting(format!(
                "{variable} environment variable is specified with an invalid file path"
            )));
        }
        roots.extend(load(
            file.map(PathBuf::as_path),
            directory.map(PathBuf::as_path),
        ));
    }
    // One unreadable certificate of the system's must not cost all the others.
    Ok(roots
        .iter()
        .filter_map(|root| Certificate::from_der(root).ok())
        .collect())
}

fn load(
    file: Option<&Path>,
    directory: Option<&Path>,
) -> Vec<rustls::pki_types::CertificateDer<'static>> {
    let loaded = rustls_native_certs::load_certs_from_paths(file, directory);
    for error in &loaded.errors {
        tracing::warn!(%error, "a file of roots could not be read");
    }
    loaded.certs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(environment: &[(&str, &str)]) -> TransportSettings {
        let environment = environment.iter();
        TransportSettings::of(
            &environment
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn proxies_are_read_as_python_reads_them() {
        let both = settings(&[
            ("HTTPS_PROXY", "upper"),
            ("https_proxy", "lower"),
            ("ALL_PROXY", "all"),
        ]);
        assert_eq!(both.https_proxy.as_deref(), Some("lower"));
        let all = settings(&[("ALL_PROXY", "all")]);
        assert_eq!(all.https_proxy.as_deref(), Some("all"));
        assert_eq!(settings(&[("https_proxy", "")]).https_proxy, None);
    }

    #[test]
    fn a_proxys_password_does_not_show() {
        let with_password = settings(&[("https_proxy", "http://me:s3cret@proxy:8080")]);
        let shown = format!("{with_password:?}");
        assert!(shown.contains("has_https_proxy: true") && !shown.contains("s3cret"));
    }

    #[test]
    fn equal_settings_share_a_client_until_the_roots_change() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().display().to_string();
        let transports = Transports::new(Deadlines::default());
        let wanted = settings(&[("REQUESTS_CA_BUNDLE", &path)]);
        let before = transports.get(&wanted);
        before.azure().expect("a client");
        let same = transports.get(&wanted);
        assert!(before.is_current() && Arc::ptr_eq(&before.shared, &same.shared));
        std::fs::write(file.path(), "# no certificates yet").expect("written");
        assert!(!before.is_current());
        let another = transports.get(&wanted);
        assert!(!Arc::ptr_eq(&before.shared, &another.shared));
    }

    #[test]
    fn a_bundle_that_is_not_there_is_an_error_in_azs_words() {
        let transports = Transports::new(Deadlines::default());
        let transport = transports.get(&settings(&[("REQUESTS_CA_BUNDLE", "/nosuch")]));
        let error = transport.azure().unwrap_err();
        let words =
            "REQUESTS_CA_BUNDLE environment variable is specified with an invalid file path";
        assert_eq!(error.to_string(), words);
    }

    #[test]
    fn a_proxy_that_is_no_address_is_an_error() {
        let transports = Transports::new(Deadlines::default());
        assert!(
            transports
                .get(&settings(&[("HTTPS_PROXY", "http://:bad:/")]))
                .azure()
                .is_err()
        );
    }
}
