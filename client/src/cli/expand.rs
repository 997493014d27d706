//! az's `@file`: an argument `@PATH`, or the part after the first `=` of an argument, is replaced
//! by the file's content.
//!
//! It applies to every argument before parsing, regardless of its option. If a file cannot be read,
//! its argument is unchanged; `@` alone stays, so `--query @` works. Source: azure-cli-core
//! `commands/__init__.py` (`_expand_file_prefixed_files`), knack `parser.py`
//! (`_expand_prefixed_files`, which expands arguments once more that still begin with `@`). Not
//! implemented: `~user` (only `~` itself is expanded).

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::Argument;
use crate::environment::Environment;

/// Replaces the arguments that name files by their content.
pub(super) fn expand(arguments: &mut [Argument<'_>], environment: &dyn Environment) {
    // Most arguments have no `@`.
    for argument in arguments
        .iter_mut()
        .filter(|argument| argument.contains('@'))
    {
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) => (Some(option), value),
            None => (None, argument.as_ref()),
        };
        if let Some(content) = value
            .strip_prefix('@')
            .and_then(|path| load(path, environment))
        {
            let expanded = match option {
                Some(option) => format!("{option}={content}"),
                None => content,
            };
            *argument = expanded.into();
        }
        if let Some(content) = argument
            .strip_prefix('@')
            .and_then(|path| again(path, environment))
        {
            *argument = content.into();
        }
    }
}

/// Reads a file in the first expansion: `-` is standard input, `~` is the home, final newlines are
/// removed.
fn load(path: &str, environment: &dyn Environment) -> Option<String> {
    let content = match path {
        "" => return None,
        "-" => environment.read_standard_input().ok()?,
        path => environment.read(&expand_home(path, environment)).ok()?,
    };
    let text = if path == "-" {
        String::from_utf8(content).ok()?
    } else {
        decode(&content)
    };
    let mut text = universal_newlines(text);
    text.truncate(text.trim_end_matches('\n').len());
    Some(text)
}

/// Reads a file in the second expansion, which removes nothing.
fn again(path: &str, environment: &dyn Environment) -> Option<String> {
    let content = environment.read(Path::new(path)).ok()?;
    String::from_utf8(content).ok().map(universal_newlines)
}

fn expand_home(path: &str, environment: &dyn Environment) -> PathBuf {
    match (path.strip_prefix('~'), environment.variable("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            let mut expanded = home;
            expanded.push(rest);
            expanded.into()
        }
        _ => path.into(),
    }
}

/// Decodes a file's content (azure-cli-core `util.py`, `read_file_content`): UTF-8 with or without
/// a mark, then UTF-16 in either byte order, else the bytes in base64.
fn decode(content: &[u8]) -> String {
    let utf8 = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    if let Ok(text) = std::str::from_utf8(utf8) {
        return text.to_owned();
    }
    let utf16 = match content {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        _ => None,
    };
    utf16
        .or_else(|| decode_utf16(content, u16::from_le_bytes))
        .or_else(|| decode_utf16(content, u16::from_be_bytes))
        .unwrap_or_else(|| BASE64_STANDARD.encode(content))
}

fn decode_utf16(content: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = content.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
        .collect::<Result<_, _>>()
        .ok()
}

/// Converts every line ending to `\n`, as Python does when it reads text files.
fn universal_newlines(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    fn expanded(argument: &str, environment: &Fake) -> String {
        let mut arguments = [argument.into()];
        expand(&mut arguments, environment);
        let [argument] = arguments;
        argument.into_owned()
    }

    #[test]
    fn files_become_values() {
        let utf16: Vec<u8> = "\u{feff}né"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let environment = Fake::default()
            .variable("HOME", "/home/me")
            .file("q.txt", "[].{n:name}\n\n")
            .file("/home/me/q.txt", "home")
            .file("bom.txt", "\u{feff}a\r\nb\r\n")
            .file("utf16.txt", utf16)
            .file("raw.bin", [0xff, 0xfe, 0xff])
            .file("nested.txt", "@inner.txt\n")
            .file("inner.txt", "x\n")
            .file("at.txt", "@\n")
            .directory("dir");
        for (argument, expected) in [
            ("@q.txt", "[].{n:name}"),
            ("--query=@q.txt", "--query=[].{n:name}"),
            ("a=b=@q.txt", "a=b=@q.txt"),
            ("@~/q.txt", "home"),
            ("@bom.txt", "a\nb"),
            ("@utf16.txt", "né"),
            ("@raw.bin", "//7/"),
            ("@nested.txt", "x\n"),
            ("@at.txt", "@"),
            ("@", "@"),
            ("--query=@", "--query=@"),
            ("@absent", "@absent"),
            ("@dir", "@dir"),
            ("a@q.txt", "a@q.txt"),
        ] {
            assert_eq!(expanded(argument, &environment), expected, "{argument}");
        }
    }

    #[test]
    fn standard_input_is_read_once() {
        let environment = Fake::default().standard_input("[].name\r\n");
        let mut arguments = ["@-".into(), "--x=@-".into()];
        expand(&mut arguments, &environment);
        assert_eq!(arguments, ["[].name", "--x="]);
    }
}
