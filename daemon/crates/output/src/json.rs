//! JSON as az prints it: `json.dumps(…, indent=2, sort_keys=True, ensure_ascii=False)` of Python
//! (knack, `output.py`).
//!
//! The text is written straight into the outgoing buffer. A part that several entries share, such
//! as the capabilities of a size in 45 regions, is written twice and then copied.

use std::sync::Arc;

use azq_document::{LazyObject, Object, Value};
use azq_python::number::json_float;

use super::entries::sorted;
use super::fragment_cache::{FragmentCache, Key, Lookup};
use super::sink::{CHUNK, Sink};
use super::{DEPTH_LIMIT, OutputError};

/// Writes a document and its final newline.
pub(super) fn write(value: &Value, sink: &mut Sink<'_>) -> Result<(), OutputError> {
    let entries = value.as_array().map_or(1, <[_]>::len);
    Writer::to(sink, entries).value(value, 0)?;
    sink.buffer.push(b'\n');
    Ok(())
}

/// Writes a list of lazy objects without building them.
pub(super) fn write_list<C: LazyObject>(
    objects: &[C],
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    let mut writer = Writer::to(sink, objects.len());
    writer.block(*b"[]", objects.len(), objects, 0, Writer::composed)?;
    sink.buffer.push(b'\n');
    Ok(())
}

struct Writer<'s, 'r> {
    sink: &'s mut Sink<'r>,
    /// The start of a list that will be copied later, which must stay in the buffer until its end.
    copy_start: Option<usize>,
    copies: FragmentCache,
}

impl<'s, 'r> Writer<'s, 'r> {
    /// Creates the writer of an answer of so many entries.
    fn to(sink: &'s mut Sink<'r>, entries: usize) -> Self {
        Self {
            sink,
            copy_start: None,
            copies: FragmentCache::among(entries),
        }
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<(), OutputError> {
        let buffer = &mut self.sink.buffer;
        match value {
            Value::Null => buffer.extend_from_slice(b"null"),
            Value::Bool(true) => buffer.extend_from_slice(b"true"),
            Value::Bool(false) => buffer.extend_from_slice(b"false"),
            Value::Int(number) => buffer.extend_from_slice(number.to_string().as_bytes()),
            Value::BigInt(digits) => buffer.extend_from_slice(digits.as_bytes()),
            Value::Float(number) => buffer.extend_from_slice(json_float(*number).as_bytes()),
            Value::String(text) if text.len() > CHUNK => return self.long_string(text),
            Value::String(text) => push_string(text, buffer),
            Value::Bytes(bytes) => push_string(&String::from_utf8_lossy(bytes), buffer),
            Value::Array(items) => self.array(items, depth)?,
            Value::Object(object) => self.object(object, depth)?,
        }
        Ok(())
    }

    /// Writes a long string in parts, because a query can make a string of any length and escapes
    /// lengthen it.
    fn long_string(&mut self, text: &str) -> Result<(), OutputError> {
        // Too long to be worth a copy.
        self.copy_start = None;
        self.sink.buffer.push(b'"');
        for part in text.as_bytes().chunks(CHUNK) {
            push_content(part, &mut self.sink.buffer);
            self.sink.spill()?;
        }
        self.sink.buffer.push(b'"');
        Ok(())
    }

    fn array(&mut self, items: &Arc<[Value]>, depth: usize) -> Result<(), OutputError> {
        let key = (depth > 0 && FragmentCache::worthwhile(items, items))
            .then(|| FragmentCache::key(items, depth));
        self.once(key.flatten(), |writer| {
            writer.block(*b"[]", items.len(), &**items, depth, Self::value)
        })
    }

    /// Writes so many items within brackets, each on a line of its own.
    fn block<T>(
        &mut self,
        [open, close]: [u8; 2],
        count: usize,
        items: impl IntoIterator<Item = T>,
        depth: usize,
        write: impl Fn(&mut Self, T, usize) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        self.sink.buffer.push(open);
        if count > 0 {
            let depth = deeper(depth)?;
            for (index, item) in items.into_iter().enumerate() {
                self.next_line(index > 0, depth)?;
                write(self, item, depth)?;
            }
            push_line(&mut self.sink.buffer, depth - 1);
        }
        self.sink.buffer.push(close);
        Ok(())
    }

    fn composed(&mut self, object: &impl LazyObject, depth: usize) -> Result<(), OutputError> {
        let depth = deeper(depth)?;
        let mut is_empty = true;
        for run in object.runs() {
            self.sink.buffer.push(if is_empty { b'{' } else { b',' });
            is_empty = false;
            self.once(FragmentCache::key(run, depth), |writer| {
                for (index, (key, value)) in run.iter().enumerate() {
                    writer.next_line(index > 0, depth)?;
                    writer.entry(key.as_ref(), value, depth)?;
                }
                Ok(())
            })?;
        }
        if is_empty {
            self.sink.buffer.extend_from_slice(b"{}");
            return Ok(());
        }
        push_line(&mut self.sink.buffer, depth - 1);
        self.sink.buffer.push(b'}');
        Ok(())
    }

    /// Writes a part that may occur again, or copies its text.
    fn once(
        &mut self,
        key: Option<Key>,
        write: impl FnOnce(&mut Self) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        let Some(key) = key else {
            return write(self);
        };
        match self.copies.look(key) {
            Lookup::Copy(bytes) => {
                self.sink.buffer.extend_from_slice(bytes);
                Ok(())
            }
            Lookup::Again if self.copy_start.is_none() => {
                self.copy_start = Some(self.sink.buffer.len());
                write(self)?;
                let start = self.copy_start.take();
                if let Some(written) = start.and_then(|start| self.sink.buffer.get(start..)) {
                    self.copies.remember(key, written);
                }
                Ok(())
            }
            Lookup::First | Lookup::Again => write(self),
        }
    }

    fn object(&mut self, object: &Arc<Object>, depth: usize) -> Result<(), OutputError> {
        let entries = &object.entries;
        let key =
            FragmentCache::worthwhile(object, entries).then(|| FragmentCache::key(entries, depth));
        self.once(key.flatten(), |writer| {
            let entries = sorted(object);
            writer.block(
                *b"{}",
                object.entries.len(),
                entries,
                depth,
                |writer, entry, depth| writer.entry(&entry.0, &entry.1, depth),
            )
        })
    }

    fn entry(&mut self, key: &str, value: &Value, depth: usize) -> Result<(), OutputError> {
        push_string(key, &mut self.sink.buffer);
        self.sink.buffer.extend_from_slice(b": ");
        self.value(value, depth)
    }

    fn next_line(&mut self, comma: bool, depth: usize) -> Result<(), OutputError> {
        if comma {
            self.sink.buffer.push(b',');
        }
        let length = |start| self.sink.buffer.len() - start;
        if self.copy_start.is_none_or(|start| length(start) >= CHUNK) {
            // Too long to be worth a copy.
            self.copy_start = None;
            self.sink.spill()?;
        }
        push_line(&mut self.sink.buffer, depth);
        Ok(())
    }
}

fn deeper(depth: usize) -> Result<usize, OutputError> {
    if depth < DEPTH_LIMIT {
        Ok(depth + 1)
    } else {
        Err(OutputError::TooDeep)
    }
}

/// Writes a line break and the indentation of the next line.
fn push_line(buffer: &mut Vec<u8>, depth: usize) {
    // A fixed length needs no call, which matters for some millions of lines.
    const INDENTED: &[u8; 33] = b"\n                                ";
    if 2 * depth < INDENTED.len() {
        let start = buffer.len();
        buffer.extend_from_slice(INDENTED);
        buffer.truncate(start + 1 + 2 * depth);
    } else {
        buffer.push(b'\n');
        buffer.resize(buffer.len() + 2 * depth, b' ');
    }
}

fn push_string(text: &str, buffer: &mut Vec<u8>) {
    buffer.push(b'"');
    push_content(text.as_bytes(), buffer);
    buffer.push(b'"');
}

/// Writes the text between the quotes. No byte of a multi-byte character is special.
fn push_content(mut rest: &[u8], buffer: &mut Vec<u8>) {
    loop {
        let (clean, tail) = rest.split_at(clean_length(rest));
        buffer.extend_from_slice(clean);
        let Some((&special, tail)) = tail.split_first() else {
            break;
        };
        push_escape(special, buffer);
        rest = tail;
    }
}

fn push_escape(special: u8, buffer: &mut Vec<u8>) {
    let letter = match special {
        b'"' | b'\\' => special,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x0c => b'f',
        0x08 => b'b',
        _ => return buffer.extend_from_slice(format!("\\u{special:04x}").as_bytes()),
    };
    buffer.extend_from_slice(&[b'\\', letter]);
}

/// Counts the leading bytes that need no escape: no control character, quote or backslash.
fn clean_length(bytes: &[u8]) -> usize {
    const WORD: usize = size_of::<u64>();
    let words = bytes.chunks_exact(WORD);
    let clean = words
        .take_while(|word| {
            let mut eight = [0; WORD];
            eight.copy_from_slice(word);
            !any_special(u64::from_le_bytes(eight))
        })
        .count()
        * WORD;
    let rest = bytes.get(clean..).unwrap_or_default();
    clean
        + rest
            .iter()
            .take_while(|&&byte| byte >= b' ' && byte != b'"' && byte != b'\\')
            .count()
}

/// Whether any of eight bytes needs an escape.
///
/// Eight bytes are checked at a time, because strings are most of an answer of 150 MB.
fn any_special(word: u64) -> bool {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word & HIGHS;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, b' ') | equal(b'"') | equal(b'\\') != 0
}

#[cfg(test)]
mod tests;
