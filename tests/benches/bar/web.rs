//! A warm HTTPS client, which is the reference for the daemon, and the emulator's control requests.

use std::time::{Duration, Instant};

use azq_tests::emulator::LoggedRequest;
use azq_tests::program::Ready;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::error::BenchError;

/// A client of an emulator that keeps its connection.
pub(crate) struct Web {
    runtime: Runtime,
    client: reqwest::Client,
    emulator: Ready,
    /// An access token of the emulator.
    pub(crate) token: String,
}

impl Web {
    /// Creates a client that trusts the emulator and has a token.
    pub(crate) fn new(emulator: &Ready) -> Result<Self, BenchError> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build()?;
        // An error means that a provider is installed already.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let authority = reqwest::Certificate::from_pem(&std::fs::read(&emulator.certificate)?)?;
        let client = reqwest::Client::builder().tls_certs_only([authority]);
        let client = client.no_proxy().build()?;
        let mut web = Self {
            runtime,
            client,
            emulator: emulator.clone(),
            token: String::new(),
        };
        let url = format!(
            "{}?resource=https://management.core.windows.net/&api-version=2019-08-01",
            emulator.identity_endpoint
        );
        let request = web.client.get(url);
        let request = request.header("X-IDENTITY-HEADER", &emulator.identity_header);
        let answer: Value = serde_json::from_slice(&web.send(request)?)?;
        let token = answer["access_token"].as_str();
        token.unwrap_or_default().clone_into(&mut web.token);
        Ok(web)
    }

    /// Gets a Resource Manager document and returns how long that took.
    pub(crate) fn get(&self, url: &str) -> Result<Duration, BenchError> {
        let request = self.client.get(url).bearer_auth(&self.token);
        let start = Instant::now();
        self.send(request)?;
        Ok(start.elapsed())
    }

    /// Returns the length of a Resource Manager document in bytes, once it is decompressed.
    pub(crate) fn length(&self, url: &str) -> Result<usize, BenchError> {
        let body = self.send(self.client.get(url).bearer_auth(&self.token))?;
        Ok(body.len())
    }

    /// Returns the requests that the emulator has logged since its log was last cleared.
    pub(crate) fn requests(&self) -> Result<Vec<LoggedRequest>, BenchError> {
        let url = format!("{}/emulator/requests", self.emulator.control_endpoint);
        Ok(serde_json::from_slice(&self.send(self.client.get(url))?)?)
    }

    /// Clears the emulator's log of requests.
    pub(crate) fn forget(&self) -> Result<(), BenchError> {
        let url = format!("{}/emulator/reset", self.emulator.control_endpoint);
        self.send(self.client.post(url)).map(drop)
    }

    /// Returns the URL of a request that the emulator was sent.
    pub(crate) fn url(&self, request: &LoggedRequest) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = request.query.iter();
        query.extend_pairs(pairs.map(|(name, value)| (name, value.as_str().unwrap_or_default())));
        let (path, query) = (&request.path, query.finish());
        format!("{}{path}?{query}", self.emulator.endpoint)
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, BenchError> {
        self.runtime.block_on(async {
            let response = request.send().await?.error_for_status()?;
            Ok(response.bytes().await?.to_vec())
        })
    }
}
