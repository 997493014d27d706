//! JSON as az prints it: `json.dumps(…, indent=2, sort_keys=True, ensure_ascii=False)` of Python
//! (knack, `output.py`).
//!
//! The text goes straight into the outgoing buffer. A part that several entries share, such as the
//! capabilities of a size in 45 regions, is written twice and then copied.

use std::sync::Arc;

use azq_document::{LazyObject, Object, Value};
use azq_python::number::json_float;

use super::copies::{Copies, Key, Look};
use super::entries::Sorted;
use super::sink::{CHUNK, Sink};
use super::{DEPTH_LIMIT, OutputError};

/// Writes a document and its final newline.
pub(super) fn write(value: &Value, sink: &mut Sink<'_>) -> Result<(), OutputError> {
    let entries = value.as_array().map_or(1, <[_]>::len);
    Writer::to(sink, entries).value(value, 0)?;
    sink.buffer.push(b'\n');
    Ok(())
}

/// Writes a list of lazy objects, which are never built.
pub(super) fn write_list<C: LazyObject>(
    objects: &[C],
    sink: &mut Sink<'_>,
) -> Result<(), OutputError> {
    let mut writer = Writer::to(sink, objects.len());
    writer.items(objects, 0, |writer, object, depth| {
        writer.composed(object, depth)
    })?;
    sink.buffer.push(b'\n');
    Ok(())
}

struct Writer<'s, 'r> {
    sink: &'s mut Sink<'r>,
    /// Where a list begins that will be copied later: it must stay in the buffer until its end.
    copy_start: Option<usize>,
    copies: Copies,
}

impl<'s, 'r> Writer<'s, 'r> {
    /// Creates the writer of an answer of so many entries.
    fn to(sink: &'s mut Sink<'r>, entries: usize) -> Self {
        Self {
            sink,
            copy_start: None,
            copies: Copies::among(entries),
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

    /// Writes a long string in parts, because a query can make one of any length and escapes add to
    /// it.
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
        let write = |writer: &mut Self| writer.items(items, depth, Self::value);
        if depth > 0 && Copies::worthwhile(items, items) {
            self.once(Copies::key(items, depth), write)
        } else {
            write(self)
        }
    }

    fn items<T>(
        &mut self,
        items: &[T],
        depth: usize,
        write: impl Fn(&mut Self, &T, usize) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        if items.is_empty() {
            self.sink.buffer.extend_from_slice(b"[]");
            return Ok(());
        }
        let depth = deeper(depth)?;
        self.sink.buffer.push(b'[');
        for (index, item) in items.iter().enumerate() {
            self.next_line(index > 0, depth)?;
            write(self, item, depth)?;
        }
        push_line(&mut self.sink.buffer, depth - 1);
        self.sink.buffer.push(b']');
        Ok(())
    }

    fn composed(&mut self, object: &impl LazyObject, depth: usize) -> Result<(), OutputError> {
        let depth = deeper(depth)?;
        let mut is_empty = true;
        for run in object.runs() {
            self.sink.buffer.push(if is_empty { b'{' } else { b',' });
            is_empty = false;
            self.once(Copies::key(run, depth), |writer| {
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

    /// Writes a part that may occur again, or copies it.
    fn once(
        &mut self,
        key: Option<Key>,
        write: impl FnOnce(&mut Self) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        let Some(key) = key else {
            return write(self);
        };
        match self.copies.look(key) {
            Look::Copy(bytes) => {
                self.sink.buffer.extend_from_slice(bytes);
                Ok(())
            }
            Look::Again if self.copy_start.is_none() => {
                self.copy_start = Some(self.sink.buffer.len());
                write(self)?;
                let start = self.copy_start.take();
                if let Some(written) = start.and_then(|start| self.sink.buffer.get(start..)) {
                    self.copies.remember(key, written);
                }
                Ok(())
            }
            Look::First | Look::Again => write(self),
        }
    }

    fn object(&mut self, object: &Arc<Object>, depth: usize) -> Result<(), OutputError> {
        let write = |writer: &mut Self| writer.entries(object, depth);
        if Copies::worthwhile(object, &object.entries) {
            self.once(Copies::key(&object.entries, depth), write)
        } else {
            write(self)
        }
    }

    fn entries(&mut self, object: &Object, depth: usize) -> Result<(), OutputError> {
        if object.entries.is_empty() {
            self.sink.buffer.extend_from_slice(b"{}");
            return Ok(());
        }
        let depth = deeper(depth)?;
        self.sink.buffer.push(b'{');
        for (index, (key, value)) in Sorted::of(object).iter().enumerate() {
            self.next_line(index > 0, depth)?;
            self.entry(key, value, depth)?;
        }
        push_line(&mut self.sink.buffer, depth - 1);
        self.sink.buffer.push(b'}');
        Ok(())
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

fn deeper(depth: usize) -> Result<usize, OutputError> {
    if depth < DEPTH_LIMIT {
        Ok(depth + 1)
    } else {
        Err(OutputError::TooDeep)
    }
}

/// Writes a line break and the indentation of the next line.
fn push_line(buffer: &mut Vec<u8>, depth: usize) {
    // Of a fixed length, which costs no call: there is one for each of some millions of lines.
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

/// Writes the text between the quotes. No byte of a longer character is special.
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

/// Returns whether any of eight bytes needs an escape.
///
/// Eight at a time, because strings are most of an answer of 150 MB.
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
    use azq_jmespath::Unlimited;

    fn text(value: &Value) -> String {
        let mut sink = Sink::whole(&Unlimited);
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
            shared.clone(),
        ]);
        let apart = Value::from(&serde_json::json!([
            {"b": [1, "x"], "a": [1, "x"]}, {"c": [1, "x"]}, [1, "x"], [1, "x"], [1, "x"]
        ]));
        assert_eq!(text(&document), text(&apart));
    }

    /// Runs that objects share.
    struct Parts(Vec<Arc<[(&'static str, Value)]>>);

    impl LazyObject for Parts {
        type Key = &'static str;

        fn runs(&self) -> impl Iterator<Item = &[(&'static str, Value)]> {
            self.0.iter().map(|run| &**run)
        }

        fn document(&self) -> Value {
            Value::object(self.runs().flatten().cloned())
        }
    }

    #[test]
    fn objects_that_share_runs_look_as_if_put_together() {
        let list = Value::from(vec![Value::from(1), Value::from("\n")]);
        let run = |key, value: &Value| Arc::from([(key, value.clone())]);
        let (a, b) = (run("a", &list), run("b", &list));
        let long = "x".repeat(CHUNK);
        let objects: Vec<Parts> = (0..40)
            .map(|number| match number % 4 {
                0 => Parts(vec![Arc::clone(&a), Arc::clone(&b)]),
                1 => Parts(vec![Arc::clone(&b), run("c", &Value::from(number))]),
                2 => Parts(vec![Arc::clone(&a), run("z", &Value::from(long.as_str()))]),
                _ => Parts(Vec::new()),
            })
            .collect();
        let together = Value::list(&objects);
        let mut sink = Sink::whole(&Unlimited);
        write_list(&objects, &mut sink).unwrap();
        assert_eq!(String::from_utf8(sink.buffer).unwrap(), text(&together));
        let mut sink = Sink::whole(&Unlimited);
        write_list::<Parts>(&[], &mut sink).unwrap();
        assert_eq!(sink.buffer, b"[]\n");
    }

    /// In any order, one within another, and more of it than there are places for copies.
    #[test]
    fn what_is_shared_looks_as_if_it_were_not() {
        let part = |number: i64| {
            let text = "x".repeat(usize::try_from(number).unwrap() % 700);
            let pair = |number| Value::from(vec![Value::from(number), Value::Null]);
            let (one, two) = (pair(number), pair(number + 1));
            Value::from(vec![one.clone(), Value::from(text), one, two.clone(), two])
        };
        let shared: Vec<_> = (0..2_000).map(part).collect();
        let mut random = fastrand::Rng::with_seed(1);
        let numbers: Vec<_> = (0..10_000).map(|_| random.i64(0..2_000)).collect();
        let of = |part: &dyn Fn(i64) -> Value| {
            Value::from(
                numbers
                    .iter()
                    .map(|number| part(*number))
                    .collect::<Vec<_>>(),
            )
        };
        let sharing = of(&|number| shared[usize::try_from(number).unwrap()].clone());
        let whole = |value: &Value| {
            let mut bytes = Vec::new();
            let mut receive = |chunk: Vec<u8>| {
                bytes.extend(chunk);
                std::ops::ControlFlow::Continue(())
            };
            let mut sink = Sink::chunked(&mut receive, &Unlimited);
            write(value, &mut sink).unwrap();
            sink.finish().unwrap();
            bytes
        };
        assert!(whole(&sharing) == whole(&of(&part)));
    }

    #[test]
    fn a_document_deeper_than_the_limit_is_refused() {
        let mut value = Value::Null;
        for _ in 0..=DEPTH_LIMIT {
            value = Value::from(vec![value]);
        }
        assert_eq!(
            write(&value, &mut Sink::whole(&Unlimited)),
            Err(OutputError::TooDeep)
        );
    }
}
