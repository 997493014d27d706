//! One response of the SKU list: its entries, and their bytes, plain or compressed, generated while
//! they are sent.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, MutexGuard, PoisonError};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Catalogue, Machine};

/// Number of bytes that are gathered before they are sent.
const CHUNK: usize = 128 * 1024;

/// Some entries of a catalogue.
#[derive(Debug)]
pub struct Listing {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) indexes: Vec<usize>,
    pub(super) next: Option<usize>,
    /// The key of its compressed body in the catalogue's cache, if it is a whole listing.
    pub(super) key: Option<String>,
}

impl Listing {
    /// Returns the index at which the next page starts.
    pub fn next(&self) -> Option<usize> {
        self.next
    }

    /// Returns the entries' JSON texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let entries = self.indexes.iter();
        let entries = entries.filter_map(|index| self.catalogue.entries.get(*index));
        entries.map(|entry| entry.text.get())
    }

    /// Returns the virtual machines among the entries.
    pub(crate) fn machines(&self) -> impl Iterator<Item = Machine<'_>> {
        self.texts().filter_map(Machine::parse)
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
        chunks.send()
    }

    /// Writes the same, compressed; a whole listing is compressed once.
    pub fn write_gzip(
        &self,
        next_link: Option<&str>,
        mut accept: impl FnMut(Bytes) -> bool,
    ) -> io::Result<()> {
        let key = self.key.as_ref();
        if let Some(mut rest) = key.and_then(|key| self.compressed().get(key).cloned()) {
            while !rest.is_empty() && accept(rest.split_to(rest.len().min(CHUNK))) {}
            return Ok(());
        }
        let mut all = Vec::new();
        let keep = |chunk: Bytes| {
            all.extend_from_slice(&chunk);
            accept(chunk)
        };
        let chunks = Chunks {
            gathered: Vec::new(),
            accept: keep,
        };
        let mut encoder = GzEncoder::new(chunks, Compression::fast());
        self.write_json(next_link, &mut encoder)?;
        encoder.finish()?.send()?;
        if let Some(key) = key {
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

    fn compressed(&self) -> MutexGuard<'_, HashMap<String, Bytes>> {
        let compressed = self.catalogue.compressed.lock();
        compressed.unwrap_or_else(PoisonError::into_inner)
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
