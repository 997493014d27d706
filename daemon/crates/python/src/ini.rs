//! INI files as Python's `configparser` reads them (`CPython` 3.11, `RawConfigParser._read` with
//! its defaults).
//!
//! az's `config` and `clouds.config` are such files, so what one of them means is what Python says
//! it means: `=` or `:` after the option's name, whole-line comments by `#` or `;`, values
//! continued by deeper indentation, option names without regard to case, section names with,
//! `DEFAULT` as everyone's fallback, duplicates refused, and `%(name)s` interpolated when a value
//! is asked for.
//!
//! Invariants: reading takes time and memory in proportion to the file, for a value is interpolated
//! only when it is asked for; and that is bounded, however the values refer to each other.
//!
//! Deliberately absent: writing. azq never changes az's files.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The section whose options every other section has too.
const DEFAULT: &str = "DEFAULT";
/// How deeply `%(name)s` may refer to values that refer on
/// (`configparser.MAX_INTERPOLATION_DEPTH`).
const MAX_DEPTH: usize = 10;
/// How long a value may become by it: a few lines can otherwise grow to any size.
const MAX_LENGTH: usize = 64 << 10;
/// How many references one value may take: a few lines can otherwise refer to each other for years
/// without becoming long.
const MAX_REFERENCES: usize = 1_000;

/// Why a file could not be read, in `configparser`'s words without the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IniError {
    /// Text before the first `[section]`.
    #[error("File contains no section headers (line {line}: {text:?})")]
    MissingSectionHeader {
        /// Counted from 1.
        line: usize,
        /// The line itself.
        text: String,
    },
    /// A section begun twice.
    #[error("section '{section}' already exists (line {line})")]
    DuplicateSection {
        /// Its name.
        section: String,
        /// Counted from 1.
        line: usize,
    },
    /// An option given twice in one section.
    #[error("option '{option}' in section '{section}' already exists (line {line})")]
    DuplicateOption {
        /// The section.
        section: String,
        /// The option, in lower case.
        option: String,
        /// Counted from 1.
        line: usize,
    },
    /// A line that is neither of these.
    #[error("Source contains parsing errors (line {line}: {text:?})")]
    Syntax {
        /// The first such line, counted from 1.
        line: usize,
        /// The line itself.
        text: String,
    },
}

/// A file's sections, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini {
    sections: Vec<Section>,
    defaults: Options,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    name: String,
    options: Options,
}

/// Values as written, by the options' names in lower case.
type Options = HashMap<String, String>;

impl Ini {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        let mut reader = Reader::default();
        // The line ends of Python's text files, and no others.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for (index, line) in text.split('\n').enumerate() {
            reader.line(index + 1, line)?;
        }
        reader.finish()
    }

    /// The names of the sections, in order, without `DEFAULT`.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// An option's value, interpolated. Where Python would fail over a stray `%`, the value stands
    /// as written: az crashes there, and what was typed is what was meant.
    pub fn get(&self, section: &str, option: &str) -> Option<Cow<'_, str>> {
        let section = self
            .sections
            .iter()
            .find(|candidate| candidate.name == section)?;
        let raw = |option: &str| {
            let own = section.options.get(option);
            own.or_else(|| self.defaults.get(option))
                .map(String::as_str)
        };
        let written = raw(&option.to_lowercase())?;
        if !written.contains('%') {
            return Some(written.into());
        }
        let interpolation = Interpolation {
            raw: &raw,
            references: MAX_REFERENCES,
        };
        let interpolated = interpolation.value(written);
        Some(interpolated.map_or(written.into(), Cow::from))
    }
}

/// `configparser.BasicInterpolation`; nothing where it raises.
struct Interpolation<'a, 'i> {
    /// A value as written, by its option.
    raw: &'a dyn Fn(&str) -> Option<&'i str>,
    /// How many more references there may be.
    references: usize,
}

impl Interpolation<'_, '_> {
    fn value(mut self, raw: &str) -> Option<String> {
        self.some(raw, 1)
    }

    /// `_interpolate_some`.
    fn some(&mut self, raw: &str, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH || raw.len() > MAX_LENGTH {
            return None;
        }
        let mut result = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('%') {
            result.push_str(before);
            if let Some(tail) = after.strip_prefix('%') {
                result.push('%');
                rest = tail;
            } else {
                let (name, tail) = after.strip_prefix('(')?.split_once(')')?;
                rest = tail.strip_prefix('s')?;
                self.references = self.references.checked_sub(1)?;
                let value = (self.raw)(&name.to_lowercase())?;
                result.push_str(&self.some(value, depth + 1)?);
            }
            if result.len() > MAX_LENGTH {
                return None;
            }
        }
        result.push_str(rest);
        Some(result)
    }
}

/// Where the reader is: the option that an indented line continues.
#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    defaults: Options,
    /// `None` before the first header.
    current: Option<Current>,
    /// The last option read, as lines.
    option: Option<(String, Vec<String>)>,
    indent: usize,
    names: HashSet<String>,
    /// Syntax errors are reported after all else, the first of them.
    syntax: Option<IniError>,
}

enum Current {
    Defaults,
    Section,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), IniError> {
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            return Ok(());
        }
        if value.is_empty() {
            if let Some((_, values)) = &mut self.option {
                values.push(String::new());
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if let (Some((_, values)), true) = (&mut self.option, indent > self.indent) {
            values.push(value.to_owned());
            return Ok(());
        }
        self.indent = indent;
        if let Some(header) = header(value) {
            return self.begin_section(number, header);
        }
        if self.current.is_none() {
            return Err(IniError::MissingSectionHeader {
                line: number,
                text: line.to_owned(),
            });
        }
        self.begin_option(number, line, value)
    }

    fn begin_section(&mut self, number: usize, header: &str) -> Result<(), IniError> {
        self.end_option();
        if header == DEFAULT {
            self.current = Some(Current::Defaults);
            return Ok(());
        }
        if !self.names.insert(header.to_owned()) {
            return Err(IniError::DuplicateSection {
                section: header.to_owned(),
                line: number,
            });
        }
        self.current = Some(Current::Section);
        self.sections.push(Section {
            name: header.to_owned(),
            options: Options::new(),
        });
        Ok(())
    }

    fn begin_option(&mut self, number: usize, line: &str, value: &str) -> Result<(), IniError> {
        let Some((name, rest)) = value.split_once(['=', ':']) else {
            self.syntax(number, line);
            return Ok(());
        };
        let name = name.trim_end();
        if name.is_empty() {
            self.syntax(number, line);
        }
        self.end_option();
        let option = name.to_lowercase();
        let (section, options) = self.section();
        if options.contains_key(&option) {
            return Err(IniError::DuplicateOption {
                section: section.to_owned(),
                option,
                line: number,
            });
        }
        self.option = Some((option, vec![rest.trim().to_owned()]));
        Ok(())
    }

    fn syntax(&mut self, line: usize, text: &str) {
        self.syntax.get_or_insert_with(|| IniError::Syntax {
            line,
            text: text.to_owned(),
        });
    }

    /// Where options go: the section's name, and those that it has.
    fn section(&mut self) -> (&str, &mut Options) {
        match (&self.current, self.sections.last_mut()) {
            (Some(Current::Section), Some(section)) => (&section.name, &mut section.options),
            _ => (DEFAULT, &mut self.defaults),
        }
    }

    fn end_option(&mut self) {
        if let Some((option, values)) = self.option.take() {
            let value = values.join("\n").trim_end().to_owned();
            self.section().1.insert(option, value);
        }
    }

    fn finish(mut self) -> Result<Ini, IniError> {
        self.end_option();
        match self.syntax {
            Some(error) => Err(error),
            None => Ok(Ini {
                sections: self.sections,
                defaults: self.defaults,
            }),
        }
    }
}

/// `SECTCRE`: `[`, at least one character, and the last `]` of the line; what follows is ignored.
fn header(value: &str) -> Option<&str> {
    let rest = value.strip_prefix('[')?;
    rest.rfind(']')
        .filter(|end| *end > 0)
        .map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
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
}
