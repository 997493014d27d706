//! The encoding that Python 3.11 takes from the locale, the same as az's Python (PEP 538 and PEP
//! 540).
//!
//! A locale counts only if it is installed, as for `setlocale`. Any other is the locale `C`, in
//! which Python uses UTF-8 unless that is disabled. If it is disabled (`PYTHONUTF8=0`), Python uses
//! ASCII there and passes the bytes of a command line through unchanged. azq cannot distinguish
//! such bytes from Azure's, so it passes all text through if an argument contains any. The name of
//! a locale determines its charset, and a UTF-8 locale is assumed to be installed.
//!
//! Deliberately absent: encodings of locales other than those of [`Charset`]. They are treated as
//! UTF-8.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::encoding::{Charset, Encoding, Errors};
use crate::environment::Environment;

/// The locales to which Python changes from `C`, and which it treats alike.
const COERCED: [&str; 2] = ["C.UTF-8", "C.utf8"];
/// The codesets in names of locales, in `glibc`'s spelling, that require an installed locale.
const CODESETS: [(&str, Charset); 2] = [
    ("iso88591", Charset::Latin1),
    ("iso885915", Charset::Latin9),
];

/// Returns the encoding of stdout if `PYTHONIOENCODING` names none.
pub(crate) fn encoding(environment: &dyn Environment) -> Encoding {
    let set = |name| set(environment, name);
    let name = set("LC_ALL").or_else(|| set("LC_CTYPE"));
    let name = name.or_else(|| set("LANG")).unwrap_or_default();
    let utf8_mode = set("PYTHONUTF8");
    let is_utf8 = utf8_mode.as_deref() == Some("1");
    let charset = charset(&name, environment).filter(|_| !is_utf8);
    let may_be_coerced = set("LC_ALL").is_none();
    let is_coerced = may_be_coerced && set("PYTHONCOERCECLOCALE").as_deref() != Some("0");
    let is_ascii = utf8_mode.as_deref() == Some("0") && charset.is_none() && !is_coerced;
    if is_ascii && environment.has_ascii_arguments() {
        return Encoding {
            charset: Charset::Ascii,
            errors: Errors::SurrogateEscape,
        };
    }
    let errors = if charset.is_some() && !COERCED.contains(&name.as_str()) {
        Errors::Strict
    } else {
        Errors::SurrogateEscape
    };
    let charset = charset.unwrap_or(Charset::Utf8);
    Encoding { charset, errors }
}

/// Returns a variable that is set and not empty.
pub(crate) fn set(environment: &dyn Environment, name: &str) -> Option<String> {
    let value = environment.variable(name)?;
    Some(value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
}

/// Returns the charset of a locale by its name; `None` for `C` and for names that mean `C`.
fn charset(name: &str, environment: &dyn Environment) -> Option<Charset> {
    let (name, modifier) = name.split_at(name.find('@').unwrap_or(name.len()));
    let (language, codeset) = name.split_once('.').unwrap_or((name, ""));
    let plain = |name: &str| -> String {
        let kept = name.chars().filter(char::is_ascii_alphanumeric);
        kept.map(|character| character.to_ascii_lowercase())
            .collect()
    };
    let codeset = plain(codeset);
    let known = CODESETS
        .iter()
        .filter(|(known, _)| codeset.is_empty() || *known == codeset)
        .find(|(known, _)| is_installed(&format!("{language}.{known}{modifier}"), environment));
    match known {
        Some((_, charset)) => Some(*charset),
        None if codeset.is_empty() => None,
        None => {
            let needs_installed = CODESETS.iter().any(|(known, _)| *known == codeset);
            (!needs_installed).then_some(Charset::Utf8)
        }
    }
}

/// The directories of locales, each of which has its own directory there.
const DIRECTORIES: [&str; 2] = ["/usr/lib/locale", "/usr/share/locale"];
/// The file in which `glibc` stores locales together.
const ARCHIVE: &str = "/usr/lib/locale/locale-archive";

/// Whether this system has a locale of this name, in the spelling of `glibc`.
fn is_installed(name: &str, environment: &dyn Environment) -> bool {
    // Names come from the environment and are no paths.
    if name.contains('/') {
        return false;
    }
    // The spelling of Linux, and that of macOS.
    let spellings = [name.to_owned(), name.replace(".iso8859", ".ISO8859-")];
    let has = |directory: &str| {
        let path = |name| Path::new(directory).join(name).join("LC_CTYPE");
        spellings.iter().any(|name| environment.exists(&path(name)))
    };
    if let Some(directories) = set(environment, "LOCPATH") {
        return directories.split(':').any(has);
    }
    let archive = File::open(ARCHIVE);
    DIRECTORIES.iter().any(|directory| has(directory))
        || archive.is_ok_and(|archive| is_in(&archive, name).unwrap_or(false))
}

/// The maximum number of bytes read of an archive's names: several times their usual size.
const MOST_NAMES: u32 = 1 << 20;

/// Whether an archive of `glibc` contains a locale (`locarchive.h`). Its head contains the position
/// of the names, each ended by a zero byte.
fn is_in(archive: &File, name: &str) -> io::Result<bool> {
    const MAGIC: u32 = 0xde02_0109;
    let number = |at| {
        let mut bytes = [0; 4];
        archive.read_exact_at(&mut bytes, at)?;
        io::Result::Ok(u32::from_ne_bytes(bytes))
    };
    if number(0)? != MAGIC {
        return Ok(false);
    }
    let (offset, length) = (number(20)?, number(24)?);
    let mut known = vec![0; length.min(MOST_NAMES) as usize];
    archive.read_exact_at(&mut known, offset.into())?;
    let mut known = known.split(|byte| *byte == 0);
    Ok(known.any(|known| known == name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;
    use std::io::Write as _;

    /// Returns the encoding under variables that are separated by spaces.
    fn under(variables: &str) -> (Charset, Errors) {
        let mut environment = Fake::default()
            .variable("LOCPATH", "/nowhere:/locales")
            .file("/locales/de_DE.iso88591/LC_CTYPE", "")
            .file("/locales/de_DE.iso885915@euro/LC_CTYPE", "");
        for (name, value) in variables.split(' ').filter_map(|set| set.split_once('=')) {
            environment = environment.variable(name, value);
        }
        let Encoding { charset, errors } = encoding(&environment);
        (charset, errors)
    }

    /// The expected values are those of Python 3.11's `sys.stdout.encoding` and
    /// `sys.stdout.errors`.
    #[test]
    fn the_locale_is_taken_as_python_takes_it() {
        let utf8 = (Charset::Utf8, Errors::SurrogateEscape);
        let ascii = (Charset::Ascii, Errors::SurrogateEscape);
        for (variables, expected) in [
            ("", utf8),
            ("LANG=C", utf8),
            ("LANG=C PYTHONUTF8=0", utf8),
            ("LC_ALL=C PYTHONUTF8=0", ascii),
            ("LC_ALL=C", utf8),
            ("LC_ALL=POSIX PYTHONUTF8=0", ascii),
            ("LC_ALL= LANG=C PYTHONUTF8=0", utf8),
            ("LC_CTYPE=C LANG=C.UTF-8 PYTHONUTF8=0", utf8),
            ("PYTHONUTF8= LC_ALL=C", utf8),
            ("LANG=C PYTHONCOERCECLOCALE=0", utf8),
            ("LANG=C PYTHONCOERCECLOCALE=0 PYTHONUTF8=0", ascii),
            ("LANG=C PYTHONCOERCECLOCALE=warn PYTHONUTF8=0", utf8),
            ("LC_ALL=C.utf8", utf8),
            ("LC_ALL=C.UTF8", (Charset::Utf8, Errors::Strict)),
            ("LC_ALL=en_US.UTF-8", (Charset::Utf8, Errors::Strict)),
            ("LC_ALL=en_US.UTF-8 PYTHONUTF8=1", utf8),
            ("LANG=en_US.ISO-8859-1", utf8),
            ("LC_ALL=en_US.ISO-8859-1 PYTHONUTF8=0", ascii),
            ("LANG=nosuch", utf8),
            ("LANG=de_DE.ISO-8859-1", (Charset::Latin1, Errors::Strict)),
            (
                "LC_ALL=de_DE.iso88591 LANG=C",
                (Charset::Latin1, Errors::Strict),
            ),
            ("LANG=de_DE", (Charset::Latin1, Errors::Strict)),
            ("LC_CTYPE=de_DE@euro", (Charset::Latin9, Errors::Strict)),
            ("LANG=de_DE PYTHONUTF8=1", utf8),
        ] {
            assert_eq!(under(variables), expected, "{variables}");
        }
    }

    #[test]
    fn bytes_of_the_command_line_pass_through_an_ascii_locale() {
        let mut environment = Fake::default()
            .variable("LC_ALL", "C")
            .variable("PYTHONUTF8", "0");
        for (argument, charset) in [("show", Charset::Ascii), ("`ü`", Charset::Utf8)] {
            environment.arguments = vec![argument.to_owned()];
            let errors = Errors::SurrogateEscape;
            assert_eq!(
                encoding(&environment),
                Encoding { charset, errors },
                "{argument}"
            );
        }
    }

    #[test]
    fn an_archive_has_the_locales_that_it_names() {
        let names = b"de_DE\0de_DE.iso88591\0";
        let length = u32::try_from(names.len()).unwrap();
        let head = [0xde02_0109, 1, 0, 0, 0, 32, length, 100].map(u32::to_ne_bytes);
        let mut archive = tempfile::tempfile().unwrap();
        archive.write_all(&head.concat()).unwrap();
        archive.write_all(names).unwrap();
        assert!(is_in(&archive, "de_DE.iso88591").unwrap());
        assert!(is_in(&archive, "de_DE").unwrap());
        assert!(!is_in(&archive, "de").unwrap());
        archive.write_all_at(&[0], 0).unwrap();
        assert!(!is_in(&archive, "de_DE").unwrap());
    }
}
