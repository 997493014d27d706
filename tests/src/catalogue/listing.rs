//! One response of the SKU list: its entries, and their bytes, plain or compressed, generated while
//! they are sent.

use std::io::{self, Write};
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Catalogue;

/// Number of bytes that are gathered before they are sent.
const CHUNK: usize = 128 * 1024;

/// Some entries of a catalogue.
#[derive(Debug)]
pub struct Listing {
    catalogue: Arc<Catalogue>,
    indexes: Vec<usize>,
    next: Option<usize>,
    /// The key of its compressed body in the catalogue's cache, if it is a whole listing.
    key: Option<String>,
}

impl Listing {
    pub(super) fn new(
        catalogue: Arc<Catalogue>,
        indexes: Vec<usize>,
        next: Option<usize>,
        key: Option<String>,
    ) -> Self {
        Self {
            catalogue,
            indexes,
            next,
            key,
        }
    }

    /// Returns the index at which the next page starts.
    pub fn next(&self) -> Option<usize> {
        self.next
    }

    /// Returns the entries' JSON texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.indexes
            .iter()
            .filter_map(|index| self.catalogue.entries.get(*index))
            .map(|entry| entry.text.get())
    }

    /// Writes the response's JSON in chunks; ends early if a chunk is not accepted.
    pub fn write(
        &self,
        next_link: Option<&str>,
        accept: impl FnMut(Bytes) -> bool,
    ) -> io::Result<()> {
        let mut chunks = Chunks {
            gathered: Vec::new(),
            accept,
        };
        self.write_json(next_link, &mut chunks)?;
        chunks.finish()
    }

    /// Writes the same, compressed; a whole listing is compressed once.
    pub fn write_gzip(
        &self,
        next_link: Option<&str>,
        mut accept: impl FnMut(Bytes) -> bool,
    ) -> io::Result<()> {
        if let Some(known) = self
            .key
            .as_ref()
            .and_then(|key| self.compressed().get(key).cloned())
        {
            let mut rest = known;
            while !rest.is_empty() && accept(rest.split_to(rest.len().min(CHUNK))) {}
            return Ok(());
        }
        let mut all = Vec::new();
        let keep = |chunk: Bytes| {
            all.extend_from_slice(&chunk);
            accept(chunk)
        };
        let mut encoder = GzEncoder::new(
            Chunks {
                gathered: Vec::new(),
                accept: keep,
            },
            Compression::fast(),
        );
        self.write_json(next_link, &mut encoder)?;
        encoder.finish()?.finish()?;
        if let Some(key) = &self.key {
            self.compressed().insert(key.clone(), Bytes::from(all));
        }
        Ok(())
    }

    fn write_json(&self, next_link: Option<&str>, to: &mut impl Write) -> io::Result<()> {
        to.write_all(br#"{"value": ["#)?;
        for (position, text) in self.texts().enumerate() {
            if position > 0 {
                to.write_all(b", ")?;
            }
            to.write_all(text.as_bytes())?;
        }
        to.write_all(b"]")?;
        if let Some(link) = next_link {
            write!(to, r#", "nextLink": {}"#, serde_json::Value::from(link))?;
        }
        to.write_all(b"}")
    }

    fn compressed(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<String, Bytes>> {
        self.catalogue
            .compressed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A writer that gathers small writes into chunks and passes them on.
struct Chunks<F> {
    gathered: Vec<u8>,
    accept: F,
}

impl<F: FnMut(Bytes) -> bool> Chunks<F> {
    fn send(&mut self) -> io::Result<()> {
        let chunk = Bytes::from(std::mem::take(&mut self.gathered));
        if chunk.is_empty() || (self.accept)(chunk) {
            Ok(())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    fn finish(mut self) -> io::Result<()> {
        self.send()
    }
}

impl<F: FnMut(Bytes) -> bool> Write for Chunks<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= CHUNK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
