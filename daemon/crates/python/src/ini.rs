//! INI files as Python's `configparser` reads them (`CPython` 3.11, `RawConfigParser._read` with
//! its defaults).
//!
//! az's `config` and `clouds.config` are such files, so azq follows Python's rules: `=` or `:`
//! after the option's name, whole-line comments by `#` or `;`, values continued by deeper
//! indentation, option names without regard to case, section names with regard to it, `DEFAULT` as
//! the fallback of every section, duplicates refused, and `%(name)s` interpolated when a value is
//! read.
//!
//! Invariants: reading takes time and memory in proportion to the file, because a value is
//! interpolated only when it is read. Interpolation is bounded, no matter how the values refer to
//! each other.
//!
//! Deliberately absent: writing. azq never changes az's files.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The section whose options are also those of every other section.
const DEFAULT: &str = "DEFAULT";
/// The depth to which `%(name)s` may refer to values that contain further references
/// (`configparser.MAX_INTERPOLATION_DEPTH`).
const MAX_DEPTH: usize = 10;
/// The maximum length of an interpolated value, because a few lines can otherwise grow to any size.
const MAX_LENGTH: usize = 64 << 10;
/// The maximum number of references in one value, because a few lines can otherwise refer to each
/// other for years without becoming long.
const MAX_REFERENCES: usize = 1_000;

/// The reason why a file could not be read, in `configparser`'s words without the file's name.
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
    /// A section that begins twice.
    #[error("section '{section}' already exists (line {line})")]
    DuplicateSection {
        /// The section's name.
        section: String,
        /// Counted from 1.
        line: usize,
    },
    /// An option that occurs twice in one section.
    #[error("option '{option}' in section '{section}' already exists (line {line})")]
    DuplicateOption {
        /// The section's name.
        section: String,
        /// The option's name, in lower case.
        option: String,
        /// Counted from 1.
        line: usize,
    },
    /// A line that is neither a header nor an option.
    #[error("Source contains parsing errors (line {line}: {text:?})")]
    Syntax {
        /// The first such line, counted from 1.
        line: usize,
        /// The line itself.
        text: String,
    },
}

/// The sections of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini {
    /// The section of the defaults, then the others in order.
    sections: Vec<Section>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    name: String,
    options: Options,
}

impl Section {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            options: Options::new(),
        }
    }
}

/// The values as written, by the options' names in lower case.
type Options = HashMap<String, String>;

impl Ini {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        let mut reader = Reader::default();
        reader.ini.sections.push(Section::new(DEFAULT));
        // The line ends of Python's text files; there are no others.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for (index, line) in text.split('\n').enumerate() {
            reader.line(index + 1, line)?;
        }
        reader.finish()
    }

    /// Returns the names of the sections, in order, without `DEFAULT`.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        let sections = self.sections.iter().skip(1);
        sections.map(|section| section.name.as_str())
    }

    /// Returns an option's interpolated value. Where Python would fail because of a stray `%`, the
    /// value is returned as written: az crashes there, and the user meant the text as typed.
    pub fn get(&self, section: &str, option: &str) -> Option<Cow<'_, str>> {
        let (defaults, sections) = self.sections.split_first()?;
        let section = sections.iter().find(|other| other.name == section)?;
        let raw = |option: &str| {
            let own = section.options.get(option);
            let value = own.or_else(|| defaults.options.get(option))?;
            Some(value.as_str())
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

/// `configparser.BasicInterpolation`, with `None` in place of an exception.
struct Interpolation<'a, 'i> {
    /// A value as written, by its option.
    raw: &'a dyn Fn(&str) -> Option<&'i str>,
    /// The number of references that may still be followed.
    references: usize,
}

impl Interpolation<'_, '_> {
    fn value(mut self, raw: &str) -> Option<String> {
        self.some(raw, 1)
    }

    /// Implements `_interpolate_some`.
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

/// The state of reading: the file so far, and the option that an indented line continues.
#[derive(Default)]
struct Reader {
    ini: Ini,
    /// The place of the section that options are added to; `None` before the first header.
    current: Option<usize>,
    /// The last option that was read, with its lines.
    option: Option<(String, Vec<String>)>,
    indent: usize,
    names: HashSet<String>,
    /// The first syntax error, which is reported only if no other error occurs.
    syntax: Option<IniError>,
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
            self.current = Some(0);
            return Ok(());
        }
        if !self.names.insert(header.to_owned()) {
            return Err(IniError::DuplicateSection {
                section: header.to_owned(),
                line: number,
            });
        }
        self.current = Some(self.ini.sections.len());
        self.ini.sections.push(Section::new(header));
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
        if let Some(section) = self.section()
            && section.options.contains_key(&option)
        {
            return Err(IniError::DuplicateOption {
                section: section.name.clone(),
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

    /// Returns the section that options are added to.
    fn section(&mut self) -> Option<&mut Section> {
        self.ini.sections.get_mut(self.current?)
    }

    fn end_option(&mut self) {
        if let Some((option, values)) = self.option.take() {
            let value = values.join("\n").trim_end().to_owned();
            if let Some(section) = self.section() {
                section.options.insert(option, value);
            }
        }
    }

    fn finish(mut self) -> Result<Ini, IniError> {
        self.end_option();
        match self.syntax {
            Some(error) => Err(error),
            None => Ok(self.ini),
        }
    }
}

/// Returns the name in a section header (`SECTCRE`): `[`, at least one character, and the last `]`
/// of the line. The rest of the line is ignored.
fn header(value: &str) -> Option<&str> {
    let rest = value.strip_prefix('[')?;
    rest.rfind(']')
        .filter(|end| *end > 0)
        .map(|end| &rest[..end])
}

#[cfg(test)]
mod tests;
