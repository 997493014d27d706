//! The options that name a file: node configurations, local DNS, the message of the day.
//!
//! The client has read the file. This module decodes its bytes as az does (azure-cli-core,
//! `util.py`, `read_file_content`) and parses JSON as az does, with az's error messages.

use azq_proto::v1::File;
use azq_proto::v1::file::Outcome;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json};

use azq_command::{CommandError, bail, error};

/// The differences between the files that hold an object, in az's messages.
pub(super) struct ObjectFile {
    /// The text after the path of a file that does not exist.
    missing: &'static str,
    /// The text before the path of a file that holds something else.
    unsuitable: &'static str,
    /// The text after that path.
    advice: &'static str,
}

/// `--kubelet-config`.
pub(super) const KUBELET: ObjectFile = ObjectFile {
    missing: "is not valid file, or not accessable.",
    unsuitable: "Error reading kubelet configuration from",
    advice: "Please see https://aka.ms/CustomNodeConfig for correct format.",
};

/// `--linux-os-config`.
pub(super) const LINUX_OS: ObjectFile = ObjectFile {
    unsuitable: "Error reading Linux OS configuration from",
    ..KUBELET
};

const LOCAL_DNS: ObjectFile = ObjectFile {
    missing: "is not a valid file, or not accessible.",
    unsuitable: "Error reading local DNS config from",
    advice: "Please provide a valid JSON file.",
};

impl ObjectFile {
    /// Returns the object in the file; `None` if no file is named.
    pub(super) fn read(
        &self,
        file: Option<&File>,
    ) -> Result<Option<Map<String, Json>>, CommandError> {
        let Some(file) = file.filter(|file| !file.path.is_empty()) else {
            return Ok(None);
        };
        let text = text(file, self.missing)?;
        let value = azq_python::json::parse_lenient(&text).map_err(|error| {
            error!(
                "Failed to parse file '{}' with exception:\nFailed to parse string as JSON:\n{text}\n\
                 Error detail: {error}",
                file.path
            )
        })?;
        match value {
            Json::Object(object) => Ok(Some(object)),
            _ => Err(error!("{} {}. {}", self.unsuitable, file.path, self.advice)),
        }
    }
}

/// Returns `--message-of-the-day`, in base64. az fails on a text that is not ASCII; azq sends it as
/// UTF-8.
pub(super) fn message_of_the_day(file: Option<&File>) -> Result<Option<String>, CommandError> {
    let Some(file) = file.filter(|file| !file.path.is_empty()) else {
        return Ok(None);
    };
    let text = text(file, "is not valid file, or not accessible.")?;
    Ok(Some(BASE64_STANDARD.encode(text)))
}

/// Returns `--localdns-config` as a local DNS profile: its mode and the overrides, reduced to the
/// settings that az knows.
pub(super) fn local_dns(file: Option<&File>) -> Result<Option<Json>, CommandError> {
    let Some(config) = LOCAL_DNS.read(file)? else {
        return Ok(None);
    };
    let mut profile = Map::new();
    profile.extend(
        config
            .get("mode")
            .filter(|mode| !mode.is_null())
            .map(|mode| ("mode".to_owned(), mode.clone())),
    );
    for name in ["kubeDNSOverrides", "vnetDNSOverrides"] {
        let given = config
            .iter()
            .rev()
            .find(|(key, _)| key.to_lowercase() == name.to_lowercase());
        if let Some((_, overrides)) = given {
            profile.insert(name.to_owned(), dns_overrides(overrides)?);
        }
    }
    Ok(Some(profile.into()))
}

fn dns_overrides(overrides: &Json) -> Result<Json, CommandError> {
    let zones = dictionary(overrides, "overrides")?;
    let zones = zones.iter().filter(|(_, settings)| !settings.is_null());
    zones
        .map(|(zone, settings)| Ok((zone.clone(), dns_override(settings)?)))
        .collect::<Result<Map<_, _>, _>>()
        .map(Json::from)
}

/// Returns the known settings of one zone, under Azure's names; like az it also accepts Python's
/// spelling.
fn dns_override(settings: &Json) -> Result<Json, CommandError> {
    const SETTINGS: [(&str, &str); 8] = [
        ("queryLogging", "query_logging"),
        ("protocol", "protocol"),
        ("forwardDestination", "forward_destination"),
        ("forwardPolicy", "forward_policy"),
        ("maxConcurrent", "max_concurrent"),
        ("cacheDurationInSeconds", "cache_duration_in_seconds"),
        (
            "serveStaleDurationInSeconds",
            "serve_stale_duration_in_seconds",
        ),
        ("serveStale", "serve_stale"),
    ];
    let mut known = Map::new();
    for (key, value) in dictionary(settings, "override settings")? {
        let name = SETTINGS
            .iter()
            .find(|(azure, python)| key == azure || key == python);
        if let Some((azure, _)) = name {
            known.insert((*azure).to_owned(), value.clone());
        }
    }
    known.retain(|_, value| !value.is_null());
    Ok(known.into())
}

fn dictionary<'a>(value: &'a Json, what: &str) -> Result<&'a Map<String, Json>, CommandError> {
    value.as_object().ok_or_else(|| {
        error!(
            "Expected a dictionary for DNS {what}, but got {}: {}",
            azq_python::type_name(value),
            azq_python::str(value)
        )
    })
}

/// Returns the file's text, with `\n` for every line end.
fn text(file: &File, missing: &str) -> Result<String, CommandError> {
    let Some(Outcome::Content(bytes)) = &file.outcome else {
        bail!("{} {missing}", file.path);
    };
    let text = decode(bytes)
        .ok_or_else(|| error!("Failed to decode file {} - unknown decoding", file.path))?;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// Decodes UTF-8 with or without its mark, else UTF-16 by its mark, else little-endian, else
/// big-endian.
fn decode(bytes: &[u8]) -> Option<String> {
    const MARK: char = '\u{feff}';
    if let Ok(text) = str::from_utf8(bytes) {
        return Some(text.strip_prefix(MARK).unwrap_or(text).to_owned());
    }
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let text = rest
            .is_empty()
            .then(|| String::from_utf16(&pairs.iter().map(|p| unit(*p)).collect::<Vec<_>>()));
        text?.ok()
    };
    let (little, big) = (|| utf16(u16::from_le_bytes), || utf16(u16::from_be_bytes));
    let marked = match bytes {
        [0xFF, 0xFE, ..] => little(),
        [0xFE, 0xFF, ..] => big(),
        _ => None,
    };
    match marked {
        Some(text) => text.strip_prefix(MARK).map(str::to_owned),
        None => little().or_else(big),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn file(content: impl Into<Vec<u8>>) -> File {
        File {
            path: "f.json".into(),
            outcome: Some(Outcome::Content(content.into())),
        }
    }

    fn dns(content: &str) -> Result<Option<Json>, String> {
        local_dns(Some(&file(content))).map_err(|error| error.message)
    }

    #[test]
    fn an_object_is_read_and_nothing_else() {
        assert_eq!(KUBELET.read(None).unwrap(), None);
        let unnamed = File {
            path: String::new(),
            outcome: None,
        };
        assert_eq!(KUBELET.read(Some(&unnamed)).unwrap(), None);
        let object = KUBELET.read(Some(&file("{\"a\": 1}"))).unwrap().unwrap();
        assert_eq!(Json::from(object), json!({"a": 1}));
        for (file, wrong) in [
            (
                File {
                    path: "none".into(),
                    outcome: None,
                },
                "none is not valid file, or not accessable.",
            ),
            (
                file("[]"),
                "Error reading kubelet configuration from f.json. Please see https://aka.ms/CustomNodeConfig for \
                 correct format.",
            ),
            (
                file("{a\r\n"),
                "Failed to parse file 'f.json' with exception:\nFailed to parse string as JSON:\n{a\n\nError \
                 detail: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            (
                file([0xFF]),
                "Failed to decode file f.json - unknown decoding",
            ),
        ] {
            assert_eq!(KUBELET.read(Some(&file)).unwrap_err().message, wrong);
        }
    }

    #[test]
    fn texts_are_decoded_as_az_decodes_them() {
        let utf16 = |unit: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
            let text = if mark {
                "\u{feff}h\u{e9}\r\n"
            } else {
                "h\u{e9}\r\n"
            };
            text.encode_utf16().flat_map(unit).collect()
        };
        for bytes in [
            b"\xEF\xBB\xBFh\xC3\xA9\r".to_vec(),
            b"h\xC3\xA9\n".to_vec(),
            utf16(u16::to_le_bytes, true),
            utf16(u16::to_be_bytes, true),
            utf16(u16::to_le_bytes, false),
        ] {
            assert_eq!(text(&file(bytes), "").unwrap(), "h\u{e9}\n");
        }
    }

    #[test]
    fn the_message_of_the_day_is_encoded() {
        assert_eq!(
            message_of_the_day(Some(&file("hi\n"))).unwrap().as_deref(),
            Some("aGkK")
        );
        assert_eq!(message_of_the_day(None).unwrap(), None);
    }

    #[test]
    fn local_dns_is_reduced_to_what_az_knows() {
        assert_eq!(dns("{}"), Ok(Some(json!({}))));
        assert_eq!(
            dns(
                r#"{"mode": "Required", "other": 1, "KUBEDNSOVERRIDES": {".": {"protocol": "PreferUDP", "serve_stale": null,
                "max_concurrent": 3, "unknown": 1}, "cluster.local": null}}"#
            ),
            Ok(Some(
                json!({"mode": "Required", "kubeDNSOverrides": {".": {"protocol": "PreferUDP", "maxConcurrent": 3}}})
            ))
        );
        assert_eq!(
            dns(r#"{"vnetDNSOverrides": [1, "a"]}"#),
            Err("Expected a dictionary for DNS overrides, but got list: [1, 'a']".into())
        );
        assert_eq!(
            dns(r#"{"vnetDNSOverrides": {".": "x"}}"#),
            Err("Expected a dictionary for DNS override settings, but got str: x".into())
        );
    }
}
