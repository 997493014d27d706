//! JSON as az prints it: `json.dumps(…, indent=2, sort_keys=True, ensure_ascii=False)` of Python (knack, `output.py`).
//!
//! Written straight into the outgoing buffer. A list that several entries share, such as the capabilities of a size in
//! 45 regions, is written once and then copied.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::entries::Sorted;
use super::sink::{CHUNK, Sink};
use super::{DEPTH_LIMIT, OutputError, python};
use crate::document::{Object, Value};

/// Writes a document and its final newline.
pub(super) fn write(value: &Value, sink: &mut Sink<'_>) -> Result<(), OutputError> {
    let mut writer = Writer {
        sink,
        copy_start: None,
        copies: Copies::default(),
    };
    writer.value(value, 0)?;
    sink.buffer.push(b'\n');
    Ok(())
}

struct Writer<'s, 'r> {
    sink: &'s mut Sink<'r>,
    /// Where a list begins that will be copied later: it must stay in the buffer until its end.
    copy_start: Option<usize>,
    copies: Copies,
}

impl Writer<'_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), OutputError> {
        let buffer = &mut self.sink.buffer;
        match value {
            Value::Null => buffer.extend_from_slice(b"null"),
            Value::Bool(true) => buffer.extend_from_slice(b"true"),
            Value::Bool(false) => buffer.extend_from_slice(b"false"),
            Value::Int(number) => buffer.extend_from_slice(number.to_string().as_bytes()),
            Value::Float(number) => buffer.extend_from_slice(float(*number).as_bytes()),
            Value::String(text) => push_string(text, buffer),
            Value::Array(items) => self.array(items, depth)?,
            Value::Object(object) => self.object(object, depth)?,
        }
        Ok(())
    }

    fn array(&mut self, items: &Arc<[Value]>, depth: usize) -> Result<(), OutputError> {
        if self.copy_start.is_some() || depth == 0 || !Copies::worthwhile(items) {
            return self.items(items, depth);
        }
        let key = (Arc::as_ptr(items).cast::<Value>() as usize, depth);
        if let Some(bytes) = self.copies.get(key) {
            self.sink.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        self.copy_start = Some(self.sink.buffer.len());
        self.items(items, depth)?;
        let written = self
            .copy_start
            .take()
            .and_then(|start| self.sink.buffer.get(start..));
        self.copies.remember(key, written);
        Ok(())
    }

    fn items(&mut self, items: &[Value], depth: usize) -> Result<(), OutputError> {
        if items.is_empty() {
            self.sink.buffer.extend_from_slice(b"[]");
            return Ok(());
        }
        let depth = deeper(depth)?;
        self.sink.buffer.push(b'[');
        for (index, item) in items.iter().enumerate() {
            self.next_line(index > 0, depth)?;
            self.value(item, depth)?;
        }
        push_line(&mut self.sink.buffer, depth - 1);
        self.sink.buffer.push(b']');
        Ok(())
    }

    fn object(&mut self, object: &Object, depth: usize) -> Result<(), OutputError> {
        if object.entries.is_empty() {
            self.sink.buffer.extend_from_slice(b"{}");
            return Ok(());
        }
        let depth = deeper(depth)?;
        self.sink.buffer.push(b'{');
        for (index, (key, value)) in Sorted::of(object).iter().enumerate() {
            self.next_line(index > 0, depth)?;
            push_string(key, &mut self.sink.buffer);
            self.sink.buffer.extend_from_slice(b": ");
            self.value(value, depth)?;
        }
        push_line(&mut self.sink.buffer, depth - 1);
        self.sink.buffer.push(b'}');
        Ok(())
    }

    fn next_line(&mut self, comma: bool, depth: usize) -> Result<(), OutputError> {
        if comma {
            self.sink.buffer.push(b',');
        }
        match self.copy_start {
            Some(start) if self.sink.buffer.len() - start < CHUNK => {}
            _ => {
                // Too long to be worth a copy.
                self.copy_start = None;
                self.sink.spill()?;
            }
        }
        push_line(&mut self.sink.buffer, depth);
        Ok(())
    }
}

/// What shared lists look like, by their address and depth. Addresses stay valid while the document is borrowed.
#[derive(Default)]
struct Copies {
    bytes: Vec<u8>,
    ranges: HashMap<(usize, usize), Range<usize>>,
}

impl Copies {
    /// How many bytes are remembered at most.
    const LIMIT: usize = 4 * 1024 * 1024;

    /// Whether the list is likely to come again: its own document and one more hold it anyway.
    fn worthwhile(items: &Arc<[Value]>) -> bool {
        Arc::strong_count(items) > 2 && (2..=256).contains(&items.len())
    }

    fn get(&self, key: (usize, usize)) -> Option<&[u8]> {
        self.ranges
            .get(&key)
            .and_then(|range| self.bytes.get(range.clone()))
    }

    fn remember(&mut self, key: (usize, usize), written: Option<&[u8]>) {
        let Some(written) = written else { return };
        let start = self.bytes.len();
        if start + written.len() <= Self::LIMIT {
            self.bytes.extend_from_slice(written);
            self.ranges.insert(key, start..self.bytes.len());
        }
    }
}

fn deeper(depth: usize) -> Result<usize, OutputError> {
    if depth < DEPTH_LIMIT {
        Ok(depth + 1)
    } else {
        Err(OutputError::TooDeep)
    }
}

/// A line break and the indentation of the next line.
fn push_line(buffer: &mut Vec<u8>, depth: usize) {
    const INDENTED: &[u8] = b"\n                                ";
    if let Some(line) = INDENTED.get(..=2 * depth) {
        buffer.extend_from_slice(line);
    } else {
        buffer.push(b'\n');
        buffer.resize(buffer.len() + 2 * depth, b' ');
    }
}

fn float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned()
    } else {
        python::float(number)
    }
}

fn push_string(text: &str, buffer: &mut Vec<u8>) {
    buffer.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (clean, tail) = rest.split_at(clean_length(rest));
        buffer.extend_from_slice(clean);
        let Some((&special, tail)) = tail.split_first() else {
            break;
        };
        push_escape(special, buffer);
        rest = tail;
    }
    buffer.push(b'"');
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

/// How many bytes need no escape: none of them is a control character, a quote or a backslash.
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

/// Whether any of eight bytes needs an escape. Eight at a time, for strings are most of an answer of 150 MB.
fn any_special(word: u64) -> bool {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word & HIGHS;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, b' ') | equal(b'"') | equal(b'\\') != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &Value) -> String {
        let mut sink = Sink::whole();
        write(value, &mut sink).unwrap();
        String::from_utf8(sink.buffer).unwrap()
    }

    #[test]
    fn every_byte_is_found_special_or_not_at_every_place() {
        for byte in 0..=0x7f_u8 {
            let special = byte < b' ' || byte == b'"' || byte == b'\\';
            for place in 0..19 {
                let mut bytes = [b'a'; 19];
                bytes[place] = byte;
                assert_eq!(clean_length(&bytes), if special { place } else { 19 });
            }
        }
        assert_eq!(
            clean_length("äöüß€😀äöüß€😀".as_bytes()),
            "äöüß€😀äöüß€😀".len()
        );
    }

    #[test]
    fn a_shared_list_is_copied_at_its_own_depth() {
        let shared = Value::from(vec![Value::from(1), Value::from("x")]);
        let document = Value::from(vec![
            Value::object([("b", shared.clone()), ("a", shared.clone())]),
            Value::object([("c", shared.clone())]),
            shared.clone(),
            shared.clone(),
        ]);
        let apart = Value::from(&serde_json::json!([
            {"b": [1, "x"], "a": [1, "x"]}, {"c": [1, "x"]}, [1, "x"], [1, "x"]
        ]));
        assert_eq!(text(&document), text(&apart));
    }

    #[test]
    fn a_document_deeper_than_the_limit_is_refused() {
        let mut value = Value::Null;
        for _ in 0..=DEPTH_LIMIT {
            value = Value::from(vec![value]);
        }
        assert_eq!(write(&value, &mut Sink::whole()), Err(OutputError::TooDeep));
    }
}
