//! Requests to an emulator without azq.

use crate::prelude::*;
use reqwest::{RequestBuilder, Response};

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

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
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
        json_of(sent(self.request("GET", path)).await).await
    }

    /// Returns the elements of all pages of a list.
    pub(crate) async fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let (mut link, mut pages) = (Some(path.to_owned()), Vec::new());
        while let Some(path) = link {
            let page = self.get(&path).await;
            link = page["nextLink"].as_str().map(str::to_owned);
            pages.push(items(&page));
        }
        pages
    }

    /// Returns the status of the response to a request.
    pub(crate) async fn status(&self, method: &str, path: &str) -> u16 {
        status(self.request(method, path)).await
    }
}

/// Returns the response to a request.
pub(crate) async fn sent(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

/// Returns the status of the response to a request.
pub(crate) async fn status(request: RequestBuilder) -> u16 {
    sent(request).await.status().as_u16()
}

pub(crate) async fn json_of(response: Response) -> Value {
    response.json().await.unwrap()
}

/// Returns the elements of a list.
pub(crate) fn items(list: &Value) -> Vec<Value> {
    list["value"].as_array().unwrap().clone()
}
