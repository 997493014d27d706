use super::*;

fn read(text: &str) -> Ini {
    Ini::parse(text).expect("a valid file")
}

fn value(ini: &Ini, section: &str, option: &str) -> Option<String> {
    ini.get(section, option).map(Cow::into_owned)
}

#[test]
fn delimiters_comments_and_case_are_pythons() {
    let ini = read("# x\n[core]\nOutput = table ; kept\n ; gone\nno_color:TRUE\n[Core]\na=\n");
    assert_eq!(
        value(&ini, "core", "OUTPUT").as_deref(),
        Some("table ; kept")
    );
    assert_eq!(value(&ini, "core", "no_color").as_deref(), Some("TRUE"));
    assert_eq!(value(&ini, "Core", "a").as_deref(), Some(""));
    assert_eq!(value(&ini, "CORE", "a").as_deref(), None);
    assert_eq!(ini.sections().collect::<Vec<_>>(), ["core", "Core"]);
}

#[test]
fn deeper_lines_continue_a_value() {
    let ini = read("[s]\na = 1\n  2\n\n  3\n\nb=4\n  c = 5\n");
    assert_eq!(value(&ini, "s", "a").as_deref(), Some("1\n2\n\n3"));
    assert_eq!(value(&ini, "s", "b").as_deref(), Some("4\nc = 5"));
}

#[test]
fn every_line_end_of_python_is_one() {
    let ini = read("[s]\r\na=1\rb=2\nc=x\u{b}y\r\n\r\nd=3");
    for (option, expected) in [("a", "1"), ("b", "2"), ("c", "x\u{b}y"), ("d", "3")] {
        assert_eq!(value(&ini, "s", option).as_deref(), Some(expected));
    }
}

#[test]
fn the_default_section_is_everyones_fallback() {
    let ini = read("[DEFAULT]\nhost = h\n[a]\nurl = https://%(host)s/%%\n[b]\nhost=own\n");
    assert_eq!(value(&ini, "a", "url").as_deref(), Some("https://h/%"));
    assert_eq!(value(&ini, "b", "host").as_deref(), Some("own"));
    assert_eq!(value(&ini, "nosuch", "host").as_deref(), None);
}

#[test]
fn a_value_that_cannot_be_interpolated_stands_as_written() {
    let ini = read("[a]\nx = 100%\ny = %(x\nz = %(z)s\nw=%(nosuch)s");
    for (option, expected) in [
        ("x", "100%"),
        ("y", "%(x"),
        ("z", "%(z)s"),
        ("w", "%(nosuch)s"),
    ] {
        assert_eq!(value(&ini, "a", option).as_deref(), Some(expected));
    }
}

#[test]
fn what_python_refuses_is_refused() {
    let kind = |text| Ini::parse(text).expect_err("refused").to_string();
    assert_eq!(
        kind("hello\n"),
        "File contains no section headers (line 1: \"hello\")"
    );
    assert_eq!(
        kind("[a]\nhello\n"),
        "Source contains parsing errors (line 2: \"hello\")"
    );
    assert_eq!(
        kind("[a]\n[b]\n[a]\n"),
        "section 'a' already exists (line 3)"
    );
    assert_eq!(
        kind("[a]\nX=1\nx=2\n"),
        "option 'x' in section 'a' already exists (line 3)"
    );
    assert!(kind("[a]\n= 1\n").starts_with("Source contains"));
    assert!(kind("[]\n").starts_with("File contains no"));
}

#[test]
fn interpolation_cannot_grow_without_bound() {
    let mut text = "[a]\nx0 = 0123456789\n".to_owned();
    for level in 1..10 {
        let before = format!("%(x{})s", level - 1).repeat(100);
        text.extend(["x", &level.to_string(), " = ", &before, "\n"]);
    }
    assert!(
        read(&text)
            .get("a", "x9")
            .expect("a value")
            .starts_with("%(x8)s")
    );
}

#[test]
fn references_to_nothing_are_bounded_too() {
    let mut text = "[DEFAULT]\nx0 =\n[a]\n".to_owned();
    for level in 1..=9 {
        let before = format!("%(x{})s", level - 1).repeat(1_000);
        text.extend(["x", &level.to_string(), " = ", &before, "\n"]);
    }
    let ini = read(&text);
    assert_eq!(value(&ini, "a", "x1").as_deref(), Some(""));
    let far = value(&ini, "a", "x9").expect("a value");
    assert!(far.starts_with("%(x8)s"));
}

#[test]
fn many_sections_do_not_each_keep_all_defaults() {
    let mut text = "[DEFAULT]\n".to_owned();
    text.extend((0..20_000).map(|number| format!("d{number}=\n")));
    text.extend((0..200_000).map(|number| format!("[{number}]\n")));
    let ini = read(&text);
    assert_eq!(ini.sections().count(), 200_000);
    assert_eq!(value(&ini, "7", "D19999").as_deref(), Some(""));
}

#[test]
fn the_header_ends_at_the_last_bracket() {
    assert_eq!(read("[a]b] trailing\n").sections().next(), Some("a]b"));
}
