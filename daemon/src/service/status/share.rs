//! The part of the status about the store through which machines share catalogues.

use super::{fact, int};
use azq_document::Value;
use azq_document::timestamp;
use azq_document::units::bytes;
use azq_proto::v1;
use azq_share::{Counts, Mode, Trouble};
use azq_skus::Sharing;

/// The use of the store, and the first error.
#[derive(Default)]
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
        let mut all = Self::default();
        for standing in sharing.standings() {
            match standing {
                Ok(standing) => {
                    all.counts += standing.counts;
                    all.reading = all.reading.or(standing.reading);
                    all.writing = all.writing.or(standing.writing);
                }
                Err(error) => all.unopened = Some(error.to_string()),
            }
        }
        all
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
    let (all, settings) = (Use::of(sharing), sharing.settings());
    let counts = all.counts;
    Value::object([
        ("address", settings.address.to_string().into()),
        ("mode", mode(sharing).into()),
        ("acrossPrincipals", Value::Bool(settings.principals)),
        ("notOpened", all.unopened.map(Value::from).into()),
        ("notRead", all.reading.as_ref().map(trouble).into()),
        ("notWritten", all.writing.as_ref().map(trouble).into()),
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
    let all = Use::of(sharing);
    let place = format!("{}, {}", sharing.settings().address, mode(sharing));
    let uses = format!(
        "{} found, {} elections won, {} read, {} written, {} failures",
        all.counts.found,
        all.counts.elected,
        bytes(all.counts.bytes_read),
        bytes(all.counts.bytes_written),
        all.counts.failures
    );
    let mut facts = vec![fact("share", place), fact("share's use", uses)];
    let reading = all
        .reading
        .map(|trouble| format!("not read: {}", trouble.why));
    let writing = all
        .writing
        .map(|trouble| format!("not written to: {}", trouble.why));
    let unopened = all.unopened.map(|why| format!("not used: {why}"));
    let troubles = [unopened, reading, writing].into_iter().flatten();
    facts.extend(troubles.map(|trouble| fact("share's trouble", trouble)));
    facts
}
