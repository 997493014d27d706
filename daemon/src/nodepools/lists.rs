//! The options that are lists: labels, tags, taints and host ports.
//!
//! Each function reads the list as az does and fails with az's messages (azure-cli,
//! `acs/_validators.py` and `acs/agentpool_decorator.py`; for tags azure-cli-core,
//! `commands/validators.py`).

use std::sync::LazyLock;

use azq_proto::v1::Words;
use azq_python::number::digit;
use regex::Regex;
use serde_json::{Map, Number, Value as Json, json};

use azq_command::{CommandError, error};

/// The message about a label's name that is not allowed.
const QUALIFIED: &str = "A qualified name must consist of alphanumeric characters, '-', '_' or '.', and must \
    start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc') with an optional \
    DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

/// Parses `--labels` to an object, empty if the option has no value.
pub(super) fn labels(words: Option<&Words>) -> Result<Option<Json>, CommandError> {
    let Some(words) = words else { return Ok(None) };
    let mut labels = Map::new();
    for word in words.word.iter().filter(|word| !word.is_empty()) {
        let (name, value) =
            label(word).map_err(|wrong| error!("Invalid label: {word}. {wrong}"))?;
        labels.insert(name.to_owned(), value.into());
    }
    Ok(Some(labels.into()))
}

/// Splits a label into name and value.
fn label(word: &str) -> Result<(&str, &str), &'static str> {
    let parts: Vec<&str> = word.split('=').collect();
    let &[qualified, value] = parts.as_slice() else {
        return Err("Label definition must be of format name=value.");
    };
    let name = match qualified.split_once('/') {
        None => qualified,
        Some((_, name)) if name.contains('/') => return Err(QUALIFIED),
        Some((prefix, name)) => {
            label_prefix(prefix)?;
            name
        }
    };
    if name.is_empty() || name.chars().count() > 63 {
        return Err("Label name can't be empty or more than 63 chars.");
    }
    if !is_label_text(name) {
        return Err(QUALIFIED);
    }
    if value.chars().count() > 63 {
        return Err("Label must not be more than 63 chars.");
    }
    // Python's `$` also matches before a line break at the end.
    if !matches!(value, "" | "\n") && !is_label_text(value) {
        return Err(
            "A valid label must be an empty string or consist of alphanumeric characters, '-', '_' \
             or '.', and must start and end with an alphanumeric character",
        );
    }
    Ok((qualified, value))
}

fn label_prefix(prefix: &str) -> Result<(), &'static str> {
    static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\n?$").ok()
    });
    if prefix.is_empty() || prefix.chars().count() > 253 {
        return Err("Label prefix can't be empty or more than 253 chars.");
    }
    if !PREFIX.as_ref().is_some_and(|regex| regex.is_match(prefix)) {
        return Err(
            "Prefix part a DNS-1123 label must consist of lower case alphanumeric characters or '-', \
             and must start and end with an alphanumeric character",
        );
    }
    Ok(())
}

fn is_label_text(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    alphanumeric(text.chars().next())
        && alphanumeric(text.chars().last())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Parses `--tags` to an object; a tag without `=` has an empty value.
pub(super) fn tags(words: &Words) -> Json {
    pairs(words)
        .map(|(name, value)| (name.to_owned(), Json::from(value)))
        .collect::<Map<_, _>>()
        .into()
}

/// Parses `--node-public-ip-tags` to a list of IP tags; `None` if there are none.
pub(super) fn ip_tags(words: &Words) -> Option<Json> {
    let Json::Object(tags) = tags(words) else {
        return None;
    };
    let tags: Vec<Json> = tags
        .into_iter()
        .map(|(kind, tag)| json!({"ipTagType": kind, "tag": tag}))
        .collect();
    (!tags.is_empty()).then(|| tags.into())
}

fn pairs(words: &Words) -> impl Iterator<Item = (&str, &str)> {
    let words = words.word.iter().filter(|word| !word.is_empty());
    words.map(|word| word.split_once('=').unwrap_or((word, "")))
}

/// Parses `--node-taints` to a list, empty if the option's value is.
pub(super) fn taints(typed: &str) -> Json {
    if typed.is_empty() {
        json!([])
    } else {
        typed.split(',').map(str::trim).collect::<Vec<_>>().into()
    }
}

/// Parses `--allowed-host-ports`: `80/tcp` or `4000-5000/udp`, in any case.
pub(super) fn host_ports(words: Option<&Words>) -> Result<Option<Json>, CommandError> {
    let Some(words) = words else { return Ok(None) };
    words
        .word
        .iter()
        .map(|word| host_port(word))
        .collect::<Result<Vec<_>, _>>()
        .map(|ports| Some(ports.into()))
}

fn host_port(word: &str) -> Result<Json, CommandError> {
    let lower = word.to_lowercase();
    let range = lower
        .strip_suffix('\n')
        .unwrap_or(&lower)
        .split_once('/')
        .and_then(|(ports, protocol)| {
            let (start, end) = ports.split_once('-').unwrap_or((ports, ports));
            let protocol = ["TCP", "UDP"]
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(protocol))?;
            Some(json!({"portStart": port(start)?, "portEnd": port(end)?, "protocol": protocol}))
        });
    range.ok_or_else(|| {
        error!(
            "--allowed-host-ports must be a space-separated list of port ranges in the format of \
             <port-range>/<protocol>: '{word}'"
        )
    })
}

/// Parses `\d+` like Python's `int`: digits of any script, a number of any size.
fn port(digits: &str) -> Option<Number> {
    let digits: String = digits.chars().map(digit).collect::<Option<_>>()?;
    let significant = digits.trim_start_matches('0');
    match (digits.is_empty(), significant) {
        (true, _) => None,
        (false, "") => Some(0.into()),
        (false, significant) => significant.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::words;

    #[test]
    fn labels_become_an_object() {
        let typed = words(&["a=b", "", "example.com/c=", "a=d"]);
        assert_eq!(
            labels(Some(&typed)).unwrap(),
            Some(json!({"a": "d", "example.com/c": ""}))
        );
        assert_eq!(labels(Some(&words(&[]))).unwrap(), Some(json!({})));
        assert_eq!(labels(None).unwrap(), None);
    }

    #[test]
    fn bad_labels_are_refused_with_the_first_reason() {
        for (word, wrong) in [
            ("a".to_owned(), "Label definition"),
            ("a=b=c".to_owned(), "Label definition"),
            ("/a=b".to_owned(), "Label prefix can't be empty"),
            (
                format!("{}/a=b", "p".repeat(254)),
                "Label prefix can't be empty",
            ),
            ("Upper.com/a=b".to_owned(), "Prefix part a DNS-1123"),
            ("x/y/z=b".to_owned(), "A qualified name"),
            ("x/=b".to_owned(), "Label name can't be empty"),
            (format!("{}=b", "n".repeat(64)), "Label name can't be empty"),
            ("-a=b".to_owned(), "A qualified name"),
            (
                format!("a={}", "v".repeat(64)),
                "Label must not be more than 63 chars",
            ),
            ("a=b!".to_owned(), "A valid label must be"),
        ] {
            let error = labels(Some(&words(&[&word]))).unwrap_err().message;
            assert!(
                error.starts_with(&format!("Invalid label: {word}. {wrong}")),
                "{error}"
            );
        }
    }

    #[test]
    fn tags_keep_everything_behind_the_first_equals_sign() {
        assert_eq!(
            tags(&words(&["a=b=c", "d", ""])),
            json!({"a": "b=c", "d": ""})
        );
        assert_eq!(
            ip_tags(&words(&["R=I"])),
            Some(json!([{"ipTagType": "R", "tag": "I"}]))
        );
        assert_eq!(ip_tags(&words(&[])), None);
    }

    #[test]
    fn taints_are_split_and_trimmed() {
        assert_eq!(taints(""), json!([]));
        assert_eq!(taints("a, b ,"), json!(["a", "b", ""]));
    }

    #[test]
    fn host_ports_are_ranges() {
        assert_eq!(
            host_ports(Some(&words(&["80/TCP", "1-2/udp", "\u{664}\u{662}/tcp"]))).unwrap(),
            Some(json!([
                {"portStart": 80, "portEnd": 80, "protocol": "TCP"},
                {"portStart": 1, "portEnd": 2, "protocol": "UDP"},
                {"portStart": 42, "portEnd": 42, "protocol": "TCP"}
            ]))
        );
        for wrong in ["80", "80/icmp", "-80/tcp", "1-2-3/tcp", "/tcp", "80/tcp/"] {
            let error = host_ports(Some(&words(&[wrong]))).unwrap_err().message;
            assert!(
                error.ends_with(&format!("<port-range>/<protocol>: '{wrong}'")),
                "{error}"
            );
        }
    }
}
