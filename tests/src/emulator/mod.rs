//! Azure Resource Manager on loopback: the part of it that azq's commands use.
//!
//! An [`Emulator`] owns its sockets, its runtime and its state, and stops when it is dropped. It
//! has no clock: operations advance when they are polled. It checks no permissions and knows no
//! regions beyond those of the catalogue; its responses follow the public REST API (Compute
//! 2019-04-01, Container Service 2026-06-01).

mod body;
mod certificate;
mod clusters;
mod commands;
mod compute;
mod configuration;
mod control;
mod credentials;
mod entra;
mod errors;
mod exchange;
mod fault;
mod groups;
mod identity;
mod kubernetes;
mod machines;
mod node_image;
mod operations;
mod pools;
mod prices;
mod resize;
mod resources;
mod routes;
mod server;
mod skus;
mod specification;
mod state;
mod tenant;
mod throttle;
mod versions;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

pub use certificate::CertificateError;
pub use configuration::{Account, CLOUD};
pub use entra::TokenRequest;
pub use exchange::LoggedRequest;
pub use fault::{Effect, Fault};
pub use identity::ARC_KEY;
pub use kubernetes::{Incident, Kubernetes, Workload, WorkloadKind};
pub use resize::Generations;
pub use server::Parting;
pub use specification::{
    ClusterSpecification, OTHER_SUBSCRIPTION, Rules, SUBSCRIPTION, Specification,
    SpecificationError, SubscriptionSpecification, TENANT, UserSpecification,
};
pub use state::State;
pub use throttle::ReadLimit;

use crate::catalogue::CatalogueError;

/// A running emulator; it stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    state: Arc<Mutex<State>>,
    authority_pem: String,
    certificate: Vec<u8>,
    port: u16,
    identity_port: u16,
    runtime: Option<Runtime>,
}

impl Emulator {
    /// Starts an emulator on ports of 127.0.0.1 that the system chooses.
    pub fn start(specification: Specification) -> Result<Self, StartError> {
        let state = Arc::new(Mutex::new(State::new(specification)?));
        let identity = certificate::make()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("emulator")
            .enable_all()
            .build()
            .map_err(StartError::Listen)?;
        // The sockets are bound without the runtime, because the caller may be inside a runtime of
        // its own.
        let (arm, port) = bind(0).map_err(StartError::Listen)?;
        let (token, identity_port) = bind(0).map_err(StartError::Listen)?;
        let acceptor = TlsAcceptor::from(identity.server);
        runtime.spawn(server::serve(arm, Some(acceptor), Arc::clone(&state)));
        runtime.spawn(server::serve(token, None, Arc::clone(&state)));
        Ok(Self {
            state,
            authority_pem: identity.authority_pem,
            certificate: identity.certificate,
            port,
            identity_port,
            runtime: Some(runtime),
        })
    }

    /// Returns the port of Resource Manager (TLS).
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Serves its plain HTTP on another port of 127.0.0.1 too.
    pub fn serve_on(&self, port: u16) -> io::Result<()> {
        let (listener, _) = bind(port)?;
        if let Some(runtime) = &self.runtime {
            runtime.spawn(server::serve(listener, None, Arc::clone(&self.state)));
        }
        Ok(())
    }

    /// Returns the certificate of the server, in DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Returns Resource Manager's base URL.
    pub fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Returns the value for `IDENTITY_ENDPOINT` (App Service's managed identity, plain HTTP).
    pub fn identity_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/msi/token", self.identity_port)
    }

    /// Returns the plain HTTP address, which serves `/emulator/…` and the instance metadata service
    /// too.
    pub fn plain_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.identity_port)
    }

    /// Returns the value for `IDENTITY_HEADER`.
    pub fn identity_secret(&self) -> String {
        self.state().specification.identity_secret.clone()
    }

    /// Returns the certificate that a client must trust, in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.authority_pem
    }

    /// Locks the state, to be read or changed while the emulator runs. No request is answered until
    /// the guard is dropped.
    pub fn state(&self) -> MutexGuard<'_, State> {
        state::lock(&self.state)
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Closes every open connection; new ones are served.
    pub fn part(&self, parting: Parting) {
        self.state().parting.send_replace(parting);
    }

    /// Returns all requests so far, tokens included.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state().requests.clone()
    }

    /// Returns the number of requests whose path contains `part`.
    pub fn request_count(&self, part: &str) -> usize {
        let (part, state) = (part.to_lowercase(), self.state());
        let paths = state
            .requests
            .iter()
            .map(|request| request.path.to_lowercase());
        paths.filter(|path| path.contains(&part)).count()
    }

    /// Writes an az configuration directory that is logged in here with the specification's
    /// account.
    pub fn write_az_config(
        &self,
        folder: &Path,
        config: &BTreeMap<String, String>,
    ) -> io::Result<()> {
        let account = Account::named(&self.state().specification.account);
        self.write_az_config_for(folder, &account, config)
    }

    /// Writes the same for another kind of account.
    pub fn write_az_config_for(
        &self,
        folder: &Path,
        account: &Account,
        config: &BTreeMap<String, String>,
    ) -> io::Result<()> {
        let specification = self.state().specification.clone();
        let subscriptions = &specification.subscriptions;
        configuration::write(folder, self.port, subscriptions, account, config)?;
        configuration::write_secrets(folder, &specification, account)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn bind(port: u16) -> io::Result<(std::net::TcpListener, u16)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// The reason why an emulator could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no catalogue to list.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// There is no certificate to serve TLS with.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No port, or no threads.
    #[error("cannot listen on 127.0.0.1")]
    Listen(#[source] io::Error),
}
