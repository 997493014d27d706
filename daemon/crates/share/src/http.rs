//! HTTP requests of the stores through the caller's client, with its proxies and root certificates.

use std::fmt;
use std::sync::Arc;

use http_body_util::BodyExt as _;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};

/// A source of the HTTP client, which is created when it is first needed.
pub type ClientSource = Arc<dyn Fn() -> Result<reqwest::Client, String> + Send + Sync>;

/// A connector that makes a store use a client.
#[derive(Clone)]
pub(crate) struct Connector(pub(crate) ClientSource);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoClient(String);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait::async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let client = (self.0)();
        let client = client.map_err(|why| HttpError::new(HttpErrorKind::Unknown, NoClient(why)))?;
        let (parts, body) = request.into_parts();
        let body = match body.as_bytes() {
            Some(bytes) => bytes.clone(),
            None => body.collect().await?.to_bytes(),
        };
        let request = http::Request::from_parts(parts, reqwest::Body::from(body));
        let request = reqwest::Request::try_from(request).map_err(failure)?;
        let response: http::Response<reqwest::Body> =
            client.execute(request).await.map_err(failure)?.into();
        let (parts, body) = response.into_parts();
        let body = HttpResponseBody::new(body.map_err(failure));
        Ok(HttpResponse::from_parts(parts, body))
    }
}

/// Converts an error. Its kind is informative only, because the store does not retry.
fn failure(error: reqwest::Error) -> HttpError {
    let kind = match () {
        () if error.is_timeout() => HttpErrorKind::Timeout,
        () if error.is_connect() => HttpErrorKind::Connect,
        () if error.is_decode() => HttpErrorKind::Decode,
        () => HttpErrorKind::Request,
    };
    HttpError::new(kind, error.without_url())
}
