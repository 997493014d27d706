//! Requests to an emulator without azq.

#![allow(dead_code, reason = "not every file of tests needs everything")]

use crate::prelude::*;

/// A client that trusts the emulator and has a token.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: String,
}

impl Client {
    pub(crate) fn of(emulator: &Emulator) -> Self {
        Self::decompressing(emulator, true)
    }

    pub(crate) fn decompressing(emulator: &Emulator, gzip: bool) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let authority = reqwest::Certificate::from_pem(emulator.ca_pem().as_bytes()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_merge([authority])
            .no_proxy()
            .gzip(gzip)
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self {
            http,
            endpoint: emulator.endpoint(),
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("https:") {
            path.to_owned()
        } else {
            format!("{}/subscriptions/{SUBSCRIPTION}{path}", self.endpoint)
        };
        self.http
            .request(method.parse().unwrap(), url)
            .bearer_auth("token")
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.request("GET", path)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}
