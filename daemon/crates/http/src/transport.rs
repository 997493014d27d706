//! The one HTTP client: which roots it trusts, which proxy it takes, how long it waits.
//!
//! A client is made for each set of a caller's settings (`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`,
//! `HTTPS_PROXY`, …) and kept, with its warm connections, until a file of roots changes. The
//! daemon's own environment is not consulted for proxies: it is that of whoever happened to start
//! it.
//!
//! Invariants: who is asked is always verified, by no more roots than az would trust: those of the
//! caller's file alone, else the system's; a redirect is followed only within its origin, so that
//! no token reaches another host; pooled connections end before Azure's load balancers forget them
//! (4 minutes); every wait ends.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use reqwest::{Certificate, Proxy, redirect};

use crate::{HttpError, proxy};
use azq_account::{Environment, FileStamp, stamp};

/// How many sets of settings are kept.
pub const KEPT: usize = 8;
/// Azure's load balancers drop what is idle for 4 minutes, some proxies earlier.
const IDLE: Duration = Duration::from_secs(100);
/// A connection that died silently, as during a laptop's sleep, is noticed within twice this time
/// while a request waits on it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// az's limit is 30 as well.
pub const REDIRECTS: usize = 30;

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

/// The clients for one set of settings, made when the first request needs them: reading the
/// system's roots takes longer than answering from a cache. Clones share them.
#[derive(Clone, Debug)]
pub struct Transport {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: TransportSettings,
    roots: RootStamps,
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
    /// What it was made for.
    pub fn settings(&self) -> &TransportSettings {
        &self.shared.settings
    }

    /// Whether the files of its roots are still those that it was made for.
    pub fn is_current(&self) -> bool {
        self.shared.roots == self.shared.settings.stamps()
    }

    /// For Azure: by proxy, if the caller has one.
    pub fn azure(&self) -> Result<&reqwest::Client, HttpError> {
        self.clients().map(|clients| &clients.azure)
    }

    /// For the endpoints of managed identities, which are on this machine or its host: never by
    /// proxy.
    pub fn direct(&self) -> Result<&reqwest::Client, HttpError> {
        self.clients().map(|clients| &clients.direct)
    }

    /// For any host: by proxy, if the caller has one. Redirects are not followed.
    pub fn unredirected(&self) -> Result<&reqwest::Client, HttpError> {
        self.clients().map(|clients| &clients.unredirected)
    }

    fn clients(&self) -> Result<&Clients, HttpError> {
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
    /// The file that has the only roots to trust, and the variable that names it.
    roots: Option<(&'static str, PathBuf)>,
    https_proxy: Option<String>,
    no_proxy: Option<String>,
    /// What follows azq's own name in `User-Agent`.
    user_agent: Option<String>,
    /// Whether whom a token is sent to is not to be verified, which azq does not do.
    is_unverified: bool,
}

impl std::fmt::Debug for TransportSettings {
    /// A proxy's URL may have a password.
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

/// The file of roots as it was when the client was made.
type RootStamps = Option<FileStamp>;

/// The variable that az itself reads, which must name a file (azure-cli-core, `_debug.py`).
const AZ_ROOTS: &str = "REQUESTS_CA_BUNDLE";
/// The one that its HTTP library reads besides (requests, `merge_environment_settings`).
const CURL_ROOTS: &str = "CURL_CA_BUNDLE";
/// The variable by which az can be told to verify nobody.
const UNVERIFIED: &str = "AZURE_CLI_DISABLE_CONNECTION_VERIFICATION";
/// The variable with az's addition to its `User-Agent`.
const USER_AGENT: &str = "AZURE_HTTP_USER_AGENT";

impl TransportSettings {
    /// Reads the caller's environment. As in Python, the lower-case name of a proxy goes before the
    /// other.
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

    fn stamps(&self) -> RootStamps {
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
    pub fn forget(&self) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

fn build(settings: &TransportSettings, deadlines: &Deadlines) -> Result<Clients, HttpError> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error only says that another part of the program has chosen one already.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
    });
    if settings.is_unverified {
        return Err(HttpError::Setting(format!(
            "{UNVERIFIED} is set, but azq sends a token to nobody whom it has not verified. \
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
    // What is compressed is read by azq itself (see `body`).
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

/// What is not encrypted goes to this machine alone, and so by no proxy, who would read the token.
fn proxy(settings: &TransportSettings) -> reqwest::Result<Option<Proxy>> {
    let Some(proxy) = settings.https_proxy.clone() else {
        return Ok(None);
    };
    // One that is no address is told of here; the other kind would pass it over.
    Proxy::https(&proxy)?;
    let no_proxy = settings.no_proxy.clone().unwrap_or_default();
    Ok(Some(Proxy::custom(move |url| {
        let is_proxied = url.scheme() == "https" && !proxy::is_spared(url, &no_proxy);
        is_proxied.then(|| proxy.clone())
    })))
}

/// The roots of the caller's file, else the system's.
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
mod tests;
