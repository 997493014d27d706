//! Documents of azq's own commands in az's formats: the configuration, the status, the findings of
//! `azq doctor`.
//!
//! The client has these documents even if no daemon runs, but it has no formats. So it runs `azqd
//! render`, which accepts any document of bounded size.

use azq_document::Value;
use azq_output::{Format, OutputError, Rendering, Table};

use azq_command::work::CurrentWork;

/// The longest document, in bytes.
pub const LONGEST: u64 = 16 << 20;

/// The reason why a document was not printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The document is not JSON.
    #[error("the document is not JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// az does not have this format.
    #[error(transparent)]
    Format(#[from] azq_output::UnknownFormat),
    /// The query cannot be compiled.
    #[error("argument --query: {0}")]
    Query(#[from] azq_jmespath::SyntaxError),
    /// The query fails on this document, or its result cannot be printed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Renders a JSON document to the bytes for stdout.
pub fn render(
    document: &[u8],
    format: &str,
    query: Option<&str>,
    color: bool,
) -> Result<Vec<u8>, PrintError> {
    let format: Format = format.parse()?;
    let query = query.map(azq_jmespath::compile).transpose()?;
    let document: serde_json::Value = serde_json::from_slice(document)?;
    let rendering = Rendering {
        format,
        query: query.as_ref(),
        color,
        table: Table::Transform(in_order),
        checkpoint: &CurrentWork,
    };
    Ok(azq_output::render(&Value::from(&document), &rendering)?)
}

/// Returns the document unchanged, so that the table has its columns in its order.
fn in_order(document: &Value) -> Value {
    document.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &[u8] = br#"[{"key": "memory", "value": "1GB", "default": true}]"#;

    fn printed(format: &str, query: Option<&str>) -> Result<String, PrintError> {
        let bytes = render(DOCUMENT, format, query, false)?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn every_format_and_a_query_work() {
        let table = "Key     Value    Default\n------  -------  ---------\nmemory  1GB      True\n";
        for (format, query, expected) in [
            // Here az orders the fields by their names.
            ("tsv", None, "True\tmemory\t1GB\n"),
            ("json", Some("[0].value"), "\"1GB\"\n"),
            ("TABLE", None, table),
            ("none", None, ""),
        ] {
            assert_eq!(printed(format, query).unwrap(), expected, "{format}");
        }
    }

    #[test]
    fn what_cannot_be_printed_is_said() {
        for (format, query, words) in [
            ("xml", None, "'xml' is not an output format"),
            ("json", Some("["), "argument --query"),
        ] {
            let error = printed(format, query).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let error = render(b"{", "json", None, false).unwrap_err();
        assert!(matches!(error, PrintError::Malformed(_)));
    }
}
