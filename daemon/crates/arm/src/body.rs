//! Bodies of responses that are compressed, or that end with the connection without a
//! `close_notify`.
//!
//! The HTTP library stops after the first member of a gzip stream, and reports an error if a
//! connection ends without TLS's `close_notify`. Python, and so az, reads all members and accepts
//! such a body.

use std::io::{self, Write as _};

use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};

/// A decoder that decompresses a body piece by piece, if it is compressed.
pub(super) struct Decoder {
    gzip: Option<Box<MultiGzDecoder<Bounded>>>,
    /// Whether some output has been produced.
    begun: bool,
    /// Whether data after the last member was found that is not gzip. It is not read.
    over: bool,
}

/// A buffer that refuses more than its limit, so that a small body cannot grow without end.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    ready: Vec<u8>,
    room: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.ready.len() > self.room {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.ready.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Decoder {
    /// Creates the decoder for a response with these headers.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let encoding = headers.get(header::CONTENT_ENCODING);
        let is_gzip = encoding.is_some_and(|encoding| {
            let encoding = encoding.as_bytes().trim_ascii();
            encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
        });
        Self {
            gzip: is_gzip.then(|| Box::new(MultiGzDecoder::new(Bounded::default()))),
            begun: false,
            over: false,
        }
    }

    /// Appends the decoded part of the body to `whole`. `whole` may become longer than `limit`, but
    /// not by much.
    pub(super) fn write(
        &mut self,
        piece: &[u8],
        whole: &mut Vec<u8>,
        limit: usize,
    ) -> io::Result<()> {
        let Some(gzip) = &mut self.gzip else {
            whole.extend_from_slice(piece);
            return Ok(());
        };
        if self.over {
            return Ok(());
        }
        gzip.get_mut().room = limit.saturating_sub(whole.len());
        let written = gzip.write_all(piece);
        let ready = &mut gzip.get_mut().ready;
        self.begun |= !ready.is_empty();
        whole.append(ready);
        match written {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(()),
            Err(_) if self.begun && gzip.header().is_none() => {
                self.over = true;
                Ok(())
            }
            written => written,
        }
    }

    /// Appends the rest of a body that has ended to `whole`. Fails if the body ended within a
    /// compressed member. An empty body is not an error.
    pub(super) fn end(self, is_empty: bool, whole: &mut Vec<u8>) -> io::Result<()> {
        let is_between_members =
            |gzip: &MultiGzDecoder<Bounded>| self.begun && gzip.header().is_none();
        match self.gzip {
            Some(mut gzip) if !is_empty && !self.over && !is_between_members(&gzip) => {
                gzip.get_mut().room = usize::MAX;
                let finished = gzip.try_finish();
                whole.append(&mut gzip.get_mut().ready);
                finished
            }
            _ => Ok(()),
        }
    }
}

/// Whether an error while reading a body only means that the connection ended without a
/// `close_notify`, and the end of the connection is the end of this body.
pub(super) fn ends_without_farewell(error: &reqwest::Error, response: &reqwest::Response) -> bool {
    let headers = response.headers();
    let is_delimited = headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING);
    let is_old = response.version() <= http::Version::HTTP_11;
    is_old && !is_delimited && azq_http::is_unannounced_end(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    fn member(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("written");
        encoder.finish().expect("finished")
    }

    fn gzip() -> Decoder {
        let headers = [(header::CONTENT_ENCODING, "GZip".parse().expect("a value"))];
        Decoder::of(&HeaderMap::from_iter(headers))
    }

    fn decoded(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let (mut decoder, mut whole) = (gzip(), Vec::new());
        for piece in bytes.chunks(3) {
            decoder.write(piece, &mut whole, 1 << 20)?;
        }
        decoder.end(bytes.is_empty(), &mut whole)?;
        Ok(whole)
    }

    #[test]
    fn all_members_are_read() {
        let two = [member(b"one "), member(b"two")].concat();
        assert_eq!(decoded(&two).expect("decoded"), b"one two");
        let padded = [&two[..], &[0; 20]].concat();
        assert_eq!(decoded(&padded).expect("decoded"), b"one two");
        assert_eq!(decoded(b"").expect("nothing"), b"");
    }

    #[test]
    fn a_member_that_is_cut_short_is_an_error() {
        let whole = member(&b"text ".repeat(100));
        assert!(decoded(&whole[..whole.len() / 2]).is_err());
        assert!(decoded(b"no gzip at all").is_err());
    }

    #[test]
    fn a_small_body_cannot_grow_without_end() {
        let bomb = member(&vec![0; 8 << 20]);
        let (mut decoder, mut whole) = (gzip(), Vec::new());
        decoder.write(&bomb, &mut whole, 1 << 20).expect("written");
        assert!(whole.len() > 1 << 20 && whole.len() < 2 << 20);
    }
}
