use super::*;
use crate::Format;
use crate::tests::chunks;
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

/// An object of runs that other objects share.
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

/// The shared parts come in any order, are nested, and are more than the cache has slots for.
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
    let of = |part: &dyn Fn(i64) -> Value| numbers.iter().map(|number| part(*number)).collect();
    let sharing = of(&|number| shared[usize::try_from(number).unwrap()].clone());
    let whole = |value: &Value| chunks(value, Format::Json).0.concat();
    assert!(whole(&sharing) == whole(&of(&part)));
}

#[test]
fn a_document_deeper_than_the_limit_is_refused() {
    let value = (0..=DEPTH_LIMIT).fold(Value::Null, |value, _| Value::from(vec![value]));
    let refused = write(&value, &mut Sink::whole(&Unlimited));
    assert_eq!(refused, Err(OutputError::TooDeep));
}
