//! Splits a line into arguments.

use super::input::{LONGEST_LINE, Line};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;

/// The reasons why a line is answered without being carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error("it is longer than {LONGEST_LINE} bytes")]
    TooLong,
    #[error("the input is UTF-16; save it as UTF-8")]
    Utf16,
    #[error("a quote is not closed, or the line ends with a backslash")]
    Quoting,
    #[error("what begins with [ must be a JSON array of strings: {0}")]
    Json(serde_json::Error),
    #[error("standard input belongs to azq batch, so nothing can be read from it here")]
    StandardInput,
    #[error("--no-daemon is for the whole batch: azq batch --no-daemon")]
    NoDaemon,
    #[error("azq batch has no place in a batch")]
    Nested,
}

/// The programs whose name may stand before a command line.
const PROGRAMS: [&str; 2] = ["az", "azq"];

/// The characters of a shell's quoting. A line without them is cut at its spaces.
const SPECIAL: &[u8] = b"'\"\\#";
const SPACE: &[u8] = b" \t\n";

/// The mark that editors on Windows put before the first line.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The first line without the mark that may stand before it.
pub(super) fn without_mark(line: Line) -> Result<Line, LineError> {
    match line {
        Line::Whole(line) if UTF16_MARKS.iter().any(|mark| line.starts_with(mark)) => {
            Err(LineError::Utf16)
        }
        Line::Whole(line) => Ok(Line::Whole(match line.strip_prefix(UTF8_MARK) {
            Some(rest) => rest.to_vec(),
            None => line,
        })),
        Line::TooLong => Ok(Line::TooLong),
    }
}

/// The arguments; none if the line is blank or a comment.
pub(super) fn words(line: Line) -> Result<Option<Vec<OsString>>, LineError> {
    let Line::Whole(line) = line else {
        return Err(LineError::TooLong);
    };
    // As editors on Windows end it.
    let line = line.strip_suffix(b"\r").unwrap_or(&line);
    let mut words: Vec<_> = if line.trim_ascii_start().starts_with(b"[") {
        let words: Vec<String> = serde_json::from_slice(line).map_err(LineError::Json)?;
        words.into_iter().map(OsString::from).collect()
    } else {
        let words = if line.iter().any(|byte| SPECIAL.contains(byte)) {
            shlex::bytes::split(line).ok_or(LineError::Quoting)?
        } else {
            let words = line.split(|byte| SPACE.contains(byte));
            let words = words.filter(|word| !word.is_empty());
            words.map(<[u8]>::to_vec).collect()
        };
        if words.is_empty() {
            return Ok(None);
        }
        words.into_iter().map(OsString::from_vec).collect()
    };
    if words
        .first()
        .is_some_and(|first| PROGRAMS.iter().any(|program| first == program))
    {
        words.remove(0);
    }
    refuse(&words)?;
    Ok(Some(words))
}

/// Refuses a line that reads standard input or asks for a daemon of its own.
fn refuse(words: &[OsString]) -> Result<(), LineError> {
    if words.iter().any(|word| is_standard_input(word)) {
        return Err(LineError::StandardInput);
    }
    let mut options = words.iter().take_while(|word| *word != "--");
    if options.any(|word| word == "--no-daemon") {
        return Err(LineError::NoDaemon);
    }
    Ok(())
}

/// az reads standard input for `@-`, alone or after an option's `=`.
fn is_standard_input(word: &OsStr) -> bool {
    let word = word.as_encoded_bytes();
    let value = word.iter().position(|byte| *byte == b'=');
    let value = value.and_then(|equals| word.get(equals + 1..));
    word == b"@-" || value == Some(b"@-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Vec<String>>, LineError> {
        let words = words(Line::Whole(line.into()))?;
        let text = |word: OsString| word.into_string().unwrap();
        Ok(words.map(|words| words.into_iter().map(text).collect()))
    }

    #[test]
    fn lines_are_split_as_by_a_shell() {
        for (line, expected) in [
            (
                "vm list-skus -l eastus",
                &["vm", "list-skus", "-l", "eastus"][..],
            ),
            ("  az\tvm  list-sizes \r", &["vm", "list-sizes"]),
            ("azq account show", &["account", "show"]),
            ("account az", &["account", "az"]),
            ("az", &[]),
            (
                r#"--query "[?name=='a b'].{n:name}" '' \$x"#,
                &["--query", "[?name=='a b'].{n:name}", "", "$x"],
            ),
            ("account show # which one?", &["account", "show"]),
            ("a#b '#c'", &["a#b", "#c"]),
        ] {
            assert_eq!(read(line).unwrap().unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn arrays_are_taken_as_they_are() {
        for (line, expected) in [
            (r#"["vm", "list-skus"]"#, &["vm", "list-skus"][..]),
            (
                "  [\"az\",\"a b\\n\",\"\\u00e9\\ud83d\\ude00\",\"# '\"]\r",
                &["a b\n", "é😀", "# '"],
            ),
            ("[]", &[]),
        ] {
            assert_eq!(read(line).unwrap().unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_mark_before_the_first_line_is_no_part_of_it() {
        let without = |line: &[u8]| without_mark(Line::Whole(line.to_vec()));
        for line in [&b"\xef\xbb\xbfvm list"[..], b"vm list"] {
            assert_eq!(without(line).unwrap(), Line::Whole(b"vm list".to_vec()));
        }
        assert_eq!(without(b"\xef\xbb\xbf").unwrap(), Line::Whole(Vec::new()));
        for line in [&b"\xff\xfev\0m\0"[..], b"\xfe\xff\0v\0m"] {
            assert!(matches!(without(line), Err(LineError::Utf16)));
        }
        assert_eq!(without_mark(Line::TooLong).unwrap(), Line::TooLong);
    }

    #[test]
    fn blank_lines_and_comments_are_nothing() {
        for line in ["", " \t", "\r", "# az group delete", "   #"] {
            assert_eq!(read(line).unwrap(), None, "{line:?}");
        }
    }

    #[test]
    fn what_is_not_utf8_stays_as_it_is() {
        let words = words(Line::Whole(b"vm '\xff\xfe'".to_vec()))
            .unwrap()
            .unwrap();
        assert_eq!(words[1].as_encoded_bytes(), b"\xff\xfe");
    }

    #[test]
    fn mistakes_are_named() {
        for (line, says) in [
            ("vm 'list", "a quote is not closed"),
            ("vm list\\", "ends with a backslash"),
            ("[\"vm\"", "JSON array of strings: EOF"),
            ("[\"vm\", 1]", "JSON array of strings: invalid type"),
            ("[\"vm\"] x", "JSON array of strings: trailing characters"),
            ("vm list --query @-", "standard input belongs to azq batch"),
            ("vm list --query=@-", "standard input belongs to azq batch"),
            ("--no-daemon vm list", "azq batch --no-daemon"),
        ] {
            let error = read(line).unwrap_err().to_string();
            assert!(error.contains(says), "{line}: {error}");
        }
        assert_eq!(read("which -- --no-daemon").unwrap().unwrap().len(), 3);
        assert!(matches!(words(Line::TooLong), Err(LineError::TooLong)));
    }
}
