use super::*;

fn read(text: &str) -> Ini {
    Ini::parse(text).expect("a valid file")
}

fn check(ini: &Ini, section: &str, option: &str, expected: Option<&str>) {
    let value = ini.get(section, option);
    assert_eq!(value.as_deref(), expected, "{section} {option}");
}

#[test]
fn delimiters_comments_and_case_are_pythons() {
    let ini = read("# x\n[core]\nOutput = table ; kept\n ; gone\nno_color:TRUE\n[Core]\na=\n");
    check(&ini, "core", "OUTPUT", Some("table ; kept"));
    check(&ini, "core", "no_color", Some("TRUE"));
    check(&ini, "Core", "a", Some(""));
    check(&ini, "CORE", "a", None);
    assert_eq!(ini.sections().collect::<Vec<_>>(), ["core", "Core"]);
}

#[test]
fn deeper_lines_continue_a_value() {
    let ini = read("[s]\na = 1\n  2\n\n  3\n\nb=4\n  c = 5\n");
    check(&ini, "s", "a", Some("1\n2\n\n3"));
    check(&ini, "s", "b", Some("4\nc = 5"));
}

#[test]
fn every_line_end_of_python_is_one() {
    let ini = read("[s]\r\na=1\rb=2\nc=x\u{b}y\r\n\r\nd=3");
    for (option, expected) in [("a", "1"), ("b", "2"), ("c", "x\u{b}y"), ("d", "3")] {
        check(&ini, "s", option, Some(expected));
    }
}

#[test]
fn the_default_section_is_everyones_fallback() {
    let ini = read("[DEFAULT]\nhost = h\n[a]\nurl = https://%(host)s/%%\n[b]\nhost=own\n");
    check(&ini, "a", "url", Some("https://h/%"));
    check(&ini, "b", "host", Some("own"));
    check(&ini, "nosuch", "host", None);
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
        check(&ini, "a", option, Some(expected));
    }
}

#[test]
fn what_python_refuses_is_refused() {
    let refused = |text, error: &str| {
        let kind = Ini::parse(text).expect_err("refused").to_string();
        assert_eq!(kind, error, "{text:?}");
    };
    let no_header = "File contains no section headers";
    let syntax = "Source contains parsing errors";
    refused("hello\n", &format!("{no_header} (line 1: \"hello\")"));
    refused("[]\n", &format!("{no_header} (line 1: \"[]\")"));
    refused("[a]\nhello\n", &format!("{syntax} (line 2: \"hello\")"));
    refused("[a]\n= 1\n", &format!("{syntax} (line 2: \"= 1\")"));
    refused("[a]\n[b]\n[a]\n", "section 'a' already exists (line 3)");
    let twice = "option 'x' in section 'a' already exists (line 3)";
    refused("[a]\nX=1\nx=2\n", twice);
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
    check(&ini, "a", "x1", Some(""));
    let far = ini.get("a", "x9").expect("a value");
    assert!(far.starts_with("%(x8)s"));
}

#[test]
fn many_sections_do_not_each_keep_all_defaults() {
    let mut text = "[DEFAULT]\n".to_owned();
    text.extend((0..20_000).map(|number| format!("d{number}=\n")));
    text.extend((0..200_000).map(|number| format!("[{number}]\n")));
    let ini = read(&text);
    assert_eq!(ini.sections().count(), 200_000);
    check(&ini, "7", "D19999", Some(""));
}

#[test]
fn the_header_ends_at_the_last_bracket() {
    assert_eq!(read("[a]b] trailing\n").sections().next(), Some("a]b"));
}
