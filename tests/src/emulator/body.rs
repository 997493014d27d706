//! The bodies of responses: compressed if the client accepts it, corrupted if a fault demands it.

use std::convert::Infallible;
use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use serde_json::Value;
use tokio::sync::mpsc;

use super::exchange::{Answer, Content, Request};
use super::fault::Effect;

/// A response body.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Bodies above this many bytes are compressed for clients that accept it.
const COMPRESSED_FROM: usize = 4096;
/// The encoding of compressed bodies.
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
/// Pause between two pieces of a slow body.
const DRIP: Duration = Duration::from_millis(100);
/// Size of such a piece.
const DROP: usize = 8;

/// Converts an answer to an HTTP response.
pub(super) fn response(
    answer: Answer,
    request: &Request,
    effect: Option<Effect>,
) -> Response<Body> {
    let accepted = request.header("accept-encoding");
    let gzip = accepted.is_some_and(|accepted| accepted.contains("gzip"));
    let mut response = Response::new(Full::default().map_err(never).boxed_unsync());
    *response.status_mut() = answer.status;
    let kind = match answer.content {
        Content::Empty => None,
        Content::Text(_) => Some("text/html"),
        _ => Some("application/json; charset=utf-8"),
    };
    let kind = kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind)));
    response.headers_mut().extend(kind);
    match answer.content {
        Content::Skus { listing, next_link } if effect.is_none() => {
            if gzip {
                response.headers_mut().insert(CONTENT_ENCODING, GZIP);
            }
            *response.body_mut() = produced(move |accept| {
                let link = next_link.as_deref();
                if gzip {
                    listing.write_gzip(link, accept)
                } else {
                    listing.write(link, accept)
                }
            });
        }
        content => fill(&mut response, content, request, gzip, effect),
    }
    for (name, value) in &answer.headers {
        let value = HeaderValue::from_str(&value.replace("{host}", &request.host));
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Gives the response a body that is in memory, corrupted by the effect.
fn fill(
    response: &mut Response<Body>,
    content: Content,
    request: &Request,
    gzip: bool,
    effect: Option<Effect>,
) {
    let mut bytes = match content {
        Content::Empty => {
            response
                .headers_mut()
                .insert(CONTENT_LENGTH, HeaderValue::from(0));
            return;
        }
        Content::Document(document) => {
            let text = relinked(document, request, effect).to_string();
            let port = request.host.rsplit(':').next().unwrap_or_default();
            text.replace("{port}", port).into_bytes()
        }
        Content::Text(text) => text.into_bytes(),
        Content::Raw(bytes) => bytes,
        Content::Skus { listing, next_link } => {
            let mut all = Vec::new();
            let link = linked(request, effect).or(next_link);
            let gathered = listing.write(link.as_deref(), |chunk| {
                all.extend_from_slice(&chunk);
                true
            });
            if gathered.is_ok() { all } else { Vec::new() }
        }
    };
    let compressed = gzip && bytes.len() > COMPRESSED_FROM;
    if compressed || effect == Some(Effect::BadGzip) {
        response.headers_mut().insert(CONTENT_ENCODING, GZIP);
    }
    if compressed && effect != Some(Effect::BadGzip) {
        bytes = compress(&bytes);
    }
    let length = HeaderValue::from(bytes.len());
    response.headers_mut().insert(CONTENT_LENGTH, length);
    *response.body_mut() = match effect {
        Some(Effect::HalfBody) => halved(&bytes),
        Some(Effect::Drip) => dripping(Bytes::from(bytes)),
        Some(Effect::Stall) => stalling(Bytes::from(bytes)),
        _ => Full::from(bytes).map_err(never).boxed_unsync(),
    };
}

/// Returns a document whose `nextLink` the effect has corrupted.
fn relinked(mut document: Value, request: &Request, effect: Option<Effect>) -> Value {
    if let (Some(link), Some(members)) = (linked(request, effect), document.as_object_mut()) {
        members.insert("nextLink".to_owned(), Value::from(link));
    }
    document
}

fn linked(request: &Request, effect: Option<Effect>) -> Option<String> {
    match effect {
        Some(Effect::BadNextLink) => Some(format!("https://{}/nowhere", request.host)),
        Some(Effect::LoopingNextLink) => Some(request.link(|_| true, &[])),
        _ => None,
    }
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    if encoder.write_all(bytes).is_err() {
        return Vec::new();
    }
    encoder.finish().unwrap_or_default()
}

/// Returns a body that a blocking function produces, at the pace at which the client reads.
fn produced<F>(produce: F) -> Body
where
    F: FnOnce(Box<dyn FnMut(Bytes) -> bool + Send>) -> io::Result<()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel::<Bytes>(4);
    tokio::task::spawn_blocking(move || {
        // An error means that the client has closed the connection.
        let _gone = produce(Box::new(move |chunk| sender.blocking_send(chunk).is_ok()));
    });
    let chunks = stream::unfold(receiver, |mut receiver| async {
        let chunk = receiver.recv().await?;
        Some((Ok(Frame::data(chunk)), receiver))
    });
    StreamBody::new(chunks).boxed_unsync()
}

fn halved(bytes: &[u8]) -> Body {
    let half = Bytes::copy_from_slice(bytes.get(..bytes.len() / 2).unwrap_or_default());
    let pieces = [
        Ok(Frame::data(half)),
        Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
    ];
    // The abort waits a moment, so that the first half is sent before the connection closes.
    let paced = stream::iter(pieces).then(|piece| async {
        if piece.is_err() {
            tokio::time::sleep(DRIP).await;
        }
        piece
    });
    StreamBody::new(paced).boxed_unsync()
}

fn dripping(bytes: Bytes) -> Body {
    let drops = stream::unfold(bytes, |mut rest| async {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(DRIP).await;
        let piece = rest.split_to(rest.len().min(DROP));
        Some((Ok(Frame::data(piece)), rest))
    });
    StreamBody::new(drops).boxed_unsync()
}

fn stalling(mut bytes: Bytes) -> Body {
    let half = bytes.split_to(bytes.len() / 2);
    let drops = dripping(half).into_data_stream().map_ok(Frame::data);
    StreamBody::new(drops.chain(stream::pending())).boxed_unsync()
}

fn never(impossible: Infallible) -> io::Error {
    match impossible {}
}
