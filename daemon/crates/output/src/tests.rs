//! Tests of formats, chunks and limits together; each format's own tests are beside it.

use azq_jmespath::Unlimited;

use super::*;

fn rendering(format: Format) -> Rendering<'static> {
    Rendering {
        format,
        query: None,
        color: true,
        table: Table::Automatic,
        checkpoint: &Unlimited,
    }
}

/// Returns a list of rows that fills several chunks in any format.
fn long_document() -> Value {
    let row = |number: i64| {
        Value::object([
            ("name", Value::from(format!("row {number}"))),
            ("text", Value::from("x ".repeat(60))),
            (
                "shared",
                Value::from(vec![Value::from(number), Value::Null]),
            ),
        ])
    };
    (0..2_000).map(row).collect()
}

#[test]
fn formats_are_known_by_their_names_in_any_case() {
    for (name, format) in Format::ALL {
        assert_eq!(name.to_uppercase().parse(), Ok(format));
    }
    assert!("xml".parse::<Format>().is_err());
}

#[test]
fn chunks_make_up_the_whole() {
    let document = long_document();
    for (name, format) in Format::ALL {
        let whole = render(&document, &rendering(format)).unwrap();
        let (chunks, ended) = chunks(&document, format);
        assert_eq!((chunks.concat(), ended), (whole.clone(), Ok(())), "{name}");
        let full = chunks.iter().rev().skip(1);
        assert!(
            full.clone().all(|chunk| chunk.len() >= sink::CHUNK),
            "{name}"
        );
        assert!(whole.is_empty() || full.count() > 1, "{name}");
    }
}

#[test]
fn a_receiver_that_wants_no_more_ends_the_rendering() {
    let document = long_document();
    for format in [
        Format::Json,
        Format::Jsonc,
        Format::Yamlc,
        Format::Tsv,
        Format::Table,
    ] {
        let mut received = 0;
        let mut receive = |_| {
            received += 1;
            ControlFlow::Break(())
        };
        let ended = render_into(&document, &rendering(format), &mut receive);
        assert_eq!((ended, received), (Err(OutputError::Closed), 1));
    }
}

#[test]
fn what_is_small_in_memory_but_endless_on_paper_is_refused() {
    let mut value = Value::from("x");
    for _ in 0..60 {
        value = Value::from(vec![value.clone(), value]);
    }
    let rows = Value::from(vec![value]);
    for (name, format) in Format::ALL {
        if !matches!(format, Format::Tsv | Format::None) {
            let refused = render(&rows, &rendering(format));
            assert_eq!(refused, Err(OutputError::TooLarge), "{name}");
        }
    }
}

#[test]
fn a_row_that_makes_all_others_too_wide_is_refused() {
    let mut rows = vec![Value::from(1); 10_000];
    rows.push(Value::from(rows.clone()));
    let refused = render(&Value::from(rows), &rendering(Format::Table));
    assert_eq!(refused, Err(OutputError::TooLarge));
}

/// Returns the chunks that a document is rendered in, and the result of the rendering.
pub(super) fn chunks(document: &Value, format: Format) -> (Vec<Vec<u8>>, Result<(), OutputError>) {
    let mut chunks = Vec::new();
    let mut receive = |chunk| {
        chunks.push(chunk);
        ControlFlow::Continue(())
    };
    let ended = render_into(document, &rendering(format), &mut receive);
    (chunks, ended)
}

/// Checks that a document is refused as too large, in chunks that are not long.
fn is_too_large_in_chunks(document: &Value, format: Format) {
    let (chunks, ended) = chunks(document, format);
    assert_eq!(ended, Err(OutputError::TooLarge));
    assert!(chunks.iter().all(|chunk| chunk.len() < 4 * sink::CHUNK));
}

#[test]
fn a_table_whose_last_row_fills_a_chunk_has_no_empty_line() {
    let rows = Value::from(vec![Value::from("x".repeat(sink::CHUNK)); 2]);
    let table = render(&rows, &rendering(Format::Table)).unwrap();
    let (chunks, ended) = chunks(&rows, Format::Table);
    assert_eq!((chunks.concat(), ended), (table.clone(), Ok(())));
    assert!(table.ends_with(b"x\n"));
}

#[test]
fn many_lines_in_one_cell_do_not_make_another_cell_endless() {
    let cells = vec![
        Value::from("b".repeat(5_000)),
        Value::from("a\n".repeat(5_000) + "a"),
    ];
    let column = Value::from(cells.clone());
    let row = Value::from(vec![Value::from(cells)]);
    for document in [column, row] {
        is_too_large_in_chunks(&document, Format::Table);
    }
}

#[test]
fn a_text_of_short_lines_deep_in_yaml_takes_the_memory_of_a_chunk() {
    for text in ["a\n".repeat(100_000), "aaaa ".repeat(400_000)] {
        let deepen = |value, _| Value::from(vec![value]);
        let document = (0..DEPTH_LIMIT - 1).fold(Value::from(text), deepen);
        is_too_large_in_chunks(&document, Format::Yaml);
    }
}

#[test]
fn a_table_comes_from_the_query_else_from_the_command_else_from_the_document() {
    let document = Value::object([("b", Value::from(1)), ("a", Value::from(2))]);
    let text = |table, query| {
        let rendering = Rendering {
            query,
            table,
            ..rendering(Format::Table)
        };
        String::from_utf8(render(&document, &rendering).unwrap()).unwrap()
    };
    let transform =
        Table::Transform(|value| Value::object([("z", value.clone()), ("y", Value::from("own"))]));
    let query = azq_jmespath::compile("{q: b, p: a}").unwrap();
    assert_eq!(text(Table::Automatic, None), "A    B\n---  ---\n2    1\n");
    assert_eq!(text(transform, None), "Y\n---\nown\n");
    assert_eq!(
        text(Table::Query("{d: a, c: b}"), None),
        "D    C\n---  ---\n2    1\n"
    );
    assert_eq!(text(transform, Some(&query)), "Q    P\n---  ---\n1    2\n");
}

#[test]
fn equal_parts_have_anchors_only_where_a_query_selects_one_part_twice() {
    let shared = Value::from(vec![Value::from(1)]);
    let document = Value::object([("a", shared.clone()), ("b", shared)]);
    let text = |query: &str| {
        let query = azq_jmespath::compile(query).unwrap();
        let rendering = Rendering {
            query: Some(&query),
            ..rendering(Format::Yaml)
        };
        String::from_utf8(render(&document, &rendering).unwrap()).unwrap()
    };
    assert_eq!(text("[a, b]"), "- - 1\n- - 1\n");
    assert_eq!(text("[a, a]"), "- &id001\n  - 1\n- *id001\n");
    assert_eq!(text("[a, a, {x: b}]"), "- - 1\n- - 1\n- x:\n  - 1\n");
}
