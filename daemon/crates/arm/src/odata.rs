//! az's wording of Resource Manager's error responses.
//!
//! az prints the body as its Python libraries format it. There are three of them, with small
//! differences: `ODataV4Format` (azure-core, `exceptions.py`), `ARMErrorFormat` (azure-mgmt-core,
//! `exceptions.py`) and `AAZMgmtErrorFormat` (azure-cli-core, `aaz/_error_format.py`). azq's output
//! equals theirs to the byte, including Python's `str`, `repr`, `splitlines` and `json.dumps`.
//!
//! `tests/goldens/arm_errors.json` has recorded responses and the output of those libraries.

use azq_python::lines::ends_line;
use azq_python::{is_true, push_json_escapes, str};
use serde_json::{Map, Value};

/// The library that reads the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// For statuses that the SDK maps to an exception of its own, and for long-running operations.
    OData,
    /// For the other statuses of an SDK's command, such as `az aks`.
    Arm,
    /// For the other statuses of a generated command, such as `az vm list-skus`. Keys match without
    /// regard to case.
    Aaz,
}

/// An error as az words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Worded {
    /// Azure's code, if the body has one.
    pub code: Option<String>,
    /// The text after `ERROR: `.
    pub message: String,
}

impl Worded {
    /// Creates an error without a code.
    pub(super) fn plain(message: String) -> Self {
        let code = None;
        Self { code, message }
    }
}

/// Words a response. If the body is not an error's, the message is made of the reason phrase.
pub(super) fn word(body: &[u8], reason: &str, dialect: Dialect) -> Worded {
    read(body, dialect).unwrap_or_else(|| Worded::plain(by_status(reason)))
}

/// Words a body, or returns `None` if it is not an error's.
pub(super) fn read(body: &[u8], dialect: Dialect) -> Option<Worded> {
    let body = azq_python::json::loads(body).ok()?;
    let error = Error::read(&body, dialect)?;
    let code = error.code.as_str().map(str::to_owned);
    let mut message = String::new();
    error.write(&mut Indented::new(&mut message, 0));
    Some(Worded { code, message })
}

/// Returns the message of an `HttpResponseError` without a readable body.
pub(super) fn by_status(reason: &str) -> String {
    format!("Operation returned an invalid status '{reason}'")
}

/// One level of the body.
struct Error<'a> {
    code: &'a Value,
    message: &'a Value,
    target: &'a Value,
    details: Vec<Error<'a>>,
    inner: &'a Value,
    additional: Vec<(&'a Value, &'a Value)>,
}

impl<'a> Error<'a> {
    /// Reads one level of an error, or returns `None` where the Python constructor raises. The JSON
    /// parser's own limit bounds the nesting.
    fn read(body: &'a Value, dialect: Dialect) -> Option<Self> {
        let outer = body.as_object()?;
        let object = match member(outer, "error", dialect) {
            Some(error) => error.as_object()?,
            None => outer,
        };
        let get = |key| member(object, key, dialect).unwrap_or(&Value::Null);
        let (code, message) = (get("code"), get("message"));
        if !(is_true(code) || is_true(message)) {
            return None;
        }
        let details = get("details").as_array().into_iter().flatten();
        Some(Self {
            code,
            message,
            target: get("target"),
            details: details
                .filter_map(|detail| Self::read(detail, dialect))
                .collect(),
            inner: get("innererror"),
            additional: additional(object, dialect)?,
        })
    }
}

impl Error<'_> {
    /// Writes the error with all its details in one pass. az instead indents the text anew at each
    /// level.
    fn write(&self, out: &mut Indented<'_>) {
        let (code, message) = (str(self.code), str(self.message));
        out.text(&format!(
            "({code}) {message}\nCode: {code}\nMessage: {message}"
        ));
        if is_true(self.target) {
            out.text(&format!("\nTarget: {}", str(self.target)));
        }
        if !self.details.is_empty() {
            out.text("\nException Details:");
        }
        for detail in &self.details {
            if out.is_full() {
                out.text(CUT);
                break;
            }
            detail.write(&mut out.deeper());
        }
        if is_true(self.inner) {
            out.text(&format!("\nInner error: {}", dump(self.inner)));
        }
        if !self.additional.is_empty() {
            out.text("\nAdditional Information:");
        }
        for (kind, info) in &self.additional {
            out.text(&format!("Type: {}\nInfo: {}", str(*kind), dump(info)));
        }
    }
}

/// The length of an error's text after which further details are left out.
const LONGEST: usize = 32 << 20;
const CUT: &str = "\n(Further details are left out, for there are too many.)";

/// Text whose lines are indented by one tab for each level:
/// `"\n".join("\t" + line for line in text.splitlines())`, applied level by level. The first line
/// gets only one tab, because it continues the line before it.
struct Indented<'a> {
    out: &'a mut String,
    level: usize,
    /// The end of a line, which is written when more text follows on this level.
    pending: Option<char>,
}

impl<'a> Indented<'a> {
    fn new(out: &'a mut String, level: usize) -> Self {
        Self {
            out,
            level,
            pending: None,
        }
    }

    fn deeper(&mut self) -> Indented<'_> {
        self.begin_line();
        self.out.push('\t');
        Indented::new(self.out, self.level + 1)
    }

    fn is_full(&self) -> bool {
        self.out.len() > LONGEST
    }

    fn text(&mut self, text: &str) {
        if self.level == 0 {
            self.out.push_str(text);
            return;
        }
        let mut rest = text;
        while !rest.is_empty() {
            if let (Some('\r'), Some(after)) = (self.pending, rest.strip_prefix('\n')) {
                (self.pending, rest) = (Some('\n'), after);
                continue;
            }
            self.begin_line();
            let (line, end) = rest.split_at(rest.find(ends_line).unwrap_or(rest.len()));
            self.out.push_str(line);
            let mut end = end.chars();
            self.pending = end.next();
            rest = end.as_str();
        }
    }

    fn begin_line(&mut self) {
        if self.pending.take().is_some() {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n('\t', self.level));
        }
    }
}

/// Returns the `additionalInfo` entries, or `None` where reading them raises in Python.
fn additional(object: &Map<String, Value>, dialect: Dialect) -> Option<Vec<(&Value, &Value)>> {
    let info = match (dialect, member(object, "additionalInfo", dialect)) {
        (Dialect::OData, _) | (_, None) => return Some(Vec::new()),
        (Dialect::Aaz, Some(info)) if !is_true(info) => return Some(Vec::new()),
        (_, Some(info)) => info,
    };
    let entries = match info {
        Value::Array(entries) => entries,
        Value::String(text) if text.is_empty() => return Some(Vec::new()),
        Value::Object(map) if map.is_empty() => return Some(Vec::new()),
        _ => return None,
    };
    entries
        .iter()
        .map(|entry| Some((entry.get("type")?, entry.get("info")?)))
        .collect()
}

fn member<'a>(object: &'a Map<String, Value>, key: &str, dialect: Dialect) -> Option<&'a Value> {
    match dialect {
        Dialect::Aaz => {
            let key = key.to_lowercase();
            object
                .iter()
                .find(|(name, _)| name.to_lowercase() == key)
                .map(|(_, value)| value)
        }
        Dialect::OData | Dialect::Arm => object.get(key),
    }
}

/// Formats a value like Python's `json.dumps(value, indent=4)`: ASCII only.
fn dump(value: &Value) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    let written = serde::Serialize::serialize(value, &mut serializer);
    debug_assert!(written.is_ok(), "a JSON value can be written to memory");
    let mut ascii = String::with_capacity(bytes.len());
    for c in String::from_utf8_lossy(&bytes).chars() {
        if c.is_ascii() && c != '\u{7f}' {
            ascii.push(c);
        } else {
            push_json_escapes(&mut ascii, c);
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worded(body: &str, dialect: Dialect) -> String {
        word(body.as_bytes(), "Bad Request", dialect).message
    }

    #[test]
    fn wrapped_and_bare_errors_read_alike() {
        let wanted = "(C) m\nCode: C\nMessage: m";
        for body in [
            r#"{"error": {"code": "C", "message": "m"}}"#,
            r#"{"code": "C", "details": null, "message": "m", "subcode": ""}"#,
        ] {
            assert_eq!(worded(body, Dialect::Arm), wanted, "{body}");
        }
    }

    #[test]
    fn what_is_no_error_is_worded_by_its_status() {
        for body in [
            "",
            "<html>",
            "[]",
            "\"error\"",
            "{}",
            r#"{"error": null}"#,
            r#"{"error": "x"}"#,
            r#"{"error": {"code": "", "message": null}}"#,
        ] {
            let wanted = "Operation returned an invalid status 'Bad Request'";
            assert_eq!(worded(body, Dialect::Arm), wanted, "{body}");
        }
    }

    #[test]
    fn additional_information_depends_on_the_dialect() {
        let body = r#"{"error": {"code": "C", "message": "m", "additionalInfo": [{"type": "T", "info": {"é": []}}]}}"#;
        let plain = "(C) m\nCode: C\nMessage: m";
        assert_eq!(worded(body, Dialect::OData), plain);
        let more = "\nAdditional Information:Type: T\nInfo: {\n    \"\\u00e9\": []\n}";
        assert_eq!(worded(body, Dialect::Arm), format!("{plain}{more}"));
        let null = r#"{"error": {"code": "C", "message": "m", "additionalInfo": null}}"#;
        assert_eq!(worded(null, Dialect::Aaz), plain);
        assert!(worded(null, Dialect::Arm).starts_with("Operation returned"));
    }

    #[test]
    fn only_generated_commands_read_keys_in_any_case() {
        let body = r#"{"Error": {"Code": "C", "Message": "m"}}"#;
        assert_eq!(worded(body, Dialect::Aaz), "(C) m\nCode: C\nMessage: m");
        assert!(worded(body, Dialect::Arm).starts_with("Operation returned"));
    }

    #[test]
    fn values_that_are_not_strings_read_as_python_prints_them() {
        let body = r#"{"code": 5, "message": {"a": [true, null, "it's"]}}"#;
        assert!(worded(body, Dialect::Arm).starts_with("(5) {'a': [True, None, \"it's\"]}\n"));
    }

    #[test]
    fn lines_split_where_python_splits_them() {
        let mut text = String::new();
        let mut out = Indented::new(&mut text, 2);
        for part in ["a\r", "\nb\rc\u{2028}", "\n", "d\n"] {
            out.text(part);
        }
        assert_eq!(text, "a\n\t\tb\n\t\tc\n\t\t\n\t\td");
    }

    #[test]
    fn details_are_indented_level_by_level() {
        let body = r#"{"code": "a", "message": "m", "details": [
            {"code": "b", "message": "n\r\n\n", "details": [{"code": "c", "message": "o"}]},
            {"code": "d", "message": "p\n"}]}"#;
        let wanted = "(a) m\nCode: a\nMessage: m\nException Details:\t(b) n\n\t\n\t\n\tCode: b\n\tMessage: n\n\t\
                      \n\t\n\tException Details:\t(c) o\n\t\tCode: c\n\t\tMessage: o\t(d) p\n\t\n\tCode: d\n\tMessage: p";
        assert_eq!(worded(body, Dialect::Arm), wanted);
    }

    #[test]
    fn details_of_details_take_time_by_their_number_alone() {
        let mut body = r#"{"code": "c", "message": "m"}"#.to_owned();
        for _ in 0..11 {
            body = format!(r#"{{"code": "c", "message": "m", "details": [{body}, {body}]}}"#);
        }
        let started = std::time::Instant::now();
        let lines = worded(&body, Dialect::Arm).lines().count();
        assert!(lines > 3 << 11, "{lines}");
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
    }

    const DIALECTS: [(&str, Dialect); 3] = [
        ("OData", Dialect::OData),
        ("Arm", Dialect::Arm),
        ("Aaz", Dialect::Aaz),
    ];

    fn goldens() -> Vec<Value> {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../tests/goldens/arm_errors.json"
        );
        serde_json::from_slice(&std::fs::read(file).expect("the goldens")).expect("JSON")
    }

    /// Compares the words of a body in each dialect with a golden of their `form`.
    fn compare(body: &str, golden: &Value, what: &str, form: impl Fn(String) -> String) {
        for (name, dialect) in DIALECTS {
            let worded = read(body.as_bytes(), dialect).map(|worded| form(worded.message));
            assert_eq!(worded.as_deref(), golden[name].as_str(), "{name} of {what}");
        }
    }

    #[test]
    fn every_body_reads_as_azs_libraries_read_it() {
        for golden in goldens() {
            let Some(body) = golden["body"].as_str() else {
                continue;
            };
            compare(body, &golden["words"], body, |message| message);
        }
    }

    #[test]
    fn real_answers_read_as_azs_libraries_read_them() {
        use sha2::Digest;
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../../shared/oracle/recorded"
        );
        let folder = std::env::var("AZQ_RECORDED").unwrap_or_else(|_| folder.to_owned());
        for golden in goldens() {
            let Some(file) = golden["file"].as_str() else {
                continue;
            };
            let Ok(answer) = std::fs::read(format!("{folder}/{file}")) else {
                eprintln!("left out, for it is not here: {folder}/{file}");
                continue;
            };
            let answer: Value = serde_json::from_slice(&answer).expect("JSON");
            let body = answer["response"]["bodyText"].as_str().unwrap_or_default();
            compare(body, &golden["sha256"], file, |message| {
                format!("{:x}", sha2::Sha256::digest(message))
            });
        }
    }
}
