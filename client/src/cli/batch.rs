//! The options of `azq batch`.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command as Clap};

use super::own::flag;

/// The options of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOptions {
    /// The maximum number of lines in flight at once.
    pub jobs: u8,
    /// The form of the output on stdout.
    pub form: BatchForm,
    /// The file with the lines; standard input if absent.
    pub file: Option<PathBuf>,
    /// Whether the batch ends after the first line that fails.
    pub stop_at_first_error: bool,
}

/// The output on stdout for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchForm {
    /// The command's stdout, followed by the delimiter.
    Text {
        /// The delimiter; may be empty.
        delimiter: Vec<u8>,
    },
    /// One JSON object with the whole outcome of the command.
    JsonLines,
}

/// The default number of lines in flight. It is enough to hide the round trips of a warm daemon and
/// of Azure, and too few for Azure to throttle. More than one is safe as a default because lines
/// that change something wait for each other anyway.
const JOBS: &str = "8";

/// The maximum number of lines in flight; each may hold some megabytes of an answer that is not yet
/// due.
const MOST_JOBS: i64 = 64;

const RULES: &str = "\
The input has one command line a line, quoted as for a shell (nothing else of a shell is done: no variables, no
patterns), or as a JSON array of strings. A leading az or azq is left out; blank lines and # comments have no answer.

Answers come in the order of the lines, each as soon as it can. Lines that only look something up are carried out beside
each other; one that changes something, waits for something, or goes to the real az begins when all lines before it have
ended, and ends before the next begins. Commands find an empty standard input.

The number of a line that failed is told on stderr after its error. The exit code is that of the first line that
failed, else 0.";

pub(super) fn arguments(command: Clap) -> Clap {
    let file = Arg::new("file").value_name("FILE");
    let jobs = Arg::new("jobs").short('j').long("jobs").value_name("N");
    let delimiter = Arg::new("delimiter").long("delimiter").value_name("TEXT");
    command.after_help(RULES).args([
        file.value_parser(clap::value_parser!(PathBuf))
            .help("File with the command lines; standard input if it is absent or -"),
        jobs.value_parser(clap::value_parser!(u8).range(1..=MOST_JOBS))
            .default_value(JOBS)
            .help("How many lines may be under way at once"),
        delimiter
            .value_parser(unescaped)
            .allow_hyphen_values(true)
            .help(r"What ends each answer on stdout; \n, \t, \0 and \\ have their usual meaning"),
        flag("null", r"The same as --delimiter '\0', like find's -print0")
            .short('0')
            .conflicts_with("delimiter"),
        flag(
            "json-lines",
            "For each command one line {\"exit_code\":…,\"stdout\":…,\"stderr\":…,\"line\":…}",
        )
        .conflicts_with_all(["delimiter", "null"]),
        flag(
            "stop-at-first-error",
            "Begin no line after one that has failed, and answer none",
        ),
    ])
}

pub(super) fn read(matches: &ArgMatches) -> BatchOptions {
    let form = if matches.get_flag("json-lines") {
        BatchForm::JsonLines
    } else if matches.get_flag("null") {
        BatchForm::Text { delimiter: vec![0] }
    } else {
        let delimiter = matches.get_one::<Vec<u8>>("delimiter").cloned();
        BatchForm::Text {
            delimiter: delimiter.unwrap_or_default(),
        }
    };
    BatchOptions {
        jobs: matches.get_one("jobs").copied().unwrap_or(1),
        form,
        file: matches
            .get_one::<PathBuf>("file")
            .filter(|path| path.as_os_str() != "-")
            .cloned(),
        stop_at_first_error: matches.get_flag("stop-at-first-error"),
    }
}

fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let meant = match character {
            '\\' => match rest.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('0') => '\0',
                Some('\\') => '\\',
                _ => return Err(r"after \ there must be n, t, 0 or another \".to_owned()),
            },
            other => other,
        };
        bytes.extend_from_slice(meant.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Result<BatchOptions, clap::Error> {
        let grammar = arguments(Clap::new("batch"));
        let matches = grammar.try_get_matches_from(line.split(' '))?;
        Ok(read(&matches))
    }

    #[test]
    fn the_form_is_one_of_three() {
        let text = |jobs, delimiter: &[u8]| BatchOptions {
            jobs,
            form: BatchForm::Text {
                delimiter: delimiter.to_vec(),
            },
            file: None,
            stop_at_first_error: false,
        };
        for (line, expected) in [
            ("batch", text(8, b"")),
            ("batch -j1 -0", text(1, b"\0")),
            (
                r"batch --delimiter --\n\t\0\\é",
                text(8, b"--\n\t\0\\\xc3\xa9"),
            ),
            (
                "batch --jobs 64 --json-lines",
                BatchOptions {
                    form: BatchForm::JsonLines,
                    ..text(64, b"")
                },
            ),
            ("batch -", text(8, b"")),
            (
                "batch lines.txt --stop-at-first-error",
                BatchOptions {
                    file: Some("lines.txt".into()),
                    stop_at_first_error: true,
                    ..text(8, b"")
                },
            ),
        ] {
            assert_eq!(options(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn contradictions_and_nonsense_are_refused() {
        for line in [
            "batch --json-lines -0",
            "batch --json-lines --delimiter x",
            "batch -0 --delimiter x",
            "batch --jobs 0",
            "batch --jobs 65",
            r"batch --delimiter \x",
            r"batch --delimiter a\",
            "batch one two",
        ] {
            assert!(options(line).is_err(), "{line}");
        }
    }
}
