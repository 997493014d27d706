//! The HTTP clients, with their trusted roots, proxy and timeouts.
//!
//! A client is made for each set of a caller's settings (`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`,
//! `HTTPS_PROXY`, …) and kept, with its warm connections, until a file of roots changes. Proxies
//! are not taken from the daemon's own environment, because that comes from the caller that
//! happened to start the daemon.
//!
//! Invariants: every server is verified, by no more roots than az would trust: those of the
//! caller's file alone, else the system's; a redirect is followed only within its origin, so that
//! no token reaches another host; idle pooled connections are closed before Azure's load balancers
//! drop them (4 minutes); every wait ends.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use reqwest::{Certificate, Proxy, redirect};

use crate::{HttpError, proxy};
use azq_account::{Environment, FileStamp, stamp};

/// The maximum number of sets of settings that are kept.
pub const KEPT: usize = 8;
/// The time after which an idle connection is closed. Azure's load balancers drop connections that
/// are idle for 4 minutes, some proxies earlier.
const IDLE: Duration = Duration::from_secs(100);
/// The keep-alive interval. A connection that died silently, as during a laptop's sleep, is
/// detected within twice this time while a request waits on it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The maximum number of redirects; az's limit is 30 as well.
pub const REDIRECTS: usize = 30;

/// The time limits of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For making a connection.
    pub connect: Duration,
    /// Between two parts of a response, and before the first (`read_timeout` of the configuration).
    pub read: Duration,
    /// For a request with all its retries.
    pub total: Duration,
    /// For a long-running operation whose polls fail, before it is given up.
    pub polling: Duration,
    /// For a long-running operation.
    pub operation: Duration,
}

impl Default for Deadlines {
    /// Returns the default limits. Resource Manager itself ends a request after 60 s; its
    /// operations take up to some hours.
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

/// The clients for one set of settings. They are made when the first request needs them, because
/// reading the system's roots takes longer than a look-up in a cache. Clones share them.
#[derive(Clone, Debug)]
pub struct Transport {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: TransportSettings,
    /// The stamp that the file of roots had when the clients were made.
    roots: Option<FileStamp>,
    deadlines: Deadlines,
    clients: OnceLock<Result<Clients, HttpError>>,
}

#[derive(Debug)]
struct Clients {
    azure: reqwest::Client,
    direct: reqwest::Client,
    unredirected: reqwest::Client,
}

impl Transport {
    /// Returns the settings that the clients were made for.
    pub fn settings(&self) -> &TransportSettings {
        &self.shared.settings
    }

    /// Whether the root files are unchanged since the clients were made.
    pub fn is_current(&self) -> bool {
        self.shared.roots == self.shared.settings.stamps()
    }

    /// Returns the client for Azure, which uses the caller's proxy if there is one.
    pub fn azure(&self) -> Result<&reqwest::Client, HttpError> {
        self.clients().map(|clients| &clients.azure)
    }

    /// Returns the client for the endpoints of managed identities, which are on this machine or its
    /// host. It never uses a proxy.
    pub fn direct(&self) -> Result<&reqwest::Client, HttpError> {
        self.clients().map(|clients| &clients.direct)
    }

    /// Returns the client for any host, which uses the caller's proxy if there is one. It does not
    /// follow redirects.
    pub fn unredirected(&self) -> Result<&reqwest::Client, HttpError> {
        self.clients().map(|clients| &clients.unredirected)
    }

    fn clients(&self) -> Result<&Clients, HttpError> {
        let shared = &self.shared;
        let built = || build(&shared.settings, &shared.deadlines);
        let clients = shared.clients.get_or_init(built);
        clients.as_ref().map_err(Clone::clone)
    }
}

/// The part of a caller's environment that determines the client.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct TransportSettings {
    /// The file that contains the only trusted roots, and the variable that names it.
    roots: Option<(&'static str, PathBuf)>,
    https_proxy: Option<String>,
    no_proxy: Option<String>,
    /// The text after azq's own name in `User-Agent`.
    user_agent: Option<String>,
    /// Whether the caller asks for servers not to be verified, which azq refuses.
    is_unverified: bool,
}

impl std::fmt::Debug for TransportSettings {
    /// Hides the proxy's URL, because it may contain a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransportSettings")
            .field("roots", &self.roots)
            .field("has_https_proxy", &self.https_proxy.is_some())
            .field("no_proxy", &self.no_proxy)
            .field("user_agent", &self.user_agent)
            .field("is_unverified", &self.is_unverified)
            .finish()
    }
}

/// The clients of all callers.
#[derive(Debug)]
pub struct Transports {
    deadlines: Deadlines,
    kept: Mutex<HashMap<TransportSettings, Transport>>,
}

/// The variable that az itself reads, which must name a file (azure-cli-core, `_debug.py`).
const AZ_ROOTS: &str = "REQUESTS_CA_BUNDLE";
/// The variable that az's HTTP library reads as well (requests, `merge_environment_settings`).
const CURL_ROOTS: &str = "CURL_CA_BUNDLE";
/// The variable that makes az skip the verification of servers.
const UNVERIFIED: &str = "AZURE_CLI_DISABLE_CONNECTION_VERIFICATION";
/// The variable with az's addition to its `User-Agent`.
const USER_AGENT: &str = "AZURE_HTTP_USER_AGENT";

impl TransportSettings {
    /// Reads the caller's environment. As in Python, the lower-case name of a proxy variable takes
    /// precedence over the upper-case one.
    pub fn of(environment: &Environment) -> Self {
        let given = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let either = |name: &str| given(name).or_else(|| given(&name.to_uppercase())).cloned();
        let own = environment.get(AZ_ROOTS).map(|path| (AZ_ROOTS, path));
        let roots = own.or_else(|| given(CURL_ROOTS).map(|path| (CURL_ROOTS, path)));
        Self {
            roots: roots.map(|(name, path)| (name, PathBuf::from(path))),
            https_proxy: either("https_proxy").or_else(|| either("all_proxy")),
            no_proxy: either("no_proxy"),
            user_agent: given(USER_AGENT).cloned(),
            is_unverified: given(UNVERIFIED).is_some(),
        }
    }

    fn stamps(&self) -> Option<FileStamp> {
        self.roots.as_ref().and_then(|(_, path)| stamp(path))
    }

    fn user_agent(&self) -> Result<HeaderValue, HttpError> {
        let own = concat!("azq/", env!("CARGO_PKG_VERSION"));
        let added = self.user_agent.iter().map(|added| format!(" {added}"));
        let whole: String = std::iter::once(own.to_owned()).chain(added).collect();
        HeaderValue::from_str(&whole).map_err(|_| {
            HttpError::Setting(format!(
                "The value of {USER_AGENT} cannot be part of a header. \
                 Remove its control characters."
            ))
        })
    }
}

impl Transports {
    /// Creates the set without any client.
    pub fn new(deadlines: Deadlines) -> Self {
        Self {
            deadlines,
            kept: Mutex::default(),
        }
    }

    /// Returns the client for a caller's settings, made anew if its roots have changed.
    pub fn get(&self, settings: &TransportSettings) -> Transport {
        let mut kept = self.locked();
        if let Some(transport) = kept.get(settings).filter(|kept| kept.is_current()) {
            return transport.clone();
        }
        let shared = Arc::new(Shared {
            roots: settings.stamps(),
            settings: settings.clone(),
            deadlines: self.deadlines,
            clients: OnceLock::new(),
        });
        let transport = Transport { shared };
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(settings.clone(), transport.clone());
        transport
    }

    /// Drops every client, which closes the connections that no request uses.
    pub fn forget(&self) {
        self.locked().clear();
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<TransportSettings, Transport>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn build(settings: &TransportSettings, deadlines: &Deadlines) -> Result<Clients, HttpError> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error only means that another part of the program has already installed a provider.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
    });
    if settings.is_unverified {
        return Err(HttpError::Setting(format!(
            "{UNVERIFIED} is set, but azq sends tokens to verified hosts only. \
             Unset it, and name the file with the \
             certificate of your proxy's or endpoint's authority by {AZ_ROOTS}."
        )));
    }
    let (roots, user_agent) = (roots(settings)?, settings.user_agent()?);
    let client = |deadlines: &Deadlines| {
        let client = reqwest::Client::builder();
        // Elsewhere the probes of HTTP/2, and `read` above all, end a dead connection.
        #[cfg(target_os = "linux")]
        let client = client.tcp_user_timeout(2 * KEEP_ALIVE);
        client
            .user_agent(user_agent.clone())
            .tls_certs_only(roots.iter().cloned())
            .connect_timeout(deadlines.connect)
            .read_timeout(deadlines.read)
            .pool_idle_timeout(IDLE)
            .tcp_keepalive(KEEP_ALIVE)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(KEEP_ALIVE)
            .http2_adaptive_window(true)
            .no_proxy()
            .referer(false)
    };
    let transport = |error| HttpError::from(&error);
    // azq decompresses bodies itself (see `body`).
    let plain = || client(deadlines).gzip(false);
    let mut azure = plain().redirect(within_origin());
    let mut unredirected = plain().redirect(redirect::Policy::none());
    if let Some(proxy) = proxy(settings).map_err(transport)? {
        azure = azure.proxy(proxy.clone());
        unredirected = unredirected.proxy(proxy);
    }
    let direct = client(deadlines).redirect(redirect::Policy::none()).build();
    Ok(Clients {
        azure: azure.build().map_err(transport)?,
        direct: direct.map_err(transport)?,
        unredirected: unredirected.build().map_err(transport)?,
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

/// Returns the caller's proxy. Unencrypted requests never use it, because the proxy could read the
/// token; they go to this machine alone.
fn proxy(settings: &TransportSettings) -> reqwest::Result<Option<Proxy>> {
    let Some(proxy) = settings.https_proxy.clone() else {
        return Ok(None);
    };
    // An invalid address is reported here, because the custom proxy below would ignore it.
    Proxy::https(&proxy)?;
    let no_proxy = settings.no_proxy.clone().unwrap_or_default();
    Ok(Some(Proxy::custom(move |url| {
        let is_proxied = url.scheme() == "https" && !proxy::is_spared(url, &no_proxy);
        is_proxied.then(|| proxy.clone())
    })))
}

/// Returns the roots of the caller's file, else the system's.
fn roots(settings: &TransportSettings) -> Result<Vec<Certificate>, HttpError> {
    let roots = match &settings.roots {
        None => rustls_native_certs::load_native_certs().certs,
        Some((_, path)) if path.is_file() => load(Some(path), None),
        Some((CURL_ROOTS, path)) if path.is_dir() => load(None, Some(path)),
        Some((variable, _)) => {
            return Err(HttpError::Setting(format!(
                "{variable} environment variable is specified with an invalid file path"
            )));
        }
    };
    // One unreadable certificate of the system must not make all others unusable.
    let roots = roots.iter();
    Ok(roots
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
mod tests;
