//! The part of the status about the store through which machines share catalogues.

use super::{fact, int};
use azq_document::Value;
use azq_document::timestamp;
use azq_document::units::bytes;
use azq_proto::v1;
use azq_share::{Counts, Mode, Standing, Trouble};
use azq_skus::Sharing;

/// The use of the store, and the first error.
struct Use {
    counts: Counts,
    reading: Option<Trouble>,
    writing: Option<Trouble>,
    /// The reason why it could not be opened.
    unopened: Option<String>,
}

impl Use {
    /// Returns the use of the store by all accounts.
    fn of(sharing: &Sharing) -> Self {
        let mut all = Self {
            counts: Counts::default(),
            reading: None,
            writing: None,
            unopened: None,
        };
        for standing in sharing.standings() {
            match standing {
                Ok(standing) => all.add(standing),
                Err(error) => all.unopened = Some(error.to_string()),
            }
        }
        all
    }

    fn add(&mut self, standing: Standing) {
        self.counts += standing.counts;
        self.reading = self.reading.take().or(standing.reading);
        self.writing = self.writing.take().or(standing.writing);
    }
}

fn mode(sharing: &Sharing) -> &'static str {
    match sharing.settings().mode {
        Mode::ReadWrite => "read-write",
        Mode::ReadOnly => "read-only",
    }
}

/// Returns the document for programs.
pub(super) fn document(sharing: &Sharing) -> Value {
    let Use {
        counts,
        reading,
        writing,
        unopened,
    } = Use::of(sharing);
    Value::object([
        ("address", sharing.settings().address.to_string().into()),
        ("mode", mode(sharing).into()),
        (
            "acrossPrincipals",
            Value::Bool(sharing.settings().principals),
        ),
        ("notOpened", unopened.map(Value::from).into()),
        ("notRead", reading.as_ref().map(trouble).into()),
        ("notWritten", writing.as_ref().map(trouble).into()),
        ("requests", int(counts.requests)),
        ("bytesRead", int(counts.bytes_read)),
        ("bytesWritten", int(counts.bytes_written)),
        ("found", int(counts.found)),
        ("elected", int(counts.elected)),
        ("broken", int(counts.broken)),
        ("failures", int(counts.failures)),
    ])
}

fn trouble(trouble: &Trouble) -> Value {
    Value::object([
        ("why", Value::from(trouble.why.as_str())),
        ("since", timestamp(trouble.since)),
        ("nextTrialAt", timestamp(trouble.until)),
    ])
}

/// Returns the lines for users.
pub(super) fn facts(sharing: &Sharing) -> Vec<v1::Fact> {
    let Use {
        counts,
        reading,
        writing,
        unopened,
    } = Use::of(sharing);
    let mut facts = vec![
        fact(
            "share",
            format!("{}, {}", sharing.settings().address, mode(sharing)),
        ),
        fact(
            "share's use",
            format!(
                "{} found, {} elections won, {} read, {} written, {} failures",
                counts.found,
                counts.elected,
                bytes(counts.bytes_read),
                bytes(counts.bytes_written),
                counts.failures
            ),
        ),
    ];
    let reading = reading.map(|trouble| format!("not read: {}", trouble.why));
    let writing = writing.map(|trouble| format!("not written to: {}", trouble.why));
    let unopened = unopened.map(|why| format!("not used: {why}"));
    let troubles = [unopened, reading, writing].into_iter().flatten();
    facts.extend(troubles.map(|trouble| fact("share's trouble", trouble)));
    facts
}
